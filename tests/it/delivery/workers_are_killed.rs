//! Workers that are killed while others go on: nobody is lost, and whoever got two is in the account.

use std::time::Duration;

use crate::support::candour::SHORT_LEASE;
use crate::support::databases;
use crate::support::dice::Dice;
use crate::support::fleet::{CONCURRENCY, Fleet};
use crate::support::responder::people_at;

const PEOPLE: usize = 600;
const WORKERS: usize = 4;
const KILLS: usize = 10;

#[tokio::test(flavor = "multi_thread")]
async fn postgres() {
    databases::on_postgres(scenario).await;
}

async fn scenario(database: String) {
    let mut dice = Dice::throw(3);
    println!("TEST_SEED={}", dice.seed);
    let fleet = Fleet::muster(&database, SHORT_LEASE, "rate = 100.0").await;
    let mut workers = fleet.workers(WORKERS).await;
    let campaign = fleet.candour.campaign(people_at("example.net", PEOPLE)).await;
    for kill in 0..KILLS {
        fleet.sink.until(PEOPLE * kill / (KILLS + 2)).await;
        let moment = u64::try_from(dice.within(0..20)).expect("fits");
        tokio::time::sleep(Duration::from_millis(moment)).await;
        workers.remove(dice.within(0..WORKERS)).kill().await;
        workers.push(fleet.candour.worker().await);
    }
    let balance = fleet.balance(&campaign, PEOPLE).await;
    println!("{KILLS} kills: lost 0, got two {}, unknown {}", balance.doubled, balance.unknown.len());
    assert!(balance.unknown.len() <= KILLS * 8 * CONCURRENCY, "{} unknown", balance.unknown.len());
    for worker in workers {
        worker.terminate().await;
    }
}
