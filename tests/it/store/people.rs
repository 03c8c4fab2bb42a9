//! `PeopleStore`.

use candour::domain::id::IncidentId;
use candour::domain::jurisdiction::JurisdictionId;
use candour::domain::locale::Locale;
use candour::domain::person::PersonRecord;
use candour::domain::pii::Pii;
use candour::store::{AuditStore, ImportCounts, IncidentStore, PeopleGroup, PeopleStore, Result, StoreError};
use serde_json::json;

use crate::support::stores::{World, on_both, operator, record};

async fn import(world: &World, incident: IncidentId, records: Vec<PersonRecord>) -> Result<ImportCounts> {
    let ids = world.people_ids(records.len());
    world.store.import_people(incident, records, ids, world.now(), operator()).await
}

fn counts(added: i64, updated: i64, unchanged: i64) -> ImportCounts {
    ImportCounts { added, updated, unchanged }
}

fn full_record() -> PersonRecord {
    let mut record: PersonRecord = serde_json::from_value(json!({
        "ref": "c-9", "name": "Łucja 王", "emails": ["a@example.org", "b@example.org"], "phones": ["+14155550123"],
        "birth_date": "1990-02-28", "data": ["health"], "consent": ["sms"],
        "guardian": { "name": "G", "email": "g@example.org" }, "fields": { "branch": "'; DROP TABLE people; --" },
    }))
    .unwrap();
    record.locale = Some(Locale::parse("zh-Hant").unwrap());
    record.jurisdiction = Some(JurisdictionId::parse("us-ca").unwrap());
    record
}

on_both!(a_person_reads_back_whole_by_every_way, |world| {
    let incident = world.incident().await;
    assert_eq!(import(&world, incident.id, vec![full_record()]).await, Ok(counts(1, 0, 0)));
    let listed = world.store.people(incident.id, None, 10).await.unwrap();
    assert_eq!((listed.items.len(), listed.more), (1, false));
    let person = &listed.items[0];
    assert_eq!(person.record, full_record());
    assert_eq!(world.store.person(incident.id, person.id).await.as_ref(), Ok(person));
    assert_eq!(world.store.person_by_ref(incident.id, "c-9").await.as_ref(), Ok(person));
    assert_eq!(world.store.incident(incident.id).await.unwrap().people, 1);
});

on_both!(a_person_is_of_one_incident_only, |world| {
    let (one, two) = (world.incident().await, world.incident().await);
    import(&world, one.id, vec![record("c-1", None)]).await.unwrap();
    let id = world.store.person_by_ref(one.id, "c-1").await.unwrap().id;
    let missing = Err(StoreError::NotFound("person"));
    assert_eq!(world.store.person(two.id, id).await, missing);
    assert_eq!(world.store.person_by_ref(two.id, "c-1").await, missing);
    assert_eq!(world.store.person_by_ref(one.id, "C-1").await, missing, "references are told apart by case");
    assert!(world.store.people(two.id, None, 10).await.unwrap().items.is_empty());
    assert_eq!(import(&world, two.id, vec![record("c-1", None)]).await, Ok(counts(1, 0, 0)));
});

on_both!(rows_of_one_person_merge_within_a_chunk_and_with_what_is_stored, |world| {
    let incident = world.incident().await;
    let chunk = vec![record("c-1", Some("a@example.org")), record("c-2", None), record("c-1", Some("b@example.org"))];
    assert_eq!(import(&world, incident.id, chunk.clone()).await, Ok(counts(2, 0, 1)));
    let first = world.store.person_by_ref(incident.id, "c-1").await.unwrap();
    assert_eq!(first.record.emails.len(), 2);

    assert_eq!(import(&world, incident.id, chunk).await, Ok(counts(0, 0, 3)), "the same again changes nothing");
    let less = vec![record("c-1", Some("b@example.org"))];
    assert_eq!(import(&world, incident.id, less).await, Ok(counts(0, 0, 1)), "less than is known changes nothing");

    let mut more = record("c-1", Some("c@example.org"));
    more.locale = Some(Locale::parse("fr").unwrap());
    let mixed = vec![more, record("c-2", None), record("c-3", Some("d@example.org"))];
    assert_eq!(import(&world, incident.id, mixed).await, Ok(counts(1, 1, 1)));
    let merged = world.store.person_by_ref(incident.id, "c-1").await.unwrap();
    assert_eq!(merged.id, first.id, "a person keeps the identifier");
    let addresses: Vec<_> = merged.record.emails.iter().map(|email| email.expose().to_owned()).collect();
    assert_eq!(addresses, ["a@example.org", "b@example.org", "c@example.org"]);
    assert_eq!(merged.record.locale, Some(Locale::parse("fr").unwrap()));
    assert_eq!(world.store.incident(incident.id).await.unwrap().people, 3);
});

