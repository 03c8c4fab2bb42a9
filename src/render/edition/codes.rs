//! Remedy codes in an edition: where they may be.

use std::collections::BTreeMap;

use super::Edition;
use crate::render::error::RenderError;
use crate::render::registry::Frame;
use crate::render::snippet::asks_for_code;
use crate::render::sources::FrameFile;

impl Edition {
    /// Whether it has somebody's remedy code in it.
    pub(in crate::render) const fn has_code(&self) -> bool {
        self.has_code
    }

    /// Looks for remedy codes; refuses them where they have no place.
    pub(super) fn finds_code(&self, frames: &BTreeMap<FrameFile, &Frame>) -> Result<bool, RenderError> {
        let (fit, unfit): (Vec<_>, Vec<_>) =
            frames.iter().filter(|(_, frame)| asks_for_code(&frame.source)).partition(|(file, _)| file.may_have_code());
        if let Some((_, frame)) = unfit.first() {
            return Err(RenderError::Template {
                template: frame.path.clone(),
                locale: self.locale.clone(),
                reason: String::from("a remedy code has no place where it may show on a lock screen or be overheard"),
            });
        }
        Ok(!fit.is_empty() || self.texts.have_code() || self.greeting.has_code)
    }
}

impl FrameFile {
    /// Whether it is read by the person alone: text and push messages show on lock screens, and calls are overheard.
    pub(in crate::render) const fn may_have_code(self) -> bool {
        match self {
            Self::EmailHtml | Self::EmailText | Self::Letter => true,
            Self::Sms | Self::Push | Self::Voice => false,
        }
    }
}
