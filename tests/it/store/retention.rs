//! `RetentionStore`: destroying an incident's key erases its people from the database.

use candour::domain::audit::{GENESIS, verify};
use candour::domain::campaign::CampaignState;
use candour::domain::channel::Channel;
use candour::domain::clock::Millis;
use candour::domain::id::IncidentId;
use candour::domain::incident::IncidentState::{self, Closed, Discarded, Draft, Open};
use candour::domain::outcome::Outcome;
use candour::store::{
    AuditStore, CampaignStore, DeliveryStore, IncidentStore, PeopleStore, ReceiptEffect, Result, RetentionStore,
    StoreError,
};
use sqlx::{Connection, PgConnection};

use super::queue_support::{FOREVER, T0, reachable};
use crate::support::stores::{World, on_both, operator, record};

async fn destroy(world: &World, incident: IncidentId) -> Result<()> {
    world.store.destroy_incident_key(incident, world.now(), world.audit(incident, "incident.erased")).await
}

async fn go(world: &World, incident: IncidentId, from: IncidentState, to: IncidentState) {
    world.store.move_incident(incident, from, to, world.audit(incident, "incident.moved")).await.unwrap();
}

on_both!(a_destroyed_key_erases_the_people_and_leaves_the_evidence, |world| {
    let incident = world.incident().await.id;
    let people = vec![record("c-1", None)];
    world.store.import_people(incident, people.clone(), world.people_ids(1), world.now(), operator()).await.unwrap();
    let person = world.store.person_by_ref(incident, "c-1").await.unwrap().id;
    let other_process = world.another().await;
    assert!(other_process.person(incident, person).await.is_ok(), "it holds the key in memory now");
    for (from, to) in [(Draft, Open), (Open, Closed)] {
        let early = destroy(&world, incident).await;
        assert!(matches!(&early, Err(StoreError::Conflict(text)) if text.contains("close")), "{early:?}");
        go(&world, incident, from, to).await;
    }
    destroy(&world, incident).await.unwrap();

    for store in [&*world.store, &other_process] {
        assert_eq!(store.people(incident, None, 10).await.unwrap_err(), StoreError::Erased);
        assert_eq!(store.person(incident, person).await, Err(StoreError::Erased));
        assert_eq!(store.person_by_ref(incident, "c-1").await, Err(StoreError::Erased));
        let into = store.import_people(incident, people.clone(), world.people_ids(1), world.now(), operator()).await;
        assert!(matches!(&into, Err(StoreError::Conflict(text)) if text.contains("destroyed")), "{into:?}");
    }
    other_process.close().await;
    assert!(matches!(destroy(&world, incident).await, Err(StoreError::Conflict(_))), "once");
    assert_eq!(world.number("SELECT COUNT(*) FROM incident_keys WHERE wrapped IS NULL AND destroyed_at > 0").await, 1);
    assert_eq!(world.store.incident(incident).await.unwrap().people, 1);
    let entries = world.store.audit(Some(incident), 0, 20).await.unwrap();
    assert_eq!(entries.last().unwrap().action, "incident.erased");
    assert!(verify(Some(incident), (0, GENESIS.to_owned()), &entries).is_ok());
});

on_both!(a_discarded_draft_can_be_erased_and_a_stranger_not, |world| {
    let incident = world.incident().await.id;
    go(&world, incident, Draft, Discarded).await;
    destroy(&world, incident).await.unwrap();
    assert_eq!(destroy(&world, world.id()).await, Err(StoreError::NotFound("incident")));
});

on_both!(a_campaign_under_way_keeps_the_key, |world| {
    let incident = world.incident().await.id;
    go(&world, incident, Draft, Open).await;
    go(&world, incident, Open, Closed).await;
    world
        .execute("INSERT INTO notices (id, incident_id, version, content, facts, hash, created_at) SELECT id, id, 1, '', '', '', 0 FROM incidents")
        .await;
    world
        .execute("INSERT INTO campaigns (id, incident_id, notice_id, notice_hash, state, sealed, population_hash, author, created_at) SELECT id, id, id, '', 'paused', 0, '', '', 0 FROM incidents")
        .await;
    let refused = destroy(&world, incident).await;
    assert!(matches!(&refused, Err(StoreError::Conflict(text)) if text.contains("paused")), "{refused:?}");
    world.execute("UPDATE campaigns SET state = 'cancelled'").await;
    destroy(&world, incident).await.unwrap();
});

