//! `AnnouncementStore`.

use candour::domain::actor::ActorRef;
use candour::domain::announcement::{Announcement, AnnouncementState};
use candour::domain::campaign::Counts;
use candour::domain::id::IncidentId;
use candour::domain::locale::Locale;
use candour::store::{AnnouncementStore, AuditStore, HealthStore, PeopleStore, StoreError};
use serde_json::json;
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use crate::support::stores::{World, on_both, operator, record};

fn announcement(world: &World, incident: IncidentId, slug: &str) -> Announcement {
    let now = world.now();
    let text = json!({
        "title": "データ", "what_happened": "w", "what_we_do": "w", "what_you_can_do": ["1", "2"], "what_we_offer": "o",
    });
    Announcement {
        id: world.id(),
        incident,
        slug: slug.to_owned(),
        state: AnnouncementState::Draft,
        default_locale: Locale::parse("ja").unwrap(),
        texts: serde_json::from_value(json!({ "ja": text })).unwrap(),
        covers: 7,
        reasons: [(String::from("no_contact"), 7)].into(),
        author: ActorRef(String::from("key:1:ann")),
        publisher: None,
        created_at: now,
        published_at: None,
        withdrawn_at: None,
        withdrawn_reason: None,
        updated_at: now,
    }
}

on_both!(a_draft_is_replaced_and_not_public, |world| {
    let incident = world.incident().await.id;
    let audit = || world.audit(incident, "announcement.drafted");
    assert_eq!(world.store.announcement(incident).await, Err(StoreError::NotFound("announcement")));
    let first = announcement(&world, incident, "tape");
    assert_eq!(world.store.put_announcement(&first, audit()).await, Ok(first.clone()));
    let second = announcement(&world, incident, "tape");
    assert_eq!(world.store.put_announcement(&second, audit()).await, Ok(second.clone()));
    assert_eq!(world.store.announcement(incident).await, Ok(second));
    assert_eq!(world.store.public_announcement("tape").await, Err(StoreError::NotFound("announcement")));
    assert!(world.store.public_announcements(10).await.unwrap().is_empty());
    let now = world.now();
    let gone = world.store.publish_announcement(first.id, &operator(), now, audit()).await;
    assert_eq!(gone, Err(StoreError::NotFound("announcement")));
});

on_both!(a_slug_belongs_to_one_announcement, |world| {
    let (one, two) = (world.incident().await.id, world.incident().await.id);
    let audit = |of| world.audit(of, "announcement.drafted");
    world.store.put_announcement(&announcement(&world, one, "tape"), audit(one)).await.unwrap();
    let mine = announcement(&world, two, "disk");
    world.store.put_announcement(&mine, audit(two)).await.unwrap();
    let refused = world.store.put_announcement(&announcement(&world, two, "tape"), audit(two)).await;
    assert!(matches!(&refused, Err(StoreError::Conflict(text)) if text.contains("slug")), "{refused:?}");
    assert_eq!(world.store.announcement(two).await, Ok(mine), "the draft before it is still there");
});

on_both!(publishing_and_withdrawing_go_in_order_and_leave_a_tombstone, |world| {
    let incident = world.incident().await.id;
    let audit = || world.audit(incident, "announcement.changed");
    let draft = announcement(&world, incident, "tape");
    world.store.put_announcement(&draft, audit()).await.unwrap();
    let early = world.store.withdraw_announcement(draft.id, "r", world.now(), audit()).await;
    assert!(matches!(&early, Err(StoreError::Conflict(text)) if text.contains("draft")), "{early:?}");

    let (since, bob) = (world.now(), ActorRef(String::from("key:2:bob")));
    let published = world.store.publish_announcement(draft.id, &bob, since, audit()).await.unwrap();
    let expected = Announcement {
        state: AnnouncementState::Published,
        publisher: Some(bob.clone()),
        published_at: Some(since),
        updated_at: since,
        ..draft.clone()
    };
    assert_eq!(published, expected);
    assert_eq!(world.store.public_announcement("tape").await, Ok(expected.clone()));
    let again = world.store.publish_announcement(draft.id, &bob, world.now(), audit()).await;
    assert!(matches!(again, Err(StoreError::Conflict(_))));
    let another = world.store.put_announcement(&announcement(&world, incident, "tape-2"), audit()).await;
    assert!(matches!(&another, Err(StoreError::Conflict(text)) if text.contains("withdraw")), "{another:?}");

    let withdrawn_at = world.now();
    let withdrawn = world.store.withdraw_announcement(draft.id, "mistaken", withdrawn_at, audit()).await.unwrap();
    let tombstone = Announcement {
        state: AnnouncementState::Withdrawn,
        withdrawn_at: Some(withdrawn_at),
        withdrawn_reason: Some(String::from("mistaken")),
        updated_at: withdrawn_at,
        ..expected
    };
    assert_eq!(withdrawn, tombstone);
    assert_eq!(world.store.public_announcement("tape").await, Ok(tombstone.clone()));
    let next = announcement(&world, incident, "tape-2");
    world.store.put_announcement(&next, audit()).await.unwrap();
    world.store.publish_announcement(next.id, &bob, world.now(), audit()).await.unwrap();
    let public: Vec<_> = world.store.public_announcements(10).await.unwrap().into_iter().map(|a| a.slug).collect();
    assert_eq!(public, ["tape-2", "tape"], "newest first");
    assert_eq!(world.store.public_announcements(1).await.unwrap().len(), 1);
    assert_eq!(world.store.audit(Some(incident), 1, 20).await.unwrap().len(), 5);
});

