//! Pitfalls of dates in force, of stale and wrong sources, of names and of holds.

use serde_json::json;

use super::{Asked, RULES, incident, taken, with};
use crate::domain::jurisdiction::JurisdictionId;

#[test]
fn pitfall_10_what_is_not_in_force_is_silent_by_the_day_of_awareness() {
    let timeline = json!({ "aware": "2026-11-20T12:00:00+08:00" });
    let facts = incident(&timeline, &taken(), &[("in", 10), ("tw", 10), ("eu-gdpr", 10), ("hk", 10), ("kr", 1000)]);
    let facts = with(&facts, "impact", json!({ "risk": "high" }));
    let asked = Asked::of(&facts);
    for id in [
        "in/intimate-board",
        "in/notify-individuals",
        "tw/report-under-amended-act",
        "eu-gdpr/notify-authority-under-omnibus",
    ] {
        assert!(asked.find(id).is_none(), "{id}");
    }
    assert!(
        asked.0.iter().all(|o| o.jurisdiction.as_str() != "hk" || !asked.is_mandatory(&o.id)),
        "Hong Kong is voluntary"
    );
    // Looked at later, an incident stays under the law of its day.
    let later = Asked::at(&facts, "2027-06-01T00:00:00Z");
    assert!(later.find("in/intimate-board").is_none());
    let india = with(&facts, "timeline.aware", json!("2027-05-13T12:00:00+05:30"));
    assert!(Asked::at(&india, "2027-06-01T00:00:00Z").is_mandatory("in/intimate-board"));
    // Korea's amendment holds for what is known from 11 September 2026 on.
    let day = |aware: &str| Asked::of(&with(&facts, "timeline.aware", json!(aware)));
    assert!(day("2026-09-10T23:59:59+09:00").find("kr/notify-individuals").is_none());
    assert!(day("2026-09-11T00:00:00+09:00").is_mandatory("kr/notify-individuals"));
}

#[test]
fn pitfall_11_stale_rules_of_the_web_are_not_these() {
    let timeline = json!({ "aware": "2026-11-18T12:00:00Z", "discovered": "2026-11-18T12:00:00Z" });
    let mut facts =
        incident(&timeline, &taken(), &[("kr", 1000), ("uk", 10), ("us-ca", 5), ("us-ny", 5), ("us-wa", 5)]);
    facts["organisation"]["traits"] = json!(["telecom_provider"]);
    facts["impact"]["risk"] = json!("risk");
    let asked = Asked::of(&facts);
    assert_eq!(asked.due("kr/notify-authority"), "2026-11-21T21:00:00+09:00", "72 hours, not 24");
    assert_eq!(asked.due("uk/notify-under-pecr"), "2026-11-21T12:00:00+00:00", "72 hours, not 24");
    assert_eq!(asked.due("us-ca/notify-individuals"), "2026-12-18T23:59:59-08:00", "30 days, not no time");
    assert_eq!(asked.due("us-ny/notify-individuals"), "2026-12-18T23:59:59-05:00", "30 days, not no time");
    assert_eq!(asked.due("us-wa/notify-individuals"), "2026-12-18T23:59:59-08:00", "30 days, not 45");
    let mut record = incident(&timeline, &taken(), &[("us-wy", 500)]);
    record["organisation"]["traits"] = json!(["phr_vendor"]);
    record["scope"]["data"] = json!(["name", "health"]);
    assert_eq!(
        Asked::of(&record).due("us-ftc-hbnr/notify-ftc"),
        "2027-01-17T23:59:59-05:00",
        "with people, not 10 days"
    );
}

#[test]
fn pitfall_13_the_24_hours_for_chinese_vulnerabilities_are_no_duty_of_leaks() {
    let facts = incident(&json!({ "discovered": "2026-11-20T12:00:00+08:00" }), &taken(), &[("cn", 1_000_000)]);
    let asked = Asked::of(&facts);
    assert!(asked.0.iter().all(|obligation| !obligation.deadline.text.contains("24")), "{:?}", asked.0);
    assert_eq!(asked.due("cn/report-incident"), "2026-11-20T16:00:00+08:00");
}

#[test]
fn pitfall_14_chinese_levels_go_by_number_and_keep_their_names() {
    let cn = RULES.jurisdiction(&JurisdictionId::parse("cn").unwrap()).unwrap();
    let name = |individuals| cn.level(individuals).map(|level| level.name.as_str());
    assert_eq!(name(999_999), None);
    let names = [1_000_000, 10_000_000, 100_000_000].map(name);
    assert!(names.iter().all(Option::is_some) && names[0] != names[1] && names[1] != names[2], "{names:?}");
    assert!(names.iter().flatten().all(|name| !name.is_ascii()), "in Chinese: {names:?}");
}

