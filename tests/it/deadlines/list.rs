//! The duties of all incidents in order of their deadlines, over the API.

use candour::domain::actor::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::app::{TestApp, send};
use crate::support::stores::on_both;

fn facts(title: &str, aware: &str, jurisdictions: &[&str]) -> Value {
    let affected: Vec<Value> =
        jurisdictions.iter().map(|id| json!({ "jurisdiction": id, "individuals": 1200 })).collect();
    json!({
        "title": title,
        "organisation": { "name": "Nordwind", "country": "DE" },
        "timeline": { "aware": aware, "discovered": aware },
        "scope": { "properties": ["confidentiality"], "data": ["name"], "affected": affected },
        "impact": { "risk": "high" },
    })
}

/// Titles and duties of a page.
fn lines(page: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let items = page["items"].as_array().unwrap().iter();
    items.map(|item| (text(&item["incident"]["title"]), text(&item["obligation"]["id"]))).collect()
}

on_both!(the_earliest_stands_first_across_incidents, |world| {
    let app = TestApp::start(&world).await;
    app.file(&facts("Later", "2999-06-01T10:00:00+02:00", &["eu-gdpr"])).await;
    let past = app.file(&facts("Past", "2020-01-01T10:00:00+01:00", &["eu-gdpr"])).await;
    app.file(&facts("Sooner", "2999-05-01T10:00:00+02:00", &["eu-gdpr", "uk"])).await;

    let all = app.get("/v1/deadlines?limit=500").await;
    assert_eq!(all.status, StatusCode::OK, "{}", all.text);
    let items = all.json["items"].as_array().unwrap().clone();
    let times: Vec<Option<jiff::Timestamp>> =
        items.iter().map(|item| item["obligation"]["deadline"]["at"].as_str().map(|at| at.parse().unwrap())).collect();
    let dated = times.iter().take_while(|at| at.is_some()).count();
    assert!(dated >= 4 && times[..dated].is_sorted(), "{times:?}");
    assert!(times[dated..].iter().all(Option::is_none), "those without a time stand last: {times:?}");
    assert_eq!(items[0]["incident"], json!({ "id": past, "title": "Past", "state": "draft" }));
    assert_eq!(items[0]["obligation"]["state"], "overdue");

    // Page by page it is the same list.
    let mut paged = Vec::new();
    let mut path = String::from("/v1/deadlines?limit=2");
    loop {
        let page = app.get(&path).await;
        paged.extend(lines(&page.json));
        match page.json["next"].as_str() {
            Some(next) => path = format!("/v1/deadlines?limit=2&after={next}"),
            None => break,
        }
    }
    assert_eq!(paged, lines(&all.json));
});

on_both!(what_is_wanted_can_be_narrowed, |world| {
    let app = TestApp::start(&world).await;
    let past = app.file(&facts("Past", "2020-01-01T10:00:00+01:00", &["eu-gdpr"])).await;
    app.file(&facts("Future", "2999-05-01T10:00:00+02:00", &["eu-gdpr", "uk"])).await;

    let overdue = app.get("/v1/deadlines?state=overdue").await;
    assert!(!lines(&overdue.json).is_empty() && lines(&overdue.json).iter().all(|(title, _)| title == "Past"));
    let british = app.get("/v1/deadlines?jurisdiction=uk").await;
    assert!(!lines(&british.json).is_empty() && lines(&british.json).iter().all(|(_, id)| id.starts_with("uk/")));
    let one = app.get(&format!("/v1/deadlines?incident={past}&state=all")).await;
    assert!(!lines(&one.json).is_empty() && lines(&one.json).iter().all(|(title, _)| title == "Past"));

    // What is handled no more is in nobody's list, but can still be asked for by name.
    let discard = json!({ "reason": "A drill." });
    app.post(Role::Responder, &format!("/v1/incidents/{past}/discard"), &discard).await;
    assert_eq!(lines(&app.get("/v1/deadlines?state=overdue").await.json), []);
    assert!(!lines(&app.get(&format!("/v1/deadlines?incident={past}&state=all")).await.json).is_empty());
});

on_both!(a_report_that_was_submitted_takes_its_duty_off_the_list, |world| {
    let app = TestApp::start(&world).await;
    let id = app.file(&facts("Past", "2020-01-01T10:00:00+01:00", &["eu-gdpr"])).await;
    app.act(Role::Responder, &format!("/v1/incidents/{id}/open")).await;
    let drafted = app.post(Role::Responder, &format!("/v1/incidents/{id}/reports"), &json!({})).await;
    let report = drafted.json["reports"][0]["id"].as_str().unwrap();
    let duty = drafted.json["reports"][0]["obligation"].as_str().unwrap().to_owned();
    let has = |page: &Value| lines(page).iter().any(|(_, id)| *id == duty);
    assert!(has(&app.get("/v1/deadlines").await.json));
    let told = json!({ "reference": "A-1", "late_reason": "It was found late." });
    let answer = app.post(Role::Responder, &format!("/v1/reports/{report}/submitted"), &told).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert!(!has(&app.get("/v1/deadlines").await.json));
    assert!(has(&app.get("/v1/deadlines?state=met").await.json));
});

on_both!(what_does_not_fit_is_refused, |world| {
    let app = TestApp::start(&world).await;
    app.get("/v1/deadlines?after=nonsense").await.at_fault(400, "bad-address", "after");
    app.get("/v1/deadlines?limit=0").await.at_fault(400, "bad-address", "limit");
    app.get("/v1/deadlines?state=soon").await.problem(400, "bad-address");
    app.get("/v1/deadlines?incident=01920000-0000-7000-8000-000000000000").await.problem(404, "not-found");
    send(app.request(Method::GET, "/v1/deadlines", Some(Role::Hook))).await.problem(403, "forbidden");
    send(app.request(Method::GET, "/v1/deadlines.ics", None)).await.problem(401, "unauthenticated");
});
