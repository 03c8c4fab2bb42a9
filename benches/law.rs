//! The law by itself, on one core: reading all rule files at start, and all obligations of one incident that touches people
//! of every jurisdiction and an organisation that every framework binds.

use std::collections::BTreeMap;
use std::time::Instant;

use candour::domain::clock::Millis;
use candour::domain::facts::IncidentFacts;
use candour::domain::vocabulary::Trait;
use candour::law::Rules;
use serde_json::json;

use crate::support::Result;
use crate::support::bench::Bench;
use crate::support::report::{Reach, Report};

/// So many answers a turn.
const ANSWERS: u32 = 200;

/// The subject.
pub(crate) fn run(bench: &Bench) -> Result<Report> {
    let mut report = Report::new("law");
    let rules = Rules::embedded()?;
    let facts = everywhere(&rules)?;
    let now = Millis(1_795_000_000_000);
    let found = rules.obligations(&facts, &BTreeMap::new(), now).len();
    report.setting("rule sets", rules.known().count());
    report.setting("obligations of the incident", found);
    for _ in 0..bench.repeat {
        let start = Instant::now();
        let read = Rules::embedded()?;
        report.measured("all rule files read", "ms", start.elapsed().as_secs_f64() * 1e3);
        let start = Instant::now();
        for _ in 0..ANSWERS {
            std::hint::black_box(read.obligations(std::hint::black_box(&facts), &BTreeMap::new(), now));
        }
        report.measured("all obligations", "ms", start.elapsed().as_secs_f64() * 1e3 / f64::from(ANSWERS));
    }
    report.bound("all rule files read", Reach::AtMost(100.0));
    report.bound("all obligations", Reach::AtMost(5.0));
    Ok(report)
}

/// People of every jurisdiction, data of many kinds, and every trait but those that lift duties.
fn everywhere(rules: &Rules) -> Result<IncidentFacts> {
    let affected: Vec<_> = rules
        .residences()
        .map(|id| json!({ "jurisdiction": id, "individuals": 2_000_000, "minors": 10, "uncontactable": 1000 }))
        .collect();
    let binds = |name: &&str| !matches!(*name, "processor" | "small_business" | "small_processing_agent");
    let traits: Vec<&str> = Trait::ALL.iter().map(|t| t.as_str()).filter(binds).collect();
    let at = "2026-11-20T12:00:00Z";
    Ok(serde_json::from_value(json!({
        "title": "Everywhere",
        "organisation": { "country": "DE", "traits": traits },
        "timeline": { "noticed": at, "discovered": at, "aware": at, "determined_breach": at, "determined_notifiable": at,
            "determined_material": at, "individuals_notified": at, "ransom_paid": at },
        "scope": { "properties": ["confidentiality"], "cause": "external_malicious", "affected": affected,
            "data": ["name", "email_address", "password", "social_security_number", "health", "payment_card"] },
        "impact": { "risk": "high", "findings": ["serious_harm_likely", "significant_harm_likely",
            "rights_significantly_affected", "people_need_to_know", "bank_notification_incident", "major_event"] },
    }))?)
}
