//! A campaign through its life: proposed, approved by another, started, paused, resumed, cancelled, followed.

use candour::domain::actor::{ActorRef, Role};
use candour::domain::contact::EmailAddress;
use candour::domain::id::PersonId;
use candour::domain::locale::Locale;
use candour::domain::person::PersonRecord;
use candour::domain::pii::Pii;
use candour::store::PeopleStore;
use reqwest::{Method, StatusCode};
use serde_json::json;

use super::notices::{facts, notice, write};
use crate::support::app::{TestApp, send};
use crate::support::stores::{World, on_both};

/// Imports people: reference, a further field `customer`, locale. Their identifiers in the same order.
pub(crate) async fn import(world: &World, incident: &str, people: &[(&str, Option<&str>, &str)]) -> Vec<PersonId> {
    let record = |(reference, customer, locale): &(&str, Option<&str>, &str)| PersonRecord {
        reference: Pii::new((*reference).to_owned()),
        emails: vec![EmailAddress::parse(&format!("{reference}@example.org")).unwrap()],
        fields: customer.map(|value| (String::from("customer"), Pii::new(value.to_owned()))).into_iter().collect(),
        locale: Some(Locale::parse(locale).unwrap()),
        ..PersonRecord::default()
    };
    let records: Vec<PersonRecord> = people.iter().map(record).collect();
    let ids = world.people_ids(records.len());
    let incident = incident.parse().unwrap();
    world.store.import_people(incident, records, ids.clone(), world.now(), ActorRef::operator()).await.unwrap();
    ids
}

/// An open incident with a notice and three people.
async fn ready(app: &TestApp) -> String {
    let id = app.file(&facts()).await;
    write(app, &id, None, &notice("")).await;
    import(&app.world, &id, &[("a", None, "en"), ("b", None, "de"), ("c", None, "fr")]).await;
    assert_eq!(app.act(Role::Responder, &format!("/v1/incidents/{id}/open")).await.status, StatusCode::OK);
    id
}

pub(crate) async fn propose(app: &TestApp, id: &str) -> String {
    let proposed = app.act(Role::Responder, &format!("/v1/incidents/{id}/campaigns")).await;
    assert_eq!(proposed.status, StatusCode::CREATED, "{}", proposed.text);
    proposed.json["id"].as_str().unwrap().to_owned()
}

on_both!(a_campaign_needs_an_open_incident_a_notice_and_people, |world| {
    let app = TestApp::start(&world).await;
    let id = app.file(&facts()).await;
    let path = format!("/v1/incidents/{id}/campaigns");
    app.act(Role::Responder, &path).await.problem(409, "out-of-order");
    app.act(Role::Responder, &format!("/v1/incidents/{id}/open")).await;
    app.act(Role::Responder, &path).await.problem(404, "not-found");
    write(&app, &id, None, &notice("")).await;
    app.act(Role::Responder, &path).await.problem(409, "out-of-order");
    import(&world, &id, &[("a", None, "en")]).await;
    let proposed = app.act(Role::Responder, &path).await;
    assert_eq!(proposed.status, StatusCode::CREATED, "{}", proposed.text);
    assert_eq!(app.get(proposed.header("location")).await.json["sealed"], 1);
    // One at a time.
    app.act(Role::Responder, &path).await.problem(409, "out-of-order");
});

on_both!(a_notice_that_somebody_lacks_something_for_is_not_proposed, |world| {
    let app = TestApp::start(&world).await;
    let id = app.file(&facts()).await;
    write(&app, &id, None, &notice(" Your number: {{person.customer}}.")).await;
    let people = import(&world, &id, &[("a", Some("1"), "en"), ("b", None, "en"), ("c", None, "de")]).await;
    app.act(Role::Responder, &format!("/v1/incidents/{id}/open")).await;
    let refused = app.act(Role::Responder, &format!("/v1/incidents/{id}/campaigns")).await;
    let text = refused.at_fault(422, "bad-template", "notice");
    assert!(text.contains("customer") && text.contains(&people[1].to_string()), "{text}");
    assert!(!text.contains(&people[2].to_string()), "the German text does not use it: {text}");
    assert_eq!(app.get(&format!("/v1/incidents/{id}/campaigns")).await.json["campaigns"], json!([]));
});

on_both!(another_person_must_approve, |world| {
    let app = TestApp::start(&world).await;
    let id = ready(&app).await;
    let proposed = app.act(Role::Approver, &format!("/v1/incidents/{id}/campaigns")).await;
    let path = format!("/v1/campaigns/{}", proposed.json["id"].as_str().unwrap());
    app.act(Role::Approver, &format!("{path}/approve")).await.problem(409, "second-person-needed");
    app.act(Role::Responder, &format!("{path}/start")).await.problem(409, "out-of-order");
    let approved = app.approve(Role::Admin, proposed.json["id"].as_str().unwrap()).await;
    assert_eq!((approved.status, &approved.json["state"]), (StatusCode::OK, &json!("approved")), "{}", approved.text);
    assert!(approved.json["approver"].as_str().unwrap().ends_with(":a admin"));
    assert_eq!(approved.json["notice_hash"], proposed.json["notice_hash"]);
});

