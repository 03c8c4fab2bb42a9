//! A pool of more codes than are released or returned in one transaction.

use candour::domain::actor::Role;
use candour::domain::person::PersonRecord;
use serde_json::json;

use super::{codes, notice, upload};
use crate::api::campaigns::propose;
use crate::api::notices::{facts, write};
use crate::support::app::TestApp;
use crate::support::stores::on_both;

/// People, each with a code: two parts and one more.
const PEOPLE: usize = 20_001;

on_both!(is_emptied_part_by_part, |world| {
    let app = TestApp::start(&world).await;
    let incident = app.file(&facts()).await;
    write(&app, &incident, None, &notice(&["email"])).await;
    let person = |n: usize| -> PersonRecord {
        serde_json::from_value(
            json!({ "ref": format!("p{n}"), "emails": [format!("p{n}@example.org")], "locale": "en" }),
        )
        .unwrap()
    };
    let operator = candour::domain::actor::ActorRef::operator();
    let (id, ids) = (incident.parse().unwrap(), world.people_ids(PEOPLE));
    let people = (0..PEOPLE).map(person).collect();
    candour::store::PeopleStore::import_people(&*world.store, id, people, ids, world.now(), operator).await.unwrap();
    app.act(Role::Responder, &format!("/v1/incidents/{incident}/open")).await;
    upload(&app, &incident, "text/plain", codes(0, PEOPLE + 2)).await;
    let campaign = propose(&app, &incident).await;
    app.act(Role::Responder, &format!("/v1/campaigns/{campaign}/cancel")).await;

    let pool = format!("/v1/incidents/{incident}/remedy-codes");
    let released = app.act(Role::Responder, &format!("{pool}/release")).await;
    assert_eq!((&released.json["codes"], &released.json["pool"]["left"]), (&json!(PEOPLE), &json!(PEOPLE + 2)));
    let returned = app.act(Role::Approver, &format!("{pool}/return")).await;
    assert_eq!((&returned.json["codes"], &returned.json["pool"]["left"]), (&json!(PEOPLE + 2), &json!(0)));
    let audit = app.get(&format!("/v1/incidents/{incident}/audit")).await.text;
    for action in ["released", "returned"] {
        assert_eq!(audit.matches(&format!("remedy_codes.{action}")).count(), 3, "{audit}");
    }
});
