//! Each class at its boundary, and what is assumed.

use super::severity::*;
use crate::domain::facts::IncidentFacts;
use serde_json::json;

fn facts(data: &[&str], properties: &[&str], cause: &str) -> IncidentFacts {
    serde_json::from_value(json!({
        "title": "x", "scope": { "data": data, "properties": properties, "cause": cause } }))
    .unwrap()
}

fn scored(facts: &IncidentFacts, knowledge: &Knowledge) -> (f64, Class) {
    severity(facts, knowledge).score.unwrap()
}

/// Simple data of everybody who can be told at once: the context is 1, and circumstances move it by quarters.
#[test]
fn each_class_begins_where_the_table_says() {
    let at = |sensitive: u32, ease, recipients, alteration| {
        let knowledge = Knowledge {
            sensitive: Some(sensitive),
            identification: Some(ease),
            recipients: Some(recipients),
            alteration: Some(alteration),
            ..Knowledge::default()
        };
        scored(&facts(&["health"], &["confidentiality"], "internal_accidental"), &knowledge)
    };
    let (maximum, significant) = (Identification::Maximum, Identification::Significant);
    for (sensitive, ease, recipients, alteration, score, class) in [
        (1, maximum, Recipients::Unknown, Alteration::Recoverable, 1.75, Class::Low),
        (1, maximum, Recipients::Unknown, Alteration::Unrecoverable, 2.0, Class::Medium),
        (3, significant, Recipients::Unknown, Alteration::Harmless, 2.75, Class::Medium),
        (2, maximum, Recipients::Unknown, Alteration::Unrecoverable, 3.0, Class::High),
        (3, maximum, Recipients::Unknown, Alteration::Recoverable, 3.75, Class::High),
        (3, maximum, Recipients::Unknown, Alteration::Unrecoverable, 4.0, Class::VeryHigh),
    ] {
        assert_eq!(at(sensitive, ease, recipients, alteration), (score, class));
    }
}

#[test]
fn the_highest_kind_of_data_counts_and_circumstances_add_up() {
    let everything = facts(
        &["name", "location", "payment_card", "health"],
        &["confidentiality", "integrity", "availability"],
        "external_malicious",
    );
    let found = severity(&everything, &Knowledge::default());
    assert_eq!(found.context.iter().map(|step| step.score).collect::<Vec<_>>(), [1.0, 2.0, 3.0, 4.0]);
    // 4 × 0.5 (a name alone) + the most that circumstances can come to.
    assert_eq!(found.score, Some((4.0, Class::VeryHigh)));
    assert_eq!(found.formula.as_deref(), Some("SE = DPC × EI + CB = 4 × 0.5 + 2 = 4"));
    let around: Vec<f64> = found.circumstances.iter().map(|step| step.score).collect();
    assert_eq!(around, [0.5; 4]);
}

#[test]
fn what_is_assumed_says_so_and_what_is_given_does_not() {
    let found = severity(&facts(&["name"], &["confidentiality"], "external_malicious"), &Knowledge::default());
    assert!(found.context[0].assumed && found.identification.assumed && found.circumstances[0].assumed);
    assert!(!found.circumstances[1].assumed, "the facts say that somebody meant it");
    let knowledge = Knowledge {
        simple: Some(1),
        identification: Some(Identification::Negligible),
        recipients: Some(Recipients::None),
        ..Knowledge::default()
    };
    let found = severity(&facts(&["name"], &["confidentiality"], "external_accidental"), &knowledge);
    assert_eq!(found.score, Some((0.25, Class::Low)));
    assert!(!found.context[0].assumed && !found.identification.assumed);
}

#[test]
fn without_data_there_is_no_score_and_it_says_what_is_missing() {
    let found = severity(&facts(&[], &["confidentiality"], "unknown"), &Knowledge::default());
    assert_eq!((found.score, found.missing), (None, vec!["scope.data"]));
}

#[test]
fn flags_are_mentioned_and_not_scored() {
    let with = |individuals: u64, unintelligible: bool| {
        let mut facts = facts(&["name"], &["confidentiality"], "external_malicious");
        facts.scope.affected =
            serde_json::from_value(json!([{ "jurisdiction": "eu-gdpr", "individuals": individuals }])).unwrap();
        facts.scope.protection.unintelligible = unintelligible;
        severity(&facts, &Knowledge::default())
    };
    assert!(with(100, false).flags.is_empty());
    assert_eq!(with(101, false).flags.len(), 1);
    assert_eq!(with(101, true).flags.len(), 2);
    assert_eq!(with(100, false).score, with(101, true).score);
}
