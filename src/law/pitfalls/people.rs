//! Pitfalls of thresholds, of who counts, and of who is told in what way.

use serde_json::json;

use super::{Asked, Force, RULES, class_may_go_public, incident, read, taken, with};
use crate::domain::channel::Channel;
use crate::domain::jurisdiction::JurisdictionId;
use crate::domain::reach::Reach;
use crate::domain::vocabulary::DataCategory;
use crate::law::routes::{Asked as Person, May, PersonRoutes, Recipient};
use crate::law::substitute::Answer;

fn routes(residence: &str, facts: &serde_json::Value, person: &Person<'_>) -> PersonRoutes {
    let now = "2026-11-22T12:00:00Z".parse::<jiff::Timestamp>().unwrap().into();
    RULES.telling(Some(&JurisdictionId::parse(residence).unwrap()), &read(facts), now).person(person)
}

fn person<'a>() -> Person<'a> {
    let reach = Reach::from_code("10010").unwrap();
    Person { reach, consent: &[], data: &[], born: None, guardian: true, today: jiff::civil::date(2026, 11, 22) }
}

#[test]
fn pitfall_05_more_than_is_not_at_least() {
    let of = |people: &[(&str, u64)], data: &[&str]| {
        let timeline = json!({ "discovered": "2026-11-20T12:00:00Z", "aware": "2026-11-20T12:00:00Z" });
        let mut facts = incident(&timeline, &taken(), people);
        facts["organisation"]["traits"] = json!(["hipaa_covered_entity"]);
        facts["scope"]["data"] = json!(data);
        facts["scope"]["cause"] = json!("internal_accidental");
        Asked::of(&facts)
    };
    let hipaa = |n| of(&[("us-wy", n)], &["name", "health"]);
    assert!(hipaa(500).is_mandatory("us-hipaa/notify-secretary"), "the Secretary: 500 or more");
    assert!(!hipaa(500).is_mandatory("us-hipaa/notify-media"), "the media: more than 500");
    assert!(hipaa(501).is_mandatory("us-hipaa/notify-media"));
    let asia = |n| of(&[("jp", n), ("kr", n)], &["name"]);
    assert!(!asia(1000).is_mandatory("jp/notify-individuals"), "Japan: more than 1000");
    assert!(asia(1001).is_mandatory("jp/notify-individuals"));
    assert!(asia(1000).is_mandatory("kr/notify-authority") && !asia(999).is_mandatory("kr/notify-authority"));
}

#[test]
fn pitfall_06_each_threshold_counts_the_people_that_it_means() {
    let timeline = json!({ "discovered": "2026-11-20T12:00:00Z", "determined_breach": "2026-11-20T12:00:00Z" });
    let mut facts = incident(&timeline, &taken(), &[("us-wy", 300), ("us-ca", 300), ("us-ny", 4000), ("us-fl", 499)]);
    facts["organisation"]["traits"] = json!(["hipaa_covered_entity"]);
    facts["scope"]["data"] = json!(["name", "health", "social_security_number"]);
    let asked = Asked::of(&facts);
    assert!(asked.is_mandatory("us-hipaa/notify-secretary"), "all of them together");
    assert!(asked.get("us-hipaa/notify-media").because.contains("us-ny"), "by state: only New York has more than 500");
    assert!(!asked.is_mandatory("us-ca/notify-attorney-general"), "Californians only");
    assert!(!asked.is_mandatory("us-fl/notify-legal-affairs"), "Floridians only");
    assert!(!asked.is_mandatory("us-ny/notify-credit-bureaus"), "New Yorkers only");
}

#[test]
fn pitfall_07_who_is_told_first() {
    let timeline = json!({ "discovered": "2026-11-10T12:00:00Z", "determined_breach": "2026-11-10T12:00:00Z",
        "determined_notifiable": "2026-11-10T12:00:00Z" });
    let facts = incident(&timeline, &taken(), &[("sg", 500), ("us-tx", 300), ("us-ca", 600)]);
    let facts = with(&facts, "scope.data", json!(["name", "social_security_number", "health"]));
    let asked = Asked::of(&facts);
    assert_eq!(asked.get("sg/notify-individuals").not_before, ["sg/notify-authority"]);
    assert_eq!(asked.get("us-tx/notify-individuals").not_before, ["us-tx/notify-attorney-general"]);
    assert_eq!(asked.get("us-ca/notify-attorney-general").not_before, ["us-ca/notify-individuals"]);
    // It moves with the day on which people were really told.
    for (told, due) in [("2026-11-12", "2026-11-27"), ("2026-11-20", "2026-12-05")] {
        let told = with(&facts, "timeline.individuals_notified", json!(format!("{told}T12:00:00-08:00")));
        assert!(Asked::of(&told).due("us-ca/notify-attorney-general").starts_with(due));
    }
}

