//! Push: the shortest form of the notice to one of the person's apps or browsers, with the page to open.

use super::{Body, CompiledNotice, ComposeError, PersonRecord, mismatch, point};
use crate::domain::channel::Channel;
use crate::render::Rendered;

pub(super) fn body(notice: &CompiledNotice, record: &PersonRecord, place: u8) -> Result<Body, ComposeError> {
    let to = point(&record.pushes, Channel::Push, place)?;
    let Rendered::Push { title, text, url, .. } = notice.render(Channel::Push, record)? else {
        return Err(mismatch(Channel::Push));
    };
    Ok(Body::Push { to, title, text, url })
}