on_both!(a_campaign_is_started_paused_resumed_and_cancelled, |world| {
    let app = TestApp::start(&world).await;
    let id = ready(&app).await;
    let campaign = propose(&app, &id).await;
    let path = |verb: &str| format!("/v1/campaigns/{campaign}/{verb}");
    for (role, verb, state) in [
        (Role::Approver, "approve", "approved"),
        (Role::Responder, "start", "running"),
        (Role::Responder, "pause", "paused"),
        (Role::Responder, "resume", "running"),
    ] {
        let approves = verb == "approve";
        let answer = if approves { app.approve(role, &campaign).await } else { app.act(role, &path(verb)).await };
        assert_eq!((answer.status, &answer.json["state"]), (StatusCode::OK, &json!(state)), "{}", answer.text);
        assert_eq!(answer.json["counts"]["pending"], 3);
        app.act(role, &path(verb)).await.problem(409, "out-of-order");
    }
    app.act(Role::Responder, &format!("/v1/incidents/{id}/close")).await.problem(409, "out-of-order");
    assert_eq!(app.act(Role::Responder, &path("cancel")).await.json["state"], "cancelled");
    app.act(Role::Responder, &path("resume")).await.problem(409, "out-of-order");
    assert_eq!(app.act(Role::Responder, &format!("/v1/incidents/{id}/close")).await.status, StatusCode::OK);
    assert_eq!(app.get(&path("attempts")).await.json["items"], json!([]));
    assert_eq!(app.get(&format!("/v1/incidents/{id}/campaigns")).await.json["campaigns"].as_array().unwrap().len(), 1);
});

on_both!(amended_facts_make_a_new_version_before_it_is_proposed, |world| {
    let app = TestApp::start(&world).await;
    let id = ready(&app).await;
    let before = app.get(&format!("/v1/incidents/{id}/notice")).await;
    let request = app.request(Method::PATCH, &format!("/v1/incidents/{id}"), Some(Role::Responder));
    let patch = json!({ "contact": { "url": "https://nordwind.example/new" } });
    assert_eq!(send(request.header("if-match", "*").json(&patch)).await.status, StatusCode::OK);
    let campaign = propose(&app, &id).await;
    let after = app.get(&format!("/v1/incidents/{id}/notice")).await;
    assert_eq!((&before.json["version"], &after.json["version"]), (&json!(1), &json!(2)));
    assert_eq!(app.get(&format!("/v1/campaigns/{campaign}")).await.json["notice_hash"], after.json["hash"]);
});

on_both!(progress_is_told_as_json_and_followed_as_events, |world| {
    let app = TestApp::start(&world).await;
    let id = ready(&app).await;
    let campaign = propose(&app, &id).await;
    let path = format!("/v1/campaigns/{campaign}/progress");
    let now = app.get(&path).await;
    assert_eq!((&now.json["sealed"], &now.json["counts"]["pending"]), (&json!(3), &json!(3)), "{}", now.text);
    assert_eq!(now.json["done"], 0);

    let request = app.request(Method::GET, &path, Some(Role::Auditor)).header("accept", "text/event-stream");
    let mut stream = request.send().await.unwrap();
    assert_eq!(stream.headers()["content-type"], "text/event-stream");
    let first = stream.chunk().await.unwrap().unwrap();
    assert!(first.starts_with(b"event: progress\n"), "{first:?}");
    app.act(Role::Responder, &format!("/v1/campaigns/{campaign}/cancel")).await;
    let mut rest = String::new();
    while let Some(chunk) = stream.chunk().await.unwrap() {
        rest.push_str(std::str::from_utf8(&chunk).unwrap());
    }
    assert!(rest.contains("event: end\n") && rest.contains("\"cancelled\""), "{rest}");
});

on_both!(a_stream_ends_when_the_process_does, |world| {
    let app = TestApp::start(&world).await;
    let id = ready(&app).await;
    let path = format!("/v1/campaigns/{}/progress", propose(&app, &id).await);
    let request = app.request(Method::GET, &path, Some(Role::Auditor)).header("accept", "text/event-stream");
    let mut stream = request.send().await.unwrap();
    assert!(stream.chunk().await.unwrap().is_some());
    app.state.shutdown.cancel();
    while stream.chunk().await.unwrap().is_some() {}
});
