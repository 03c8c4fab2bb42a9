//! What holds for any facts: nothing panics, more people take no duty away, and a later event makes no deadline earlier.
//!
//! `CANDOUR_CASES=5000 cargo test --lib law::properties` plays more of them, for some minutes.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::Timestamp;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::strategy::ValueTree;
use serde_json::{Value, json};

use super::condition::{Condition, Test};
use super::{Rules, evaluate, substitute};
use crate::domain::clock::Millis;
use crate::domain::facts::{IncidentFacts, Moment, Timeline};
use crate::domain::obligation::{Force, Obligation};
use crate::domain::vocabulary::{Cause, Circumstance, DataCategory, Finding, HoldKind, Property, Risk, Trait};

static RULES: LazyLock<Rules> = LazyLock::new(|| Rules::embedded().expect("the embedded rules are sound"));

macro_rules! some_of {
    ($vocabulary:ident, $most:expr) => {
        subsequence($vocabulary::ALL.iter().map(|word| word.as_str()).collect::<Vec<_>>(), 0..=$most)
    };
}

macro_rules! one_of {
    ($vocabulary:ident) => {
        select($vocabulary::ALL.iter().map(|word| word.as_str()).collect::<Vec<_>>())
    };
}

/// A time with an offset: mostly of these years, sometimes at the edges of the calendar.
fn moment() -> impl Strategy<Value = String> {
    let usual = (1_700_000_000_i64..1_900_000_000, -12_i8..=14).prop_map(|(at, hours)| {
        let offset = jiff::tz::Offset::constant(hours);
        let at = Timestamp::from_second(at).expect("in range").to_zoned(offset.to_time_zone());
        at.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
    });
    let edges =
        select(vec!["9999-12-30T22:00:00Z", "0001-01-01T00:00:00Z", "-009999-01-03T00:00:00Z", "1970-01-01T00:00:00Z"]);
    prop_oneof![30 => usual, 1 => edges.prop_map(str::to_owned)]
}

fn people() -> impl Strategy<Value = Value> {
    let number = || {
        prop_oneof![
            Just(Value::Null),
            (0_u64..3000).prop_map(Value::from),
            (0_u64..200_000_000).prop_map(Value::from),
            Just(Value::from(u64::MAX)),
        ]
    };
    let ids: Vec<String> = RULES.known().map(ToString::to_string).chain([String::from("xx")]).collect();
    (select(ids), number(), number(), number()).prop_map(|(id, individuals, minors, uncontactable)| {
        json!({ "jurisdiction": id, "individuals": individuals, "minors": minors, "uncontactable": uncontactable })
    })
}

fn timeline() -> impl Strategy<Value = BTreeMap<&'static str, String>> {
    let events = subsequence(Timeline::EVENTS.to_vec(), 0..=8);
    (events, proptest::collection::vec(moment(), 8)).prop_map(|(events, times)| events.into_iter().zip(times).collect())
}

prop_compose! {
    fn facts()(
        timeline in timeline(),
        affected in proptest::collection::vec(people(), 0..6),
        traits in some_of!(Trait, 4),
        data in some_of!(DataCategory, 5),
        properties in some_of!(Property, 3),
        circumstances in some_of!(Circumstance, 3),
        findings in some_of!(Finding, 3),
        (risk, cause, kind) in (one_of!(Risk), one_of!(Cause), one_of!(HoldKind)),
        (unintelligible, key_compromised, approximate, written) in any::<(bool, bool, bool, bool)>(),
        country in select(vec!["DE", "US", "zz", ""]),
        cost in proptest::option::of(0_u64..1_000_000),
        (held, asked, until) in (people(), moment(), moment()),
    ) -> IncidentFacts {
        let facts = json!({
            "title": "any",
            "organisation": { "country": country, "traits": traits },
            "timeline": timeline,
            "scope": { "properties": properties, "data": data, "cause": cause, "circumstances": circumstances,
                "countries": ["FR", "xx"], "affected": affected, "approximate": approximate,
                "protection": { "unintelligible": unintelligible, "key_compromised": key_compromised } },
            "impact": { "risk": risk, "findings": findings },
            "remediation": { "notice_cost_usd": cost },
            "holds": [{ "jurisdiction": held["jurisdiction"], "kind": kind, "asked": asked, "until": until, "written": written }],
        });
        serde_json::from_value(facts).expect("the facts are of the form")
    }
}

