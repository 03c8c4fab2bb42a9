//! Filing, reading, listing, amending, and the incident's life.

use candour::domain::actor::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::app::{Answer, TestApp, send};
use crate::support::stores::on_both;

fn whole() -> Value {
    json!({
        "title": "Mail archive copied",
        "organisation": { "name": "Nordwind GmbH", "country": "DE", "traits": ["critical_infrastructure"] },
        "timeline": { "discovered": "2026-11-20T22:10:00+08:00", "aware": "2026-11-20T15:00:00.25-03:30" },
        "scope": {
            "properties": ["confidentiality"], "cause": "external_malicious", "data": ["name", "social_security_number"],
            "protection": { "unintelligible": false, "key_compromised": true },
            "affected": [{ "jurisdiction": "us-ca", "individuals": 1200, "records": 1500, "minors": 0 }],
            "approximate": true
        },
        "impact": { "risk": "high", "consequences": ["identity_theft"], "description": "多语言 ünd émoji 🛡" },
        "remediation": { "taken": ["locked out"], "advice": ["change your password"] },
        "contact": { "name": "Ms Lind", "role": "dpo", "email": "dpo@nordwind.example" }
    })
}

async fn amend(app: &TestApp, id: &str, tag: Option<&str>, patch: &Value) -> Answer {
    let request = app.request(Method::PATCH, &format!("/v1/incidents/{id}"), Some(Role::Responder)).json(patch);
    send(match tag {
        Some(tag) => request.header("if-match", tag),
        None => request,
    })
    .await
}

on_both!(what_is_filed_is_read_back_as_it_was_given, |world| {
    let app = TestApp::start(&world).await;
    let filed = app.post(Role::Responder, "/v1/incidents", &whole()).await;
    assert_eq!(filed.status, StatusCode::CREATED, "{}", filed.text);
    let location = filed.header("location").to_owned();
    let read = app.get(&location).await;
    assert_eq!(read.json, filed.json);
    assert_eq!(read.header("etag"), filed.header("etag"));
    assert_eq!((&read.json["state"], &read.json["people"]), (&json!("draft"), &json!(0)));
    for (part, given) in whole().as_object().unwrap() {
        assert_eq!(&read.json[part], given, "{part}: offsets and all");
    }
});

