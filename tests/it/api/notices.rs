//! The notice: written, read, previewed; what does not work is refused by name.

use candour::domain::actor::Role;
use candour::domain::price::Price;
use candour::domain::segments;
use candour::store::PeopleStore;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::campaigns::import;
use crate::support::app::{Answer, TestApp, send};
use crate::support::stores::{World, on_both, operator};

/// Facts that a notice can be written from.
pub(crate) fn facts() -> Value {
    json!({
        "title": "Mail archive copied",
        "organisation": { "name": "Nordwind GmbH", "country": "DE" },
        "timeline": { "occurred_from": "2026-11-19T08:00:00+08:00", "discovered": "2026-11-20T22:10:00+08:00" },
        "scope": { "properties": ["confidentiality"], "data": ["name", "payment_card"],
                   "affected": [{ "jurisdiction": "us-ca", "individuals": 1200 }] },
        "impact": { "risk": "high" },
        "contact": { "name": "Ms Lind", "email": "dpo@nordwind.example", "url": "https://nordwind.example/help" }
    })
}

/// A notice in two languages; `extra` goes into the English text.
pub(super) fn notice(extra: &str) -> Value {
    let texts = |happened: &str| {
        json!({ "what_happened": happened, "what_we_do": "We locked them out.",
                "what_you_can_do": ["Change your password."], "what_we_offer": "Ask us." })
    };
    json!({
        "default_locale": "en",
        "texts": { "en": texts(&format!("Somebody copied our mail archive.{extra}")), "de": texts("Jemand hat unser Archiv kopiert.") },
        "cascade": ["email", "sms"]
    })
}

/// Imports somebody whose every value begins alike.
pub(super) async fn secretive(world: &World, incident: &str) -> String {
    let record = json!({
        "ref": "Canary-1", "name": "Canary Jones", "emails": ["canary@example.org"], "fields": { "customer": "Canary-2" },
        "address": { "lines": ["Canary Street 1"], "city": "Canary Town", "postcode": "Canary 7", "country": "DE" },
    });
    let (incident, ids) = (incident.parse().unwrap(), world.people_ids(1));
    let records = vec![serde_json::from_value(record).unwrap()];
    world.store.import_people(incident, records, ids.clone(), world.now(), operator()).await.unwrap();
    ids[0].to_string()
}

/// Writes a notice, as a responder.
pub(crate) async fn write(app: &TestApp, id: &str, tag: Option<&str>, content: &Value) -> Answer {
    let request = app.request(Method::PUT, &format!("/v1/incidents/{id}/notice"), Some(Role::Responder)).json(content);
    send(match tag {
        Some(tag) => request.header("if-match", tag),
        None => request,
    })
    .await
}

on_both!(a_notice_is_written_version_by_version, |world| {
    let app = TestApp::start(&world).await;
    let id = app.file(&facts()).await;
    app.get(&format!("/v1/incidents/{id}/notice")).await.problem(404, "not-found");
    let first = write(&app, &id, None, &notice("")).await;
    assert_eq!((first.status, &first.json["version"]), (StatusCode::OK, &json!(1)), "{}", first.text);
    assert_eq!(app.get(&format!("/v1/incidents/{id}/notice")).await.json, first.json);

    write(&app, &id, None, &notice(" Twice.")).await.problem(428, "precondition-required");
    let second = write(&app, &id, Some(first.header("etag")), &notice(" Twice.")).await;
    assert_eq!(second.json["version"], 2, "{}", second.text);
    assert_ne!(second.json["hash"], first.json["hash"]);
    write(&app, &id, Some(first.header("etag")), &notice(" Thrice.")).await.problem(412, "stale");
    // The same content is the same version.
    let again = write(&app, &id, Some(second.header("etag")), &notice(" Twice.")).await;
    assert_eq!(again.json, second.json);
});

on_both!(of_versions_written_over_the_same_one_at_once_one_is_taken, |world| {
    let app = TestApp::start(&world).await;
    let id = app.file(&facts()).await;
    let first = write(&app, &id, None, &notice("")).await;
    let contents: Vec<Value> = (0..6).map(|number| notice(&format!(" Number {number}."))).collect();
    let all = contents.iter().map(|content| write(&app, &id, Some(first.header("etag")), content));
    let answers = futures_util::future::join_all(all).await;
    let (taken, stale): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == StatusCode::OK);
    assert_eq!(taken.len(), 1, "{answers:?}");
    for answer in stale {
        answer.problem(412, "stale");
        assert_eq!(answer.header("etag"), "\"v2\"");
    }
    assert_eq!(app.get(&format!("/v1/incidents/{id}/notice")).await.json, taken[0].json);
});

on_both!(a_notice_that_does_not_work_is_refused_with_its_place, |world| {
    let app = TestApp::start(&world).await;
    let id = app.file(&facts()).await;
    let broken = write(&app, &id, None, &notice(" {{#if person.name}")).await;
    let text = broken.problem(422, "bad-template")["detail"].as_str().unwrap();
    assert!(text.starts_with("In texts.en.what_happened, line 1"), "{text}");
    let missing = write(&app, &id, None, &notice(" {{incident.impact.description}}")).await;
    assert!(missing.problem(422, "bad-template")["detail"].as_str().unwrap().contains("incident.impact.description"));
    let mut content = notice("");
    content["default_locale"] = json!("fr");
    let unknown = write(&app, &id, None, &content).await;
    unknown.at_fault(422, "bad-template", "default_locale");
    assert!(unknown.json["detail"].as_str().unwrap().contains("default_locale fr is not among"), "{}", unknown.text);
    content = notice(&" And much more to say.".repeat(60));
    content["cascade"] = json!(["voice"]);
    let too_long = write(&app, &id, None, &content).await;
    assert!(
        too_long.problem(422, "bad-template")["detail"].as_str().unwrap().contains("`short` text"),
        "{}",
        too_long.text
    );
    content = notice("");
    content["cascade"] = json!(["pigeon"]);
    write(&app, &id, None, &content).await.at_fault(422, "invalid-fields", "cascade[0]");
    content = notice("");
    content["template"] = json!("baroque");
    write(&app, &id, None, &content).await.at_fault(422, "bad-template", "template");
    app.get(&format!("/v1/incidents/{id}/notice")).await.problem(404, "not-found");
});

