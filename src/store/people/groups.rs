//! People who share jurisdiction and locale, and how their numbers change.

use std::collections::HashMap;

use crate::domain::jurisdiction::JurisdictionId;
use crate::domain::locale::Locale;
use crate::domain::person::PersonRecord;
use crate::domain::reach::{Mark, Reach};

/// What people of a group share. Neither is personal by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Group {
    pub(super) jurisdiction: Option<JurisdictionId>,
    pub(super) locale: Option<Locale>,
}

impl Group {
    /// Takes both out of a record, which is sealed without them.
    pub(super) fn take(record: &mut PersonRecord) -> Self {
        Self { jurisdiction: record.jurisdiction.take(), locale: record.locale.take() }
    }

    /// Puts both back into a record.
    pub(super) fn put(&self, record: &mut PersonRecord) {
        record.jurisdiction.clone_from(&self.jurisdiction);
        record.locale.clone_from(&self.locale);
    }

    /// The jurisdiction; empty text where it is not known.
    pub(super) fn jurisdiction(&self) -> &str {
        self.jurisdiction.as_ref().map_or("", JurisdictionId::as_str)
    }

    /// The locale; empty text where it is not known.
    pub(super) fn locale(&self) -> &str {
        self.locale.as_ref().map_or("", Locale::as_str)
    }
}

/// Each group once, by its place, so that a person holds a number and not two texts.
#[derive(Clone, Debug, Default)]
pub(super) struct Groups {
    list: Vec<Group>,
    places: HashMap<Group, usize>,
}

impl Groups {
    /// The place of a group, a new one if need be.
    pub(super) fn place(&mut self, group: Group) -> usize {
        if let Some(place) = self.places.get(&group) {
            return *place;
        }
        let place = self.list.len();
        self.list.push(group.clone());
        self.places.insert(group, place);
        place
    }

    /// The group at a place that [`Groups::place`] gave.
    pub(super) fn at(&self, place: usize) -> &Group {
        &self.list[place]
    }
}

/// A change of the number of people in a group; empty text where something is not known.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct GroupChange {
    pub(super) jurisdiction: String,
    pub(super) locale: String,
    pub(super) people: i64,
    pub(super) without_contact: i64,
}

/// Adds up the changes per group.
pub(super) struct Tally {
    groups: Groups,
    /// People and those without contact, by the group's place.
    changes: Vec<(i64, i64)>,
}

impl Tally {
    /// Starts with the places that are given out already.
    pub(super) fn new(groups: Groups) -> Self {
        let changes = vec![(0, 0); groups.list.len()];
        Self { groups, changes }
    }

    /// Counts a person of the group at a place in (`by` is 1) or out (-1). Who is told as a guardian is not one of those
    /// whom the incident affects.
    pub(super) fn add(&mut self, place: usize, reach: Reach, by: i64) {
        if reach.is(Mark::Guardian) {
            return;
        }
        if place >= self.changes.len() {
            self.changes.resize(place + 1, (0, 0));
        }
        let (people, without_contact) = &mut self.changes[place];
        *people += by;
        if reach.is_nowhere() {
            *without_contact += by;
        }
    }

    /// The same for a group that may have no place yet.
    pub(super) fn add_group(&mut self, group: Group, reach: Reach, by: i64) {
        let place = self.groups.place(group);
        self.add(place, reach, by);
    }

    /// What changes, in order of jurisdiction and locale.
    pub(super) fn changes(self) -> Vec<GroupChange> {
        let numbers = self.groups.list.iter().zip(self.changes).filter(|(_, numbers)| *numbers != (0, 0));
        let mut changes: Vec<GroupChange> = numbers
            .map(|(group, (people, without_contact))| GroupChange {
                jurisdiction: group.jurisdiction().to_owned(),
                locale: group.locale().to_owned(),
                people,
                without_contact,
            })
            .collect();
        changes.sort_by(|a, b| (&a.jurisdiction, &a.locale).cmp(&(&b.jurisdiction, &b.locale)));
        changes
    }
}
