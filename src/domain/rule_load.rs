//! That rule sets were loaded which are others than before, and which incidents this gave other duties.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::clock::Millis;
use super::history::{ChangeKind, DutyChange};
use super::id::IncidentId;
use super::jurisdiction::JurisdictionId;

/// What a rule set was when it was loaded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// Its version, as its file says.
    pub version: String,
    /// SHA-256, hex, of all that it says.
    pub digest: String,
}

/// All rule sets, by jurisdiction.
pub type Stamps = BTreeMap<JurisdictionId, Stamp>;

/// A rule set that is another now, was added or is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SetChange {
    /// Whose.
    pub jurisdiction: JurisdictionId,
    /// Its version before; absent where there was none, or nobody recorded it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// Its version now; absent where there is none any more. The same as before where the file says something else without
    /// saying so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

impl SetChange {
    /// In words, e.g. `us-ca 2026-11-22.1 -> 2027-01-04.1`.
    #[must_use]
    pub fn in_words(&self) -> String {
        let side = |version: &Option<String>| version.clone().unwrap_or_else(|| String::from("none"));
        format!("{} {} -> {}", self.jurisdiction, side(&self.before), side(&self.after))
    }
}

/// An incident that has other duties since.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Touched {
    /// Which.
    pub incident: IncidentId,
    /// The entry of its history that says what is different.
    pub entry: i64,
}

/// One loading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleLoad {
    /// Number, from 1.
    pub seq: i64,
    /// When.
    pub at: Millis,
    /// All rule sets.
    pub sets: Stamps,
    /// Those that are others than before; none the first time.
    pub changed: Vec<SetChange>,
    /// The incidents that have other duties since.
    pub incidents: Vec<Touched>,
}

/// What differs between two loadings, in order of name.
#[must_use]
pub fn differing(before: &Stamps, after: &Stamps) -> Vec<SetChange> {
    let names: BTreeSet<&JurisdictionId> = before.keys().chain(after.keys()).collect();
    let changed = names.into_iter().filter(|name| before.get(*name) != after.get(*name));
    let version = |stamps: &Stamps, name| stamps.get(name).map(|stamp| stamp.version.clone());
    changed
        .map(|name| SetChange {
            jurisdiction: name.clone(),
            before: version(before, name),
            after: version(after, name),
        })
        .collect()
}

/// Whether a change of a duty makes it another one. That its rules have another number does not, nor that its deadline has
/// passed meanwhile.
#[must_use]
pub fn is_another(change: &DutyChange) -> bool {
    let passed = |what, after: Option<&str>| what == "state" && after == Some("overdue");
    change.kind != ChangeKind::Changed
        || change.differences.iter().any(|one| one.what != "rules_version" && !passed(one.what, one.after.as_deref()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::history::Difference;

    fn stamps(sets: &[(&str, &str, &str)]) -> Stamps {
        let stamp = |version: &str, digest: &str| Stamp { version: version.to_owned(), digest: digest.to_owned() };
        sets.iter().map(|(id, version, digest)| (JurisdictionId::parse(id).unwrap(), stamp(version, digest))).collect()
    }

    #[test]
    fn what_came_went_or_says_something_else_is_told() {
        let before = stamps(&[("a", "1", "x"), ("b", "1", "x"), ("c", "1", "x"), ("d", "1", "x")]);
        let after = stamps(&[("a", "2", "y"), ("b", "1", "y"), ("d", "1", "x"), ("e", "1", "x")]);
        let words: Vec<String> = differing(&before, &after).iter().map(SetChange::in_words).collect();
        assert_eq!(words, ["a 1 -> 2", "b 1 -> 1", "c 1 -> none", "e none -> 1"]);
    }

    #[test]
    fn another_number_and_time_that_has_passed_make_no_other_duty() {
        let change = |differences: &[(&'static str, &str, &str)]| DutyChange {
            obligation: String::from("a/b"),
            kind: ChangeKind::Changed,
            why: String::new(),
            differences: differences
                .iter()
                .map(|(what, before, after)| Difference {
                    what,
                    before: Some((*before).to_owned()),
                    after: Some((*after).to_owned()),
                })
                .collect(),
        };
        assert!(!is_another(&change(&[("rules_version", "1", "2"), ("state", "open", "overdue")])));
        assert!(is_another(&change(&[("state", "open", "met")])));
        assert!(is_another(&change(&[("deadline", "1", "2"), ("rules_version", "1", "2")])));
    }
}
