//! What gives more time: holds of law enforcement, good cause, permission of the authority, each as its statute has it.
//!
//! A hold is a fact of the incident with an end, for one jurisdiction. Whether it counts there, and what time is left after
//! it, the rule says; one that no rule of the jurisdiction knows moves nothing.

use jiff::tz::TimeZone;
use jiff::{ToSpan, Zoned};
use serde::Deserialize;

use super::counting::{Term, to_second, written};
use super::rule::RuleSet;
use crate::domain::facts::{Hold, IncidentFacts};
use crate::domain::vocabulary::HoldKind;

/// The kinds of holds that a rule knows.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(transparent)]
pub(super) struct Holds(pub(super) Vec<Allowed>);

/// How one kind of hold works.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Allowed {
    /// On whose account.
    pub(super) kind: HoldKind,
    /// Whether only a written one counts.
    #[serde(default)]
    pub(super) written: bool,
    /// One that is not in writing counts for so many days from when it was asked.
    pub(super) unwritten_days: Option<u32>,
    /// It gives at most so many days beyond the deadline.
    pub(super) days_beyond: Option<u32>,
    /// Whether it must be asked for while the deadline has not passed.
    #[serde(default)]
    pub(super) in_time: bool,
    /// Whether it moves the deadline only where it ends after it.
    #[serde(default)]
    pub(super) past_due: bool,
    /// The time that is left after it, counted from its end.
    pub(super) then: Option<Term>,
}

/// What holds make of a deadline.
#[derive(Debug, Default)]
pub(super) struct Held {
    /// The new end, if it moves.
    pub(super) at: Option<Zoned>,
    /// When the last hold that counts ends.
    pub(super) until: Option<String>,
    /// Why holds that were given do not count.
    pub(super) notes: Vec<String>,
}

impl Holds {
    /// What the holds of the facts make of a deadline.
    pub(super) fn apply(&self, set: &RuleSet, facts: &IncidentFacts, due: Option<&Zoned>, zone: &TimeZone) -> Held {
        let mut held = Held::default();
        let mut last: Option<Zoned> = None;
        for hold in facts.holds.iter().filter(|hold| hold.jurisdiction == set.id) {
            let counted = match self.0.iter().find(|allowed| allowed.kind == hold.kind) {
                // Most rules of a jurisdiction, e.g. on keeping a record, have nothing to hold.
                None if self.0.is_empty() => continue,
                None => Err(format!("a hold of the kind {} has no effect here", hold.kind)),
                Some(allowed) => allowed.end(hold, due, zone).map(|end| (allowed, end)),
            };
            match counted {
                Err(note) => held.notes.push(note),
                Ok((allowed, end)) => {
                    let left = allowed.then.as_ref().and_then(|then| then.count(&end)).map(|due| due.at);
                    let new = left.unwrap_or_else(|| end.clone());
                    let moves = |due: &Zoned| *due < new && !(allowed.past_due && end <= *due);
                    if due.is_some_and(moves) && held.at.as_ref().is_none_or(|at| *at < new) {
                        held.at = Some(new);
                    }
                    if last.as_ref().is_none_or(|last| *last < end) {
                        last = Some(end);
                    }
                }
            }
        }
        held.until = last.as_ref().map(written);
        held
    }
}

impl Allowed {
    /// When a hold ends under this statute, or why it does not count.
    fn end(&self, hold: &Hold, due: Option<&Zoned>, zone: &TimeZone) -> Result<Zoned, String> {
        let past = || String::from("a hold does not count: its time is past the calendar's end");
        let mut end = to_second(&hold.until, zone).ok_or_else(past)?;
        let asked = to_second(&hold.asked, zone).ok_or_else(past)?;
        if self.written && !hold.written {
            return Err(format!("a hold of the kind {} does not count: it must be in writing", hold.kind));
        }
        if self.in_time && due.is_some_and(|due| *due < asked) {
            return Err(format!(
                "a hold of the kind {} does not count: it was asked for after the deadline",
                hold.kind
            ));
        }
        if let Some(days) = self.unwritten_days.filter(|_| !hold.written) {
            end = end.min(asked.checked_add(i64::from(days).days()).map_err(|_| past())?);
        }
        if let (Some(days), Some(due)) = (self.days_beyond, due) {
            end = end.min(due.checked_add(i64::from(days).days()).map_err(|_| past())?);
        }
        if end < asked {
            return Err(format!("a hold of the kind {} does not count: it ends before it was asked for", hold.kind));
        }
        Ok(end)
    }
}
