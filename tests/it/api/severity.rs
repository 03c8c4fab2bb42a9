//! ENISA's score over the API: with its working, as advice.

use candour::domain::actor::Role;
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::support::app::{TestApp, send};
use crate::support::stores::on_both;

on_both!(it_shows_its_working_and_what_it_assumes, |world| {
    let app = TestApp::start(&world).await;
    let facts = json!({ "title": "Tape", "scope": { "data": ["name", "email_address", "health"],
        "properties": ["confidentiality"], "cause": "external_malicious",
        "affected": [{ "jurisdiction": "eu-gdpr", "individuals": 1200 }] } });
    let path = format!("/v1/incidents/{}/severity", app.file(&facts).await);
    let found = app.get(&path).await;
    assert_eq!(found.status, StatusCode::OK, "{}", found.text);
    // 4 (sensitive) × 0.75 (a name with an address) + 0.5 (unknown recipients) + 0.5 (intent)
    assert_eq!((&found.json["score"], &found.json["class"]), (&json!(4.0), &json!("very_high")), "{}", found.text);
    assert_eq!(found.json["formula"], "SE = DPC × EI + CB = 4 × 0.75 + 1 = 4");
    assert!(found.json["advice"].as_str().unwrap().starts_with("Advice, not law"));
    assert_eq!(found.json["context"].as_array().unwrap().len(), 2);
    assert_eq!(found.json["circumstances"][0]["assumed"], true);
    assert_eq!(found.json["flags"], json!(["more than 100 individuals: 1200"]));

    let known = format!("{path}?sensitive=2&identification=significant&recipients=known");
    let found = app.get(&known).await;
    assert_eq!((&found.json["score"], &found.json["class"]), (&json!(2.25), &json!("medium")), "{}", found.text);
    assert_eq!(found.json["circumstances"][0]["assumed"], false);
});

on_both!(what_cannot_be_scored_says_why, |world| {
    let app = TestApp::start(&world).await;
    let path = format!("/v1/incidents/{}/severity", app.file(&json!({ "title": "Tape" })).await);
    let found = app.get(&path).await;
    assert_eq!(
        (&found.json["score"], &found.json["missing"]),
        (&json!(null), &json!(["scope.data"])),
        "{}",
        found.text
    );
    app.get(&format!("{path}?simple=5")).await.at_fault(400, "bad-address", "simple");
    app.get(&format!("{path}?recipients=many")).await.problem(400, "bad-address");
    app.get("/v1/incidents/01920000-0000-7000-8000-000000000000/severity").await.problem(404, "not-found");
    send(app.request(Method::GET, &path, Some(Role::Hook))).await.problem(403, "forbidden");
});