on_both!(a_bounce_after_the_key_is_gone_leaves_nobody_to_be_told, |world| {
    let campaign = world.running(vec![reachable("a", 1, 1), reachable("b", 1, 1)]).await;
    let worker = world.worker(FOREVER).await;
    let claimed = world.claim(campaign.id, worker, Channel::Email, 2, T0).await.unwrap();
    assert!(world.settle_all(worker, &claimed, Outcome::Accepted).await.completed);
    go(&world, campaign.incident, Draft, Open).await;
    go(&world, campaign.incident, Open, Closed).await;
    destroy(&world, campaign.incident).await.unwrap();

    assert_eq!(world.receipt("k", claimed[0].attempt, Some(Outcome::BadAddress)).await, ReceiptEffect::Moved);
    let after = world.store.campaign(campaign.id).await.unwrap();
    assert_eq!((after.state, after.counts.unreachable, after.counts.pending), (CampaignState::Completed, 1, 0));
    let awaiting = world.store.campaigns_awaiting_receipts(Millis(0)).await.unwrap();
    assert!(awaiting.is_empty(), "nobody is sent on for want of a receipt either");
    world.assert_consistent().await;
});

/// Whether the database's own files still have the row as it was: SQLite's by their bytes, PostgreSQL's by the file that the
/// table stands in.
async fn still_there(world: &World, before: &(Vec<u8>, i64)) -> bool {
    match world.url.strip_prefix("sqlite:") {
        Some(path) => {
            let path = path.split('?').next().unwrap();
            let read = |end: &str| std::fs::read(format!("{path}{end}")).unwrap_or_default();
            let files = [read(""), read("-wal")].concat();
            files.windows(before.0.len()).any(|bytes| bytes == before.0)
        }
        None => keys_file(world).await == before.1,
    }
}

/// The wrapped key, and the number of the file that PostgreSQL keeps such keys in.
async fn wrapped(world: &World) -> (Vec<u8>, i64) {
    let sql = "SELECT wrapped FROM incident_keys";
    if let Some(mut connection) = world.sqlite().await {
        return (sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap(), 0);
    }
    let mut connection = PgConnection::connect(&world.url).await.unwrap();
    (sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap(), keys_file(world).await)
}

async fn keys_file(world: &World) -> i64 {
    world.number("SELECT pg_relation_filenode('incident_keys')::bigint").await
}

on_both!(a_destroyed_key_is_in_no_file_of_the_database, |world| {
    let incident = world.incident().await.id;
    let before = wrapped(&world).await;
    assert!(still_there(&world, &before).await);
    go(&world, incident, Draft, Discarded).await;
    destroy(&world, incident).await.unwrap();
    // A transaction of another test may hold PostgreSQL up: then the next erasure does it.
    for _ in 0..4 {
        if still_there(&world, &before).await {
            let next = world.incident().await.id;
            go(&world, next, Draft, Discarded).await;
            destroy(&world, next).await.unwrap();
        }
    }
    assert!(!still_there(&world, &before).await);
});

on_both!(a_key_is_destroyed_though_somebody_reads_the_table, |world| {
    let incident = world.incident().await.id;
    go(&world, incident, Draft, Discarded).await;
    let sql = "SELECT COUNT(*) FROM incident_keys";
    if let Some(mut connection) = world.sqlite().await {
        let mut reading = connection.begin().await.unwrap();
        let _: i64 = sqlx::query_scalar(sql).fetch_one(&mut *reading).await.unwrap();
        destroy(&world, incident).await.unwrap();
    } else {
        let mut connection = PgConnection::connect(&world.url).await.unwrap();
        let mut reading = connection.begin().await.unwrap();
        let _: i64 = sqlx::query_scalar(sql).fetch_one(&mut *reading).await.unwrap();
        destroy(&world, incident).await.unwrap();
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM incident_keys WHERE wrapped IS NULL").await, 1);
});
