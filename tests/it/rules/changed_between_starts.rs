//! Between two starts the rules of a jurisdiction change: the incidents that are being handled and have other obligations
//! since are named, in the log, in their history and over the API; the others are not.

use serde_json::{Value, json};

use super::{altered, embedded, overrides};
use crate::support::candour::Candour;
use crate::support::databases;

#[tokio::test(flavor = "multi_thread")]
async fn sqlite() {
    databases::on_sqlite(scenario).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres() {
    databases::on_postgres(scenario).await;
}

const DUTY: &str = "sg/notify-authority";
const NEWER: &str = "2999-01-04.1";

/// Singapore's rules with a threshold of 300 people in place of 500.
fn newer() -> String {
    let text = altered(&embedded("sg.toml"), &version(), NEWER);
    altered(&text, "among = \"jurisdiction\", ge = 500", "among = \"jurisdiction\", ge = 300")
}

fn version() -> String {
    let text = embedded("sg.toml");
    let line = text.lines().find(|line| line.starts_with("rules_version")).unwrap();
    line.split('"').nth(1).unwrap().to_owned()
}

fn facts(jurisdiction: &str) -> Value {
    json!({ "title": format!("Tape of {jurisdiction}"), "organisation": { "name": "Nordwind" },
        "timeline": { "aware": "2026-11-20T10:00:00Z" },
        "scope": { "data": ["name"], "affected": [{ "jurisdiction": jurisdiction, "individuals": 400 }] } })
}

async fn changes(candour: &Candour) -> Vec<Value> {
    let answer = candour.call(&candour.responder, "GET", "/v1/rules/changes", None).await;
    answer["items"].as_array().unwrap().clone()
}

fn change<'a>(changes: &'a Value, obligation: &str) -> &'a Value {
    let found = changes.as_array().unwrap().iter().find(|one| one["obligation"] == obligation);
    found.unwrap_or_else(|| panic!("no {obligation} in {changes}"))
}

async fn scenario(database: String) {
    let dir = tempfile::tempdir().unwrap();
    let (directory, configuration) = overrides(dir.path());
    let file = directory.join("sg.toml");
    let mut candour = Candour::start(dir.path(), &database, &configuration).await;
    let mut filed = Vec::new();
    for jurisdiction in ["sg", "eu-gdpr", "sg"] {
        let incident = candour.call(&candour.responder, "POST", "/v1/incidents", Some(facts(jurisdiction))).await;
        filed.push(incident["id"].as_str().unwrap().to_owned());
    }
    // What is closed keeps the obligations that it had.
    for verb in ["open", "close"] {
        let path = format!("/v1/incidents/{}/{verb}", filed[2]);
        candour.call(&candour.responder, "POST", &path, None).await;
    }
    let first = changes(&candour).await;
    assert_eq!(first.len(), 1, "{first:?}");
    assert_eq!((&first[0]["rule_sets"], &first[0]["incidents"]), (&json!([]), &json!([])));

    // Whoever tries the rules sees it before the restart, and nothing is noted.
    candour.terminate().await;
    std::fs::write(&file, newer()).unwrap();
    let tried: Value = serde_json::from_str(&candour.command(&["obligations", "--open"]).await).unwrap();
    let titles: Vec<&Value> = tried.as_array().unwrap().iter().map(|one| &one["title"]).collect();
    assert_eq!(titles, ["Tape of sg", "Tape of eu-gdpr"]);
    assert_eq!(change(&tried[0]["changes"], DUTY)["kind"], "added");
    assert_eq!(tried[1]["changes"], json!([]));

    candour.restart().await;
    // That it listens may be read before what it logged.
    candour.logged(1, "other obligations").await;
    let log = candour.log();
    let told =
        |text: &str| log.lines().filter(|line| line.contains("other obligations") && line.contains(text)).count();
    assert_eq!((told(&filed[0]), told(&filed[1]), told(&filed[2])), (1, 0, 0), "{log}");
    let (older, now) = (version(), changes(&candour).await);
    assert_eq!(now.len(), 2);
    assert_eq!(now[0]["rule_sets"], json!([{ "jurisdiction": "sg", "before": older, "after": NEWER }]));
    let incidents = now[0]["incidents"].as_array().unwrap();
    assert_eq!(incidents.len(), 1, "{incidents:?}");
    assert_eq!((&incidents[0]["incident"], &incidents[0]["title"]), (&json!(filed[0]), &json!("Tape of sg")));
    assert_eq!(change(&incidents[0]["changes"], DUTY)["kind"], "added");
    let path = format!("/v1/incidents/{}/obligations/history", filed[0]);
    let history = candour.call(&candour.responder, "GET", &path, None).await;
    let last = history["items"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["cause"], &last["seq"]), (&json!("rules"), &incidents[0]["entry"]), "{last}");
    assert_eq!(last["fields"], json!([format!("sg {older} -> {NEWER}")]));
    assert_eq!(change(&last["changes"], DUTY), change(&incidents[0]["changes"], DUTY));

    // The same rules again say nothing; the older ones say what is gone.
    candour.terminate().await;
    candour.restart().await;
    assert_eq!(changes(&candour).await.len(), 2);
    candour.terminate().await;
    std::fs::remove_file(&file).unwrap();
    candour.restart().await;
    let gone = changes(&candour).await;
    let gone = change(&gone[0]["incidents"][0]["changes"], DUTY);
    assert_eq!(gone["kind"], "removed");
    let why = format!("other rules were loaded: sg {NEWER} -> {older}; it applied because");
    assert!(gone["why"].as_str().unwrap().starts_with(&why), "{gone}");
}
