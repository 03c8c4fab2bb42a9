//! SMS: the notice's short form to one of the person's numbers.

use super::{Body, CompiledNotice, ComposeError, PersonRecord, mismatch, point};
use crate::domain::channel::Channel;
use crate::render::Rendered;

pub(super) fn body(notice: &CompiledNotice, record: &PersonRecord, place: u8) -> Result<Body, ComposeError> {
    let to = point(&record.phones, Channel::Sms, place)?;
    let Rendered::Sms { text, .. } = notice.render(Channel::Sms, record)? else {
        return Err(mismatch(Channel::Sms));
    };
    Ok(Body::Sms { to, text })
}
