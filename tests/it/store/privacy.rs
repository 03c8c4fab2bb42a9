//! Nothing that could identify somebody is in the database in the clear.

use candour::domain::actor::{Actor, Role};
use candour::domain::locale::Locale;
use candour::domain::person::PersonRecord;
use candour::store::{AccessStore, PeopleStore, StoreError, StoredAnswer};
use serde_json::json;

use crate::support::dump::{contains, dump};
use crate::support::stores::{on_both, operator};

const CANARIES: [&str; 11] = [
    "CanaryRef77",
    "CanaryName",
    "canary.one@example.org",
    "canary.two@example.org",
    "+14155550199",
    "canarytoken",
    "Canary Street",
    "1987-06-05",
    "CanaryGuardian",
    "CanaryField",
    "CanaryBody",
];

fn canary(more: bool) -> PersonRecord {
    let mut record: PersonRecord = serde_json::from_value(json!({
        "ref": "CanaryRef77", "name": "CanaryName", "emails": ["canary.one@example.org"], "phones": ["+14155550199"],
        "birth_date": "1987-06-05", "guardian": { "name": "CanaryGuardian" }, "fields": { "x": "CanaryField" },
        "address": { "lines": ["Canary Street"] }, "pushes": [{ "fcm": "canarytoken" }],
    }))
    .unwrap();
    if more {
        record.merge(
            serde_json::from_value(json!({ "ref": "CanaryRef77", "emails": ["canary.two@example.org"] })).unwrap(),
        );
    }
    record.locale = Some(Locale::parse("de").unwrap());
    record
}

on_both!(no_canary_is_in_the_database, |world| {
    let incident = world.incident().await.id;
    for more in [false, true] {
        let ids = world.people_ids(1);
        world.store.import_people(incident, vec![canary(more)], ids, world.now(), operator()).await.unwrap();
    }
    let actor = Actor { key: world.id(), name: String::from("Ann"), role: Role::Responder };
    for (key, of) in [("k1", Some(incident)), ("k2", None)] {
        let answer = StoredAnswer {
            request_hash: String::from("h"),
            status: 200,
            headers: String::from("CanaryBody"),
            body: b"CanaryBody".to_vec(),
        };
        world.store.claim_idempotency(&actor, key, "h", world.now()).await.unwrap();
        world.store.remember_answer(&actor, key, of, &answer, world.now()).await.unwrap();
    }
    let dump = dump(&world.url).await;
    assert!(contains(&dump, "people.imported"), "the dump has what is written");
    for canary in CANARIES {
        assert!(!contains(&dump, canary), "{canary} is in the database");
    }
    let person = world.store.person_by_ref(incident, "CanaryRef77").await.unwrap();
    assert_eq!(person.record, canary(true), "and yet it is all there");
});

on_both!(a_record_moved_to_another_row_does_not_open_and_the_error_does_not_tell_it, |world| {
    let incident = world.incident().await.id;
    let other: PersonRecord = serde_json::from_value(json!({ "ref": "other" })).unwrap();
    let people = vec![canary(false), other];
    world.store.import_people(incident, people, world.people_ids(2), world.now(), operator()).await.unwrap();
    let moved = world
        .execute(
            "UPDATE people SET sealed = (SELECT b.sealed FROM people b WHERE b.reach <> '0000000') WHERE reach = '0000000'",
        )
        .await;
    assert_eq!(moved, 1);
    let error = world.store.person_by_ref(incident, "other").await.unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { table: "people", column: "sealed", .. }), "{error:?}");
    assert!(CANARIES.iter().all(|canary| !format!("{error} {error:?}").contains(canary)));
});
