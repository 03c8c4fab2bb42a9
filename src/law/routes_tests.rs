//! Who may be told by which way, in which words, and when a public notice may stand in.

use jiff::civil::{Date, date};

use super::Rules;
use super::routes::{Asked, May, PersonRoutes, Recipient};
use super::substitute::{self, Answer, Mode};
use crate::domain::channel::Channel;
use crate::domain::clock::Millis;
use crate::domain::facts::IncidentFacts;
use crate::domain::jurisdiction::JurisdictionId;
use crate::domain::reach::Reach;
use crate::domain::vocabulary::DataCategory;

const NOW: Millis = Millis(1_795_000_000_000);

fn id(id: &str) -> JurisdictionId {
    JurisdictionId::parse(id).unwrap()
}

fn facts(jurisdiction: &str, traits: &[&str]) -> IncidentFacts {
    serde_json::from_value(serde_json::json!({
        "title": "x",
        "organisation": { "traits": traits },
        "timeline": { "discovered": "2026-11-20T12:00:00Z", "aware": "2026-11-20T12:00:00Z" },
        "scope": { "properties": ["confidentiality"], "data": ["name", "social_security_number", "health"],
            "affected": [{ "jurisdiction": jurisdiction, "individuals": 600, "minors": 1, "uncontactable": 0 }] },
        "impact": { "risk": "high" },
    }))
    .unwrap()
}

/// Somebody with an address, a mailbox and a phone.
fn asked() -> Asked<'static> {
    Asked {
        reach: Reach::from_code("11111").unwrap(),
        consent: &[],
        data: &[],
        born: None,
        guardian: true,
        today: date(2026, 11, 22),
    }
}

fn told(jurisdiction: &str, traits: &[&str], asked: &Asked<'_>) -> PersonRoutes {
    let rules = Rules::embedded().unwrap();
    rules.telling(Some(&id(jurisdiction)), &facts(jurisdiction, traits), NOW).person(asked)
}

fn may(routes: &PersonRoutes, channel: Channel) -> May {
    routes.ways.iter().find(|way| way.channel == channel).unwrap().may
}

fn because(routes: &PersonRoutes, channel: Channel) -> &str {
    &routes.ways.iter().find(|way| way.channel == channel).unwrap().because
}

#[test]
fn hipaa_takes_a_letter_unless_email_was_agreed() {
    let plain = told("xx", &["hipaa_covered_entity"], &asked());
    assert_eq!(may(&plain, Channel::Letter), May::Meets);
    assert_eq!(may(&plain, Channel::Email), May::InAddition);
    assert_eq!(may(&plain, Channel::Voice), May::InAddition);
    let agreed = told("xx", &["hipaa_covered_entity"], &Asked { consent: &[Channel::Email], ..asked() });
    assert_eq!(may(&agreed, Channel::Email), May::Meets);
    let only_email = Asked { reach: Reach::from_code("10000").unwrap(), ..asked() };
    assert!(told("xx", &["hipaa_covered_entity"], &only_email).unreachable);
    assert!(!told("eu-gdpr", &[], &only_email).unreachable);
}

#[test]
fn no_notice_goes_to_the_mailbox_whose_password_leaked() {
    let leaked = Asked { data: &[DataCategory::EmailCredentials], consent: &[Channel::Email], ..asked() };
    let california = told("us-ca", &[], &leaked);
    assert_eq!(may(&california, Channel::Email), May::Not);
    assert!(because(&california, Channel::Email).contains("1798.82(j)(5)"), "{california:?}");
    // Where no law says so it is unsafe all the same.
    assert_eq!(may(&told("us-tx", &[], &leaked), Channel::Email), May::Not);
    // Another person of the same incident, whose password did not leak.
    assert_eq!(may(&told("us-ca", &[], &Asked { consent: &[Channel::Email], ..asked() }), Channel::Email), May::Meets);
}

#[test]
fn a_way_may_hang_on_what_the_organisation_does() {
    assert_eq!(may(&told("us-oh", &[], &asked()), Channel::Email), May::InAddition);
    assert_eq!(may(&told("us-oh", &["writes_electronically"], &asked()), Channel::Email), May::Meets);
    assert_eq!(may(&told("us-ok", &[], &asked()), Channel::Email), May::Meets);
    assert_eq!(may(&told("us-ok", &[], &asked()), Channel::Sms), May::InAddition);
}

#[test]
fn guardians_are_told_for_minors_and_in_china_the_minor_too() {
    let born = |born: Date| Asked { born: Some(born), ..asked() };
    let day = |years: i16, days: i8| born(date(2026 - years, 11, 22 + days));
    assert_eq!(told("cn", &[], &day(18, 1)).recipients, [Recipient::Person, Recipient::Guardian]);
    assert_eq!(told("cn", &[], &day(18, 0)).recipients, [Recipient::Person]);
    let hipaa = |asked: &Asked<'_>| told("xx", &["hipaa_covered_entity"], asked).recipients;
    assert_eq!(hipaa(&day(10, 0)), [Recipient::Guardian]);
    assert_eq!(hipaa(&Asked { guardian: false, ..day(10, 0) }), [Recipient::Person]);
    assert_eq!(hipaa(&asked()), [Recipient::Person]);
}