fn answer(facts: &IncidentFacts) -> Vec<Obligation> {
    RULES.obligations(facts, &BTreeMap::new(), Millis(1_800_000_000_000))
}

/// Whether a rule is for fewer people than a number: with more, a stricter one takes its place.
fn is_for_few(condition: &Condition) -> bool {
    let few = condition.count.iter().any(|threshold| matches!(threshold.test, Test::Lt(_)));
    few || condition.one_of.iter().any(is_for_few)
}

fn at(obligation: &Obligation) -> Option<Timestamp> {
    obligation.deadline.at.as_deref().map(|at| at.parse().expect("a deadline is a time"))
}

/// How many facts each property is tried with.
fn cases() -> u32 {
    option_env!("CANDOUR_CASES").map_or(256, |cases| cases.parse().expect("CANDOUR_CASES is a number"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, max_global_rejects: u32::MAX, ..ProptestConfig::default() })]

    #[test]
    fn no_facts_make_it_panic(facts in facts()) {
        let first = answer(&facts);
        prop_assert_eq!(&first, &answer(&facts), "the same facts, the same answer");
        for obligation in &first {
            prop_assert!(!obligation.because.contains('{') && !obligation.citation.is_empty(), "{}", obligation.id);
            at(obligation);
        }
        for id in RULES.known() {
            let _ = substitute::decide(RULES.jurisdiction(id).expect("it is known"), &facts);
        }
    }

    #[test]
    fn more_people_take_no_duty_away(facts in facts(), more in 1_u64..1_000_000_000, which in any::<prop::sample::Index>()) {
        let mut facts = facts;
        prop_assume!(!facts.scope.affected.is_empty());
        for affected in &mut facts.scope.affected {
            affected.individuals.get_or_insert(1);
        }
        let before = answer(&facts);
        let place = which.index(facts.scope.affected.len());
        let grown = &mut facts.scope.affected[place];
        grown.individuals = grown.individuals.map(|n| n.saturating_add(more));
        let after: BTreeMap<String, Force> = answer(&facts).into_iter().map(|o| (o.id, o.force)).collect();
        for old in before {
            let set = RULES.jurisdiction(&old.jurisdiction).expect("it has rules");
            let rule = old.id.split('/').nth(1).expect("a rule");
            if set.rules.iter().any(|r| r.id == rule && is_for_few(&r.when)) {
                continue;
            }
            let now = after.get(&old.id);
            prop_assert!(now.is_some(), "{} is gone", old.id);
            prop_assert!(old.force != Force::Mandatory || now == Some(&Force::Mandatory), "{} is weaker", old.id);
        }
    }

    #[test]
    fn a_later_event_makes_no_deadline_earlier(
        facts in facts(), later in prop_oneof![1_i64..200_000, 1_i64..10_000_000], which in any::<prop::sample::Index>(),
    ) {
        let before = answer(&facts);
        // The events that some deadline began with: others move nothing.
        let mut begun: Vec<&str> =
            before.iter().filter(|o| o.deadline.at.is_some()).filter_map(|o| o.deadline.starts.as_deref()).collect();
        begun.push("individuals_notified");
        begun.retain(|event| facts.timeline.event(event).is_some());
        if begun.is_empty() {
            return Ok(());
        }
        let event = begun[which.index(begun.len())];
        let mut facts = facts;
        let moved = facts.timeline.event(event).expect("it is known").timestamp().as_second() + later;
        let Ok(moved) = Timestamp::from_second(moved) else { return Ok(()) };
        facts.timeline.set(event, Moment::parse(&moved.to_string()).expect("a time"));
        let after = answer(&facts);
        for old in &before {
            let Some(new) = after.iter().find(|o| o.id == old.id) else { continue };
            if let (Some(old_at), Some(new_at)) = (at(old), at(new)) {
                prop_assert!(new_at >= old_at, "{}: {event} later, {old_at} became {new_at}", old.id);
            }
        }
    }
}

#[test]
fn any_facts_reach_most_rules() {
    // The properties say little unless the facts above lead somewhere.
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut reached = std::collections::BTreeSet::new();
    for _ in 0..200 {
        let facts = facts().new_tree(&mut runner).expect("facts").current();
        for set in RULES.sets.values() {
            reached.extend(evaluate::of_set(set, &facts, Millis(0)).into_iter().map(|found| found.obligation.id));
        }
    }
    assert!(reached.len() > 150, "{} rules were reached", reached.len());
}
