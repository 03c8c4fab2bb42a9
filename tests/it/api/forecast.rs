//! When individuals will have been told: on day one, and while a campaign runs.

use candour::domain::actor::{ActorRef, Role};
use candour::domain::contact::{EmailAddress, PhoneNumber};
use candour::domain::jurisdiction::JurisdictionId;
use candour::domain::limit::{Limit, LimitKind};
use candour::domain::person::PersonRecord;
use candour::domain::pii::Pii;
use candour::store::{LimitStore, PeopleStore};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::campaigns::propose;
use super::notices::{notice, write};
use crate::support::app::{TestApp, send};
use crate::support::stores::{World, on_both};

/// Californians, whose law gives thirty days, and others without one; discovered then.
fn facts(discovered: &str) -> Value {
    json!({
        "title": "Mail archive copied",
        "organisation": { "name": "Nordwind GmbH", "country": "DE" },
        "timeline": { "occurred_from": discovered, "discovered": discovered, "aware": discovered },
        "scope": { "properties": ["confidentiality"], "data": ["name", "payment_card"],
            "affected": [{ "jurisdiction": "us-ca", "individuals": 3_000_000, "uncontactable": 5 }] },
        "impact": { "risk": "high" },
        "contact": { "email": "dpo@nordwind.example" },
    })
}

/// So many Californians with an address, with a number, and with neither.
async fn import(world: &World, incident: &str, emails: usize, phones: usize, lost: usize) {
    let record = |kind: &str, number: usize| PersonRecord {
        reference: Pii::new(format!("{kind}{number}")),
        jurisdiction: JurisdictionId::parse("us-ca").ok(),
        ..PersonRecord::default()
    };
    let address = |number| EmailAddress::parse(&format!("p{number}@example.org")).unwrap();
    let phone = |number| PhoneNumber::from_e164(&format!("+1202555{number:04}")).unwrap();
    let mut records: Vec<PersonRecord> =
        (0..emails).map(|n| PersonRecord { emails: vec![address(n)], ..record("e", n) }).collect();
    records.extend((0..phones).map(|n| PersonRecord { phones: vec![phone(n)], ..record("s", n) }));
    records.extend((0..lost).map(|n| record("l", n)));
    let ids = world.people_ids(records.len());
    let id = incident.parse().unwrap();
    world.store.import_people(id, records, ids, world.now(), ActorRef::operator()).await.unwrap();
}

fn california(forecast: &Value) -> &Value {
    let found = forecast["obligations"].as_array().unwrap().iter();
    found.clone().find(|one| one["obligation"] == "us-ca/notify-individuals").unwrap_or_else(|| panic!("{forecast}"))
}

on_both!(on_day_one_the_facts_say_what_cannot_be_met, |world| {
    let app = TestApp::start(&world).await;
    // Thirty days less a moment are left: 100 a second are some 259 million.
    let now = candour::domain::clock::Clock::now(&candour::system::System);
    let id = app.file(&facts(&now.to_rfc3339())).await;
    let path = format!("/v1/incidents/{id}/forecast");
    let found = app.get(&path).await;
    assert_eq!((found.status, &found.json["basis"]), (StatusCode::OK, &json!("configured")), "{}", found.text);
    assert_eq!((&found.json["people"], &found.json["unreachable"]), (&json!(2_999_995), &json!(5)));
    assert_eq!(found.json["channels"][0]["seconds"], 30_000, "{}", found.text);
    assert_eq!(found.json["channels"][0]["providers"], json!(["relay"]));
    let duty = california(&found.json);
    assert_eq!((&duty["verdict"], &duty["unreachable"]), (&json!("in_time"), &json!(5)), "{duty}");
    assert_eq!(duty["fixes"][0]["kind"], "substitute_notice", "{duty}");

    // The relay is slowed down to one in a second: 35 days.
    let limit = Limit { kind: LimitKind::Provider, name: String::from("relay"), per_second: 1.0, updated_at: now };
    world.store.set_limit(&limit, world.audit(id.parse().unwrap(), "limit.set")).await.unwrap();
    let found = app.get(&path).await;
    let duty = california(&found.json);
    assert_eq!(duty["verdict"], "late", "{duty}");
    let fix = &duty["fixes"][0];
    assert_eq!((&fix["kind"], &fix["channel"]), (&json!("more_rate"), &json!("email")));
    let needed = fix["needed_per_second"].as_f64().unwrap();
    assert!((1.1..1.2).contains(&needed), "2,999,995 people in almost 30 or 31 days: {needed}");
    assert_eq!(duty["fixes"][1]["kind"], "another_provider");
    let start_by: jiff::Timestamp = duty["start_by"].as_str().unwrap().parse().unwrap();
    assert!(start_by < now.to_timestamp());
});