#[test]
fn massachusetts_forbids_what_california_demands() {
    let nature = String::from("nature_of_breach");
    let massachusetts = told("us-ma", &[], &asked());
    assert!(massachusetts.must_not_contain.contains(&nature) && !massachusetts.contents.contains(&nature));
    let california = told("us-ca", &[], &asked());
    assert!(california.contents.contains(&nature) && california.must_not_contain.is_empty());
    // For a resident of Massachusetts HIPAA demands it, so one letter cannot do.
    assert_eq!(told("us-ma", &["hipaa_covered_entity"], &asked()).conflicts, [nature]);
}

#[test]
fn a_law_that_tells_nobody_chooses_no_way() {
    let rules = Rules::embedded().unwrap();
    let mut facts = facts("us-ca", &[]);
    facts.scope.data = vec![DataCategory::Name];
    let free = rules.telling(Some(&id("us-ca")), &facts, NOW).person(&asked());
    assert!(free.contents.is_empty() && free.ways.iter().all(|way| way.may == May::Meets), "{free:?}");
}

fn decided(jurisdiction: &str, change: impl FnOnce(&mut IncidentFacts)) -> substitute::Decision {
    let rules = Rules::embedded().unwrap();
    let mut facts = facts(jurisdiction, &["hipaa_covered_entity"]);
    change(&mut facts);
    let set = rules.jurisdiction(&id(jurisdiction)).or_else(|| rules.jurisdiction(&id("us-hipaa"))).unwrap();
    substitute::decide(set, &facts).unwrap()
}

#[test]
fn a_class_may_go_public_above_its_thresholds_and_must_show_it() {
    let of = |individuals: Option<u64>, cost: Option<u64>| {
        decided("us-ny", |facts| {
            facts.scope.affected[0].individuals = individuals;
            facts.remediation.notice_cost_usd = cost;
        })
    };
    assert_eq!(of(Some(500_000), Some(250_000)).class.answer, Answer::No);
    assert_eq!(of(Some(500_001), None).class.answer, Answer::Yes);
    assert_eq!(of(Some(1), Some(250_001)).class.answer, Answer::Yes);
    let open = of(None, None);
    assert_eq!(open.class.answer, Answer::Open);
    assert!(open.class.because[0].contains("more than 500000"), "{open:?}");
    assert_eq!(open.shown_to.as_deref(), Some("New York Attorney General"));
    assert_eq!((open.mode, open.elements.len()), (Mode::AllOf, 3));
}

#[test]
fn the_form_follows_the_number_who_cannot_be_reached() {
    let of = |n| decided("xx", |facts| facts.scope.affected[0].uncontactable = Some(n));
    assert_eq!(of(0).unreachable.answer, Answer::No);
    assert_eq!((of(9).unreachable.answer, of(9).mode), (Answer::Yes, Mode::AnyOf));
    assert!(of(9).lasts.is_empty());
    assert_eq!((of(10).mode, of(10).lasts.len()), (Mode::FirstAndOneOf, 2));
    assert_eq!(decided("us-ok", |_| {}).mode, Mode::AnyTwoOf);
    assert_eq!(decided("us-mt", |_| {}).mode, Mode::FirstAndOneOf);
    assert_eq!(
        decided("us-in", |facts| facts.scope.affected[0].uncontactable = Some(5)).unreachable.answer,
        Answer::No
    );
}

#[test]
fn a_posting_stays_until_its_last_day() {
    let lasting =
        |jurisdiction| decided(jurisdiction, |f| f.scope.affected[0].uncontactable = Some(10)).lasts[0].clone();
    let until = |jurisdiction, day| substitute::stays_until(day, &lasting(jurisdiction));
    assert_eq!(until("us-ca", date(2028, 2, 10)), Some(date(2028, 3, 11)));
    assert_eq!(until("xx", date(2026, 11, 22)), Some(date(2027, 2, 20)));
    assert_eq!(until("kr", date(2026, 12, 15)), Some(date(2027, 1, 14)));
    // Months, not ninety days; and the last day of a shorter month.
    assert_eq!(until("br", date(2026, 11, 30)), Some(date(2027, 2, 28)));
    assert_eq!(substitute::stays_until(Date::MAX, &lasting("br")), None);
}

#[test]
fn rules_are_about_residents_or_about_whom_an_organisation_answers_for() {
    let rules = Rules::embedded().unwrap();
    let about = |law: &str, residence: &str| rules.jurisdiction(&id(law)).unwrap().counts(&id(residence));
    assert!(about("us-ca", "us-ca") && !about("us-ca", "us-nv"));
    assert!(about("us-fcc", "us-nv") && !about("us-fcc", "hk"), "only people of the United States");
    assert!(about("us-hipaa", "us-nv") && about("us-hipaa", "hk"), "wherever they live");
}
