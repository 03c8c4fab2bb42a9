//! How the obligations came to be what they are: kept, with what changed and why.

use candour::domain::actor::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::app::{TestApp, send};
use crate::support::stores::on_both;

fn facts() -> Value {
    json!({
        "title": "Tape",
        "organisation": { "name": "Nordwind", "country": "DE" },
        "timeline": { "aware": "2999-01-10T10:00:00+01:00", "discovered": "2999-01-10T10:00:00+01:00" },
        "scope": { "properties": ["confidentiality"], "data": ["name"],
            "affected": [{ "jurisdiction": "eu-gdpr", "individuals": 1200 }] },
        "impact": { "risk": "risk" },
    })
}

async fn amend(app: &TestApp, id: &str, patch: Value) {
    let request = app.request(Method::PATCH, &format!("/v1/incidents/{id}"), Some(Role::Responder));
    let answer = send(request.header("if-match", "*").json(&patch)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
}

fn change<'a>(entry: &'a Value, obligation: &str) -> &'a Value {
    let changes = entry["changes"].as_array().unwrap();
    changes.iter().find(|one| one["obligation"] == obligation).unwrap_or_else(|| panic!("no {obligation} in {entry}"))
}

on_both!(each_amendment_leaves_what_it_changed_and_why, |world| {
    let app = TestApp::start(&world).await;
    let id = app.file(&facts()).await;
    let path = format!("/v1/incidents/{id}/obligations/history");
    let filed = app.get(&path).await;
    let first = &filed.json["items"][0];
    assert_eq!(
        (&first["cause"], &first["seq"], &first["version"]),
        (&json!("filed"), &json!(1), &json!(1)),
        "{}",
        filed.text
    );
    let duty = "eu-gdpr/notify-authority";
    assert_eq!(change(first, duty)["kind"], "added");
    assert!(change(first, duty)["why"].as_str().unwrap().contains("1200 individuals"));

    amend(&app, &id, json!({ "timeline": { "aware": "2999-01-09T10:00:00+01:00" } })).await;
    let affected =
        json!([{ "jurisdiction": "eu-gdpr", "individuals": 1200 }, { "jurisdiction": "hk", "individuals": 3 }]);
    amend(&app, &id, json!({ "scope": { "affected": affected } })).await;
    let only_hk = json!([{ "jurisdiction": "hk", "individuals": 3 }]);
    amend(&app, &id, json!({ "scope": { "affected": only_hk } })).await;
    // What concerns no duty leaves an entry without changes.
    amend(&app, &id, json!({ "title": "Another name" })).await;

    let history = app.get(&path).await;
    let items = history.json["items"].as_array().unwrap();
    assert_eq!(items.len(), 5, "{}", history.text);
    let moved = change(&items[1], duty);
    assert_eq!((&moved["kind"], &moved["why"]), (&json!("changed"), &json!("amended: timeline.aware")), "{moved}");
    let deadline = &moved["differences"][0];
    assert_eq!(deadline["what"], "deadline");
    let at = |side: &str| -> jiff::Timestamp { deadline[side].as_str().unwrap().parse().unwrap() };
    assert_eq!(at("before").duration_since(at("after")).as_hours(), 24);
    assert!(items[2]["changes"].as_array().unwrap().iter().all(|one| one["kind"] == "added"), "{}", items[2]);
    let gone = change(&items[3], duty);
    assert_eq!(gone["kind"], "removed");
    assert!(gone["why"].as_str().unwrap().starts_with("amended: scope.affected; it applied because"), "{gone}");
    assert_eq!((&items[4]["changes"], &items[4]["fields"]), (&json!([]), &json!(["title"])));
    assert_eq!(history.json["since"], json!([]));

    // Page by page it is the same.
    let mut paged = Vec::new();
    let mut next = json!(0);
    while !next.is_null() {
        let page = app.get(&format!("{path}?limit=2&after={next}")).await;
        paged.extend(page.json["items"].as_array().unwrap().clone());
        next = page.json["next"].clone();
    }
    assert_eq!(&paged, items);
});

on_both!(decisions_and_reports_are_in_it_too, |world| {
    let app = TestApp::start(&world).await;
    let mut late = facts();
    late["timeline"] = json!({ "aware": "2026-01-10T10:00:00+01:00" });
    let id = app.file(&late).await;
    app.act(Role::Responder, &format!("/v1/incidents/{id}/open")).await;
    let duty = "eu-gdpr/notify-authority";
    let decision = json!({ "obligation": duty, "reason": "It came back unopened." });
    let waived = app.post(Role::Approver, &format!("/v1/incidents/{id}/waivers"), &decision).await;
    let reverse = format!("/v1/waivers/{}/reverse", waived.json["id"].as_str().unwrap());
    app.post(Role::Responder, &reverse, &json!({ "reason": "It was open." })).await;
    let drafted = app.post(Role::Responder, &format!("/v1/incidents/{id}/reports"), &json!({})).await;
    let report =
        drafted.json["reports"].as_array().unwrap().iter().find(|one| one["obligation"] == duty).unwrap().clone();
    let told = json!({ "reference": "A-1", "late_reason": "It was found late." });
    app.post(Role::Responder, &format!("/v1/reports/{}/submitted", report["id"].as_str().unwrap()), &told).await;

    let history = app.get(&format!("/v1/incidents/{id}/obligations/history")).await;
    let items = history.json["items"].as_array().unwrap();
    let story: Vec<(&Value, &Value)> = items
        .iter()
        .skip(1)
        .map(|item| (&item["cause"], change(item, duty)["differences"].as_array().unwrap().last().unwrap()))
        .collect();
    let state = |before: &str, after: &str| json!({ "what": "state", "before": before, "after": after });
    let (decided, reversed, reported) = (json!("decided"), json!("reversed"), json!("reported"));
    let expected = [state("overdue", "waived"), state("waived", "overdue"), state("overdue", "met")];
    assert_eq!(
        story,
        [(&decided, &expected[0]), (&reversed, &expected[1]), (&reported, &expected[2])],
        "{}",
        history.text
    );
});

on_both!(what_differs_since_is_told_without_being_asked_for, |world| {
    let app = TestApp::start(&world).await;
    let id = app.file(&facts()).await;
    // As if it had been noted under older rules.
    world
        .execute(
            "UPDATE obligation_history SET duties = REPLACE(duties, '\"rules_version\":\"2', '\"rules_version\":\"1')",
        )
        .await;
    let path = format!("/v1/incidents/{id}/obligations/history");
    let history = app.get(&path).await;
    let since = &history.json["since"][0];
    assert_eq!(since["kind"], "changed", "{}", history.text);
    assert!(since["why"].as_str().unwrap().starts_with("the rules are of version 2"), "{since}");
    // With the next amendment it is noted by itself, apart from what the amendment changed.
    amend(&app, &id, json!({ "timeline": { "aware": "2999-01-09T10:00:00+01:00" } })).await;
    let history = app.get(&path).await;
    let causes: Vec<&Value> = history.json["items"].as_array().unwrap().iter().map(|item| &item["cause"]).collect();
    assert_eq!(causes, ["filed", "recomputed", "amended"], "{}", history.text);
    assert_eq!(history.json["since"], json!([]));
    app.get(&format!("{path}?limit=0")).await.at_fault(400, "bad-address", "limit");
    app.get("/v1/incidents/01920000-0000-7000-8000-000000000000/obligations/history").await.problem(404, "not-found");
});
