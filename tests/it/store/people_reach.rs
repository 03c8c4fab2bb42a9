//! What people can be reached through: of all of them, or of a part that is spread over all.

use candour::domain::channel::Channel;
use candour::domain::contact::{EmailAddress, PhoneNumber};
use candour::domain::jurisdiction::JurisdictionId;
use candour::domain::person::PersonRecord;
use candour::domain::pii::Pii;
use candour::store::PeopleStore;

use crate::support::stores::{on_both, operator};

on_both!(a_part_that_is_spread_stands_for_all, |world| {
    let incident = world.incident().await.id;
    // First a thousand with an address, then a thousand with a number: only a part that is spread finds both.
    let record = |number: usize| PersonRecord {
        reference: Pii::new(format!("P{number}")),
        jurisdiction: JurisdictionId::parse("hk").ok(),
        emails: (number < 1000)
            .then(|| EmailAddress::parse(&format!("p{number}@example.org")).unwrap())
            .into_iter()
            .collect(),
        phones: (number >= 1000)
            .then(|| PhoneNumber::from_e164(&format!("+1202555{number:04}")).unwrap())
            .into_iter()
            .collect(),
        ..PersonRecord::default()
    };
    let ids = world.people_ids(2000);
    world.store.import_people(incident, (0..2000).map(record).collect(), ids, world.now(), operator()).await.unwrap();
    let (all, exact) = world.store.people_by_reach(incident, 2000).await.unwrap();
    assert!(exact);
    let counts: Vec<(u8, i64)> = all.iter().map(|group| (group.reach.count(Channel::Email), group.people)).collect();
    assert!(counts.len() == 2 && counts.contains(&(1, 1000)) && counts.contains(&(0, 1000)), "{all:?}");

    let (part, exact) = world.store.people_by_reach(incident, 640).await.unwrap();
    assert!(!exact);
    let looked_at: i64 = part.iter().map(|group| group.people).sum();
    assert!((600..=640).contains(&looked_at), "{part:?}");
    let email = part.iter().find(|group| group.reach.count(Channel::Email) == 1).unwrap().people;
    assert!((45..=55).contains(&(email * 100 / looked_at)), "about half: {part:?}");
});
