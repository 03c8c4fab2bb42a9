//! What whoever approves a campaign says about its notice: what was read and confirmed, and why it goes out in spite of faults.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::waivers::checked;
use super::{IncidentError, Requirement};
use crate::domain::obligation::Force;
use crate::law::signs::meaning;

/// What an approver says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Approval {
    /// Why it is approved although something stands in the way.
    pub despite: Option<String>,
    /// Elements that the approver has read and found there.
    pub confirmed: BTreeSet<String>,
    /// Elements that the approver has found not to be there.
    pub confirmed_absent: BTreeSet<String>,
}

/// What an approver is asked to confirm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmation {
    /// The element.
    pub element: String,
    /// What it means.
    pub meaning: &'static str,
    /// Whether it must not be there.
    pub absent: bool,
    /// The obligations that ask for it.
    pub obligations: Vec<String>,
}

/// What laws demand or forbid and only a reader can tell, each element once: first what must be there.
#[must_use]
pub(super) fn to_confirm(requirements: &[Requirement]) -> Vec<Confirmation> {
    let mut asked: BTreeMap<(bool, &str), Vec<String>> = BTreeMap::new();
    for requirement in requirements.iter().filter(|requirement| requirement.force == Force::Mandatory) {
        let there = requirement.to_be_read.iter().map(|element| (false, element.as_str()));
        let not_there = requirement.absence_to_be_read.iter().map(|element| (true, element.as_str()));
        for key in there.chain(not_there) {
            asked.entry(key).or_default().push(requirement.obligation.clone());
        }
    }
    let confirmation = |((absent, element), obligations): ((bool, &str), Vec<String>)| Confirmation {
        element: element.to_owned(),
        meaning: meaning(element).unwrap_or_default(),
        absent,
        obligations,
    };
    asked.into_iter().map(confirmation).collect()
}

/// Holds what an approver says against what the laws ask; gives what goes into the audit chain.
///
/// # Errors
/// `NoticeFaults` or `Unconfirmed` when something stands in the way and no reason is given; what is said does not fit.
pub(super) fn weigh(approval: &Approval, requirements: &[Requirement]) -> Result<Value, IncidentError> {
    let despite = approval.despite.as_deref().map(checked).transpose()?;
    for (field, names) in [("confirmed", &approval.confirmed), ("confirmed_absent", &approval.confirmed_absent)] {
        if let Some(name) = names.iter().find(|name| meaning(name).is_none()) {
            return Err(IncidentError::NoSuchElement { field, name: name.clone() });
        }
    }
    let in_the_way: Vec<Requirement> =
        requirements.iter().filter(|requirement| requirement.stands_in_the_way()).cloned().collect();
    let (mut confirmed, mut confirmed_absent, mut open) = (Vec::new(), Vec::new(), Vec::new());
    for asked in to_confirm(requirements) {
        let said = if asked.absent { &approval.confirmed_absent } else { &approval.confirmed };
        match (said.contains(&asked.element), asked.absent) {
            (false, _) => open.push(asked),
            (true, true) => confirmed_absent.push(asked.element),
            (true, false) => confirmed.push(asked.element),
        }
    }
    if despite.is_none() && !in_the_way.is_empty() {
        return Err(IncidentError::NoticeFaults(in_the_way));
    }
    if despite.is_none() && !open.is_empty() {
        return Err(IncidentError::Unconfirmed(open));
    }
    let faults: Vec<String> = in_the_way.iter().flat_map(faults).chain(open.iter().map(unconfirmed)).collect();
    let despite = despite.filter(|_| !faults.is_empty());
    Ok(json!({ "faults": faults, "despite": despite, "confirmed": confirmed, "confirmed_absent": confirmed_absent }))
}

/// What stands in the way, one line each: `OBLIGATION: ELEMENT`.
fn faults(requirement: &Requirement) -> Vec<String> {
    let missing = requirement.missing.iter().map(|element| format!("{}: {element} is missing", requirement.obligation));
    let forbidden =
        requirement.forbidden.iter().map(|element| format!("{}: {element} is forbidden", requirement.obligation));
    missing.chain(forbidden).collect()
}

fn unconfirmed(asked: &Confirmation) -> String {
    let what = if asked.absent { "nobody has confirmed that it is not there" } else { "nobody has confirmed it" };
    format!("{}: {}: {what}", asked.obligations.join(", "), asked.element)
}
