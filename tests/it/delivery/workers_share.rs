//! Several workers on one PostgreSQL share a campaign: everyone is claimed once, by one of them, and told once.

use std::collections::BTreeSet;

use crate::support::candour::SHORT_LEASE;
use crate::support::databases;
use crate::support::fleet::Fleet;
use crate::support::responder::people_at;

const PEOPLE: usize = 400;

#[tokio::test(flavor = "multi_thread")]
async fn two() {
    share(2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn four() {
    share(4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn eight() {
    share(8).await;
}

async fn share(workers: usize) {
    databases::on_postgres(async |database| {
        // The rate leaves something for each.
        let fleet = Fleet::muster(&database, SHORT_LEASE, "rate = 40.0").await;
        let running = fleet.workers(workers).await;
        let campaign = fleet.candour.campaign(people_at("example.net", PEOPLE)).await;
        let balance = fleet.balance(&campaign, PEOPLE).await;
        assert_eq!((balance.doubled, balance.unknown.len()), (0, 0));
        assert_eq!(fleet.sink.count(), PEOPLE, "everyone got one message");
        assert_eq!(took_part(&fleet, &campaign.0).await, workers, "workers that took part");
        for worker in running {
            worker.terminate().await;
        }
    })
    .await;
}

/// How many workers claimed somebody, by the audit chain.
async fn took_part(fleet: &Fleet, incident: &str) -> usize {
    let mut actors = BTreeSet::new();
    let mut after = 0;
    loop {
        let path = format!("/v1/incidents/{incident}/audit?limit=500&after={after}");
        let page = fleet.candour.call(&fleet.candour.responder, "GET", &path, None).await;
        for entry in page["items"].as_array().expect("items") {
            if entry["action"] == "delivery.intended" {
                actors.insert(entry["actor"].as_str().expect("an actor").to_owned());
            }
        }
        match page["next"].as_i64() {
            Some(next) => after = next,
            None => return actors.len(),
        }
    }
}
