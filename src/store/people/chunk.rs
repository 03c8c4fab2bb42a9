//! People on their way in: encoded as they come, merged when they are all there, not sealed yet.

use std::sync::Arc;

use jiff::civil::Date;
use zeroize::Zeroizing;

use super::blocks::{At, Blocks};
use super::groups::{Group, Groups};
use crate::domain::person::PersonRecord;
use crate::domain::reach::Reach;
use crate::store::seal::{IncidentKey, RefIndex, decode, encode};
use crate::store::traits::Result;

/// People of one incident that will be stored together, as bytes: what a record takes as a tree of texts is several times as
/// much. What is personal in it is wiped when it goes.
pub struct PeopleChunk {
    key: Arc<IncidentKey>,
    entries: Vec<Entry>,
    groups: Groups,
    plain: Zeroizing<Blocks>,
    lines: usize,
    today: Date,
}

/// One person, or one line about a person while the chunk is not merged.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) ref_index: RefIndex,
    /// Place in the groups.
    pub(super) group: usize,
    /// Where the encoded record is.
    pub(super) plain: At,
    pub(super) reach: Reach,
    /// Number of the line in the chunk, from 0; the first if there are several.
    pub(super) arrival: usize,
}

/// A chunk in which each person is once, in order of what finds them.
pub(super) struct Merged {
    pub(super) entries: Vec<Entry>,
    pub(super) groups: Groups,
    pub(super) plain: Zeroizing<Blocks>,
    pub(super) lines: usize,
    pub(super) today: Date,
}

impl PeopleChunk {
    pub(super) fn new(key: Arc<IncidentKey>, today: Date) -> Self {
        Self { key, entries: Vec::new(), groups: Groups::default(), plain: Zeroizing::default(), lines: 0, today }
    }

    /// Adds what one line says of a person. The guardian of a minor becomes somebody to be told as well; whether they are
    /// is decided when a population is sealed.
    pub fn add(&mut self, record: PersonRecord) {
        if let Some(guardian) = record.guardian_of(self.today) {
            self.add_one(guardian);
        }
        self.add_one(record);
        self.lines += 1;
    }

    /// Adds somebody as they are stored already: a guardian is a person of their own there.
    pub fn add_stored(&mut self, record: PersonRecord) {
        self.add_one(record);
        self.lines += 1;
    }

    fn add_one(&mut self, mut record: PersonRecord) {
        let ref_index = match record.ward {
            None => self.key.ref_index(record.reference.expose()),
            Some(_) => self.key.guardian_index(record.reference.expose()),
        };
        let group = self.groups.place(Group::take(&mut record));
        let entry = Entry {
            ref_index,
            group,
            reach: record.reach(self.today),
            plain: self.plain.push(|plain| encode(&record, plain)),
            arrival: self.lines,
        };
        self.entries.push(entry);
    }

    /// How many lines were added.
    #[must_use]
    pub fn lines(&self) -> usize {
        self.lines
    }

    /// How many bytes what was added takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.plain.bytes()
    }

    /// Makes one of the lines that are about the same person, in order of arrival. The people come out in the order of the
    /// index that finds them: written in this order, each page of the index is touched once.
    pub(super) fn merge(self) -> Result<Merged> {
        let Self { mut entries, mut groups, mut plain, lines, today, .. } = self;
        entries.sort_by_key(|entry| u128::from_be_bytes(entry.ref_index));
        let mut merged: Vec<Entry> = Vec::with_capacity(entries.len());
        for entry in entries {
            match merged.last_mut() {
                Some(before) if before.ref_index == entry.ref_index => {
                    let mut record = read(before, &groups, &plain)?;
                    record.merge(read(&entry, &groups, &plain)?);
                    before.group = groups.place(Group::take(&mut record));
                    before.reach = record.reach(today);
                    before.plain = plain.push(|plain| encode(&record, plain));
                }
                _ => merged.push(entry),
            }
        }
        Ok(Merged { entries: merged, groups, plain, lines, today })
    }
}

fn read(entry: &Entry, groups: &Groups, plain: &Blocks) -> Result<PersonRecord> {
    let mut record = decode(plain.at(entry.plain))?;
    groups.at(entry.group).put(&mut record);
    Ok(record)
}
