//! What a notice says otherwise to the people of some jurisdictions: written, refused, previewed, judged.

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::notices::{facts, notice, write};
use crate::support::app::TestApp;
use crate::support::stores::on_both;
use candour::domain::actor::Role;

fn both_states() -> Value {
    let mut facts = facts();
    facts["scope"]["data"] = json!(["name", "payment_card"]);
    facts["scope"]["affected"] = json!([{ "jurisdiction": "us-ca", "individuals": 1200 },
        { "jurisdiction": "us-ma", "individuals": 1300 }]);
    facts
}

fn with(variants: Value) -> Value {
    let mut notice = notice("");
    notice["variants"] = variants;
    notice
}

fn massachusetts(step: &str) -> Value {
    let own = json!({ "what_you_can_do": [step] });
    json!([{ "jurisdictions": ["us-ma"], "omit": ["what_happened"], "texts": { "en": own, "de": own } }])
}

on_both!(what_does_not_fit_is_refused_by_field, |world| {
    let app = TestApp::start(&world).await;
    let id = app.file(&both_states()).await;
    let of = |jurisdiction: &str| json!([{ "jurisdictions": [jurisdiction], "omit": ["what_happened"] }]);
    write(&app, &id, None, &with(of("us-xx"))).await.at_fault(422, "invalid-fields", "variants[0].jurisdictions");
    let why = write(&app, &id, None, &with(of("us-hipaa"))).await.at_fault(
        422,
        "invalid-fields",
        "variants[0].jurisdictions",
    );
    assert!(why.contains("nobody lives in us-hipaa"), "{why}");
    let one_language = json!([{ "jurisdictions": ["us-ma"], "texts": { "en": { "what_happened": "x" } } }]);
    write(&app, &id, None, &with(one_language)).await.at_fault(
        422,
        "bad-template",
        "variants[0].texts.de.what_happened",
    );
    let broken = massachusetts("{{#if person.name}}");
    write(&app, &id, None, &with(broken)).await.problem(422, "bad-template");
    let unknown = json!([{ "jurisdictions": ["us-ma"], "omit": ["what_hapened"] }]);
    assert_eq!(write(&app, &id, None, &with(unknown)).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    app.get(&format!("/v1/incidents/{id}/notice")).await.problem(404, "not-found");
});

on_both!(each_residence_previews_and_is_judged_by_what_it_reads, |world| {
    let app = TestApp::start(&world).await;
    let id = app.file(&both_states()).await;
    let plain = write(&app, &id, None, &notice("")).await;
    let content = with(massachusetts("Ask for a police report and a security freeze."));
    let written = write(&app, &id, Some(plain.header("etag")), &content).await;
    assert_eq!((written.status, &written.json["variants"]), (StatusCode::OK, &content["variants"]), "{}", written.text);
    assert_ne!(written.json["hash"], plain.json["hash"], "what is approved says what each state reads");

    let path = format!("/v1/incidents/{id}/notice/preview");
    let preview = async |jurisdiction: &str, channel: &str| {
        let asked = json!({ "jurisdiction": jurisdiction, "channel": channel });
        let answer = app.post(Role::Responder, &path, &asked).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        answer.json
    };
    let (there, here) = (preview("us-ma", "email").await, preview("us-ca", "email").await);
    assert_eq!((&there["variant"], &here["variant"]), (&json!(0), &Value::Null));
    for part in ["text", "html"] {
        let (there, here) = (there["previews"][0][part].as_str().unwrap(), here["previews"][0][part].as_str().unwrap());
        assert!(!there.contains("What Happened") && !there.contains("copied our mail archive"), "{there}");
        assert!(there.contains("police report") && there.contains("We locked them out."), "{there}");
        assert!(here.contains("What Happened") && here.contains("copied our mail archive"), "{here}");
        assert!(!here.contains("police report") && here.contains("Change your password."), "{here}");
    }
    assert_eq!(there["requirements"][0]["forbidden"], json!([]));
    assert_eq!(here["requirements"][0]["missing"], json!([]));
    assert_eq!(preview("us-ma", "sms").await["variant"], 0);

    // A number that is forbidden is seen.
    let numbered = with(massachusetts("With 1,300 others: ask for a police report and a security freeze."));
    let request = json!({ "content": numbered, "jurisdiction": "us-ma", "channel": "email" });
    let judged = app.post(Role::Responder, &path, &request).await;
    assert_eq!(judged.json["requirements"][0]["forbidden"], json!(["number_of_individuals"]), "{}", judged.text);
    // What a variant leaves out is missing only where it is read.
    let bare = with(json!([{ "jurisdictions": ["us-ca"], "omit": ["what_happened"] }]));
    let request = json!({ "content": bare, "jurisdiction": "us-ca", "channel": "email" });
    let judged = app.post(Role::Responder, &path, &request).await;
    assert_eq!(
        judged.json["requirements"][0]["missing"],
        json!(["headings_of_california", "nature_of_breach"]),
        "{}",
        judged.text
    );
});
