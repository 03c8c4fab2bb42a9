//! Pitfalls of clocks and of counting.

use serde_json::json;

use super::{Asked, DeadlineKind, incident, taken, with};

#[test]
fn pitfall_01_each_law_runs_from_an_event_of_its_own() {
    let timeline = json!({ "noticed": "2026-11-02T12:00:00Z", "discovered": "2026-11-03T12:00:00Z",
        "determined_breach": "2026-11-10T12:00:00Z", "determined_notifiable": "2026-11-12T12:00:00Z",
        "determined_material": "2026-11-16T12:00:00Z" });
    let mut facts = incident(&timeline, &taken(), &[("us-tx", 300), ("sg", 500), ("cn", 1_000_000)]);
    facts["organisation"]["traits"] = json!(["listed_company", "hipaa_covered_entity"]);
    facts["scope"]["data"] = json!(["name", "social_security_number", "health"]);
    let asked = Asked::of(&facts);
    for (id, event) in [
        ("us-sec-8k/disclose", "determined_material"),
        ("sg/notify-authority", "determined_notifiable"),
        ("us-tx/notify-individuals", "determined_breach"),
        ("cn/report-incident", "noticed"),
        ("us-hipaa/notify-individuals", "discovered"),
    ] {
        assert_eq!(asked.get(id).deadline.starts.as_deref(), Some(event), "{id}");
    }
}

#[test]
fn pitfall_02_hours_are_counted_on_the_utc_line_over_a_change_of_clocks() {
    // Britain's clocks go back on 25 October 2026 at 01:00 UTC.
    let facts = incident(&json!({ "aware": "2026-10-24T12:00:00+01:00" }), &taken(), &[("uk", 10)]);
    assert_eq!(
        Asked::of(&with(&facts, "impact", json!({ "risk": "risk" }))).due("uk/notify-authority"),
        "2026-10-27T11:00:00+00:00"
    );
}

#[test]
fn pitfall_03_only_what_says_so_rolls_past_a_weekend() {
    // 20 November 2026 is a Friday, so that 72 hours end on Monday; on Thursday they end on Sunday.
    let sunday = incident(&json!({ "aware": "2026-11-19T09:30:00+01:00" }), &taken(), &[("eu-gdpr", 10)]);
    let sunday = with(&sunday, "impact", json!({ "risk": "risk" }));
    assert_eq!(Asked::of(&sunday).due("eu-gdpr/notify-authority"), "2026-11-22T10:00:00+01:00");
    // Thirty days with the first end on Saturday 31 October and roll over Sunday to 2 November.
    let mut japan = incident(&json!({ "aware": "2026-10-02T09:00:00+09:00" }), &taken(), &[("jp", 1001)]);
    japan["scope"]["cause"] = json!("internal_accidental");
    assert_eq!(Asked::of(&japan).due("jp/final-report"), "2026-11-02T23:59:59+09:00");
    // Three days after Thursday end on Sunday and stay there.
    let singapore =
        incident(&json!({ "determined_notifiable": "2026-11-19T09:00:00+08:00" }), &taken(), &[("sg", 500)]);
    assert_eq!(Asked::of(&singapore).due("sg/notify-authority"), "2026-11-22T23:59:59+08:00");
    // Thirty days after Friday 23 October end on Sunday 22 November and stay there.
    let california = incident(&json!({ "discovered": "2026-10-23T12:00:00-07:00" }), &taken(), &[("us-ca", 5)]);
    assert_eq!(Asked::of(&california).due("us-ca/notify-individuals"), "2026-11-22T23:59:59-08:00");
}

#[test]
fn pitfall_04_where_the_law_has_no_number_there_is_none_and_advice_is_marked() {
    let timeline = json!({ "aware": "2026-11-20T12:00:00Z", "discovered": "2026-11-20T12:00:00Z" });
    let everywhere = [("hk", 10), ("au", 10), ("ch", 10), ("ca-pipeda", 10), ("nz", 10), ("us-ma", 10)];
    let mut facts = incident(&timeline, &taken(), &everywhere);
    facts["impact"] = json!({ "risk": "high", "findings": ["serious_harm_likely", "significant_harm_likely"] });
    let asked = Asked::of(&facts);
    for id in [
        "hk/notify-commissioner",
        "au/notify-authority",
        "ch/notify-authority",
        "ca-pipeda/notify-authority",
        "us-ma/notify-individuals",
        "us-ma/notify-attorney-general",
    ] {
        let deadline = &asked.get(id).deadline;
        assert_eq!((deadline.at.as_deref(), deadline.kind), (None, DeadlineKind::None), "{id}");
        assert!(!deadline.text.is_empty(), "{id}");
    }
    assert_eq!(asked.get("nz/notify-authority").deadline.kind, DeadlineKind::Guidance);
}

#[test]
fn pitfall_08_days_of_guidance_are_no_statute() {
    let timeline = json!({ "suspected": "2026-11-01T12:00:00Z", "aware": "2026-11-01T12:00:00Z" });
    let asked = Asked::of(&incident(&timeline, &taken(), &[("sg", 500), ("jp", 1001)]));
    assert_eq!(asked.get("sg/assess").deadline.kind, DeadlineKind::Guidance);
    assert_eq!(asked.get("jp/preliminary-report").deadline.kind, DeadlineKind::Guidance);
}

