//! Whether somebody has all that an edition uses: asked of a whole population before it is told.

use super::Edition;
use crate::domain::channel::Channel;
use crate::domain::person::PersonRecord;
use crate::render::body::Piece;
use crate::render::error::RenderError;
use crate::render::fold;
use crate::render::sources::FrameFile;

impl Edition {
    /// Whether every text can be filled for a person.
    pub(in crate::render) fn covers(&self, record: &PersonRecord) -> Result<(), RenderError> {
        if !self.texts.varies(None) {
            return Ok(());
        }
        let context = self.context(record, true);
        let filler = self.filler(&context);
        self.texts.pieces().try_for_each(|piece| match piece {
            Piece::Settled(_) => Ok(()),
            Piece::PerPerson(snippet) => filler.fill(snippet).map(drop),
        })
    }

    /// The channels of the cascade whose frames have to be filled to know whether somebody has all that they use.
    pub(in crate::render) fn asking(&self) -> impl Iterator<Item = Channel> {
        self.asking.iter().copied()
    }

    /// Whether a frame of a channel uses something that not everybody has.
    pub(super) fn asks(&self, channel: Channel) -> bool {
        let files: &[FrameFile] = match channel {
            Channel::Email => &[FrameFile::EmailText, FrameFile::EmailHtml],
            Channel::Sms => &[FrameFile::Sms],
            Channel::Push => &[FrameFile::Push],
            Channel::Letter => &[FrameFile::Letter],
            Channel::Voice => &[FrameFile::Voice],
        };
        files.iter().any(|file| fold::asks_of_person(&self.frames[file].template))
    }
}
