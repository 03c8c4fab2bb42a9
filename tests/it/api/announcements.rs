//! The public notice is drafted by one, published by another, withdrawn with a reason.

use candour::domain::actor::Role;
use reqwest::Method;
use reqwest::header::IF_MATCH;
use serde_json::json;

use crate::support::app::{TestApp, send};
use crate::support::features::texts;
use crate::support::stores::on_both;

on_both!(a_public_notice_goes_through_two_hands, |world| {
    let app = TestApp::start(&world).await;
    let incident = world.open_incident().await;
    let path = format!("/v1/incidents/{}/announcement", incident.id);
    app.get(&path).await.problem(404, "not-found");
    app.post(Role::Responder, &path, &json!({})).await.problem(409, "out-of-order");
    world.notice(&incident, json!({ "en": texts("Loss") })).await;
    app.post(Role::Responder, &path, &json!({ "colour": 1 })).await.at_fault(422, "invalid-fields", "colour");
    let own = app.post(Role::Approver, &path, &json!({})).await;
    assert_eq!(own.status, 201, "{}", own.text);
    app.act(Role::Approver, &format!("{path}/publish")).await.problem(409, "second-person-needed");

    let draft = app.post(Role::Responder, &path, &json!({})).await;
    let publish = |tag: &str| {
        let request = app.request(Method::POST, &format!("{path}/publish"), Some(Role::Approver));
        send(request.header(IF_MATCH, tag))
    };
    publish(own.header("etag")).await.problem(412, "stale");
    let published = publish(draft.header("etag")).await;
    assert_eq!((published.status.as_u16(), &published.json["state"]), (200, &json!("published")), "{}", published.text);
    assert_eq!(published.json["url"], "https://candour.example.org/notices/loss-example-sons");
    let blank = app.post(Role::Approver, &format!("{path}/withdraw"), &json!({ "reason": " " })).await;
    blank.at_fault(422, "invalid-fields", "reason");
    let reason = json!({ "reason": "The number was wrong." });
    let withdrawn = app.post(Role::Approver, &format!("{path}/withdraw"), &reason).await;
    assert_eq!(withdrawn.json["state"], "withdrawn", "{}", withdrawn.text);
    app.post(Role::Approver, &format!("{path}/withdraw"), &reason).await.problem(409, "out-of-order");
});

on_both!(the_end_of_personal_data_needs_the_end_of_the_incident, |world| {
    let app = TestApp::start(&world).await;
    let incident = app.file(&json!({ "title": "Tape" })).await;
    let erase = format!("/v1/incidents/{incident}/erase");
    app.act(Role::Admin, &erase).await.problem(409, "out-of-order");
    app.post(Role::Responder, &format!("/v1/incidents/{incident}/discard"), &json!({ "reason": "A test." })).await;
    let erased = app.act(Role::Admin, &erase).await;
    assert_eq!(erased.json["erased"], true, "{}", erased.text);
    app.get(&format!("/v1/incidents/{incident}/people")).await.problem(410, "erased");
    let evidence = app.get(&format!("/v1/incidents/{incident}/evidence")).await;
    assert_eq!(evidence.json["chain"]["whole"], true, "{}", evidence.text);
    let audit = app.get(&format!("/v1/incidents/{incident}/audit?limit=1")).await;
    assert_eq!((&audit.json["items"][0]["seq"], &audit.json["next"]), (&json!(1), &json!(1)), "{}", audit.text);
});
