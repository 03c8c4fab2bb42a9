//! NDJSON: one JSON object a line, its names are the columns. A value is text, a number, true, false or null; columns
//! that may hold several (`email`, `phone`, `push`, `data`, `consent`) take a list of them too. A number is taken as it is
//! written: a reference of twenty digits stays the one it is, and 1.10 is not 1.1.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::column::Column;
use super::decode::{Decoder, Lines, Mark, Sink};
use super::reject::{Fault, HeaderError, Reason};
use super::row::{self, Checks};
use crate::domain::person::PersonRecord;

pub(super) struct NdjsonDecoder {
    checks: Checks,
    /// The line in the making; never longer than the limit.
    line: Vec<u8>,
    overflow: bool,
    lines: Lines,
    mark: Mark,
}

impl NdjsonDecoder {
    pub(super) fn new(checks: Checks) -> Self {
        Self { checks, line: Vec::new(), overflow: false, lines: Lines::default(), mark: Mark::default() }
    }

    fn feed(&mut self, mut input: &[u8], sink: &mut Sink) {
        while let Some(end) = input.iter().position(|b| *b == b'\n') {
            let (head, tail) = input.split_at(end);
            input = &tail[1..];
            if self.line.is_empty() && !self.overflow {
                self.take(head, sink);
            } else {
                self.keep(head);
                self.end(sink);
            }
            self.lines.count(b"\n");
        }
        self.keep(input);
    }

    fn keep(&mut self, part: &[u8]) {
        if self.line.len() + part.len() > self.checks.limits.line_bytes {
            self.overflow = true;
            self.line.clear();
        }
        if !self.overflow {
            self.line.extend_from_slice(part);
        }
    }

    fn end(&mut self, sink: &mut Sink) {
        let line = std::mem::take(&mut self.line);
        if self.overflow {
            self.overflow = false;
            self.reject(Fault::line(Reason::LineTooLong(self.checks.limits.line_bytes)), sink);
        } else {
            self.take(&line, sink);
        }
        self.line = line;
        self.line.clear();
    }

    fn take(&mut self, line: &[u8], sink: &mut Sink) {
        let number = self.lines.current();
        if line.len() > self.checks.limits.line_bytes {
            self.reject(Fault::line(Reason::LineTooLong(self.checks.limits.line_bytes)), sink);
        } else if line.iter().all(u8::is_ascii_whitespace) {
            sink.through_line = number;
        } else {
            sink.take(number, number, read(line, &self.checks));
        }
    }

    fn reject(&mut self, fault: Fault, sink: &mut Sink) {
        let number = self.lines.current();
        sink.take(number, number, Err(fault));
    }
}

impl Decoder for NdjsonDecoder {
    fn push(&mut self, bytes: &[u8], sink: &mut Sink) -> Result<(), HeaderError> {
        match self.mark.strip(bytes)? {
            Some(content) => self.feed(&content, sink),
            None => self.feed(bytes, sink),
        }
        Ok(())
    }

    fn finish(&mut self, sink: &mut Sink) -> Result<(), HeaderError> {
        let kept = self.mark.rest();
        self.feed(&kept, sink);
        if !self.line.is_empty() || self.overflow {
            self.end(sink);
        }
        Ok(())
    }
}

fn read(line: &[u8], checks: &Checks) -> Result<PersonRecord, Fault> {
    let text = std::str::from_utf8(line).map_err(|_| Fault::line(Reason::NotUtf8))?;
    let object: Object<'_> = serde_json::from_str(text).map_err(|_| Fault::line(Reason::NotJson))?;
    if object.0.len() > checks.limits.columns {
        return Err(Fault::line(Reason::TooManyColumns(checks.limits.columns)));
    }
    let mut cells: Vec<(Column<'_>, &str)> = Vec::with_capacity(object.0.len());
    for (place, (name, value)) in object.0.iter().enumerate() {
        let name = name.trim();
        if !Column::is_fit(name) {
            return Err(Fault::line(Reason::BadName));
        }
        let column = Column::of(name);
        if object.0[..place].iter().any(|(before, _)| before.trim().eq_ignore_ascii_case(name)) {
            return Err(Fault::at(name, Reason::Twice));
        }
        match value {
            Value::Null => {}
            Value::Text(text) => cells.push((column, text)),
            Value::List(texts) if texts.len() > 1 && !takes_several(column) => {
                return Err(Fault::at(name, Reason::OneValue));
            }
            Value::List(texts) => cells.extend(texts.iter().map(|text| (column, text.as_ref()))),
            Value::Other => return Err(Fault::at(name, Reason::NotText)),
        }
    }
    row::parse(cells.iter().copied(), checks)
}

fn takes_several(column: Column<'_>) -> bool {
    matches!(column, Column::Email | Column::Phone | Column::Push | Column::Data | Column::Consent)
}

/// The object of a line, in its order, names that come twice included.
struct Object<'a>(Vec<(Cow<'a, str>, Value<'a>)>);

enum Value<'a> {
    Null,
    Text(Cow<'a, str>),
    List(Vec<Cow<'a, str>>),
    /// What no column can hold: an object, a list in a list, an object in a list.
    Other,
}

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor;
        impl<'de> Visitor<'de> for ObjectVisitor {
            type Value = Object<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::with_capacity(16);
                while let Some((Text(name), value)) = map.next_entry::<Text<'de>, &'de RawValue>()? {
                    pairs.push((name, Value::of(value.get()).map_err(de::Error::custom)?));
                }
                Ok(Object(pairs))
            }
        }
        deserializer.deserialize_map(ObjectVisitor)
    }
}

/// Text that is borrowed from the line wherever it has no escapes.
struct Text<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text")
            }
            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(text)))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(TextVisitor)
    }
}

impl<'a> Value<'a> {
    /// Reads a value of a line, in the line's own letters.
    fn of(json: &'a str) -> serde_json::Result<Self> {
        if !json.starts_with('[') {
            return Self::single(json);
        }
        let mut texts = Vec::new();
        for value in serde_json::from_str::<Vec<&RawValue>>(json)? {
            match Self::single(value.get())? {
                Self::Text(text) => texts.push(text),
                Self::Null => {}
                Self::List(_) | Self::Other => return Ok(Self::Other),
            }
        }
        Ok(Self::List(texts))
    }

    /// Reads what is no list. The deserializer has gone over it already, so that its first letter says what it is.
    fn single(json: &'a str) -> serde_json::Result<Self> {
        Ok(match json.as_bytes().first() {
            Some(b'n') => Self::Null,
            Some(b'"') => Self::Text(unquoted(json)?),
            Some(b'[' | b'{') => Self::Other,
            _ => Self::Text(Cow::Borrowed(json)),
        })
    }
}

/// The text of a JSON string, borrowed wherever it has no escapes.
fn unquoted(json: &str) -> serde_json::Result<Cow<'_, str>> {
    let plain = json.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).filter(|text| !text.contains('\\'));
    match plain {
        Some(text) => Ok(Cow::Borrowed(text)),
        None => serde_json::from_str::<String>(json).map(Cow::Owned),
    }
}

#[cfg(test)]
#[path = "ndjson_tests.rs"]
mod tests;
