//! Keys are made, shown once, listed without their secrets.

use candour::domain::actor::Role;
use reqwest::StatusCode;
use serde_json::json;

use crate::support::app::TestApp;
use crate::support::stores::on_both;

on_both!(a_key_is_shown_once, |world| {
    let app = TestApp::start(&world).await;
    let made = app.post(Role::Admin, "/v1/keys", &json!({ "name": "  Ann Ito ", "role": "auditor" })).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    assert_eq!(made.json["name"], "Ann Ito");
    assert_eq!(made.header("cache-control"), "no-store");
    let secret = made.json["secret"].as_str().unwrap();
    assert!(secret.starts_with("cnd_"), "it can be found by scanners for leaked secrets");

    let listed = crate::support::app::send(app.request(reqwest::Method::GET, "/v1/keys", Some(Role::Admin))).await;
    assert!(listed.text.contains("Ann Ito"));
    assert!(!listed.text.contains(secret.rsplit('_').next().unwrap()), "the list has a secret");
    assert!(!listed.text.contains("hash"), "{}", listed.text);
});

on_both!(a_name_that_does_not_fit_is_refused, |world| {
    let app = TestApp::start(&world).await;
    for name in ["", "   ", "two\nlines"] {
        let refused = app.post(Role::Admin, "/v1/keys", &json!({ "name": name, "role": "auditor" })).await;
        refused.at_fault(422, "invalid-fields", "name");
    }
    app.post(Role::Admin, "/v1/keys", &json!({ "name": "x", "role": "king" })).await.at_fault(
        422,
        "invalid-fields",
        "role",
    );
});