on_both!(a_preview_shows_each_channel_in_the_language_asked_for, |world| {
    let app = TestApp::start(&world).await;
    let id = app.file(&facts()).await;
    let path = format!("/v1/incidents/{id}/notice/preview");
    app.post(Role::Responder, &path, &json!({})).await.problem(404, "not-found");
    write(&app, &id, None, &notice("")).await;

    let shown = app.post(Role::Responder, &path, &json!({ "locale": "de-AT", "jurisdiction": "us-ca" })).await;
    assert_eq!(shown.status, StatusCode::OK, "{}", shown.text);
    let previews = shown.json["previews"].as_array().unwrap();
    assert_eq!(previews.len(), 2);
    assert_eq!((&previews[0]["channel"], &previews[0]["locale"]), (&json!("email"), &json!("de")));
    assert!(previews[0]["text"].as_str().unwrap().contains("Jemand hat unser Archiv kopiert."), "{}", shown.text);
    assert!(previews[0]["html"].as_str().unwrap().contains("Jemand hat unser Archiv kopiert."));
    assert_eq!(previews[1]["channel"], "sms");
    let length = segments::measure(previews[1]["text"].as_str().unwrap());
    assert_eq!(
        previews[1]["travels"],
        json!({ "encoding": length.encoding, "units": length.units, "segments": length.segments })
    );
    let each: Price = "0.0075 USD".parse().unwrap();
    assert_eq!(previews[1]["cost"], each.times(u64::try_from(length.segments).unwrap()).unwrap().to_string());
    let requirements = shown.json["requirements"].as_array().unwrap();
    assert!(!requirements.is_empty(), "{}", shown.text);
    assert!(requirements.iter().all(|requirement| requirement["jurisdiction"] == "us-ca"));

    // Content that is not stored can be previewed, and is not stored by it.
    let loose = app.post(Role::Responder, &path, &json!({ "content": notice(" Loose."), "channel": "email" })).await;
    assert!(loose.json["previews"][0]["text"].as_str().unwrap().contains("Loose."), "{}", loose.text);
    assert_eq!(app.get(&format!("/v1/incidents/{id}/notice")).await.json["version"], 1);
});

on_both!(a_preview_with_a_person_names_what_the_person_lacks, |world| {
    let app = TestApp::start(&world).await;
    let id = app.file(&facts()).await;
    write(&app, &id, None, &notice(" Your number: {{person.customer}}.")).await;
    let people = import(&world, &id, &[("p1", Some("K-77"), "en"), ("p2", None, "en")]).await;
    let path = format!("/v1/incidents/{id}/notice/preview");
    let full = app.post(Role::Approver, &path, &json!({ "person": people[0] })).await;
    assert_eq!(full.json["masked"], false, "{}", full.text);
    assert!(full.json["previews"][0]["text"].as_str().unwrap().contains("Your number: K-77."), "{}", full.text);
    let lacking = app.post(Role::Responder, &path, &json!({ "person": people[1] })).await;
    assert!(lacking.problem(422, "bad-template")["detail"].as_str().unwrap().contains("customer"), "{}", lacking.text);
    let nobody = app.post(Role::Responder, &path, &json!({ "person": "01920000-0000-7000-8000-000000000000" })).await;
    nobody.problem(404, "not-found");
});

on_both!(a_preview_masks_the_person_for_whom_the_list_does, |world| {
    let app = TestApp::start(&world).await;
    let id = app.file(&facts()).await;
    let person = secretive(&world, &id).await;
    let path = format!("/v1/incidents/{id}/notice/preview");
    let content = notice(" {{person.name}} {{person.ref}} {{person.customer}}.");
    for channel in ["email", "sms", "push", "letter", "voice"] {
        let asked = json!({ "content": content, "person": person, "channel": channel });
        let shown = app.post(Role::Responder, &path, &asked).await;
        assert_eq!((shown.status, &shown.json["masked"]), (StatusCode::OK, &json!(true)), "{channel}: {}", shown.text);
        assert!(!shown.text.contains("Canary"), "{channel}: {}", shown.text);
        let whole = app.post(Role::Approver, &path, &asked).await;
        assert_eq!((whole.status, &whole.json["masked"]), (StatusCode::OK, &json!(false)), "{channel}: {}", whole.text);
    }
    let asked = json!({ "content": content, "person": person, "channel": "email" });
    let text = |answer: &Answer| answer.json["previews"][0]["text"].as_str().unwrap().to_owned();
    let masked = text(&app.post(Role::Responder, &path, &asked).await);
    assert!(masked.contains("C*** C*** C***."), "{masked}");
    let whole = text(&app.post(Role::Admin, &path, &asked).await);
    assert!(whole.contains("Canary Jones Canary-1 Canary-2."), "{whole}");
});