on_both!(incidents_are_listed_page_by_page, |world| {
    let app = TestApp::start(&world).await;
    let mut filed = Vec::new();
    for number in 0..5 {
        filed.push(app.file(&json!({ "title": format!("incident {number}") })).await);
    }
    let mut seen = Vec::new();
    let mut path = String::from("/v1/incidents?limit=2");
    loop {
        let page = app.get(&path).await;
        let items = page.json["items"].as_array().unwrap();
        assert!((1..=2).contains(&items.len()));
        seen.extend(items.iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        let Some(next) = page.json["next"].as_str() else { break };
        path = format!("/v1/incidents?limit=2&after={next}");
    }
    assert_eq!(seen, filed);
});

on_both!(an_amendment_needs_the_version_it_was_made_from, |world| {
    let app = TestApp::start(&world).await;
    let filed = app.post(Role::Responder, "/v1/incidents", &whole()).await;
    let (id, first) = (filed.json["id"].as_str().unwrap(), filed.header("etag").to_owned());

    amend(&app, id, None, &json!({ "title": "x" })).await.problem(428, "precondition-required");
    amend(&app, id, Some("\"v99\""), &json!({ "title": "x" })).await.problem(412, "stale");
    amend(&app, id, Some(&format!("W/{first}")), &json!({ "title": "x" })).await.problem(412, "stale");

    let patch = json!({ "title": "Mail archive stolen", "impact": { "risk": null }, "scope": { "data": ["health"] }, "contact": null });
    let amended = amend(&app, id, Some(&first), &patch).await;
    assert_eq!(amended.status, StatusCode::OK, "{}", amended.text);
    assert_eq!(amended.json["title"], "Mail archive stolen");
    assert_eq!(
        amended.json["impact"],
        json!({ "consequences": ["identity_theft"], "description": "多语言 ünd émoji 🛡" })
    );
    assert_eq!(amended.json["scope"]["data"], json!(["health"]));
    assert_eq!(amended.json["scope"]["cause"], "external_malicious");
    assert_eq!(amended.json.get("contact"), None);
    assert_eq!(amended.json["timeline"], whole()["timeline"]);
    assert_ne!(amended.header("etag"), first);
    assert_eq!(app.get(&format!("/v1/incidents/{id}")).await.json, amended.json);

    let late = amend(&app, id, Some(&first), &json!({ "title": "x" })).await;
    late.problem(412, "stale");
    assert_eq!(late.header("etag"), amended.header("etag"), "it tells the present version");
    let any = amend(&app, id, Some("*"), &json!({ "title": "y" })).await;
    assert_eq!(any.status, StatusCode::OK);
});

on_both!(an_amendment_that_does_not_fit_changes_nothing, |world| {
    let app = TestApp::start(&world).await;
    let filed = app.post(Role::Responder, "/v1/incidents", &whole()).await;
    let (id, tag) = (filed.json["id"].as_str().unwrap(), filed.header("etag"));
    let refused = async |patch: Value, field: &str| {
        amend(&app, id, Some(tag), &patch).await.at_fault(422, "invalid-fields", field);
    };
    refused(json!({ "scope": { "colour": 1 } }), "scope.colour").await;
    refused(json!({ "state": "open" }), "state").await;
    refused(json!({ "title": null }), "title").await;
    refused(json!({ "timeline": { "aware": "yesterday" } }), "timeline.aware").await;
    refused(json!({ "scope": { "affected": [{ "jurisdiction": "atlantis" }] } }), "scope.affected[0].jurisdiction")
        .await;
    let read = app.get(&format!("/v1/incidents/{id}")).await;
    assert_eq!(read.json, filed.json);
    // An amendment without effect makes no version.
    let same = amend(&app, id, Some(tag), &json!({ "title": "Mail archive copied" })).await;
    assert_eq!(same.json, filed.json);
});

on_both!(an_incident_goes_through_its_life_in_order, |world| {
    let app = TestApp::start(&world).await;
    let id = app.file(&json!({ "title": "x" })).await;
    let path = |verb: &str| format!("/v1/incidents/{id}/{verb}");
    app.act(Role::Responder, &path("close")).await.problem(409, "out-of-order");
    let opened = app.act(Role::Responder, &path("open")).await;
    assert_eq!((opened.status, &opened.json["state"]), (StatusCode::OK, &json!("open")));
    app.act(Role::Responder, &path("open")).await.problem(409, "out-of-order");
    app.post(Role::Responder, &path("discard"), &json!({ "reason": "test" })).await.problem(409, "out-of-order");
    let closed = app.act(Role::Responder, &path("close")).await;
    assert_eq!(closed.json["state"], "closed");
    let tag = closed.header("etag");
    amend(&app, &id, Some(tag), &json!({ "title": "y" })).await.problem(409, "out-of-order");
});

on_both!(a_draft_is_discarded_with_a_reason, |world| {
    let app = TestApp::start(&world).await;
    let id = app.file(&json!({ "title": "x" })).await;
    let path = format!("/v1/incidents/{id}/discard");
    app.post(Role::Responder, &path, &json!({ "reason": " " })).await.at_fault(422, "invalid-fields", "reason");
    let gone = app.post(Role::Responder, &path, &json!({ "reason": "a drill" })).await;
    assert_eq!(gone.json["state"], "discarded");
    app.act(Role::Responder, &format!("/v1/incidents/{id}/open")).await.problem(409, "out-of-order");
});

on_both!(every_change_leaves_its_entry_in_the_audit_chain, |world| {
    use candour::store::AuditStore;
    let app = TestApp::start(&world).await;
    let filed = app.post(Role::Responder, "/v1/incidents", &whole()).await;
    let id = filed.json["id"].as_str().unwrap();
    amend(&app, id, Some(filed.header("etag")), &json!({ "timeline": { "contained": "2026-11-21T10:00:00Z" } })).await;
    app.act(Role::Approver, &format!("/v1/incidents/{id}/open")).await;
    let chain = world.store.audit(Some(id.parse().unwrap()), 0, 10).await.unwrap();
    let actions: Vec<&str> = chain.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(actions, ["incident.filed", "incident.amended", "incident.opened"]);
    assert!(chain[1].detail.contains("timeline.contained"), "{}", chain[1].detail);
    assert!(!chain[1].detail.contains("2026-11-21"), "names, never values: {}", chain[1].detail);
    assert!(chain[2].actor.0.ends_with(":a approver"), "{}", chain[2].actor);
});

on_both!(obligations_are_worked_out_for_an_incident_and_for_loose_facts, |world| {
    let app = TestApp::start(&world).await;
    let id = app.file(&whole()).await;
    let stored = app.get(&format!("/v1/incidents/{id}/obligations")).await;
    assert_eq!(stored.status, StatusCode::OK, "{}", stored.text);
    let loose = app.post(Role::Auditor, "/v1/obligations", &whole()).await;
    assert_eq!(stored.json["obligations"], loose.json["obligations"]);
    let items = stored.json["obligations"].as_array().unwrap();
    assert!(!items.is_empty());
    for item in items {
        assert_eq!(item["jurisdiction"], "us-ca");
        assert!(!item["citation"].as_array().unwrap().is_empty(), "{item}");
    }
    let listed = app.get("/v1/incidents").await;
    assert_eq!(listed.json["items"].as_array().unwrap().len(), 1, "loose facts are stored nowhere");
});
