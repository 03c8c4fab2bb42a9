//! Letter: the notice in paragraphs to the person's address; the provider sets it on its own paper.

use super::{Body, CompiledNotice, ComposeError, PersonRecord, mismatch};
use crate::domain::channel::Channel;
use crate::domain::contact::ContactPoint;
use crate::domain::pii::Pii;
use crate::render::{Rendered, one_line};

pub(super) fn body(notice: &CompiledNotice, record: &PersonRecord, place: u8) -> Result<Body, ComposeError> {
    let Some(ContactPoint::Letter(to)) = record.contact(Channel::Letter, place) else {
        return Err(ComposeError::NoContact { channel: Channel::Letter, point: place });
    };
    let Rendered::Letter(letter) = notice.render(Channel::Letter, record)? else {
        return Err(mismatch(Channel::Letter));
    };
    let to_name = record.name.as_ref().map(|name| one_line(name.expose())).filter(|name| !name.is_empty());
    Ok(Body::Letter { to, to_name: to_name.map(Pii::new), letter: Box::new(letter) })
}
