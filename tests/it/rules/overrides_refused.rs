//! A rule file that is not sound is refused by file, line or rule, and field: by `candour check`, and by `candour serve`
//! before it listens.

use super::{altered, embedded, overrides};
use crate::support::candour::Candour;
use crate::support::databases;

struct Case {
    what: &'static str,
    file: &'static str,
    text: String,
    /// All of this is said.
    says: Vec<String>,
}

fn line_of(text: &str, part: &str) -> usize {
    text.lines().position(|line| line.contains(part)).unwrap() + 1
}

/// The text without the citations of its first rule.
fn without_citation(text: &str) -> String {
    let from = text.find("[[rule.citation]]").unwrap();
    let until = from + text[from..].find("[[rule]]").unwrap();
    format!("{}{}", &text[..from], &text[until..])
}

fn cases() -> Vec<Case> {
    let sg = embedded("sg.toml");
    let bad_event = altered(&sg, "starts = [\"determined_notifiable\"]", "starts = [\"determined_notifyable\"]");
    let event_line = line_of(&bad_event, "determined_notifyable");
    let overlapping =
        altered(&embedded("us-ca.toml"), "effective_until = \"2025-12-31\"", "effective_until = \"2026-06-30\"");
    // A moment where a day stands: with a time, but nothing that says in which zone.
    let no_offset = format!("effective_from = \"2027-01-01T00:00:00\"\n{sg}");
    let not_covered = altered(&sg, "rules_version = \"", "rules_version = \"of ");
    let unknown_field = altered(&sg, "met_by = \"determined_notifiable\"", "metby = \"determined_notifiable\"");
    let field_line = line_of(&unknown_field, "metby");
    let says = |parts: &[&str]| parts.iter().map(|part| (*part).to_owned()).collect();
    vec![
        Case {
            what: "no citation",
            file: "sg.toml",
            text: without_citation(&sg),
            says: says(&["sg.toml", "assess", "citation"]),
        },
        Case {
            what: "overlapping dates",
            file: "us-ca.toml",
            text: overlapping,
            says: says(&["us-ca.toml", "notify-individuals", "effective_from", "another version"]),
        },
        Case {
            what: "unknown event",
            file: "sg.toml",
            text: bad_event,
            says: says(&[
                "sg.toml",
                &format!("line {event_line}"),
                "starts",
                "determined_notifyable",
                "determined_notifiable",
            ]),
        },
        Case {
            what: "time without offset",
            file: "sg.toml",
            text: no_offset,
            says: says(&["sg.toml", "line 1", "effective_from"]),
        },
        Case {
            what: "version",
            file: "sg.toml",
            text: not_covered,
            says: says(&["sg.toml", "line 9", "rules_version"]),
        },
        Case {
            what: "unknown field",
            file: "sg.toml",
            text: unknown_field,
            says: says(&["sg.toml", &format!("line {field_line}"), "metby"]),
        },
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn by_check_and_at_the_start() {
    databases::on_sqlite(scenario).await;
}

async fn scenario(database: String) {
    let dir = tempfile::tempdir().unwrap();
    let (directory, configuration) = overrides(dir.path());
    let candour = Candour::prepare(dir.path(), &database, "", &configuration).await;
    for case in cases() {
        let file = directory.join(case.file);
        std::fs::write(&file, &case.text).unwrap();
        let checked = candour.prepared(&["check"]).output().await.unwrap();
        let said = String::from_utf8(checked.stdout).unwrap();
        assert!(!checked.status.success(), "{}: {said}", case.what);
        let fault = said.lines().find(|line| line.starts_with("FAULT  rules")).unwrap_or_default();
        let served = candour.prepared(&["serve"]).output().await.unwrap();
        let refused = String::from_utf8(served.stderr).unwrap();
        assert!(!served.status.success(), "{}: it serves", case.what);
        for part in &case.says {
            assert!(fault.contains(part), "{}: check does not say {part:?}: {said}", case.what);
            assert!(refused.contains(part), "{}: serve does not say {part:?}: {refused}", case.what);
        }
        std::fs::remove_file(&file).unwrap();
    }
    let checked = candour.prepared(&["check"]).output().await.unwrap();
    let said = String::from_utf8(checked.stdout).unwrap();
    assert!(checked.status.success() && said.contains("ok     rules"), "{said}");
}
