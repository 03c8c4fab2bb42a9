//! A limit on what there is not is refused, and what the caller wrote stands in the refusal as it was written.

use candour::domain::actor::Role;
use reqwest::Method;
use serde_json::json;

use crate::support::app::{TestApp, send};
use crate::support::stores::on_both;

on_both!(a_refusal_repeats_the_name_as_it_was_given, |world| {
    let app = TestApp::start(&world).await;
    for (path, given) in
        [("domain/a@b", "a@b"), ("campaign/ünbekannt", "ünbekannt"), ("provider/elsewhere", "elsewhere")]
    {
        let request = app.request(Method::PUT, &format!("/v1/limits/{path}"), Some(Role::Responder));
        let refused = send(request.json(&json!({ "per_second": 5.0 }))).await;
        let detail = refused.problem(400, "bad-address")["detail"].as_str().unwrap();
        assert!(detail.starts_with("No ") && detail.contains(&format!("{given:?}")), "{detail}");
    }
});
