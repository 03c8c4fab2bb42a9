//! From the cells of one line to one person. Pure: no IO, no format; both CSV and NDJSON end here.

use jiff::civil::Date;

use super::KnownJurisdictions;
use super::column::Column;
use super::country;
use super::limits::ImportLimits;
use super::phone;
use super::reject::{Fault, Reason};
use crate::domain::channel::Channel;
use crate::domain::clock::Millis;
use crate::domain::contact::{EmailAddress, PostalAddress, PushTarget};
use crate::domain::jurisdiction::JurisdictionId;
use crate::domain::locale::Locale;
use crate::domain::person::{Guardian, MAX_POINTS_PER_CHANNEL, PersonRecord};
use crate::domain::pii::Pii;
use crate::domain::vocabulary::DataCategory;

/// What a line is checked against.
#[derive(Clone)]
pub(super) struct Checks {
    pub known: KnownJurisdictions,
    pub limits: ImportLimits,
    /// Today where the day begins first.
    today: Date,
}

/// The zone that is furthest ahead is 14 hours before UTC; a birthday there is not in the future.
const FURTHEST_AHEAD_MS: i64 = 14 * 60 * 60 * 1000;

impl Checks {
    pub(super) fn new(known: KnownJurisdictions, limits: ImportLimits, now: Millis) -> Self {
        let ahead = now.plus(FURTHEST_AHEAD_MS).to_timestamp();
        Self { known, limits, today: ahead.to_zoned(jiff::tz::TimeZone::UTC).date() }
    }
}

/// Reads a person from the cells of a line. Blank cells are absent. The first bad cell rejects the line.
pub(super) fn parse<'a>(
    cells: impl Iterator<Item = (Column<'a>, &'a str)> + Clone,
    checks: &Checks,
) -> Result<PersonRecord, Fault> {
    // The country decides how a phone number is read, wherever its column stands.
    let country = match cells.clone().find(|(column, text)| *column == Column::Country && !text.trim().is_empty()) {
        Some((_, text)) => {
            Some(country::parse(text.trim()).ok_or_else(|| Fault::at(Column::Country.name(), Reason::Country))?)
        }
        None => None,
    };
    let mut row = Row { country, record: PersonRecord::default(), address: PostalAddress::default() };
    let mut guardian = Guardian::default();
    for (column, cell) in cells {
        let text = cell.trim();
        if text.is_empty() {
            continue;
        }
        let taken = check(column, text, &checks.limits).and_then(|()| match column {
            Column::GuardianName => once(&mut guardian.name, personal(text)),
            Column::GuardianEmail => once(&mut guardian.email, email(text)?),
            Column::GuardianPhone => once(&mut guardian.phone, phone::parse(text, country)?),
            other => row.take(other, text, checks),
        });
        taken.map_err(|reason| Fault::at(column.name(), reason))?;
    }
    row.finish(guardian)
}

/// A line in the making.
struct Row {
    country: Option<&'static str>,
    record: PersonRecord,
    address: PostalAddress,
}

impl Row {
    fn take(&mut self, column: Column<'_>, text: &str, checks: &Checks) -> Result<(), Reason> {
        let record = &mut self.record;
        match column {
            Column::Ref if record.reference.expose().is_empty() => {
                record.reference = personal(text);
                Ok(())
            }
            Column::Ref => Err(Reason::OneValue),
            Column::Name => once(&mut record.name, personal(text)),
            Column::Email => add_point(&mut record.emails, email(text)?),
            Column::Phone => add_point(&mut record.phones, phone::parse(text, self.country)?),
            Column::Push => add_point(&mut record.pushes, PushTarget::parse(text).map_err(|_| Reason::Push)?),
            Column::AddressLine(_) => {
                self.address.lines.push(personal(text));
                Ok(())
            }
            Column::City => once(&mut self.address.city, personal(text)),
            Column::Region => once(&mut self.address.region, personal(text)),
            Column::Postcode => once(&mut self.address.postcode, personal(text)),
            Column::Country => once(&mut self.address.country, self.country.unwrap_or(text).to_owned()),
            Column::Locale => once(&mut record.locale, Locale::parse(text).map_err(|_| Reason::Locale)?),
            Column::Jurisdiction => {
                let id = JurisdictionId::parse(text).map_err(|_| Reason::Jurisdiction)?;
                if (checks.known)(&id) { once(&mut record.jurisdiction, id) } else { Err(Reason::Jurisdiction) }
            }
            Column::BirthDate => once(&mut record.birth_date, birth_date(text, checks.today)?),
            Column::Data => add_words(&mut record.data, text, |word| {
                DataCategory::ALL
                    .iter()
                    .find(|c| c.as_str().eq_ignore_ascii_case(word))
                    .map(|c| c.as_str().to_owned())
                    .ok_or(Reason::Data)
            }),
            Column::Consent => add_words(&mut record.consent, text, |word| {
                Channel::ALL.into_iter().find(|c| c.as_str().eq_ignore_ascii_case(word)).ok_or(Reason::Consent)
            }),
            Column::Field(name) => match record.fields.insert(name.to_owned(), personal(text)) {
                None => Ok(()),
                Some(_) => Err(Reason::OneValue),
            },
            // Taken before: they belong to the guardian.
            Column::GuardianName | Column::GuardianEmail | Column::GuardianPhone => Ok(()),
        }
    }