#[test]
fn pitfall_23_a_controller_outside_the_union_tells_each_authority() {
    let facts = incident(&json!({ "aware": "2026-11-20T12:00:00Z" }), &taken(), &[("eu-gdpr", 10)]);
    let mut facts = with(&facts, "impact", json!({ "risk": "risk" }));
    facts["organisation"] = json!({ "country": "US", "traits": ["no_eu_establishment"] });
    facts["scope"]["countries"] = json!(["DE", "FR", "IE"]);
    let asked = Asked::of(&facts);
    for country in ["de", "fr", "ie"] {
        assert!(asked.is_mandatory(&format!("eu-gdpr/notify-each-authority/{country}")), "{country}");
    }
    assert!(asked.find("eu-gdpr/notify-authority").is_none());
}

#[test]
fn pitfall_26_a_hold_is_of_one_law_and_ends() {
    let timeline = json!({ "discovered": "2026-10-01T12:00:00-04:00" });
    let mut facts = incident(&timeline, &taken(), &[("us-ca", 600), ("us-ny", 600)]);
    facts["holds"] = json!([{ "jurisdiction": "us-ny", "kind": "law_enforcement", "written": true,
        "asked": "2026-10-05T12:00:00-04:00", "until": "2026-12-31T12:00:00-05:00" }]);
    let asked = Asked::of(&facts);
    assert!(asked.get("us-ny/notify-individuals").details.held_until.is_some());
    assert!(asked.due("us-ny/notify-individuals") > "2026-12-31");
    assert_eq!(asked.get("us-ca/notify-individuals").details.held_until, None, "another state's hold");
    assert_eq!(asked.get("us-ny/notify-attorney-general").details.held_until, None, "not the report");
    // A hold by word of mouth counts thirty days with HIPAA.
    let mut hipaa = incident(&timeline, &taken(), &[("us-wy", 600)]);
    hipaa["organisation"]["traits"] = json!(["hipaa_covered_entity"]);
    hipaa["scope"]["data"] = json!(["name", "health"]);
    hipaa["holds"] = json!([{ "jurisdiction": "us-hipaa", "kind": "law_enforcement",
        "asked": "2026-11-20T12:00:00-05:00", "until": "2027-06-30T12:00:00-04:00" }]);
    let until = Asked::of(&hipaa).get("us-hipaa/notify-individuals").details.held_until.clone().unwrap();
    assert!(until.starts_with("2026-12-20"), "{until}");
}

#[test]
fn pitfall_27_an_extension_is_asked_for_in_time_or_not_at_all() {
    let of = |asked: &str| {
        let timeline =
            json!({ "discovered": "2026-10-15T12:00:00-04:00", "determined_breach": "2026-10-15T12:00:00-04:00" });
        let mut facts = incident(&timeline, &taken(), &[("us-fl", 600)]);
        facts["holds"] = json!([{ "jurisdiction": "us-fl", "kind": "good_cause", "written": true, "asked": asked,
            "until": "2026-12-31T12:00:00-05:00" }]);
        Asked::of(&facts).due("us-fl/notify-individuals").to_owned()
    };
    assert_eq!(of("2026-11-14T12:00:00-05:00"), "2026-11-29T23:59:59-05:00", "15 days more, however long it was given");
    assert_eq!(of("2026-11-15T12:00:00-05:00"), "2026-11-14T23:59:59-05:00", "a day late");
}

#[test]
fn pitfall_32_statutes_and_not_aggregators_and_each_says_what_was_read() {
    let timeline = json!({ "discovered": "2026-11-18T12:00:00Z" });
    let of = |people: &[(&str, u64)]| Asked::of(&incident(&timeline, &taken(), people));
    assert!(of(&[("us-wa", 100_000)]).find("us-wa/notify-credit-bureaus").is_none(), "Washington has none");
    assert!(of(&[("us-ma", 1)]).is_mandatory("us-ma/notify-credit-bureaus"), "as the office names them, no number");
    assert!(!of(&[("us-ca", 500)]).is_mandatory("us-ca/notify-attorney-general"), "more than 500");
    for id in RULES.known() {
        let set = RULES.jurisdiction(id).unwrap();
        assert!(set.rules_version.starts_with("20"), "{id} says when it was checked");
        for rule in &set.rules {
            assert!(rule.evidence().is_some(), "{id}/{} says what was read", rule.id);
        }
    }
}