#[test]
fn pitfall_19_what_is_posted_has_its_last_day() {
    let timeline = json!({ "discovered": "2026-11-20T12:00:00Z", "aware": "2026-11-20T12:00:00Z" });
    let mut facts = incident(&timeline, &taken(), &[("us-ca", 100), ("kr", 100), ("br", 100)]);
    facts["organisation"]["traits"] = json!(["hipaa_covered_entity"]);
    facts["impact"]["findings"] = json!(["rights_significantly_affected"]);
    facts["scope"]["data"] = json!(["name", "social_security_number", "health"]);
    for place in 0..3 {
        facts["scope"]["affected"][place]["uncontactable"] = json!(10);
    }
    let asked = Asked::of(&facts);
    let lasts = |id: &str| -> Vec<String> {
        let unit = |unit| serde_json::to_value(unit).unwrap();
        asked.get(id).details.lasts.iter().map(|l| format!("{} {} {}", l.what, l.amount, unit(l.unit))).collect()
    };
    assert_eq!(lasts("us-ca/substitute-notice"), ["website_posting 30 \"days\""]);
    assert_eq!(lasts("kr/announce"), ["website_posting 30 \"days\""]);
    assert_eq!(lasts("br/announce"), ["website_posting 3 \"months\""]);
    assert_eq!(lasts("us-hipaa/substitute-notice"), ["website_posting 90 \"days\"", "toll_free_number 90 \"days\""]);
}

#[test]
fn pitfall_20_sixty_days_after_the_year_are_the_29th_of_february_before_a_leap_day() {
    let of = |discovered: &str| {
        let mut facts = incident(&json!({ "discovered": discovered }), &taken(), &[("us-xx", 499)]);
        facts["organisation"]["traits"] = json!(["hipaa_covered_entity"]);
        facts["scope"]["data"] = json!(["name", "health"]);
        Asked::of(&facts).due("us-hipaa/report-annually").to_owned()
    };
    assert_eq!(of("2026-05-01T12:00:00-04:00"), "2027-03-01T23:59:59-05:00");
    assert_eq!(of("2027-05-01T12:00:00-04:00"), "2028-02-29T23:59:59-05:00");
}

#[test]
fn pitfall_24_brazil_counts_federal_business_days_from_knowledge_and_doubles_for_small_agents() {
    // 20 November is a holiday since 2024, a Friday in 2026.
    let mut facts = incident(
        &json!({ "noticed": "2026-11-10T10:00:00-03:00", "aware": "2026-11-18T10:00:00-03:00" }),
        &taken(),
        &[("br", 100)],
    );
    facts["scope"]["data"] = json!(["name", "health"]);
    facts["impact"]["findings"] = json!(["rights_significantly_affected"]);
    assert_eq!(Asked::of(&facts).due("br/notify-authority"), "2026-11-24T23:59:59-03:00");
    let small = with(&facts, "organisation.traits", json!(["small_processing_agent"]));
    assert_eq!(Asked::of(&small).due("br/notify-authority-small-agent"), "2026-11-27T23:59:59-03:00");
}

#[test]
fn pitfall_25_the_clock_of_a_processor_is_not_the_controllers() {
    let timeline =
        json!({ "discovered": "2026-11-02T12:00:00-05:00", "determined_breach": "2026-11-02T12:00:00-05:00" });
    let mut facts = incident(&timeline, &taken(), &[("us-fl", 500), ("us-ny", 500), ("us-tx", 500)]);
    facts["organisation"]["traits"] = json!(["processor"]);
    let asked = Asked::of(&facts);
    assert_eq!(asked.due("us-fl/notify-owner"), "2026-11-12T23:59:59-05:00");
    assert_eq!(asked.due("us-ny/notify-owner"), "2026-12-02T23:59:59-05:00");
    assert_eq!(asked.due("us-tx/notify-owner"), "");
    for state in ["us-fl", "us-ny", "us-tx"] {
        assert!(asked.find(&format!("{state}/notify-individuals")).is_none(), "{state}");
    }
}

#[test]
fn pitfall_30_a_day_ends_where_the_authority_is() {
    // In California it is still 20 November when it is 21 November in UTC.
    let facts = incident(&json!({ "discovered": "2026-11-21T05:00:00Z" }), &taken(), &[("us-ca", 5)]);
    assert_eq!(Asked::of(&facts).due("us-ca/notify-individuals"), "2026-12-20T23:59:59-08:00");
}

#[test]
fn pitfall_31_late_is_what_comes_after_the_deadline() {
    use crate::domain::obligation::ObligationState::{Open, Overdue};
    let facts = incident(&json!({ "aware": "2026-11-16T10:30:00+01:00" }), &taken(), &[("eu-gdpr", 10)]);
    let facts = with(&facts, "impact", json!({ "risk": "risk" }));
    let state = |now| Asked::at(&facts, now).get("eu-gdpr/notify-authority").state;
    assert_eq!((state("2026-11-19T10:00:00Z"), state("2026-11-19T10:00:01Z")), (Open, Overdue));
}

#[test]
fn pitfall_33_the_earliest_of_all_clocks_stands_first() {
    let timeline = json!({ "noticed": "2026-11-20T00:00:00Z", "aware": "2026-11-20T00:00:00Z" });
    let mut facts = incident(&timeline, &taken(), &[("eu-gdpr", 10), ("in", 10), ("cn", 1_000_000)]);
    facts["organisation"]["traits"] = json!(["cert_in_covered"]);
    facts["impact"]["risk"] = json!("risk");
    let asked = Asked::of(&facts);
    let first: Vec<&str> = asked.0.iter().take(3).map(|obligation| obligation.id.as_str()).collect();
    assert_eq!(first, ["cn/report-incident", "in/report-cyber-incident", "eu-gdpr/notify-authority"]);
}

#[test]
fn pitfall_34_thanksgiving_is_no_business_day() {
    let mut facts = incident(&json!({ "determined_material": "2026-11-23T12:00:00-05:00" }), &taken(), &[]);
    facts["organisation"]["traits"] = json!(["listed_company"]);
    assert_eq!(Asked::of(&facts).due("us-sec-8k/disclose"), "2026-11-30T23:59:59-05:00");
}
