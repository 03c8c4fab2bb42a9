//! What sealed people change: who is new, who learns something, who is as before. Does not touch the database.

use uuid::Uuid;
use zeroize::Zeroizing;

use super::exactly;
use super::groups::{Group, GroupChange, Tally};
use super::sealer::{SealedPeople, SealedPerson};
use crate::domain::clock::Entropy;
use crate::domain::id::PersonId;
use crate::domain::reach::{Mark, Reach};
use crate::store::queue::Relocated;
use crate::store::rows::PersonRow;
use crate::store::seal::{ContentHash, RefIndex, encode};
use crate::store::traits::{ImportCounts, Result};

/// What the database knows of a person of the chunk.
pub(super) struct Known {
    /// Place among the chunk's people.
    pub(super) place: usize,
    pub(super) id: Uuid,
    pub(super) content_hash: Vec<u8>,
    /// Absent when the chunk's record has the same hash: then there is nothing to merge and nothing to open.
    pub(super) sealed: Option<Vec<u8>>,
    pub(super) jurisdiction: Option<String>,
    pub(super) locale: Option<String>,
}

/// A row of `people` to write.
pub(super) struct Row<'a> {
    pub(super) id: PersonId,
    pub(super) ref_index: RefIndex,
    pub(super) content_hash: ContentHash,
    /// The content hash of the row it replaces; zeros where it replaces none.
    pub(super) replaces: ContentHash,
    pub(super) reach: Reach,
    pub(super) group: &'a Group,
    pub(super) sealed: &'a [u8],
}

/// A person that learns something.
struct Update {
    id: PersonId,
    ref_index: RefIndex,
    content_hash: ContentHash,
    replaces: ContentHash,
    reach: Reach,
    group: Group,
    sealed: Vec<u8>,
}

/// All that a chunk writes.
pub(super) struct Plan {
    /// Places of the people that are new.
    added: Vec<usize>,
    updated: Vec<Update>,
    pub(super) groups: Vec<GroupChange>,
    /// Who lives elsewhere than was known.
    pub(super) relocated: Vec<Relocated>,
    pub(super) counts: ImportCounts,
}

impl Plan {
    /// The plan for people of whom nobody is known.
    pub(super) fn all_new(people: &SealedPeople) -> Self {
        let mut tally = Tally::new(people.groups.clone());
        for person in &people.people {
            tally.add(person.group, person.reach, 1);
        }
        let mut counts = repeated(people);
        counts.added = number(affected(people).count());
        let added = (0..people.people.len()).collect();
        Self { added, updated: Vec::new(), groups: tally.changes(), relocated: Vec::new(), counts }
    }

    /// The plan for people of whom these are known.
    pub(super) fn beside(people: &SealedPeople, known: Vec<Known>, entropy: &dyn Entropy) -> Result<Self> {
        let mut plan = Self {
            added: Vec::new(),
            updated: Vec::new(),
            groups: Vec::new(),
            relocated: Vec::new(),
            counts: repeated(people),
        };
        let mut tally = Tally::new(people.groups.clone());
        let mut by_place: Vec<Option<Known>> = people.people.iter().map(|_| None).collect();
        for row in known {
            let place = row.place;
            by_place[place] = Some(row);
        }
        for (place, (person, known)) in people.people.iter().zip(by_place).enumerate() {
            let Some(known) = known else {
                plan.counts.added += counted(person.reach);
                tally.add(person.group, person.reach, 1);
                plan.added.push(place);
                continue;
            };
            let Some(sealed) = known.sealed else {
                plan.counts.unchanged += counted(person.reach);
                continue;
            };
            let replaces = exactly("content_hash", &known.content_hash)?;
            let row = PersonRow { id: known.id, sealed, jurisdiction: known.jurisdiction, locale: known.locale };
            let before = row.open(&people.key)?;
            let mut merged = before.record.clone();
            merged.merge(people.open(person)?);
            let group = Group::take(&mut merged);
            let mut bytes = Zeroizing::default();
            encode(&merged, &mut bytes);
            let content_hash = people.key.content_hash(&bytes, group.locale(), group.jurisdiction());
            if content_hash == replaces {
                plan.counts.unchanged += counted(person.reach);
                continue;
            }
            plan.counts.updated += counted(person.reach);
            let mut known = before.record;
            let lived = Group::take(&mut known);
            if lived.jurisdiction != group.jurisdiction {
                let (was, is) = (lived.jurisdiction().to_owned(), group.jurisdiction().to_owned());
                plan.relocated.push(Relocated { person: before.id, was, is });
            }
            tally.add_group(lived, known.reach(people.today), -1);
            tally.add_group(group.clone(), merged.reach(people.today), 1);
            let mut nonce = [0; 24];
            entropy.fill(&mut nonce);
            let mut sealed = Vec::new();
            people.key.seal_record(before.id, nonce, &bytes, &mut sealed);
            let (id, ref_index, reach) = (before.id, person.ref_index, merged.reach(people.today));
            plan.updated.push(Update { id, ref_index, content_hash, replaces, reach, group, sealed });
        }
        plan.groups = tally.changes();
        Ok(plan)
    }

    /// The rows to add.
    pub(super) fn added<'a>(&'a self, people: &'a SealedPeople) -> impl ExactSizeIterator<Item = Row<'a>> + Clone {
        self.added.iter().map(|place| {
            let person = &people.people[*place];
            Row {
                id: person.id,
                ref_index: person.ref_index,
                content_hash: person.content_hash,
                replaces: ContentHash::default(),
                reach: person.reach,
                group: people.group(person),
                sealed: people.sealed(person),
            }
        })
    }

    /// The rows to replace.
    pub(super) fn updated(&self) -> impl ExactSizeIterator<Item = Row<'_>> + Clone {
        self.updated.iter().map(|update| Row {
            id: update.id,
            ref_index: update.ref_index,
            content_hash: update.content_hash,
            replaces: update.replaces,
            reach: update.reach,
            group: &update.group,
            sealed: &update.sealed,
        })
    }
}

/// Those whom lines are about; a guardian comes beside the line of the minor.
fn affected(people: &SealedPeople) -> impl Iterator<Item = &SealedPerson> {
    people.people.iter().filter(|person| counted(person.reach) == 1)
}

/// How many of the lines' people somebody is: one, or none when told as a guardian.
fn counted(reach: Reach) -> i64 {
    i64::from(!reach.is(Mark::Guardian))
}

/// Each further line about the same person of the chunk counts as unchanged.
fn repeated(people: &SealedPeople) -> ImportCounts {
    ImportCounts { unchanged: number(people.lines - affected(people).count()), ..ImportCounts::default() }
}

fn number(count: usize) -> i64 {
    i64::try_from(count).expect("a chunk fits into memory, so its number fits into 63 bits")
}