#[test]
fn pitfall_09_scale_alone_tells_no_individual_and_credentials_alone_are_enough() {
    let timeline = json!({ "determined_notifiable": "2026-11-20T12:00:00Z" });
    let of = |data: &[&str], n| {
        let facts = incident(&timeline, &taken(), &[("sg", n)]);
        Asked::of(&with(&facts, "scope.data", json!(data)))
    };
    let scale = of(&["name"], 500);
    assert!(scale.is_mandatory("sg/notify-authority") && !scale.is_mandatory("sg/notify-individuals"));
    assert!(of(&["username", "password"], 1).is_mandatory("sg/notify-individuals"));
}

#[test]
fn pitfall_12_china_has_a_duty_below_a_million() {
    let facts = incident(&json!({ "discovered": "2026-11-20T12:00:00+08:00" }), &taken(), &[("cn", 1)]);
    let asked = Asked::of(&facts);
    assert!(asked.is_mandatory("cn/notify-authority") && asked.is_mandatory("cn/notify-individuals"));
    assert!(asked.find("cn/report-incident").is_none());
}

#[test]
fn pitfall_15_chinese_guardians_are_told_below_eighteen() {
    let facts = incident(&json!({ "discovered": "2026-11-20T12:00:00+08:00" }), &taken(), &[("cn", 1)]);
    let of = |born| routes("cn", &facts, &Person { born: Some(born), ..person() }).recipients;
    assert_eq!(of(jiff::civil::date(2009, 1, 1)), [Recipient::Person, Recipient::Guardian], "17, not 14");
    assert_eq!(of(jiff::civil::date(2008, 11, 22)), [Recipient::Person]);
}

#[test]
fn pitfall_16_encryption_excuses_only_what_the_law_says_it_does() {
    let timeline = json!({ "aware": "2026-11-20T12:00:00Z", "discovered": "2026-11-20T12:00:00Z",
        "determined_notifiable": "2026-11-20T12:00:00Z" });
    let mut facts = incident(&timeline, &taken(), &[("eu-gdpr", 10), ("sg", 500), ("jp", 1001), ("us-ca", 600)]);
    facts["scope"]["data"] = json!(["name", "health", "social_security_number"]);
    facts["scope"]["protection"] = json!({ "unintelligible": true });
    facts["impact"]["risk"] = json!("high");
    let asked = Asked::of(&facts);
    assert!(asked.is_mandatory("eu-gdpr/notify-authority") && !asked.is_mandatory("eu-gdpr/notify-individuals"));
    assert!(asked.is_mandatory("sg/notify-authority") && !asked.is_mandatory("sg/notify-individuals"));
    assert!(!asked.is_mandatory("us-ca/notify-individuals"));
    let stolen = Asked::of(&with(&facts, "scope.protection.key_compromised", json!(true)));
    let lost = Asked::of(&with(&facts, "scope.properties", json!(["confidentiality", "availability"])));
    for id in ["eu-gdpr/notify-individuals", "sg/notify-individuals", "us-ca/notify-individuals"] {
        assert!(stolen.is_mandatory(id), "{id}: with the key it is no protection");
    }
    assert!(lost.is_mandatory("eu-gdpr/notify-individuals"), "encryption brings nothing back that is gone");
}

#[test]
fn pitfall_17_going_public_for_some_is_not_going_public_for_all() {
    let timeline = json!({ "discovered": "2026-11-20T12:00:00Z", "aware": "2026-11-20T12:00:00Z" });
    let mut facts = incident(&timeline, &taken(), &[("eu-gdpr", 1000)]);
    facts["scope"]["affected"][0]["uncontactable"] = json!(10);
    facts["impact"]["risk"] = json!("high");
    let asked = Asked::of(&facts);
    assert!(asked.is_mandatory("eu-gdpr/announce") && asked.is_mandatory("eu-gdpr/notify-individuals"));
    assert!(asked.find("eu-gdpr/announce-to-all").is_none());
    assert_eq!(class_may_go_public("eu-gdpr", &facts), Answer::No);
}

