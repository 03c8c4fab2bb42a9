//! Decisions not to act, records that something was done, and the register of all incidents.

mod fulfilled;
mod register;
mod waived;

use serde_json::{Value, json};

/// An incident that touches people under the GDPR and in Hong Kong.
fn facts(title: &str) -> Value {
    json!({
        "title": title,
        "organisation": { "name": "Nordwind", "country": "DE" },
        "timeline": { "aware": "2026-01-10T10:00:00+01:00", "discovered": "2026-01-10T10:00:00+01:00" },
        "scope": { "properties": ["confidentiality"], "cause": "external_malicious", "data": ["name"],
            "affected": [{ "jurisdiction": "eu-gdpr", "individuals": 1200, "records": 1500 },
                { "jurisdiction": "hk", "individuals": 3 }] },
        "impact": { "risk": "risk", "consequences": ["phishing"], "description": "A stranger read the list." },
        "remediation": { "taken": ["The door was closed."], "planned": ["A better lock."] },
    })
}
