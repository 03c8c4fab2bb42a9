//! Alerts come in through their hook.

use candour::domain::actor::Role;
use reqwest::Method;
use serde_json::json;

use crate::support::app::{TestApp, send};
use crate::support::stores::on_both;

on_both!(an_alert_opens_a_draft_once, |world| {
    let app = TestApp::start(&world).await;
    let payload = json!({
        "version": "4", "groupKey": "{}:{alertname=\"Export\"}", "status": "firing", "groupLabels": { "alertname": "Export" },
        "alerts": [{ "status": "firing", "labels": { "alertname": "Export" }, "startsAt": "2026-11-20T22:10:00+08:00" }],
    });
    let first = app.post(Role::Hook, "/v1/hooks/alertmanager", &payload).await;
    assert_eq!(first.status, 201, "{}", first.text);
    let again = app.post(Role::Hook, "/v1/hooks/alertmanager", &payload).await;
    assert_eq!(again.status, 200, "{}", again.text);
    assert_eq!(again.json["incident"], first.json["incident"]);
    let incident = app.get(&format!("/v1/incidents/{}", first.json["incident"].as_str().unwrap())).await;
    assert_eq!((&incident.json["state"], &incident.json["title"]), (&json!("draft"), &json!("Export")));
    assert_eq!(incident.json["timeline"]["noticed"], "2026-11-20T22:10:00+08:00");
});

on_both!(what_is_no_alert_is_refused, |world| {
    let app = TestApp::start(&world).await;
    app.post(Role::Hook, "/v1/hooks/unknown", &json!({})).await.problem(404, "not-found");
    app.post(Role::Hook, "/v1/hooks/alertmanager", &json!({ "version": "3" })).await.problem(400, "malformed");
    app.post(Role::Responder, "/v1/hooks/alertmanager", &json!({})).await.problem(403, "forbidden");
    let large = json!({ "version": "4", "filler": "x".repeat(1024 * 1024) });
    app.post(Role::Hook, "/v1/hooks/alertmanager", &large).await.problem(413, "too-large");
    let text = app.request(Method::POST, "/v1/hooks/alertmanager", Some(Role::Hook)).body("alert");
    send(text).await.problem(415, "unsupported-type");
});
