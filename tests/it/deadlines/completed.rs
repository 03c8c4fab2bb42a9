//! A duty that asks for a supplement and nothing else is done once that was submitted; one that asks for more is not.

use candour::domain::actor::Role;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::stores::on_both;

on_both!(a_completed_report_takes_its_duty_off_the_list, |world| {
    let app = TestApp::start(&world).await;
    let facts = json!({
        "title": "Works",
        "organisation": { "name": "Alpwerk", "country": "CH", "traits": ["critical_infrastructure"] },
        "timeline": { "discovered": "2026-01-10T10:00:00+01:00" },
        "scope": { "properties": ["confidentiality"], "cause": "external_malicious", "data": ["name"],
            "affected": [{ "jurisdiction": "ch", "individuals": 100 }] },
        "impact": { "risk": "high" },
    });
    let id = app.file(&facts).await;
    app.act(Role::Responder, &format!("/v1/incidents/{id}/open")).await;
    let draft = async |kind: &str, duty: &str| {
        let drafted = app.post(Role::Responder, &format!("/v1/incidents/{id}/reports"), &json!({ "kind": kind })).await;
        let reports = drafted.json["reports"].as_array().unwrap_or_else(|| panic!("{}", drafted.text)).clone();
        let report = reports.into_iter().find(|report| report["obligation"] == duty);
        report.unwrap_or_else(|| panic!("none for {duty} in {}", drafted.text))["id"].as_str().unwrap().to_owned()
    };
    let submit = async |report: &str, body: Value| {
        let answer = app.post(Role::Responder, &format!("/v1/reports/{report}/submitted"), &body).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    };
    let states = async |path: &str, items: &str| {
        let answer = app.get(path).await;
        let items = answer.json[items].as_array().unwrap().clone();
        let duty =
            |item: &Value| if item["obligation"].is_object() { item["obligation"].clone() } else { item.clone() };
        let wanted = ["ch/complete-report-of-cyberattack", "ch/report-cyberattack"];
        wanted.map(|id| {
            items.iter().map(duty).find(|one| one["id"] == id).map(|one| one["state"].as_str().unwrap().to_owned())
        })
    };
    let completion = "ch/complete-report-of-cyberattack";

    // In time: the 14 days end with 24 January.
    let report = draft("supplementary", completion).await;
    submit(&report, json!({ "reference": "B-1", "at": "2026-01-15T10:00:00+01:00" })).await;
    let expected = [Some(String::from("met")), Some(String::from("overdue"))];
    assert_eq!(states(&format!("/v1/incidents/{id}/obligations"), "obligations").await, expected);
    assert_eq!(states("/v1/deadlines?state=all&limit=500", "items").await, expected);
    assert_eq!(states("/v1/deadlines?limit=500", "items").await[0], None);

    // A second one, long after: the duty was done in time.
    let report = draft("supplementary", completion).await;
    submit(&report, json!({ "reference": "B-2", "at": "2026-03-15T10:00:00+01:00" })).await;
});
