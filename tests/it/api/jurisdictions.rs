//! Which law is encoded, and in which words facts are told.

use reqwest::StatusCode;
use serde_json::{Value, json};

use candour::domain::actor::Role;

use crate::support::app::TestApp;
use crate::support::stores::on_both;

on_both!(what_is_encoded_is_shown_with_its_sources, |world| {
    let app = TestApp::start(&world).await;
    let list = app.get("/v1/jurisdictions").await;
    assert_eq!(list.status, StatusCode::OK, "{}", list.text);
    let all = list.json["jurisdictions"].as_array().unwrap();
    let one = |id: &str| all.iter().find(|set| set["id"] == id).unwrap();
    assert_eq!(one("us-tx")["applies_to"], "residents");
    assert_eq!(one("us-hipaa")["applies_to"], "organisations");
    assert_eq!(one("hk")["status"], "voluntary");
    let states = all.iter().filter(|set| set["id"].as_str().unwrap().len() == 5);
    assert!(states.filter(|set| set["id"].as_str().unwrap().starts_with("us-")).count() >= 54, "{}", list.text);

    // What a state shares with others is filled in, down to the citation of each rule.
    let texas = app.get("/v1/jurisdictions/us-tx").await;
    let rules = texas.json["encoded"]["rule"].as_array().unwrap();
    assert_eq!(json!(rules.len()), texas.json["rules"]);
    let general = rules.iter().find(|rule| rule["id"] == "notify-attorney-general").unwrap();
    assert_eq!(general["deadline"]["amount"], 30);
    assert!(rules.iter().all(|rule| rule["citation"][0]["source"].is_string()), "{}", texas.text);

    let nowhere = app.get("/v1/jurisdictions/xx").await;
    assert_eq!(nowhere.status, StatusCode::NOT_FOUND);
    assert!(nowhere.text.contains("/v1/jurisdictions"), "{}", nowhere.text);
});

on_both!(words_are_explained_and_say_who_uses_them, |world| {
    let app = TestApp::start(&world).await;
    let vocabulary = app.get("/v1/vocabulary").await;
    let parts = vocabulary.json["parts"].as_array().unwrap();
    let traits = parts.iter().find(|part| part["path"] == "organisation.traits").unwrap();
    let word = |word: &str| traits["words"].as_array().unwrap().iter().find(|w| w["word"] == word).unwrap();
    assert_eq!(word("wyoming_based")["used_by"], json!(["us-wy"]));
    assert!(!word("wyoming_based")["meaning"].as_str().unwrap().is_empty());
    // A word that is near one of them is named.
    let facts = json!({ "title": "x", "scope": { "circumstances": ["paper_onyl"] } });
    let refused = app.post(Role::Responder, "/v1/obligations", &facts).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text);
    assert!(refused.text.contains("paper_only"), "{}", refused.text);
});

on_both!(holds_and_frameworks_of_organisations_work_over_the_api, |world| {
    let app = TestApp::start(&world).await;
    let facts = |jurisdiction: &str| {
        json!({
            "title": "x",
            "organisation": { "traits": ["hipaa_covered_entity"] },
            "timeline": { "discovered": "2026-11-20T12:00:00-05:00" },
            "scope": { "properties": ["confidentiality"], "data": ["name", "health", "social_security_number"],
                "affected": [{ "jurisdiction": jurisdiction, "individuals": 600, "uncontactable": 0 }] },
            "holds": [{ "jurisdiction": "us-ma", "kind": "law_enforcement", "asked": "2026-11-21T12:00:00-05:00",
                "until": "2026-12-24T12:00:00-05:00", "written": true }]
        })
    };
    let answer = app.post(Role::Responder, "/v1/obligations", &facts("us-ma")).await;
    let found = answer.json["obligations"].as_array().unwrap();
    let one = |id: &str| found.iter().find(|o: &&Value| o["id"] == id).unwrap();
    assert_eq!(one("us-ma/notify-individuals")["held_until"], "2026-12-24T12:00:00-05:00");
    assert_eq!(one("us-ma/notify-individuals")["must_not_contain"][0], "nature_of_breach");
    assert_eq!(one("us-hipaa/notify-media")["because"].as_str().unwrap().matches("us-ma").count(), 1);
    // Nobody lives in a framework that follows the organisation.
    let refused = app.post(Role::Responder, "/v1/obligations", &facts("us-hipaa")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text);
    assert!(refused.text.contains("scope.affected[0].jurisdiction"), "{}", refused.text);
    assert!(refused.text.contains("hipaa_covered_entity"), "{}", refused.text);
});
