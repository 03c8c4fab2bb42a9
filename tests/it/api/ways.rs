//! By which ways the law lets people be told, over the API: one by one, or in public.

use candour::domain::actor::Role;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::app::{TestApp, send};
use crate::support::stores::on_both;

const NOWHERE: &str = "01920000-0000-7000-8000-000000000000";

fn facts() -> Value {
    json!({ "title": "Mailboxes", "organisation": { "traits": ["hipaa_covered_entity"] },
        "timeline": { "discovered": "2026-11-20T12:00:00Z" },
        "scope": { "data": ["name", "social_security_number", "health"], "properties": ["confidentiality"],
            "affected": [{ "jurisdiction": "us-ma", "individuals": 200_001, "uncontactable": 0 },
                { "jurisdiction": "us-al", "individuals": 12 }] } })
}

async fn import(app: &TestApp, incident: &str, people: &'static str) -> String {
    let path = format!("/v1/incidents/{incident}/people");
    let request = app.request(Method::POST, &path, Some(Role::Responder)).header(CONTENT_TYPE, "text/csv");
    let imported = send(request.body(people)).await;
    assert_eq!(imported.json["added"], 1, "{}", imported.text);
    let list = app.get(&path).await;
    let people = list.json["items"].as_array().unwrap();
    people.iter().find(|person| person["is_guardian"] == false).unwrap()["id"].as_str().unwrap().to_owned()
}

on_both!(a_person_has_the_ways_of_all_laws_together, |world| {
    let app = TestApp::start(&world).await;
    let incident = app.file(&facts()).await;
    let file = "ref,email,jurisdiction,birth_date,guardian_email,data\n\
                1,ann@example.org,us-ma,2020-01-01,mum@example.org,email_credentials;health\n";
    let person = import(&app, &incident, file).await;
    let found = app.get(&format!("/v1/incidents/{incident}/people/{person}/ways")).await;
    assert_eq!(found.status, StatusCode::OK, "{}", found.text);
    let way = |channel: &str| {
        let ways = found.json["ways"].as_array().unwrap();
        ways.iter().find(|way| way["channel"] == channel).unwrap().clone()
    };
    assert_eq!(way("letter")["may"], "meets", "{}", found.text);
    assert_eq!(way("email")["may"], "not", "the mailbox's password leaked: {}", found.text);
    // HIPAA has the guardian of a minor told, Massachusetts the resident.
    assert_eq!(found.json["recipients"], json!(["guardian", "person"]), "{}", found.text);
    assert_eq!(found.json["conflicts"], json!(["nature_of_breach"]), "{}", found.text);
    assert_eq!(found.json["unreachable"], true, "no address for the letter: {}", found.text);
    assert!(!found.text.contains("example.org"), "nobody is named: {}", found.text);

    app.get(&format!("/v1/incidents/{incident}/people/{NOWHERE}/ways")).await.problem(404, "not-found");
    let path = format!("/v1/incidents/{incident}/people/{person}/ways");
    send(app.request(Method::GET, &path, Some(Role::Hook))).await.problem(403, "forbidden");
});

on_both!(a_public_notice_stands_in_where_the_law_says, |world| {
    let app = TestApp::start(&world).await;
    let incident = app.file(&facts()).await;
    let found = app.get(&format!("/v1/incidents/{incident}/substitute-notice")).await;
    assert_eq!(found.status, StatusCode::OK, "{}", found.text);
    let [massachusetts, alabama] = found.json["jurisdictions"].as_array().unwrap().as_slice() else {
        panic!("one for each residence: {}", found.text)
    };
    assert_eq!((&massachusetts["jurisdiction"], &alabama["jurisdiction"]), (&json!("us-ma"), &json!("us-al")));
    assert_eq!(alabama["decision"]["class"]["answer"], "no", "nobody has said what it costs: {}", found.text);
    assert_eq!(alabama["decision"]["unreachable"]["answer"], "open", "{}", found.text);
    assert_eq!(alabama["decision"]["mode"], "all_of", "{}", found.text);
    assert_eq!(alabama["decision"]["lasts"][0]["amount"], 30, "{}", found.text);

    // Alabama: more than 500,000 dollars.
    for (dollars, answer) in [(500_000, "no"), (500_001, "yes")] {
        let mut facts = facts();
        facts["remediation"] = json!({ "notice_cost_usd": dollars });
        let incident = app.file(&facts).await;
        let found = app.get(&format!("/v1/incidents/{incident}/substitute-notice")).await;
        let class = &found.json["jurisdictions"][1]["decision"]["class"];
        assert_eq!(class["answer"], answer, "{dollars}: {}", found.text);
    }

    app.get(&format!("/v1/incidents/{NOWHERE}/substitute-notice")).await.problem(404, "not-found");
});