on_both!(an_import_leaves_one_entry_with_its_counts, |world| {
    let incident = world.incident().await;
    assert_eq!(import(&world, incident.id, Vec::new()).await, Ok(counts(0, 0, 0)));
    import(&world, incident.id, vec![record("c-1", None), record("c-2", None)]).await.unwrap();
    let entries = world.store.audit(Some(incident.id), 1, 10).await.unwrap();
    assert_eq!(entries.len(), 1, "nothing came of nothing");
    assert_eq!(entries[0].action, "people.imported");
    assert_eq!(entries[0].detail, r#"{"added":2,"updated":0,"unchanged":0}"#);
});

on_both!(a_chunk_of_thousands_comes_in_whole_and_lists_by_pages, |world| {
    let incident = world.incident().await;
    let chunk: Vec<_> = (0..3000).map(|n| record(&format!("c-{n}"), Some(&format!("p{n}@example.org")))).collect();
    assert_eq!(import(&world, incident.id, chunk).await, Ok(counts(3000, 0, 0)));
    let (mut after, mut seen) = (None, 0);
    loop {
        let page = world.store.people(incident.id, after, 700).await.unwrap();
        assert!(page.items.windows(2).all(|pair| pair[0].id < pair[1].id));
        seen += page.items.len();
        after = page.items.last().map(|person| person.id);
        if !page.more {
            break;
        }
    }
    assert_eq!(seen, 3000);
});

on_both!(a_known_person_among_thousands_of_new_ones_is_found, |world| {
    let incident = world.incident().await;
    import(&world, incident.id, vec![record("c-1234", Some("a@example.org"))]).await.unwrap();
    let known = world.store.person_by_ref(incident.id, "c-1234").await.unwrap();
    let chunk: Vec<_> = (0..3000).map(|n| record(&format!("c-{n}"), Some(&format!("p{n}@example.org")))).collect();
    assert_eq!(import(&world, incident.id, chunk.clone()).await, Ok(counts(2999, 1, 0)));
    let learnt = world.store.person_by_ref(incident.id, "c-1234").await.unwrap();
    assert_eq!((learnt.id, learnt.record.emails.len()), (known.id, 2));
    assert_eq!(import(&world, incident.id, chunk).await, Ok(counts(0, 0, 3000)));
    assert_eq!(world.store.incident(incident.id).await.unwrap().people, 3000);
    assert_eq!(world.store.people_summary(incident.id).await.unwrap()[0].people, 3000);
});

on_both!(records_of_all_sizes_come_in_whole, |world| {
    let incident = world.incident().await;
    let sized = |n: usize| {
        let mut record = record(&format!("c-{n}"), None);
        let text = "ü\"\n".chars().cycle().take(n * n * 37 % 60_000).collect();
        record.fields.insert(String::from("note"), Pii::new(text));
        record.locale = Locale::parse("zh-Hant").ok().filter(|_| n.is_multiple_of(2));
        record.jurisdiction = JurisdictionId::parse("us-ca").ok().filter(|_| n.is_multiple_of(3));
        record
    };
    let records: Vec<_> = (0..150).map(sized).collect();
    assert_eq!(import(&world, incident.id, records.clone()).await, Ok(counts(150, 0, 0)));
    for record in &records {
        let stored = world.store.person_by_ref(incident.id, record.reference.expose()).await.unwrap();
        assert_eq!(&stored.record, record);
    }
    let longer = |record: &PersonRecord| {
        let mut record = record.clone();
        record.fields.insert(String::from("more"), Pii::new("m".repeat(40_000)));
        record
    };
    let records: Vec<_> = records.iter().map(longer).collect();
    assert_eq!(import(&world, incident.id, records.clone()).await, Ok(counts(0, 150, 0)));
    let stored = world.store.person_by_ref(incident.id, "c-149").await.unwrap();
    assert_eq!(stored.record, records[149]);
});

on_both!(imports_of_the_same_people_at_once_lose_and_double_nobody, |world| {
    let incident = world.incident().await;
    let tasks: Vec<_> = (0..4)
        .map(|task| {
            let world = world.clone();
            tokio::spawn(async move {
                let chunk =
                    (0..50).map(|n| record(&format!("c-{n}"), Some(&format!("task{task}@example.org")))).collect();
                import(&world, incident.id, chunk).await.unwrap()
            })
        })
        .collect();
    let mut all = ImportCounts::default();
    for task in tasks {
        let counts = task.await.unwrap();
        all.added += counts.added;
        all.updated += counts.updated;
    }
    assert_eq!(all, counts(50, 150, 0));
    assert_eq!(world.store.incident(incident.id).await.unwrap().people, 50);
    for person in world.store.people(incident.id, None, 100).await.unwrap().items {
        assert_eq!(person.record.emails.len(), 4);
    }
});

on_both!(groups_follow_what_is_learnt_of_people, |world| {
    let incident = world.incident().await;
    let german = |mut record: PersonRecord| {
        record.locale = Some(Locale::parse("de").unwrap());
        record.jurisdiction = Some(JurisdictionId::parse("eu-gdpr").unwrap());
        record
    };
    let group = |known: bool, people, without_contact| PeopleGroup {
        jurisdiction: known.then(|| JurisdictionId::parse("eu-gdpr").unwrap()),
        locale: known.then(|| Locale::parse("de").unwrap()),
        people,
        without_contact,
    };
    let chunk = vec![record("c-1", None), record("c-2", None), german(record("c-3", Some("a@example.org")))];
    import(&world, incident.id, chunk).await.unwrap();
    assert_eq!(world.store.people_summary(incident.id).await.unwrap(), [group(false, 2, 2), group(true, 1, 0)]);
    import(&world, incident.id, vec![german(record("c-1", None)), record("c-2", Some("b@example.org"))]).await.unwrap();
    assert_eq!(world.store.people_summary(incident.id).await.unwrap(), [group(false, 1, 0), group(true, 2, 1)]);
    import(&world, incident.id, vec![german(record("c-2", None))]).await.unwrap();
    assert_eq!(world.store.people_summary(incident.id).await.unwrap(), [group(true, 3, 1)], "nobody is left there");
});

on_both!(nobody_comes_into_an_incident_that_is_not_there, |world| {
    let stranger = world.id();
    assert_eq!(import(&world, stranger, vec![record("c-1", None)]).await, Err(StoreError::NotFound("incident")));
    assert_eq!(world.store.people(stranger, None, 10).await.unwrap_err(), StoreError::NotFound("incident"));
});
