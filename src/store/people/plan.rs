//! What a chunk of people changes: merged, hashed and sealed, without touching the database.

use std::collections::{BTreeMap, HashMap};

use uuid::Uuid;
use zeroize::Zeroizing;

use super::{KnownRow, exactly};
use crate::domain::id::PersonId;
use crate::domain::person::{PersonRecord, Reach};
use crate::store::rows::PersonRow;
use crate::store::seal::{ContentHash, IncidentKey, RefIndex, encode};
use crate::store::traits::{ImportCounts, Result};

/// One person of the chunk, its rows merged into one.
pub(super) struct Incoming {
    id: PersonId,
    pub(super) ref_index: RefIndex,
    pub(super) content_hash: ContentHash,
    record: PersonRecord,
    plain: Zeroizing<Vec<u8>>,
    /// How many rows of the chunk it came from.
    rows: i64,
}

/// A row of `people` to write.
pub(super) struct Row {
    pub(super) id: Uuid,
    pub(super) ref_index: RefIndex,
    pub(super) content_hash: ContentHash,
    /// The content hash of the row it replaces, if it replaces one.
    pub(super) replaces: ContentHash,
    pub(super) sealed: Vec<u8>,
    pub(super) reach: String,
    pub(super) jurisdiction: Option<String>,
    pub(super) locale: Option<String>,
}

/// A change of the number of people who share jurisdiction and locale; empty text where it is not known.
pub(super) struct GroupChange {
    pub(super) jurisdiction: String,
    pub(super) locale: String,
    pub(super) people: i64,
    pub(super) without_contact: i64,
}

/// All that an import writes.
pub(super) struct Plan {
    pub(super) added: Vec<Row>,
    pub(super) updated: Vec<Row>,
    pub(super) groups: Vec<GroupChange>,
    pub(super) counts: ImportCounts,
}

/// Merges the rows of a chunk that are about the same person, in order of arrival, and hashes what comes of it.
pub(super) fn incoming(key: &IncidentKey, records: Vec<PersonRecord>, ids: Vec<PersonId>) -> Vec<Incoming> {
    let mut places: HashMap<RefIndex, usize> = HashMap::with_capacity(records.len());
    let mut people: Vec<Incoming> = Vec::with_capacity(records.len());
    for (record, id) in records.into_iter().zip(ids) {
        let ref_index = key.ref_index(record.reference.expose());
        if let Some(&place) = places.get(&ref_index) {
            people[place].record.merge(record);
            people[place].rows += 1;
        } else {
            places.insert(ref_index, people.len());
            let (content_hash, plain) = (ContentHash::default(), Zeroizing::default());
            people.push(Incoming { id, ref_index, content_hash, record, plain, rows: 1 });
        }
    }
    for person in &mut people {
        person.plain = encode(&person.record);
        person.content_hash = key.content_hash(&person.record, &person.plain);
    }
    people
}

/// Decides which people are new, which learn something and which are as they were; seals the first two.
pub(super) fn plan(
    key: &IncidentKey,
    incoming: &[Incoming],
    mut known: HashMap<RefIndex, KnownRow>,
    nonces: Vec<[u8; 24]>,
) -> Result<Plan> {
    let mut plan = Plan { added: Vec::new(), updated: Vec::new(), groups: Vec::new(), counts: ImportCounts::default() };
    let mut groups = Groups::default();
    for (person, nonce) in incoming.iter().zip(nonces) {
        // Each further row of the same person in the chunk counts as unchanged.
        plan.counts.unchanged += person.rows - 1;
        let Some(known) = known.remove(&person.ref_index) else {
            plan.counts.added += 1;
            groups.add(&person.record, 1);
            plan.added.push(seal(key, person.id, nonce, person, &person.record, &person.plain));
            continue;
        };
        let Some(sealed) = known.sealed else {
            plan.counts.unchanged += 1;
            continue;
        };
        let replaces = exactly("content_hash", &known.content_hash)?;
        let row = PersonRow { id: known.id, sealed, jurisdiction: known.jurisdiction, locale: known.locale };
        let before = row.open(key)?;
        let mut merged = before.record.clone();
        merged.merge(person.record.clone());
        let bytes = encode(&merged);
        if key.content_hash(&merged, &bytes) == replaces {
            plan.counts.unchanged += 1;
            continue;
        }
        plan.counts.updated += 1;
        groups.add(&before.record, -1);
        groups.add(&merged, 1);
        plan.updated.push(Row { replaces, ..seal(key, before.id, nonce, person, &merged, &bytes) });
    }
    plan.groups = groups.changes();
    Ok(plan)
}

fn seal(
    key: &IncidentKey,
    id: PersonId,
    nonce: [u8; 24],
    person: &Incoming,
    record: &PersonRecord,
    plain: &[u8],
) -> Row {
    Row {
        id: id.0,
        ref_index: person.ref_index,
        content_hash: key.content_hash(record, plain),
        replaces: ContentHash::default(),
        sealed: key.seal_record(id, nonce, plain),
        reach: record.reach().to_code(),
        jurisdiction: record.jurisdiction.as_ref().map(|j| j.as_str().to_owned()),
        locale: record.locale.as_ref().map(|l| l.as_str().to_owned()),
    }
}

/// Adds up the changes per group.
#[derive(Default)]
struct Groups(BTreeMap<(String, String), (i64, i64)>);

impl Groups {
    fn add(&mut self, record: &PersonRecord, by: i64) {
        let jurisdiction = record.jurisdiction.as_ref().map_or("", |j| j.as_str()).to_owned();
        let locale = record.locale.as_ref().map_or("", |l| l.as_str()).to_owned();
        let (people, without_contact) = self.0.entry((jurisdiction, locale)).or_default();
        *people += by;
        if record.reach() == Reach::default() {
            *without_contact += by;
        }
    }

    fn changes(self) -> Vec<GroupChange> {
        self.0
            .into_iter()
            .filter(|(_, change)| *change != (0, 0))
            .map(|((jurisdiction, locale), (people, without_contact))| GroupChange {
                jurisdiction,
                locale,
                people,
                without_contact,
            })
            .collect()
    }
}
