//! Killed at random points, again and again, Candour loses nobody: each person of each campaign is told, in exactly one
//! final state, and whoever got two messages is in the account.
//!
//! `TEST_KILLS` says how often for each database, `TEST_SEED` which moments; `benches/kill` is the long run.

use super::kill_harness::Harness;
use crate::support::databases;
use crate::support::dice::{Dice, given};

/// What fits into an ordinary run.
const KILLS: u64 = 120;

#[tokio::test(flavor = "multi_thread")]
async fn sqlite() {
    databases::on_sqlite(async |database| scenario(&database, "SQLite", 1).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres() {
    databases::on_postgres(async |database| scenario(&database, "PostgreSQL", 2).await).await;
}

async fn scenario(database: &str, name: &str, salt: u64) {
    let kills = usize::try_from(given("TEST_KILLS").unwrap_or(KILLS)).expect("fits");
    let dice = Dice::throw(salt);
    println!("{name}: {kills} kills with TEST_SEED={}", dice.seed);
    let mut harness = Harness::begin(database, dice).await;
    while harness.killed() < kills {
        harness.round().await;
    }
    harness.account(name).await;
}
