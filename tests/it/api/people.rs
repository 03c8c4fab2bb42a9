//! People are imported from files, listed as far as a role may see, and counted.

use candour::domain::actor::Role;
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::json;

use crate::support::app::{Answer, TestApp, send};
use crate::support::stores::on_both;

async fn upload(app: &TestApp, incident: &str, content_type: &str, body: &'static [u8]) -> Answer {
    let path = format!("/v1/incidents/{incident}/people");
    send(app.request(Method::POST, &path, Some(Role::Responder)).header(CONTENT_TYPE, content_type).body(body)).await
}

on_both!(a_file_is_accounted_for_line_by_line, |world| {
    let app = TestApp::start(&world).await;
    let incident = app.file(&json!({ "title": "Tape" })).await;
    let file = b"ref,name,email,jurisdiction\n1,Ana,ana@example.org,eu-gdpr\n2,Bo,secret-bad,eu-gdpr\n3,Cy,,us-zz\n4,\xff,,\n5,Di,,us-ca\n";
    let answer = upload(&app, &incident, "text/csv; charset=utf-8", file).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.json["accepted"], 2);
    assert_eq!(answer.json["added"], 2);
    assert_eq!(answer.json["rejected"], 3);
    let rejects = answer.json["rejects"].as_array().unwrap();
    let places: Vec<_> = rejects.iter().map(|r| (r["line"].as_u64().unwrap(), r["column"].as_str().unwrap())).collect();
    assert_eq!(places, [(3, "email"), (4, "jurisdiction"), (5, "name")]);
    assert!(!answer.text.contains("secret"), "no value is repeated: {}", answer.text);
    let again = upload(&app, &incident, "text/csv", file).await;
    assert_eq!((&again.json["added"], &again.json["unchanged"]), (&json!(0), &json!(2)));

    let summary = app.get(&format!("/v1/incidents/{incident}/people/summary")).await;
    let lost = json!({ "jurisdiction": "us-ca", "locale": null, "people": 1, "without_contact": 1 });
    assert!(summary.json["groups"].as_array().unwrap().contains(&lost), "{}", summary.text);
});

on_both!(personal_data_is_masked_unless_the_role_may_see, |world| {
    let app = TestApp::start(&world).await;
    let incident = app.file(&json!({ "title": "Tape" })).await;
    upload(
        &app,
        &incident,
        "application/x-ndjson",
        b"{\"ref\":\"R-1\",\"name\":\"Ana\"}\n{\"ref\":\"R-2\",\"name\":\"Ana\"}\n",
    )
    .await;
    let path = format!("/v1/incidents/{incident}/people?limit=1");
    for (role, masked) in
        [(Role::Responder, true), (Role::Auditor, true), (Role::Approver, false), (Role::Admin, false)]
    {
        let page = send(app.request(Method::GET, &path, Some(role))).await;
        let person = &page.json["items"][0];
        assert_eq!(person["masked"], masked, "{role}: {}", page.text);
        assert_eq!(person["name"], if masked { "A***" } else { "Ana" }, "{role}");
        // The two came in the same millisecond, so either may be first.
        let reference = person["ref"].as_str().unwrap();
        assert!(if masked { reference == "R***" } else { ["R-1", "R-2"].contains(&reference) }, "{role}: {reference}");
        let next = page.json["next"].as_str().unwrap();
        let rest = send(app.request(Method::GET, &format!("{path}&after={next}"), Some(role))).await;
        assert_eq!(rest.json["items"].as_array().unwrap().len(), 1);
        assert!(rest.json.get("next").is_none(), "{}", rest.text);
    }
});

on_both!(files_that_cannot_be_read_are_refused_whole, |world| {
    let app = TestApp::start(&world).await;
    let incident = app.file(&json!({ "title": "Tape" })).await;
    upload(&app, &incident, "application/json", b"[]").await.problem(415, "unsupported-type");
    upload(&app, &incident, "text/csv; charset=latin1", b"ref\n1\n").await.problem(415, "unsupported-type");
    let refused = upload(&app, &incident, "text/csv", b"name;email\nAna;x\n").await;
    let detail = refused.problem(422, "invalid-fields")["detail"].as_str().unwrap();
    assert!(detail.contains("`ref`") && detail.contains("Nothing was stored"), "{detail}");
    let nowhere = "019ab6f0-0000-7000-8000-000000000000";
    upload(&app, nowhere, "text/csv", b"ref\n1\n").await.problem(404, "not-found");
    let read = app.get(&format!("/v1/incidents/{incident}")).await;
    assert_eq!(read.json["people"], 0);
});
