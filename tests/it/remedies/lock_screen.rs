//! A code is never where others may read or hear it: not in a subject, not in a short text, and not in a text message, a push
//! message or a call that takes up a text of which it is a part.

use candour::domain::actor::Role;
use serde_json::json;

use super::notice;
use crate::api::notices::{facts, write};
use crate::support::app::TestApp;
use crate::support::stores::on_both;

on_both!(it_stays_out_of_sight, |world| {
    let app = TestApp::start(&world).await;
    let incident = app.file(&facts()).await;
    let mut content = notice(&["email", "sms", "push", "letter", "voice"]);
    for field in ["subject", "short"] {
        let mut seen = content.clone();
        seen["texts"]["en"][field] = json!("Use {{person.remedy_code}} now");
        let refused = write(&app, &incident, None, &seen).await;
        let why = refused.problem(422, "bad-template").to_string();
        assert!(why.contains("lock screen") && why.contains(field), "{why}");
    }
    // What a call says takes up the steps; the one with the code is left out there.
    content["texts"]["en"]["what_you_can_do"] =
        json!(["Watch your account.", "Enter {{#if person.name}}{{person.remedy_code}}{{/if}} there."]);
    let written = write(&app, &incident, None, &content).await;
    assert_eq!(written.status, 200, "{}", written.text);
    let previews = app.post(Role::Responder, &format!("/v1/incidents/{incident}/notice/preview"), &json!({})).await;
    let previews = previews.json["previews"].as_array().unwrap_or_else(|| panic!("{}", previews.text));
    assert_eq!(previews.len(), 5);
    for preview in previews {
        let may = matches!(preview["channel"].as_str(), Some("email" | "letter"));
        assert_eq!(preview.to_string().contains("SAMPLE-CODE-0000"), may, "{preview}");
    }
    let call = previews.iter().find(|preview| preview["channel"] == "voice").unwrap().to_string();
    assert!(call.contains("Watch your account.") && !call.contains("there."), "{call}");
});