on_both!(people_count_by_the_first_channel_they_have, |world| {
    let app = TestApp::start(&world).await;
    let id = app.file(&facts("2026-11-20T22:10:00+08:00")).await;
    import(&world, &id, 250, 40, 3).await;
    let found = app.get(&format!("/v1/incidents/{id}/forecast")).await;
    let channels = found.json["channels"].as_array().unwrap();
    let of = |name: &str| channels.iter().find(|one| one["channel"] == name).unwrap();
    assert_eq!((&of("email")["people"], &of("email")["seconds"]), (&json!(250), &json!(3)), "{}", found.text);
    assert_eq!((&of("sms")["people"], &of("sms")["seconds"]), (&json!(40), &json!(40)), "{}", found.text);
    let duty = california(&found.json);
    assert_eq!((&duty["people"], &duty["unreachable"]), (&json!(290), &json!(3)));
    let at = |name: &str| -> jiff::Timestamp { duty[name].as_str().unwrap().parse().unwrap() };
    let made: jiff::Timestamp = found.json["at"].as_str().unwrap().parse().unwrap();
    assert_eq!(at("met_at").duration_since(made).as_secs(), 40, "the slowest channel decides");
});

on_both!(people_count_by_the_channel_that_their_law_permits, |world| {
    let app = TestApp::start(&world).await;
    // HIPAA: a letter, email only to those who agreed to it. This world carries no letters, so email stands beside.
    let mut facts = facts("2026-11-20T22:10:00+08:00");
    facts["organisation"]["traits"] = json!(["hipaa_covered_entity"]);
    facts["scope"]["data"] = json!(["name", "health"]);
    let id = app.file(&facts).await;
    let people = "ref,email,phone,jurisdiction,birth_date,guardian_email,consent,data\n\
        agreed,a@example.org,+12025550101,us-ca,,,email,\n\
        leaked,b@example.org,,us-ca,,,email,email_credentials\n\
        child,c@example.org,,us-ca,2020-01-01,mum@example.org,,\n";
    let path = format!("/v1/incidents/{id}/people");
    let request = app.request(Method::POST, &path, Some(Role::Responder)).header(CONTENT_TYPE, "text/csv");
    assert_eq!(send(request.body(people)).await.json["added"], 3);
    let found = app.get(&format!("/v1/incidents/{id}/forecast")).await;
    // The one who agreed, the child as California has it and the mother as HIPAA has it; not the mailbox that leaked.
    assert_eq!((&found.json["people"], &found.json["unreachable"]), (&json!(3), &json!(1)), "{}", found.text);
    let numbers = |obligation: &str| {
        let duties = found.json["obligations"].as_array().unwrap();
        let duty = duties.iter().find(|one| one["obligation"] == obligation).unwrap();
        (duty["people"].clone(), duty["unreachable"].clone(), duty["verdict"].clone())
    };
    let three = (json!(3), json!(1), json!("in_time"));
    assert_eq!(numbers("us-ca/notify-individuals"), three, "{}", found.text);
    assert_eq!(numbers("us-hipaa/notify-individuals"), three, "it follows the organisation: {}", found.text);
});

on_both!(while_a_campaign_runs_what_is_seen_counts, |world| {
    let app = TestApp::start(&world).await;
    let id = app.file(&facts("2026-11-20T22:10:00+08:00")).await;
    write(&app, &id, None, &notice("")).await;
    import(&world, &id, 20, 0, 2).await;
    app.act(Role::Responder, &format!("/v1/incidents/{id}/open")).await;
    let campaign = propose(&app, &id).await;
    app.approve(Role::Approver, &campaign).await;
    let path = format!("/v1/incidents/{id}/forecast");
    assert_eq!(app.get(&path).await.json["basis"], "configured", "it does not run yet");
    app.act(Role::Responder, &format!("/v1/campaigns/{campaign}/start")).await;
    // Half of them were told in the minute since it began, as the counts and the clock have it.
    world
        .execute(
            "UPDATE campaigns SET pending = 10, reached = 10, started_at = started_at - 60000 WHERE state = 'running'",
        )
        .await;
    world.execute("UPDATE campaign_jurisdictions SET reached = 10").await;
    // Asked of a process that has not seen how far it was before: however long these steps took, that is no speed.
    let found = TestApp::start(&world).await.get(&path).await;
    assert_eq!(found.json["basis"], "observed", "{}", found.text);
    assert_eq!(found.json["people"], 10, "those who are left: {}", found.text);
    let duty = california(&found.json);
    let made: jiff::Timestamp = found.json["at"].as_str().unwrap().parse().unwrap();
    let met: jiff::Timestamp = duty["met_at"].as_str().unwrap().parse().unwrap();
    // Twelve are done, with the two whom nobody can reach.
    assert!((45..=60).contains(&met.duration_since(made).as_secs()), "{duty}");
    assert_eq!(duty["verdict"], "in_time", "{duty}");
});

on_both!(who_may_not_read_gets_none, |world| {
    let app = TestApp::start(&world).await;
    let id = app.file(&facts("2026-11-20T22:10:00+08:00")).await;
    let path = format!("/v1/incidents/{id}/forecast");
    send(app.request(Method::GET, &path, Some(Role::Hook))).await.problem(403, "forbidden");
    app.get("/v1/incidents/01920000-0000-7000-8000-000000000000/forecast").await.problem(404, "not-found");
});
