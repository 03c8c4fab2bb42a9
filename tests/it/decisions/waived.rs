//! Not notifying is a decision: with a reason, an author and the rules it was made on; it shows, and can be taken back.

use candour::domain::actor::Role;
use candour::store::AuditStore;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::facts;
use crate::support::app::{TestApp, send};
use crate::support::stores::on_both;

const DUTY: &str = "eu-gdpr/notify-authority";

async fn state(app: &TestApp, incident: &str, duty: &str) -> String {
    let answer = app.get(&format!("/v1/incidents/{incident}/obligations")).await;
    let found = answer.json["obligations"].as_array().unwrap().iter().find(|one| one["id"] == duty).cloned();
    found.unwrap_or_else(|| panic!("no {duty} in {}", answer.text))["state"].as_str().unwrap().to_owned()
}

on_both!(a_waived_duty_says_so_everywhere_until_it_is_taken_back, |world| {
    let app = TestApp::start(&world).await;
    let id = app.file(&facts("Tape")).await;
    assert_eq!(state(&app, &id, DUTY).await, "overdue");
    let path = format!("/v1/incidents/{id}/waivers");
    let unreadable = json!({ "obligation": DUTY, "reason": "The tape was encrypted.\0" });
    app.post(Role::Approver, &path, &unreadable).await.at_fault(422, "invalid-fields", "reason");
    let decision = json!({ "obligation": DUTY, "reason": "The tape was encrypted\nand came back unopened." });
    let waived = app.post(Role::Approver, &path, &decision).await;
    assert_eq!(waived.status, StatusCode::CREATED, "{}", waived.text);
    assert!(waived.json["author"].as_str().unwrap().ends_with(":a approver"), "{}", waived.text);
    let rules = app.get(&format!("/v1/incidents/{id}/obligations")).await.json["obligations"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["id"] == DUTY)
        .unwrap()["rules_version"]
        .clone();
    assert_eq!(waived.json["rules_version"], rules);
    assert_eq!(state(&app, &id, DUTY).await, "waived");
    let listed = |answer: Value| -> Vec<Value> {
        answer["items"].as_array().unwrap().iter().map(|item| item["obligation"]["id"].clone()).collect()
    };
    assert!(!listed(app.get("/v1/deadlines").await.json).contains(&json!(DUTY)));
    assert_eq!(listed(app.get("/v1/deadlines?state=waived").await.json), [json!(DUTY)]);
    let calendar = send(app.request(Method::GET, "/v1/deadlines.ics", Some(Role::Auditor))).await.text;
    assert!(calendar.replace("\r\n ", "").contains("SUMMARY:Waived: Notify an authority"), "{calendar}");

    // Decided once is enough; another duty is another decision.
    app.post(Role::Approver, &path, &decision).await.problem(409, "out-of-order");

    let reverse = format!("/v1/waivers/{}/reverse", waived.json["id"].as_str().unwrap());
    let answer = app.post(Role::Responder, &reverse, &json!({ "reason": "It had been opened." })).await;
    assert_eq!(answer.json["reversed"]["reason"], "It had been opened.", "{}", answer.text);
    assert_eq!(state(&app, &id, DUTY).await, "overdue");
    app.post(Role::Responder, &reverse, &json!({ "reason": "Again." })).await.problem(409, "out-of-order");
    let again = app.post(Role::Approver, &path, &decision).await;
    assert_eq!(again.status, StatusCode::CREATED, "{}", again.text);
    let listed = app.get(&path).await;
    assert_eq!(listed.json["waivers"].as_array().unwrap().len(), 2, "{}", listed.text);

    let chain = world.store.audit(Some(id.parse().unwrap()), 0, 100).await.unwrap();
    let actions: Vec<&str> = chain.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(actions, ["incident.filed", "obligation.waived", "obligation.waiver_reversed", "obligation.waived"]);
    assert!(chain[1].detail.contains("came back unopened"));
});

on_both!(a_decision_that_its_duty_has_outgrown_lifts_it_no_more, |world| {
    let app = TestApp::start(&world).await;
    let id = app.file(&facts("Tape")).await;
    // Nobody has said yet whether the risk is high: whether individuals are to be told is for a person to decide.
    let amend = async |risk: &str| {
        let request = app.request(Method::PATCH, &format!("/v1/incidents/{id}"), Some(Role::Responder));
        let answer = send(request.header("if-match", "*").json(&json!({ "impact": { "risk": risk } }))).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    };
    amend("unknown").await;
    let duty = "eu-gdpr/notify-individuals";
    let force = async || {
        let answer = app.get(&format!("/v1/incidents/{id}/obligations")).await;
        let all = answer.json["obligations"].as_array().unwrap().clone();
        all.into_iter().find(|one| one["id"] == duty).unwrap()["force"].clone()
    };
    assert_eq!(force().await, "review");
    let path = format!("/v1/incidents/{id}/waivers");
    let decision = json!({ "obligation": duty, "reason": "We take the risk for low." });
    assert_eq!(app.post(Role::Approver, &path, &decision).await.status, StatusCode::CREATED);
    assert_eq!(state(&app, &id, duty).await, "waived");
    amend("high").await;
    assert_eq!(force().await, "mandatory");
    assert_ne!(state(&app, &id, duty).await, "waived");
    // It can be decided anew, knowingly.
    let anew = app.post(Role::Approver, &path, &decision).await;
    assert_eq!((anew.status, &anew.json["force"]), (StatusCode::CREATED, &json!("mandatory")), "{}", anew.text);
    assert_eq!(state(&app, &id, duty).await, "waived");
});

on_both!(what_cannot_be_decided_is_refused, |world| {
    let app = TestApp::start(&world).await;
    let id = app.file(&facts("Tape")).await;
    let path = format!("/v1/incidents/{id}/waivers");
    let decide = |duty: &str, reason: &str| json!({ "obligation": duty, "reason": reason });
    app.post(Role::Approver, &path, &decide("us-ca/notify-individuals", "x")).await.at_fault(
        422,
        "invalid-fields",
        "obligation",
    );
    app.post(Role::Approver, &path, &decide(DUTY, "  ")).await.at_fault(422, "invalid-fields", "reason");
    app.post(Role::Responder, &path, &decide(DUTY, "x")).await.problem(403, "forbidden");
    app.post(Role::Approver, "/v1/incidents/01920000-0000-7000-8000-000000000000/waivers", &decide(DUTY, "x"))
        .await
        .problem(404, "not-found");
    app.post(Role::Responder, &format!("/v1/incidents/{id}/discard"), &json!({ "reason": "A drill." })).await;
    app.post(Role::Approver, &path, &decide(DUTY, "x")).await.problem(409, "out-of-order");
});