    fn finish(self, guardian: Guardian) -> Result<PersonRecord, Fault> {
        let Self { mut record, address, .. } = self;
        if record.reference.expose().is_empty() {
            return Err(Fault::at(Column::Ref.name(), Reason::Missing));
        }
        // A country alone is no address: kept as one it would stand in the way of the real one in a later line.
        if !address.lines.is_empty() || address.city.is_some() || address.region.is_some() || address.postcode.is_some()
        {
            record.address = Some(address);
        }
        if guardian != Guardian::default() {
            record.guardian = Some(guardian);
        }
        Ok(record)
    }
}

/// Limits and characters, before a cell means anything. Line breaks are welcome in template fields only.
fn check(column: Column<'_>, text: &str, limits: &ImportLimits) -> Result<(), Reason> {
    if text.len() > limits.cell_bytes {
        return Err(Reason::CellTooLong(limits.cell_bytes));
    }
    if text.bytes().all(|b| matches!(b, b' '..=b'~')) {
        return Ok(());
    }
    let breaks_allowed = matches!(column, Column::Field(_));
    let stray = |c: char| c.is_control() && !(breaks_allowed && matches!(c, '\n' | '\r' | '\t'));
    if text.chars().any(stray) { Err(Reason::Control) } else { Ok(()) }
}

fn personal(text: &str) -> Pii<String> {
    Pii::new(text.to_owned())
}

fn email(text: &str) -> Result<EmailAddress, Reason> {
    EmailAddress::parse(text).map_err(|_| Reason::Email)
}

/// Exactly `YYYY-MM-DD`: the time library alone would also take a date with a time behind it.
fn birth_date(text: &str, today: Date) -> Result<Pii<String>, Reason> {
    let bytes = text.as_bytes();
    let shaped = bytes.len() == 10
        && bytes.iter().enumerate().all(|(i, b)| if matches!(i, 4 | 7) { *b == b'-' } else { b.is_ascii_digit() });
    if !shaped {
        return Err(Reason::Date);
    }
    let date: Date = text.parse().map_err(|_| Reason::Date)?;
    if date > today { Err(Reason::FutureDate) } else { Ok(personal(text)) }
}

fn once<T>(slot: &mut Option<T>, value: T) -> Result<(), Reason> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(Reason::OneValue),
    }
}

fn add_point<T: PartialEq>(into: &mut Vec<T>, point: T) -> Result<(), Reason> {
    if into.contains(&point) {
        return Ok(());
    }
    if into.len() >= MAX_POINTS_PER_CHANNEL {
        return Err(Reason::TooManyPoints(MAX_POINTS_PER_CHANNEL));
    }
    into.push(point);
    Ok(())
}

fn add_words<T: PartialEq>(
    into: &mut Vec<T>,
    text: &str,
    read: impl Fn(&str) -> Result<T, Reason>,
) -> Result<(), Reason> {
    for word in text.split(';').map(str::trim).filter(|word| !word.is_empty()) {
        let value = read(word)?;
        if !into.contains(&value) {
            into.push(value);
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "row_tests.rs"]
mod tests;
