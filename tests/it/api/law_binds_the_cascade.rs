//! A campaign tells each person by the ways that the laws of the person let it, and guardians where a law has them told.

use candour::domain::actor::Role;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::campaigns::propose;
use super::notices::{facts, notice, write};
use crate::support::app::{TestApp, send};
use crate::support::stores::on_both;

/// HIPAA, for everybody: by letter, by email only who agreed; the guardian in a minor's place. Alabama has the minor told as
/// well, and so has China.
fn clinic() -> Value {
    let mut facts = facts();
    facts["organisation"]["traits"] = json!(["hipaa_covered_entity"]);
    facts["timeline"] = json!({ "discovered": "2026-11-20T12:00:00Z", "aware": "2026-11-20T12:00:00Z" });
    facts["scope"] = json!({ "data": ["name", "health"], "properties": ["confidentiality"],
        "affected": [{ "jurisdiction": "us-al", "individuals": 4 }, { "jurisdiction": "cn", "individuals": 2 }] });
    facts
}

const PEOPLE: &str = "ref,email,phone,jurisdiction,birth_date,guardian_email,consent,data\n\
    agreed,a@example.org,,us-al,,,email,\n\
    silent,b@example.org,,us-al,,,,\n\
    leaked,c@example.org,,us-al,,,email,email_credentials\n\
    child,d@example.org,,us-al,2020-01-01,mum@example.org,,\n\
    lone,g@example.org,,,2020-01-01,gran@example.org,,\n\
    young,e@example.org,,cn,2020-01-01,dad@example.org,,\n\
    grown,f@example.org,,cn,1990-01-01,aunt@example.org,,\n";

on_both!(each_is_told_as_the_law_lets_it, |world| {
    let app = TestApp::start(&world).await;
    let incident = app.file(&clinic()).await;
    app.act(Role::Responder, &format!("/v1/incidents/{incident}/open")).await;
    let path = format!("/v1/incidents/{incident}/people");
    let request = app.request(Method::POST, &path, Some(Role::Responder)).header(CONTENT_TYPE, "text/csv");
    let imported = send(request.body(PEOPLE)).await;
    assert_eq!(imported.json["added"], 7, "guardians are not people of the file: {}", imported.text);
    let request = app.request(Method::POST, &path, Some(Role::Responder)).header(CONTENT_TYPE, "text/csv");
    let again = send(request.body(PEOPLE)).await;
    assert_eq!((&again.json["added"], &again.json["unchanged"]), (&json!(0), &json!(7)), "{}", again.text);

    write(&app, &incident, None, &notice("")).await;
    let ways = app.get(&format!("/v1/incidents/{incident}/ways")).await;
    assert_eq!(ways.status, StatusCode::OK, "{}", ways.text);
    let of = |id: Value| {
        let all = ways.json["residences"].as_array().unwrap();
        let found = all.iter().find(|one| one["jurisdiction"] == id).unwrap();
        ["permitted", "beside_only", "forbidden", "guardian_instead", "guardians"]
            .map(|name| found[name].as_i64().unwrap())
    };
    assert_eq!(of(json!("us-al")), [1, 2, 1, 0, 1], "{}", ways.text);
    assert_eq!(of(json!("cn")), [0, 2, 0, 0, 1], "the minor and the guardian, nobody for the grown-up: {}", ways.text);
    assert_eq!(of(Value::Null), [0, 0, 0, 1, 1], "the guardian in the minor's place: {}", ways.text);

    let campaign = propose(&app, &incident).await;
    let campaign = app.get(&format!("/v1/campaigns/{campaign}")).await.json;
    let counts = &campaign["counts"];
    // Told: agreed, silent, child, mum; gran; young, dad, grown. Not: leaked. The lone child is told through the grandmother; the
    // aunt of a grown-up is nobody's guardian.
    assert_eq!((&counts["pending"], &counts["unreachable"]), (&json!(8), &json!(1)), "{campaign}");
    assert_eq!(counts["suppressed"], 1, "{campaign}");
});
