//! Email: both forms of the notice to one of the person's addresses.

use super::{Body, CompiledNotice, ComposeError, PersonRecord, mismatch, point};
use crate::domain::channel::Channel;
use crate::domain::pii::Pii;
use crate::render::{Rendered, one_line};

pub(super) fn body(notice: &CompiledNotice, record: &PersonRecord, place: u8) -> Result<Body, ComposeError> {
    let to = point(&record.emails, Channel::Email, place)?;
    let Rendered::Email { subject, text, html, .. } = notice.render(Channel::Email, record)? else {
        return Err(mismatch(Channel::Email));
    };
    // It stands in a header, where a line break would begin another.
    let to_name = record.name.as_ref().map(|name| one_line(name.expose())).filter(|name| !name.is_empty());
    Ok(Body::Email { to, to_name: to_name.map(Pii::new), subject, text, html })
}
