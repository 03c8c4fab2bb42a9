//! A person and a notice become a message, in no provider's words; one file per channel.
//!
//! Owns which contact point a step of the cascade means and which rendering goes there. Never decides who is told or when.

use crate::domain::cascade::Step;
use crate::domain::channel::Channel;
use crate::domain::id::{AttemptId, CampaignId};
use crate::domain::message::{Body, Message};
use crate::domain::person::{Person, PersonRecord};
use crate::render::{CompiledNotice, RenderError};

mod email;
mod letter;
mod push;
mod sms;
mod test_mark;
mod voice;

pub use test_mark::marked_as_test;

/// Why there is no message. Never repeats personal data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ComposeError {
    /// The rendering is of another channel than was asked for: a defect.
    #[error("the notice was not rendered for the channel {channel}")]
    Mismatch {
        /// The channel.
        channel: Channel,
    },
    /// The person has no contact point at this step.
    #[error("the person has no contact point {point} for {channel}")]
    NoContact {
        /// The channel.
        channel: Channel,
        /// Place in the person's order, from 0.
        point: u8,
    },
    /// The notice cannot be rendered for this person.
    #[error(transparent)]
    Render(#[from] RenderError),
}

/// Composes the message of one attempt: the notice, rendered for the person, addressed to the contact point of the step.
///
/// # Errors
/// When the person has no such contact point, or the notice cannot be rendered.
pub fn compose(
    notice: &CompiledNotice,
    attempt: AttemptId,
    campaign: CampaignId,
    person: &Person,
    step: Step,
) -> Result<Message, ComposeError> {
    let record = &person.record;
    let body = match step.channel {
        Channel::Email => email::body(notice, record, step.point)?,
        Channel::Sms => sms::body(notice, record, step.point)?,
        Channel::Push => push::body(notice, record, step.point)?,
        Channel::Letter => letter::body(notice, record, step.point)?,
        Channel::Voice => voice::body(notice, record, step.point)?,
    };
    let locale = notice.resolve(record.locale.as_ref()).to_string();
    Ok(Message { attempt, campaign, person: person.id, locale, body })
}

/// The contact point at a place in the person's order.
fn point<T: Clone>(points: &[T], channel: Channel, point: u8) -> Result<T, ComposeError> {
    points.get(usize::from(point)).cloned().ok_or(ComposeError::NoContact { channel, point })
}

/// A rendering of another channel than was asked for.
fn mismatch(channel: Channel) -> ComposeError {
    ComposeError::Mismatch { channel }
}
