//! Obligations as people read them in a terminal: the earliest deadline first, each with its reason and its source.

use std::fmt::Write as _;

use crate::domain::clock::Millis;
use crate::domain::deadline::{self, distance, instant};
use crate::domain::obligation::{Lasting, LastingUnit, Obligation, ObligationState};

/// A paragraph for each, and a line before that says how many there are.
pub(super) fn in_words(obligations: &[Obligation], now: Millis) -> String {
    if obligations.is_empty() {
        return String::from("No rule asks for anything with these facts.\n");
    }
    let mut sorted: Vec<&Obligation> = obligations.iter().collect();
    sorted.sort_by_key(|one| (instant(one).is_none(), instant(one), one.id.clone()));
    let mut text = format!("{} obligations, the earliest deadline first.\n", sorted.len());
    for one in sorted {
        text.push('\n');
        paragraph(&mut text, one, now);
    }
    text
}

fn paragraph(text: &mut String, one: &Obligation, now: Millis) {
    let due = one.deadline.at.as_deref().zip(instant(one)).map_or_else(
        || String::from("No date"),
        |(at, instant)| format!("{}, {}", deadline::in_words(at), distance(now, instant)),
    );
    let state = match one.state {
        ObligationState::Open => "",
        ObligationState::Overdue => " - OVERDUE",
        ObligationState::Met => " - met",
        ObligationState::Waived => " - waived",
    };
    let force = one.force.in_words();
    let held = one.details.held_until.as_deref().map(deadline::in_words).unwrap_or_default();
    let sources: Vec<&str> = one.citation.iter().map(|citation| citation.text.as_str()).collect();
    let mut lines = vec![
        ("what", format!("{}: {} ({force})", one.duty.in_words(), one.to)),
        ("by when", one.deadline.text.clone()),
        ("why", one.because.clone()),
        ("after", one.not_before.join(", ")),
        ("says", one.contents.join(", ").replace('_', " ")),
        ("not", one.details.must_not_contain.join(", ").replace('_', " ")),
        ("lasts", one.details.lasts.iter().map(lasting).collect::<Vec<_>>().join("; ")),
        ("held", held),
        ("source", format!("{} (evidence: {})", sources.join("; "), one.details.evidence)),
    ];
    lines.extend(one.details.notes.iter().map(|note| ("note", note.clone())));
    // Writing into a text cannot fail.
    let _ = writeln!(text, "{due}{state}  [{}]", one.id);
    for (label, said) in lines.iter().filter(|(_, said)| !said.is_empty()) {
        let _ = writeln!(text, "  {label:<8} {said}");
    }
}

fn lasting(one: &Lasting) -> String {
    let unit = match one.unit {
        LastingUnit::Days => "days",
        LastingUnit::Months => "months",
        LastingUnit::Years => "years",
    };
    format!("{} for {} {unit}", one.what.replace('_', " "), one.amount)
}
