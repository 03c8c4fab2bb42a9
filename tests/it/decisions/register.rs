//! The register of all incidents, as an authority gets it.

use std::process::Command;

use candour::domain::actor::Role;
use reqwest::{Method, StatusCode};
use serde_json::json;

use super::facts;
use crate::support::app::{TestApp, send};
use crate::support::process::run;
use crate::support::stores::on_both;

on_both!(it_has_every_incident_with_what_was_decided, |world| {
    let app = TestApp::start(&world).await;
    let id = app.file(&facts("=cmd|' /C calc'!A0")).await;
    let drill = app.file(&facts("Drill; \"quoted\"")).await;
    app.post(Role::Responder, &format!("/v1/incidents/{drill}/discard"), &json!({ "reason": "A drill." })).await;
    let decision = json!({ "obligation": "eu-gdpr/notify-authority", "reason": "It came back unopened." });
    app.post(Role::Approver, &format!("/v1/incidents/{id}/waivers"), &decision).await;

    let csv = app.get("/v1/register.csv").await;
    assert_eq!(csv.status, StatusCode::OK, "{}", csv.text);
    assert!(
        csv.header("content-type").starts_with("text/csv") && csv.header("content-disposition").contains("attachment")
    );
    let lines: Vec<&str> = csv.text.trim_start_matches('\u{feff}').split("\r\n").collect();
    assert_eq!(lines.len(), 4, "a head, two incidents, the end: {}", csv.text);
    assert!(lines[0].starts_with("\"title\",\"incident\",\"state\""), "{}", lines[0]);
    assert!(lines[1].starts_with("\"'=cmd|' /C calc'!A0\","), "{}", lines[1]);
    assert!(lines[2].starts_with("\"Drill; \"\"quoted\"\"\",") && lines[2].contains("\"discarded\""), "{}", lines[2]);
    for part in [
        "eu-gdpr: 1200, 1500 records",
        "A stranger read the list.",
        "The door was closed.",
        "eu-gdpr/notify-authority: waived (mandatory",
        "eu-gdpr/notify-authority: It came back unopened. (decided ",
        "eu-gdpr: from the start; the law gives no period for keeping it",
    ] {
        assert!(lines[1].contains(part), "no {part} in {}", lines[1]);
    }

    let pdf = app.request(Method::GET, "/v1/register.pdf", Some(Role::Auditor)).send().await.unwrap();
    assert_eq!(pdf.headers()["content-type"], "application/pdf");
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), pdf.bytes().await.unwrap()).unwrap();
    let text = run(Command::new("pdftotext").arg("-layout").arg(file.path()).arg("-"));
    for part in ["Register of personal-data breaches", "=cmd|", "Drill;", "It came back unopened.", "A better lock."] {
        assert!(text.contains(part), "no {part} in {text}");
    }
    for path in ["/v1/register.csv", "/v1/register.pdf"] {
        send(app.request(Method::GET, path, Some(Role::Hook))).await.problem(403, "forbidden");
    }
});

on_both!(an_empty_register_is_one, |world| {
    let app = TestApp::start(&world).await;
    assert_eq!(app.get("/v1/register.csv").await.text, "\u{feff}\"title\"\r\n");
    let pdf = app.request(Method::GET, "/v1/register.pdf", Some(Role::Auditor)).send().await.unwrap();
    assert_eq!(pdf.status(), StatusCode::OK);
});
