//! A duty that no report and no event meets is recorded as done: it shows everywhere, late or not, and can be taken back.

use candour::domain::actor::Role;
use candour::domain::fulfilment::Fulfilment;
use candour::domain::id::{FulfilmentId, IncidentId};
use candour::store::{AuditStore, FulfilmentStore, StoreError};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::app::{Answer, TestApp};
use crate::support::stores::{on_both, operator};

/// Due by the end of 9 February in California.
const DUTY: &str = "us-ca/substitute-notice";

/// Californians, of whom five cannot be told one by one.
async fn file(app: &TestApp) -> String {
    app.file(&json!({
        "title": "Tape",
        "organisation": { "name": "Nordwind", "country": "US" },
        "timeline": { "discovered": "2026-01-10T10:00:00-08:00" },
        "scope": { "properties": ["confidentiality"], "data": ["name", "social_security_number"],
            "affected": [{ "jurisdiction": "us-ca", "individuals": 1200, "uncontactable": 5 }] },
    }))
    .await
}

async fn fulfil(app: &TestApp, id: &str, duty: &str, done_at: &str, how: &str) -> Answer {
    let body = json!({ "obligation": duty, "done_at": done_at, "how": how });
    app.post(Role::Responder, &format!("/v1/incidents/{id}/fulfilments"), &body).await
}

async fn state(app: &TestApp, id: &str) -> Value {
    let answer = app.get(&format!("/v1/incidents/{id}/obligations")).await;
    let all = answer.json["obligations"].as_array().unwrap().clone();
    all.into_iter().find(|one| one["id"] == DUTY).unwrap_or_else(|| panic!("{}", answer.text))["state"].clone()
}

/// The duties of a list of deadlines.
async fn listed(app: &TestApp, query: &str) -> Vec<Value> {
    let answer = app.get(&format!("/v1/deadlines?limit=500{query}")).await;
    answer.json["items"].as_array().unwrap().iter().map(|item| item["obligation"]["id"].clone()).collect()
}

on_both!(a_duty_that_was_recorded_as_done_is_met_until_the_record_is_taken_back, |world| {
    let app = TestApp::start(&world).await;
    let id = file(&app).await;
    assert_eq!(state(&app, &id).await, "overdue");
    assert!(listed(&app, "").await.contains(&json!(DUTY)));
    let how = "Posted on our website and told to the newspapers.";
    let done = fulfil(&app, &id, DUTY, "2026-01-20T12:00:00-08:00", how).await;
    assert_eq!(done.status, StatusCode::CREATED, "{}", done.text);
    assert_eq!((&done.json["how"], &done.json["done_at"]), (&json!(how), &json!("2026-01-20T20:00:00.000Z")));
    assert!(done.json["author"].as_str().unwrap().ends_with(":a responder"), "{}", done.text);
    assert_eq!(state(&app, &id).await, "met");
    assert!(!listed(&app, "").await.contains(&json!(DUTY)));
    assert_eq!(listed(&app, "&state=met").await, [json!(DUTY)]);
    let evidence = app.get(&format!("/v1/incidents/{id}/evidence")).await;
    assert_eq!(evidence.json["fulfilments"], json!([done.json]), "{}", evidence.text);
    let register = app.get("/v1/register.csv").await.text;
    assert!(register.contains(&format!("{DUTY}: met (mandatory")), "{register}");
    assert!(register.contains(&format!("{DUTY}: {how} (done 2026-01-20T20:00:00.000Z, recorded ")), "{register}");

    // What is done is not done, nor decided, again.
    fulfil(&app, &id, DUTY, "2026-01-21T12:00:00-08:00", "Again.").await.problem(409, "out-of-order");
    let decision = json!({ "obligation": DUTY, "reason": "No." });
    app.post(Role::Approver, &format!("/v1/incidents/{id}/waivers"), &decision).await.problem(409, "out-of-order");

    let reverse = format!("/v1/fulfilments/{}/reverse", done.json["id"].as_str().unwrap());
    let taken = app.post(Role::Responder, &reverse, &json!({ "reason": "It was another page." })).await;
    assert_eq!(taken.json["reversed"]["reason"], "It was another page.", "{}", taken.text);
    assert_eq!(state(&app, &id).await, "overdue");
    app.post(Role::Responder, &reverse, &json!({ "reason": "Again." })).await.problem(409, "out-of-order");

    let history = app.get(&format!("/v1/incidents/{id}/obligations/history")).await;
    let story: Vec<(&Value, &Value)> = history.json["items"]
        .as_array()
        .unwrap()
        .iter()
        .skip(1)
        .map(|item| (&item["cause"], &item["changes"][0]["differences"][0]["after"]))
        .collect();
    let expected = [(json!("fulfilled"), json!("met")), (json!("fulfilment_reversed"), json!("overdue"))];
    assert_eq!(story, expected.each_ref().map(|(cause, after)| (cause, after)), "{}", history.text);
    let chain = world.store.audit(Some(id.parse().unwrap()), 0, 100).await.unwrap();
    let actions: Vec<&str> = chain.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(actions, ["incident.filed", "obligation.fulfilled", "obligation.fulfilment_reversed"]);
    assert!(chain[1].detail.contains("told to the newspapers"), "{}", chain[1].detail);
});

