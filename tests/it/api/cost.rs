//! What telling everybody costs is known before it is proposed, and a budget that cannot be kept is refused.

use std::fmt::Write as _;

use candour::domain::actor::Role;
use candour::domain::channel::Channel;
use candour::domain::destination::Destinations;
use candour::domain::price::Price;
use candour::incidents::forecast::Carrier;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::campaigns::import;
use super::notices::{facts, notice, write};
use crate::support::app::{TestApp, send};
use crate::support::stores::{World, on_both};

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
            "cost_first_least": "0.002 USD", "cost_at_most": "0.002 USD" }),
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
    assert!(sms["cost_at_most"].as_str() >= sms["cost_first"].as_str(), "{}", cost.text);
    let mean = sms["segments"].as_f64().unwrap();
    assert!((mean * 3.0 - f64::from(u32::try_from(segments).unwrap())).abs() < 0.001, "{}", cost.text);
});

/// Providers of text messages: where they go, what they cost and how many a second.
fn texts(name: &str, only: &[&str], price: &str, rate: f64) -> Carrier {
    Carrier {
        name: name.to_owned(),
        channel: Channel::Sms,
        rate: Some(rate),
        concurrency: 8,
        price: price.parse().ok(),
        destinations: Destinations { only: only.iter().copied().map(str::to_owned).collect(), not: Vec::new() },
    }
}

/// What the text messages of people cost, and how long they take.
async fn estimate(world: &World, carriers: Vec<Carrier>, people: &str) -> (Value, Value) {
    let app = TestApp::carried_by(world, carriers).await;
    let id = app.file(&facts()).await;
    let mut content = notice("");
    content["cascade"] = json!(["sms", "email"]);
    content["texts"]["en"]["short"] = json!("Nordwind: somebody copied our mail archive.");
    content["texts"]["de"]["short"] = json!("Nordwind: Unser Mailarchiv wurde kopiert.");
    write(&app, &id, None, &content).await;
    let path = format!("/v1/incidents/{id}/people");
    let request = app.request(Method::POST, &path, Some(Role::Responder)).header(CONTENT_TYPE, "text/csv");
    let added = send(request.body(people.to_owned())).await;
    assert_eq!(added.status, StatusCode::OK, "{}", added.text);
    let cost = app.get(&format!("/v1/incidents/{id}/cost")).await;
    let forecast = app.get(&format!("/v1/incidents/{id}/forecast")).await;
    (cost.json, forecast.json)
}

/// People of a residence with numbers that begin like this.
fn people(residence: &str, beginnings: &[(&str, usize)]) -> String {
    let mut csv = String::from("ref,phone,email,jurisdiction\n");
    for (beginning, number) in beginnings {
        for n in 0..*number {
            writeln!(csv, "{beginning}{n},{beginning}{n:02},p{n}@example.org,{residence}").unwrap();
        }
    }
    csv
}

on_both!(whose_residence_is_a_union_may_go_by_any_provider_of_its_countries, |world| {
    let carriers = vec![
        texts("a", &["+49"], "0.01 EUR", 20.0),
        texts("b", &["+33"], "0.10 EUR", 4.0),
        texts("c", &["+86"], "9.00 EUR", 0.1),
    ];
    let europe = people("eu-gdpr", &[("+49151123456", 20), ("+336123456", 40)]);
    let (cost, forecast) = estimate(&world, carriers, &europe).await;
    let sms = &cost["channels"][0];
    let range = (&sms["cost_first_least"], &sms["cost_first"]);
    assert_eq!(range, (&json!("0.60 EUR"), &json!("6.00 EUR")), "really 4.20: {cost}");
    assert_eq!((&sms["first"], &sms["price"]), (&json!(60), &Value::Null), "{cost}");
    assert_eq!(sms["cost_at_most"], "540.00 EUR", "some may have a number of China: {cost}");
    assert_eq!(forecast["channels"][0]["seconds"], 15, "really 10, for 40 by the slower: {forecast}");
    assert_eq!(forecast["left_out"], json!(["quiet_hours", "further_tries"]), "{forecast}");
});

on_both!(providers_who_share_people_make_a_range, |world| {
    let carriers = vec![texts("a", &[], "0.01 EUR", 20.0), texts("b", &[], "0.10 EUR", 4.0)];
    let (cost, forecast) = estimate(&world, carriers, &people("uk", &[("+4475001234", 60)])).await;
    let sms = &cost["channels"][0];
    let range = (&sms["cost_first_least"], &sms["cost_first"], &sms["cost_at_most"]);
    assert_eq!(range, (&json!("0.60 EUR"), &json!("6.00 EUR"), &json!("6.00 EUR")), "really 3.12: {cost}");
    assert_eq!(forecast["channels"][0]["seconds"], 3, "both carry everybody: {forecast}");
});

on_both!(whom_nobody_carries_is_told_by_the_next_channel, |world| {
    let mail = Carrier { name: String::from("mail"), channel: Channel::Email, ..texts("mail", &[], "0.002 EUR", 5.0) };
    let carriers = vec![texts("a", &["+49"], "0.01 EUR", 20.0), mail];
    let (cost, forecast) = estimate(&world, carriers, &people("hk", &[("+852512345", 10)])).await;
    let (sms, email) = (&cost["channels"][0], &cost["channels"][1]);
    assert_eq!((&sms["first"], &sms["cost_first"]), (&json!(0), &json!("0.00 EUR")), "{cost}");
    assert_eq!((&email["first"], &email["cost_first"]), (&json!(10), &json!("0.02 EUR")), "{cost}");
    let channels = forecast["channels"].as_array().unwrap();
    let counted: Vec<_> = channels.iter().map(|of| (&of["channel"], &of["people"], &of["seconds"])).collect();
    assert_eq!(counted, [(&json!("email"), &json!(10), &json!(2))], "{forecast}");
});
