//! Reports are drafted per authority, read in three forms, and recorded as submitted.

use candour::domain::actor::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::notices::facts;
use crate::support::app::{TestApp, send};
use crate::support::stores::on_both;

/// An open incident of Californians, aware since a moment.
async fn open(app: &TestApp, aware: &str) -> String {
    let mut facts = facts();
    facts["timeline"] = json!({ "discovered": aware, "aware": aware, "determined_breach": aware });
    facts["scope"]["affected"] = json!([{ "jurisdiction": "eu-gdpr", "individuals": 1200 }]);
    let id = app.file(&facts).await;
    app.act(Role::Responder, &format!("/v1/incidents/{id}/open")).await;
    id
}

async fn draft(app: &TestApp, incident: &str) -> Value {
    let drafted = app.post(Role::Responder, &format!("/v1/incidents/{incident}/reports"), &json!({})).await;
    assert_eq!(drafted.status, StatusCode::CREATED, "{}", drafted.text);
    drafted.json["reports"][0].clone()
}

on_both!(a_draft_is_read_as_json_page_and_pdf, |world| {
    let app = TestApp::start(&world).await;
    let incident = open(&app, "2026-11-20T22:10:00+01:00").await;
    let report = draft(&app, &incident).await;
    let path = format!("/v1/reports/{}", report["id"].as_str().unwrap());
    assert_eq!(app.get(&path).await.json, report);
    assert_eq!(app.get(&format!("{path}.json")).await.json, report);
    let page = app.get(&format!("{path}.html")).await;
    assert!(page.header("content-type").starts_with("text/html"));
    assert!(page.text.contains(report["document"]["title"].as_str().unwrap()), "{}", page.text);
    let pdf = app.request(Method::GET, &format!("{path}.pdf"), Some(Role::Auditor)).send().await.unwrap();
    assert_eq!(pdf.headers()["content-type"], "application/pdf");
    assert!(pdf.bytes().await.unwrap().starts_with(b"%PDF-"));
    app.get(&format!("{path}.docx")).await.problem(404, "not-found");
    assert!(!report["document"]["missing"].as_array().unwrap().is_empty(), "{report}");
    assert!(report["link"].as_str().unwrap().starts_with("https://candour.example.org/reports/"));
    let listed = app.get(&format!("/v1/incidents/{incident}/reports")).await;
    assert_eq!(listed.json["reports"][0], report);
});

on_both!(a_draft_needs_an_open_incident_and_a_known_jurisdiction, |world| {
    let app = TestApp::start(&world).await;
    let id = app.file(&facts()).await;
    let path = format!("/v1/incidents/{id}/reports");
    app.post(Role::Responder, &path, &json!({})).await.problem(409, "out-of-order");
    app.act(Role::Responder, &format!("/v1/incidents/{id}/open")).await;
    let refused = app.post(Role::Responder, &path, &json!({ "jurisdiction": "atlantis" })).await;
    refused.at_fault(422, "invalid-fields", "jurisdiction");
    app.post(Role::Responder, &path, &json!({ "kind": "secret" })).await.at_fault(422, "invalid-fields", "kind");
});

on_both!(a_late_submission_asks_for_its_reason, |world| {
    let app = TestApp::start(&world).await;
    let incident = open(&app, "2020-01-01T00:00:00Z").await;
    let report = draft(&app, &incident).await;
    let path = format!("/v1/reports/{}/submitted", report["id"].as_str().unwrap());
    let submit = async |body: Value| {
        send(
            app.request(Method::POST, &path, Some(Role::Responder))
                .header("idempotency-key", body.to_string().len().to_string())
                .json(&body),
        )
        .await
    };
    submit(json!({ "reference": "" })).await.at_fault(422, "invalid-fields", "reference");
    submit(json!({ "reference": "LfD\0", "late_reason": "x" })).await.at_fault(422, "invalid-fields", "reference");
    submit(json!({ "reference": "LfD-7", "late_reason": "x\0" })).await.at_fault(422, "invalid-fields", "late_reason");
    submit(json!({ "reference": "LfD-7" })).await.at_fault(422, "invalid-fields", "late_reason");
    let done = submit(json!({ "reference": "LfD-7", "late_reason": "Found in\nan old backup." })).await;
    assert_eq!((done.status, &done.json["reference"]), (StatusCode::OK, &json!("LfD-7")), "{}", done.text);
    assert!(done.json["submitted_at"].is_string());
    let again = submit(json!({ "reference": "LfD-7", "late_reason": "Found in\nan old backup." })).await;
    assert_eq!((again.text, again.headers.contains_key("idempotency-replayed")), (done.text, true));
    submit(json!({ "reference": "LfD-8", "late_reason": "x" })).await.problem(409, "out-of-order");
    let obligations = app.get(&format!("/v1/incidents/{incident}/obligations")).await;
    let met =
        obligations.json["obligations"].as_array().unwrap().iter().find(|o| o["id"] == report["obligation"]).cloned();
    assert_eq!(met.unwrap()["state"], "met");
});
