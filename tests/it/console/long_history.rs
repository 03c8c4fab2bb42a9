//! Of a history that is longer than the page, the page shows the end.

use serde_json::{Value, json};

use super::read;
use crate::support::candour::Candour;
use crate::support::databases;

/// More than the page reads.
const AMENDMENTS: usize = 210;

#[tokio::test(flavor = "multi_thread")]
async fn sqlite() {
    databases::on_sqlite(scenario).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres() {
    databases::on_postgres(scenario).await;
}

async fn scenario(database: String) {
    let dir = tempfile::tempdir().unwrap();
    let candour = Candour::start(dir.path(), &database, "").await;
    let affected = |jurisdiction: &str| {
        json!({ "scope": { "properties": ["confidentiality"], "data": ["name"],
            "affected": [{ "jurisdiction": jurisdiction, "individuals": 1200 }] } })
    };
    let mut facts = affected("eu-gdpr");
    facts["title"] = json!("Tape");
    let filed = candour.call(&candour.responder, "POST", "/v1/incidents", Some(facts)).await;
    let path = format!("/v1/incidents/{}", filed["id"].as_str().unwrap());
    for number in 0..AMENDMENTS {
        amend(&candour, &path, json!({ "title": format!("Tape {number}") })).await;
    }
    amend(&candour, &path, affected("hk")).await;

    let page = read(&candour, &path.replace("/v1/", "/console/"), Some(&candour.responder)).await;
    let (_, history) = page.body.split_once("How the obligations came about").expect("a history");
    let (history, _) = history.split_once("Audit chain").expect("what stands behind it");
    assert!(history.contains("<span class=\"tag\">new</span> hk/"), "the last change is missing: {history}");
    assert!(!history.contains("<span class=\"tag\">new</span> eu-gdpr/"), "the first one is long ago: {history}");
}

async fn amend(candour: &Candour, path: &str, change: Value) {
    let request = candour.http.patch(format!("{}{path}", candour.base)).bearer_auth(&candour.responder);
    let answer = request.header("if-match", "*").json(&change).send().await.unwrap();
    assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
}
