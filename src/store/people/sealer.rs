//! Sealing people, away from the database: nothing here waits, so it may keep a core busy where that holds up nobody.

use std::sync::Arc;

use jiff::civil::Date;

use super::blocks::{At, Blocks};
use super::chunk::{Entry, PeopleChunk};
use super::groups::{Group, Groups};
use crate::domain::clock::Entropy;
use crate::domain::id::{IncidentId, PersonId};
use crate::domain::person::PersonRecord;
use crate::domain::reach::Reach;
use crate::store::seal::{ContentHash, IncidentKey, RefIndex};
use crate::store::traits::Result;

/// Seals people of one incident under its key.
#[derive(Clone)]
pub struct PeopleSealer {
    incident: IncidentId,
    key: Arc<IncidentKey>,
    entropy: Arc<dyn Entropy>,
}

/// People of a chunk, sealed: nothing personal can be read from them without the incident's key.
pub struct SealedPeople {
    pub(super) incident: IncidentId,
    pub(super) key: Arc<IncidentKey>,
    pub(super) people: Vec<SealedPerson>,
    pub(super) groups: Groups,
    /// The sealed records.
    sealed: Blocks,
    /// How many lines they came from.
    pub(super) lines: usize,
    /// The day they came in.
    pub(super) today: Date,
}

/// One of them.
pub(super) struct SealedPerson {
    pub(super) id: PersonId,
    pub(super) ref_index: RefIndex,
    pub(super) content_hash: ContentHash,
    pub(super) reach: Reach,
    /// Place in the groups.
    pub(super) group: usize,
    sealed: At,
}

impl PeopleSealer {
    pub(in crate::store) fn new(incident: IncidentId, key: Arc<IncidentKey>, entropy: Arc<dyn Entropy>) -> Self {
        Self { incident, key, entropy }
    }

    /// An empty chunk of people who come in on a day.
    #[must_use]
    pub fn chunk(&self, today: Date) -> PeopleChunk {
        PeopleChunk::new(Arc::clone(&self.key), today)
    }

    /// Merges the lines of a chunk and seals its people. `ids` is given, for each person in the order in which they will be
    /// written, the number of the person's first line in the chunk, and gives a fresh identifier for each.
    ///
    /// # Errors
    /// `Corrupt` when a record that was just encoded does not decode, which is a defect.
    ///
    /// # Panics
    /// When `ids` gives fewer identifiers than there are people.
    pub fn seal(&self, chunk: PeopleChunk, ids: impl FnOnce(&[usize]) -> Vec<PersonId>) -> Result<SealedPeople> {
        let merged = chunk.merge()?;
        let arrivals: Vec<usize> = merged.entries.iter().map(|entry| entry.arrival).collect();
        let ids = ids(&arrivals);
        assert!(ids.len() >= arrivals.len(), "{} people came with {} identifiers", arrivals.len(), ids.len());
        let mut nonces = vec![[0; 24]; arrivals.len()];
        self.entropy.fill(nonces.as_flattened_mut());

        let mut sealed = Blocks::default();
        let seal = |(entry, (id, nonce)): (Entry, (PersonId, [u8; 24]))| {
            let plain = merged.plain.at(entry.plain);
            let group = merged.groups.at(entry.group);
            SealedPerson {
                id,
                ref_index: entry.ref_index,
                content_hash: self.key.content_hash(plain, group.locale(), group.jurisdiction()),
                reach: entry.reach,
                group: entry.group,
                sealed: sealed.push(|into| self.key.seal_record(id, nonce, plain, into)),
            }
        };
        let people = merged.entries.into_iter().zip(ids.into_iter().zip(nonces)).map(seal).collect();
        Ok(SealedPeople {
            incident: self.incident,
            key: Arc::clone(&self.key),
            people,
            groups: merged.groups,
            sealed,
            lines: merged.lines,
            today: merged.today,
        })
    }
}

impl SealedPeople {
    /// How many lines they came from.
    #[must_use]
    pub fn lines(&self) -> usize {
        self.lines
    }

    /// A person's group.
    pub(super) fn group(&self, person: &SealedPerson) -> &Group {
        self.groups.at(person.group)
    }

    /// A person's sealed record.
    pub(super) fn sealed(&self, person: &SealedPerson) -> &[u8] {
        self.sealed.at(person.sealed)
    }

    /// Opens a person's record, as it came.
    pub(super) fn open(&self, person: &SealedPerson) -> Result<PersonRecord> {
        let mut record = self.key.open_record(person.id, self.sealed(person))?;
        self.group(person).put(&mut record);
        Ok(record)
    }
}
