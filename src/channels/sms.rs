//! SMS: the notice's short form to one of the person's numbers.

use std::collections::BTreeMap;

use super::{Body, CompiledNotice, ComposeError, PersonRecord, mismatch, point};
use crate::domain::channel::Channel;
use crate::domain::pii::Pii;
use crate::render::Rendered;

pub(super) fn body(notice: &CompiledNotice, record: &PersonRecord, place: u8) -> Result<Body, ComposeError> {
    let to = point(&record.phones, Channel::Sms, place)?;
    let Rendered::Sms { text, .. } = notice.render(Channel::Sms, record)? else {
        return Err(mismatch(Channel::Sms));
    };
    Ok(Body::Sms { to, text, fields: fields(record) })
}

/// The person's fields by name; a column of the import gives way to what has a place of its own.
fn fields(record: &PersonRecord) -> BTreeMap<String, Pii<String>> {
    let own = [("ref", Some(&record.reference)), ("name", record.name.as_ref())];
    let own = own.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.clone())));
    record.fields.clone().into_iter().chain(own).collect()
}
