//! Voice: what a call to one of the person's numbers says, in the person's language and another that the notice has.

use super::{Body, CompiledNotice, ComposeError, PersonRecord, mismatch, point};
use crate::domain::channel::Channel;
use crate::render::Rendered;

pub(super) fn body(notice: &CompiledNotice, record: &PersonRecord, place: u8) -> Result<Body, ComposeError> {
    let to = point(&record.phones, Channel::Voice, place)?;
    let Rendered::Voice(script) = notice.render(Channel::Voice, record)? else {
        return Err(mismatch(Channel::Voice));
    };
    Ok(Body::Voice { to, script })
}