#[test]
fn pitfall_18_going_public_is_a_duty_or_must_be_shown_and_never_a_whim() {
    let mut canada = incident(&json!({ "determined_breach": "2026-11-20T12:00:00Z" }), &taken(), &[("ca-pipeda", 10)]);
    canada["impact"]["findings"] = json!(["significant_harm_likely"]);
    canada["scope"]["affected"][0]["uncontactable"] = json!(1);
    assert!(Asked::of(&canada).is_mandatory("ca-pipeda/announce"));
    let harmful = with(&canada, "impact.findings", json!(["significant_harm_likely", "direct_notice_harmful"]));
    assert!(Asked::of(&harmful).is_mandatory("ca-pipeda/announce-to-all"));
    let york = incident(&json!({ "discovered": "2026-11-20T12:00:00Z" }), &taken(), &[("us-ny", 10)]);
    let unknown = with(&york, "remediation", json!({}));
    assert_eq!(class_may_go_public("us-ny", &unknown), Answer::No, "a cost that nobody has shown is none");
    let shown = Asked::of(&with(&york, "remediation.notice_cost_usd", json!(250_001)));
    assert_eq!(shown.get("us-ny/substitute-notice-for-all").force, Force::Review, "and then it is a choice");
}

#[test]
fn pitfall_21_no_mail_to_the_mailbox_that_leaked_nor_without_consent() {
    let facts = incident(&json!({ "discovered": "2026-11-20T12:00:00Z" }), &taken(), &[("us-ca", 10)]);
    let may = |routes: &PersonRoutes| routes.ways.iter().find(|way| way.channel == Channel::Email).unwrap().may;
    let leaked = Person { consent: &[Channel::Email], data: &[DataCategory::EmailCredentials], ..person() };
    assert_eq!(may(&routes("us-ca", &facts, &leaked)), May::Not);
    let hipaa = with(&facts, "scope.data", json!(["name", "health"]));
    let hipaa = with(&hipaa, "organisation", json!({ "traits": ["hipaa_covered_entity"] }));
    assert_eq!(may(&routes("us-wy", &hipaa, &person())), May::InAddition);
    let agreed = Person { consent: &[Channel::Email], ..person() };
    assert_eq!(may(&routes("us-wy", &hipaa, &agreed)), May::Meets);
}

#[test]
fn pitfall_22_massachusetts_forbids_what_california_demands() {
    let facts = incident(&json!({ "discovered": "2026-11-20T12:00:00Z" }), &taken(), &[("us-ca", 5), ("us-ma", 5)]);
    let asked = Asked::of(&facts);
    let forbids = |id: &str| asked.get(id).details.must_not_contain.contains(&String::from("nature_of_breach"));
    let demands = |id: &str| asked.get(id).contents.contains(&String::from("nature_of_breach"));
    assert!(demands("us-ca/notify-individuals") && !forbids("us-ca/notify-individuals"));
    assert!(forbids("us-ma/notify-individuals") && !demands("us-ma/notify-individuals"));
    assert_eq!(routes("us-ma", &facts, &person()).conflicts, Vec::<String>::new(), "one law asks of each person");
}

#[test]
fn pitfall_28_an_unknown_number_does_not_silence_a_duty() {
    let timeline = json!({ "aware": "2026-11-20T12:00:00Z", "determined_notifiable": "2026-11-20T12:00:00Z" });
    let mut facts = incident(&timeline, &taken(), &[("sg", 0), ("eu-gdpr", 0), ("kr", 0), ("cn", 0), ("jp", 0)]);
    for place in 0..5 {
        facts["scope"]["affected"][place] =
            json!({ "jurisdiction": facts["scope"]["affected"][place]["jurisdiction"] });
    }
    facts["scope"]["data"] = json!(["name"]);
    facts["scope"]["cause"] = json!("internal_accidental");
    facts["impact"]["risk"] = json!("risk");
    let asked = Asked::of(&facts);
    for id in ["eu-gdpr/notify-authority", "cn/notify-authority", "kr/notify-individuals"] {
        assert!(asked.is_mandatory(id), "{id}");
    }
    for id in ["sg/notify-authority", "kr/notify-authority", "cn/report-incident"] {
        assert_eq!(asked.get(id).force, Force::Review, "{id}");
        assert!(asked.get(id).because.contains("unknown"), "{id}: {}", asked.get(id).because);
    }
    assert!(asked.find("jp/preliminary-report").is_some());
}

#[test]
fn pitfall_29_what_may_have_happened_counts_only_where_the_law_says_so() {
    let timeline = json!({ "suspected": "2026-11-20T12:00:00Z" });
    let mut facts = incident(&timeline, &taken(), &[("cn", 10), ("jp", 1001), ("kr", 10), ("us-ca", 600)]);
    facts["scope"]["circumstances"] = json!(["data_traded"]);
    let asked = Asked::of(&facts);
    for id in ["cn/notify-authority", "jp/preliminary-report", "kr/notify-of-possible-leak"] {
        assert!(asked.is_mandatory(id), "{id}");
    }
    for id in ["us-ca/notify-individuals", "kr/notify-individuals"] {
        assert!(!asked.is_mandatory(id), "{id}");
    }
}
