//! The letter and the call of a notice are seen before anybody is told.

use candour::domain::actor::Role;
use reqwest::Method;
use serde_json::json;

use super::notices::{facts, notice, secretive, write};
use crate::support::app::{TestApp, send};
use crate::support::pdf::tool;
use crate::support::stores::on_both;

on_both!(a_letter_is_a_page_and_a_call_is_a_script, |world| {
    let app = TestApp::start(&world).await;
    let id = app.file(&facts()).await;
    let mut content = notice("");
    content["cascade"] = json!(["letter", "voice"]);
    let path = format!("/v1/incidents/{id}/notice");
    let written = write(&app, &id, None, &content).await;
    assert_eq!(written.status, 200, "{}", written.text);

    let page = app.request(Method::GET, &format!("{path}/preview?channel=letter&form=us_10"), Some(Role::Responder));
    let page = page.send().await.unwrap();
    assert_eq!((page.status().as_u16(), &page.headers()["content-type"]), (200, &"application/pdf".parse().unwrap()));
    assert!(page.bytes().await.unwrap().starts_with(b"%PDF-"));

    let shown = app.post(Role::Responder, &format!("{path}/preview"), &json!({ "locale": "de" })).await;
    let previews = shown.json["previews"].as_array().unwrap();
    assert!(previews[0]["text"].as_str().unwrap().contains("Jemand hat unser Archiv kopiert."), "{}", shown.text);
    let call = previews[1]["text"].as_str().unwrap();
    let greeting = call.lines().nth(1).unwrap();
    assert!(greeting.contains("automatischer Anruf") && !greeting.contains("Archiv"), "{call}");
    assert!(call.contains("1: ") && call.contains("Jemand hat unser Archiv kopiert."), "{call}");

    for (query, field) in [("channel=sms", "channel"), ("channel=letter&form=din", "form")] {
        let wrong = app.request(Method::GET, &format!("{path}/preview?{query}"), Some(Role::Responder));
        send(wrong).await.at_fault(422, "invalid-fields", field);
    }
});

on_both!(a_letter_masks_the_person_for_whom_the_list_does, |world| {
    let app = TestApp::start(&world).await;
    let id = app.file(&facts()).await;
    let person = secretive(&world, &id).await;
    let mut content = notice(" Your number: {{person.customer}}.");
    content["cascade"] = json!(["letter"]);
    assert_eq!(write(&app, &id, None, &content).await.status, 200);
    let words = async |role: Role| {
        let path = format!("/v1/incidents/{id}/notice/preview?channel=letter&person={person}");
        let page = app.request(Method::GET, &path, Some(role)).send().await.unwrap();
        assert_eq!(page.status(), 200);
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("letter.pdf");
        std::fs::write(&file, page.bytes().await.unwrap()).unwrap();
        tool("pdftotext", "poppler-utils", &["-"], &file)
    };
    let (masked, whole) = (words(Role::Responder).await, words(Role::Approver).await);
    assert!(!masked.contains("Canary") && masked.contains("C***"), "{masked}");
    for value in ["Canary Jones", "Canary Street 1", "Canary Town", "Canary-2"] {
        assert!(whole.contains(value), "no {value} in {whole}");
    }
});