/// Writes a completed campaign whose people are all unreachable, behind the store's back.
async fn unreachable_campaign(world: &World, incident: IncidentId) {
    let (campaign, notice): (Uuid, Uuid) = (world.id(), world.id());
    let people: Vec<Uuid> =
        world.store.people(incident, None, 100).await.unwrap().items.iter().map(|person| person.id.0).collect();
    let sealed = i64::try_from(people.len()).unwrap();
    macro_rules! write {
        ($connection:expr) => {{
            let mut connection = $connection;
            sqlx::query("INSERT INTO notices (id, incident_id, version, content, facts, hash, created_at) VALUES ($1, $2, 1 + (SELECT COUNT(*) FROM notices), '', '', 'h', 0)")
                .bind(notice).bind(incident.0).execute(&mut connection).await.unwrap();
            sqlx::query("INSERT INTO campaigns (id, incident_id, notice_id, notice_hash, state, sealed, population_hash, unreachable, author, created_at) VALUES ($1, $2, $3, 'h', 'completed', $4, 'p', $4, 'a', 0)")
                .bind(campaign).bind(incident.0).bind(notice).bind(sealed).execute(&mut connection).await.unwrap();
            for person in people {
                sqlx::query("INSERT INTO campaign_people (campaign_id, person_id, state, cascade, due_at, reason) VALUES ($1, $2, 'unreachable', '', 0, 'no_contact')")
                    .bind(campaign).bind(person).execute(&mut connection).await.unwrap();
            }
        }};
    }
    if let Some(connection) = world.sqlite().await {
        write!(connection);
    } else {
        write!(PgConnection::connect(&world.url).await.unwrap());
    }
}

on_both!(publishing_covers_the_unreachable_of_all_campaigns_and_withdrawing_uncovers_them, |world| {
    let (incident, other) = (world.incident().await.id, world.incident().await.id);
    for of in [incident, other] {
        let people = vec![record("c-1", None), record("c-2", None), record("c-3", None)];
        world.store.import_people(of, people, world.people_ids(3), world.now(), operator()).await.unwrap();
        unreachable_campaign(&world, of).await;
    }
    unreachable_campaign(&world, incident).await;
    let audit = || world.audit(incident, "announcement.changed");
    let draft = announcement(&world, incident, "tape");
    world.store.put_announcement(&draft, audit()).await.unwrap();
    let before = Counts { unreachable: 9, ..Counts::default() };
    assert_eq!(world.store.campaign_counts().await, Ok(before));

    let published = world.store.publish_announcement(draft.id, &operator(), world.now(), audit()).await.unwrap();
    assert_eq!(published.covers, 3, "three people, though they stand in two campaigns");
    let covered = Counts { unreachable: 3, announced: 6, ..Counts::default() };
    assert_eq!(world.store.campaign_counts().await, Ok(covered), "the other incident's people stay");
    assert_eq!(world.number("SELECT COUNT(*) FROM campaign_people WHERE state = 'announced'").await, 6);

    world.store.withdraw_announcement(draft.id, "mistaken", world.now(), audit()).await.unwrap();
    assert_eq!(world.store.campaign_counts().await, Ok(before));
    assert_eq!(world.number("SELECT COUNT(*) FROM campaign_people WHERE state = 'unreachable'").await, 9);
});

on_both!(whom_another_campaign_has_told_is_not_among_those_that_a_public_notice_stands_in_for, |world| {
    let incident = world.incident().await.id;
    let people = vec![record("c-1", None), record("c-2", None)];
    world.store.import_people(incident, people, world.people_ids(2), world.now(), operator()).await.unwrap();
    unreachable_campaign(&world, incident).await;
    unreachable_campaign(&world, incident).await;
    world
        .execute(
            "UPDATE campaign_people SET state = 'reached', reason = NULL \
             WHERE campaign_id = (SELECT id FROM campaigns ORDER BY id DESC LIMIT 1) \
             AND person_id = (SELECT id FROM people ORDER BY id LIMIT 1)",
        )
        .await;
    world
        .execute(
            "UPDATE campaigns SET unreachable = 1, reached = 1 WHERE id = (SELECT id FROM campaigns ORDER BY id DESC LIMIT 1)",
        )
        .await;
    let audit = || world.audit(incident, "announcement.changed");
    let draft = announcement(&world, incident, "tape");
    world.store.put_announcement(&draft, audit()).await.unwrap();
    let published = world.store.publish_announcement(draft.id, &operator(), world.now(), audit()).await.unwrap();
    assert_eq!(published.covers, 1, "the other is unreachable in one campaign and reached in another");
});