on_both!(what_was_done_late_or_is_recorded_after_the_end_is_met_and_late, |world| {
    let app = TestApp::start(&world).await;
    let id = file(&app).await;
    app.act(Role::Responder, &format!("/v1/incidents/{id}/open")).await;
    app.act(Role::Responder, &format!("/v1/incidents/{id}/close")).await;
    let done = fulfil(&app, &id, DUTY, "2026-02-10T00:00:00-08:00", "Posted.").await;
    assert_eq!(done.status, StatusCode::CREATED, "{}", done.text);
    assert_eq!(state(&app, &id).await, "met");
    let register = app.get("/v1/register.csv").await.text;
    assert!(
        register.contains("(done 2026-02-10T08:00:00.000Z, late: due by 2026-02-09T23:59:59-08:00, "),
        "{register}"
    );
    // A decision not to do it does not undo that it was done, whichever came first.
    let other = file(&app).await;
    let decision = json!({ "obligation": DUTY, "reason": "Nobody reads it." });
    let waived = app.post(Role::Approver, &format!("/v1/incidents/{other}/waivers"), &decision).await;
    assert_eq!(waived.status, StatusCode::CREATED, "{}", waived.text);
    fulfil(&app, &other, DUTY, "2026-02-01T00:00:00-08:00", "Posted all the same.").await;
    assert_eq!(state(&app, &other).await, "met");
});

on_both!(what_cannot_be_recorded_is_refused, |world| {
    let app = TestApp::start(&world).await;
    let id = file(&app).await;
    let at = "2026-01-20T12:00:00-08:00";
    let refused = fulfil(&app, &id, "us-ca/notify-attorney-general", at, "By mail.").await;
    let remedy = refused.at_fault(422, "invalid-fields", "obligation");
    assert!(refused.text.contains("/v1/reports/{id}/submitted"), "{remedy} {}", refused.text);
    fulfil(&app, &id, "us-ny/substitute-notice", at, "x").await.at_fault(422, "invalid-fields", "obligation");
    fulfil(&app, &id, DUTY, "2999-01-20T12:00:00-08:00", "x").await.at_fault(422, "invalid-fields", "done_at");
    fulfil(&app, &id, DUTY, "2026-01-20T12:00:00", "x").await.at_fault(422, "invalid-fields", "done_at");
    fulfil(&app, &id, DUTY, at, " ").await.at_fault(422, "invalid-fields", "how");
    fulfil(&app, &id, DUTY, at, &"x".repeat(4001)).await.at_fault(422, "invalid-fields", "how");
    let nowhere = "01920000-0000-7000-8000-000000000000";
    fulfil(&app, nowhere, DUTY, at, "x").await.problem(404, "not-found");
    let reason = json!({ "reason": "x" });
    let reverse = format!("/v1/fulfilments/{nowhere}/reverse");
    app.post(Role::Responder, &reverse, &reason).await.problem(404, "not-found");
    assert_eq!(app.get(&format!("/v1/incidents/{id}/fulfilments")).await.json, json!({ "fulfilments": [] }));
});

on_both!(of_two_who_record_at_the_same_time_one_does, |world| {
    let app = TestApp::start(&world).await;
    let incident: IncidentId = file(&app).await.parse().unwrap();
    let record = || Fulfilment {
        id: FulfilmentId(world.id::<IncidentId>().0),
        incident,
        obligation: String::from(DUTY),
        how: String::from("Posted."),
        done_at: world.now(),
        rules_version: String::from("2026-11-22.1"),
        author: operator(),
        recorded_at: world.now(),
        reversal: None,
    };
    let audit = || world.audit(incident, "obligation.fulfilled");
    let first = record();
    world.store.fulfil(&first, audit()).await.unwrap();
    let second = world.store.fulfil(&record(), audit()).await;
    assert!(matches!(second, Err(StoreError::Conflict(_))), "{second:?}");
    assert_eq!(world.store.fulfilments(incident).await.unwrap(), [first]);
    assert_eq!(world.store.audit(Some(incident), 0, 100).await.unwrap().len(), 2, "what is refused leaves no entry");
});
