//! What telling everybody costs is known before it is proposed, and a budget that cannot be kept is refused.

use candour::domain::actor::Role;
use reqwest::StatusCode;
use serde_json::json;

use super::campaigns::import;
use super::notices::{facts, notice, write};
use crate::support::app::TestApp;
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
