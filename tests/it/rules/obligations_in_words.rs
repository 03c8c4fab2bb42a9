//! `candour obligations` for people: the earliest deadline first, with reason and source; and for programs.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

fn obligations(dir: &Path, facts: &Value, format: &[&str]) -> String {
    let file = dir.join("facts.json");
    std::fs::write(&file, facts.to_string()).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_candour"));
    let output = command.arg("obligations").arg(&file).args(format).env_clear().output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_earliest_deadline_stands_first() {
    let dir = tempfile::tempdir().unwrap();
    let facts = json!({
        "title": "Mail archive copied",
        "organisation": { "country": "DE" },
        "timeline": { "discovered": "2026-11-20T12:00:00Z", "aware": "2026-11-20T12:00:00Z" },
        "scope": { "properties": ["confidentiality"], "data": ["name", "payment_card"],
            "affected": [{ "jurisdiction": "us-ca", "individuals": 800 }, { "jurisdiction": "eu-gdpr", "individuals": 5 }] },
        "impact": { "risk": "high" },
    });
    let text = obligations(dir.path(), &facts, &["--format", "text"]);
    let place = |part: &str| text.find(part).unwrap_or_else(|| panic!("{part} is not in it:\n{text}"));
    let first = place("Monday, 23 November 2026, 14:00 (UTC+01:00)");
    assert!(first < place("Sunday, 20 December 2026, 23:59 (UTC-08:00)"), "{text}");
    assert!(place("[eu-gdpr/notify-authority]") < place("[us-ca/notify-individuals]"), "{text}");
    for part in ["breach touching 5 individuals", "1798.82", "(evidence: secondary)", "nature of breach"] {
        place(part);
    }

    // What is not read in a terminal is JSON.
    let json: Value = serde_json::from_str(&obligations(dir.path(), &facts, &[])).unwrap();
    assert_eq!(text.matches("  source ").count(), json.as_array().unwrap().len());

    let nothing = obligations(dir.path(), &json!({ "title": "A lost key" }), &["--format", "text"]);
    assert_eq!(nothing, "No rule asks for anything with these facts.\n");
}
