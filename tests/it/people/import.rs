//! Whole files: what is stored, what is merged, what is rejected.

use std::convert::Infallible;

use bytes::Bytes;
use candour::domain::id::IncidentId;
use candour::domain::incident::IncidentState;
use candour::people::{Format, HeaderError, ImportError, ImportOutcome, Reason};
use candour::store::{ImportCounts, IncidentStore, PeopleStore, StoreError};

use crate::support::features::people;
use crate::support::stores::{World, on_both, operator};

async fn import(
    world: &World,
    incident: IncidentId,
    format: Format,
    file: &str,
) -> Result<ImportOutcome, ImportError> {
    // Cut where it hurts: in the middle of lines and characters.
    let pieces: Vec<Result<Bytes, Infallible>> =
        file.as_bytes().chunks(1009).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    people(&world.store).import(incident, format, futures_util::stream::iter(pieces), operator()).await
}

fn counts(added: i64, updated: i64, unchanged: i64) -> ImportCounts {
    ImportCounts { added, updated, unchanged }
}

on_both!(the_same_file_sent_twice_changes_nothing, |world| {
    let incident = world.incident().await.id;
    let mut file = String::from("\u{feff}ref,name,email,phone,country,locale,jurisdiction,plan\r\n");
    for i in 0..450 {
        file.push_str(&format!("P-{i},Zoë {i},p{i}@example.org,030 90182{:03},DE,de,eu-gdpr,\"gold\r\nplus\"\r\n", i));
    }
    let first = import(&world, incident, Format::Csv, &file).await.unwrap();
    assert_eq!(first.rejects.total, 0, "{:?}", first.rejects.listed.first());
    assert_eq!((first.accepted, first.counts), (450, counts(450, 0, 0)));
    assert_eq!(first.through_line, 901, "two lines each, and the header");
    let second = import(&world, incident, Format::Csv, &file).await.unwrap();
    assert_eq!((second.accepted, second.counts), (450, counts(0, 0, 450)));
    assert_eq!(world.store.incident(incident).await.unwrap().people, 450);
    let person = world.store.person_by_ref(incident, "P-7").await.unwrap().record;
    assert_eq!(person.name.unwrap().expose(), "Zoë 7");
    assert_eq!(person.phones[0].expose(), "+493090182007");
    assert_eq!(person.fields["plan"].expose(), "gold\r\nplus");
});

on_both!(two_lines_about_a_person_are_one_person, |world| {
    let incident = world.incident().await.id;
    let mut file = String::from("ref,name,email\nP-1,Ana,ana@example.org\nP-1,,ana@work.example\n");
    for i in 0..300 {
        file.push_str(&format!("Q-{i},,q{i}@example.org\n"));
    }
    file.push_str("P-1,Other name,ana@example.org\nP-1,,third@example.org\n");
    let outcome = import(&world, incident, Format::Csv, &file).await.unwrap();
    assert_eq!(outcome.accepted, 304);
    assert_eq!(outcome.counts.added, 301);
    assert_eq!(world.store.incident(incident).await.unwrap().people, 301);
    let person = world.store.person_by_ref(incident, "P-1").await.unwrap().record;
    assert_eq!(person.name.unwrap().expose(), "Ana", "the first that was given stays");
    let emails: Vec<&str> = person.emails.iter().map(|email| email.expose()).collect();
    assert_eq!(emails, ["ana@example.org", "ana@work.example", "third@example.org"]);
});

on_both!(good_lines_are_stored_and_bad_ones_reported, |world| {
    let incident = world.incident().await.id;
    let file = "ref,email,jurisdiction\n1,a@example.org,eu-gdpr\n2,secret,eu-gdpr\n3,c@example.org,atlantis\n4,d@example.org,\n";
    let outcome = import(&world, incident, Format::Csv, file).await.unwrap();
    assert_eq!((outcome.accepted, outcome.counts), (2, counts(2, 0, 0)));
    let listed: Vec<(u64, Option<&str>, &Reason)> =
        outcome.rejects.listed.iter().map(|r| (r.line, r.column.as_deref(), &r.reason)).collect();
    assert_eq!(listed, [(3, Some("email"), &Reason::Email), (4, Some("jurisdiction"), &Reason::Jurisdiction)]);
    let gone = world.store.person_by_ref(incident, "2").await;
    assert!(matches!(gone, Err(StoreError::NotFound(_))), "{gone:?}");
});

on_both!(ndjson_is_taken_like_csv, |world| {
    let incident = world.incident().await.id;
    let file = "{\"ref\":\"1\",\"email\":[\"a@example.org\",\"b@example.org\"]}\n[]\n{\"ref\":2,\"phone\":\"+4930901820\"}";
    let outcome = import(&world, incident, Format::Ndjson, file).await.unwrap();
    assert_eq!((outcome.accepted, outcome.rejects.total), (2, 1));
    assert_eq!(world.store.person_by_ref(incident, "1").await.unwrap().record.emails.len(), 2);
    let again = import(&world, incident, Format::Ndjson, file).await.unwrap();
    assert_eq!(again.counts, counts(0, 0, 2));
});

on_both!(a_file_without_the_column_ref_is_refused_whole, |world| {
    let incident = world.incident().await.id;
    let refused = import(&world, incident, Format::Csv, "name,email\nAna,ana@example.org\n").await;
    assert!(matches!(refused, Err(ImportError::Header(HeaderError::NoRef(_)))), "{refused:?}");
    let refused = import(&world, incident, Format::Csv, "").await;
    assert_eq!(refused, Err(ImportError::Header(HeaderError::Empty)));
    assert_eq!(world.store.incident(incident).await.unwrap().people, 0);
});

on_both!(an_incident_that_ended_takes_nobody, |world| {
    let incident = world.incident().await.id;
    world.to_state(incident, IncidentState::Draft, IncidentState::Discarded).await;
    let refused = import(&world, incident, Format::Csv, "ref\n1\n").await;
    assert_eq!(refused, Err(ImportError::NotEditable(IncidentState::Discarded)));
    let nowhere = import(&world, world.id(), Format::Csv, "ref\n1\n").await;
    assert!(matches!(nowhere, Err(ImportError::Incident(StoreError::NotFound(_)))), "{nowhere:?}");
});
