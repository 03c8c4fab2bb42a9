//! What telling everybody costs is known before it is proposed, and a budget that cannot be kept is refused.

use candour::domain::actor::Role;
use candour::domain::price::Price;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, StatusCode};
use serde_json::json;

use super::campaigns::import;
use super::notices::{facts, notice, write};
use crate::support::app::{TestApp, send};
use crate::support::stores::on_both;

on_both!(prices_make_an_estimate_and_keep_a_budget_honest, |world| {
    let app = TestApp::start(&world).await;
    let id = app.file(&facts()).await;
    write(&app, &id, None, &notice("")).await;
    import(&world, &id, &[("a", None, "en"), ("b", None, "de")]).await;
    app.act(Role::Responder, &format!("/v1/incidents/{id}/open")).await;

    let cost = app.get(&format!("/v1/incidents/{id}/cost")).await;
    assert_eq!(cost.status, StatusCode::OK, "{}", cost.text);
    let email = &cost.json["channels"][0];
    assert_eq!(
        *email,
        json!({ "channel": "email", "first": 2, "at_most": 2, "price": "0.001 USD", "cost_first": "0.002 USD",
            "cost_at_most": "0.002 USD" }),
        "{}",
        cost.text
    );
    assert_eq!(cost.json["channels"][1]["first"], 0, "nobody has a phone: {}", cost.text);

    let path = format!("/v1/incidents/{id}/campaigns");
    let refused = app.post(Role::Responder, &path, &json!({ "plan": { "budget": "1.00 EUR" } })).await;
    refused.at_fault(422, "invalid-fields", "plan.budget");
    let canary = json!({ "plan": { "canary": { "people": 0, "watch_minutes": 5, "failing_percent": 5 } } });
    app.post(Role::Responder, &path, &canary).await.at_fault(422, "invalid-fields", "plan.canary.people");
    let kept = json!({ "plan": { "budget": "1.00 USD", "canary": { "people": 1, "watch_minutes": 5, "failing_percent": 5 } } });
    let proposed = app.post(Role::Responder, &path, &kept).await;
    assert_eq!(proposed.status, StatusCode::CREATED, "{}", proposed.text);
    assert_eq!(proposed.json["plan"], kept["plan"]);
    assert_eq!(proposed.json["canary"], json!({ "stage": "telling", "left": 1 }));
});

on_both!(a_text_costs_each_of_its_segments, |world| {
    let app = TestApp::start(&world).await;
    let id = app.file(&facts()).await;
    // A dash of sixteen bits a letter makes two segments of what would be one.
    let mut content = notice("");
    content["texts"]["en"]["short"] =
        json!("Nordwind: somebody copied our mail archive – your letters with it. Change your password.");
    write(&app, &id, None, &content).await;
    let path = format!("/v1/incidents/{id}/people");
    let people = "ref,phone,locale\n1,+12025550101,en\n2,+12025550102,en\n3,+12025550103,de\n";
    let request = app.request(Method::POST, &path, Some(Role::Responder)).header(CONTENT_TYPE, "text/csv");
    assert_eq!(send(request.body(people)).await.json["added"], 3);

    let mut segments = 0;
    for (locale, people) in [("en", 2), ("de", 1)] {
        let asked = json!({ "channel": "sms", "locale": locale });
        let preview = app.post(Role::Responder, &format!("/v1/incidents/{id}/notice/preview"), &asked).await;
        segments += people
            * preview.json["previews"][0]["travels"]["segments"].as_u64().unwrap_or_else(|| panic!("{}", preview.text));
    }
    assert!(segments > 3, "some take more than one: {segments}");
    let cost = app.get(&format!("/v1/incidents/{id}/cost")).await;
    let sms = &cost.json["channels"][1];
    let each: Price = "0.0075 USD".parse().unwrap();
    assert_eq!(sms["cost_first"], each.times(segments).unwrap().to_string(), "{}", cost.text);
    assert_eq!(sms["first"], 3, "{}", cost.text);
    let mean = sms["segments"].as_f64().unwrap();
    assert!((mean * 3.0 - f64::from(u32::try_from(segments).unwrap())).abs() < 0.001, "{}", cost.text);
});
