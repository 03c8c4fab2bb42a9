//! Workers whose clocks differ. By seconds, as clocks do: nobody notices. By more than a lease: one of them takes the others
//! for dead again and again, and still nobody is lost and whoever got two is in the account.

use crate::support::candour::SHORT_LEASE;
use crate::support::databases;
use crate::support::faketime::set_clock;
use crate::support::fleet::{CONCURRENCY, Fleet};
use crate::support::program::Program;
use crate::support::recording_sink::Manner;
use crate::support::responder::people_at;

const PEOPLE: usize = 200;

/// Twice the time in which the clocks below may differ, and some.
const LEASE: &str = "lease_seconds = 9\nheartbeat_seconds = 1\npoll_ms = 20\nbatch = 100\n";

#[tokio::test(flavor = "multi_thread")]
async fn by_seconds() {
    databases::on_postgres(async |database| {
        let fleet = Fleet::muster(&database, LEASE, "rate = 20.0").await;
        let mut workers = Vec::new();
        for clock in ["-2s", "+0s", "+2s"] {
            workers.push(worker(&fleet, clock).await);
        }
        let campaign = fleet.candour.campaign(people_at("example.net", PEOPLE)).await;
        let balance = fleet.balance(&campaign, PEOPLE).await;
        assert_eq!((balance.doubled, balance.unknown.len()), (0, 0));
        assert!(!fleet.candour.log().contains("took over"), "nobody was taken for dead");
        for worker in workers {
            worker.terminate().await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn by_more_than_a_lease() {
    databases::on_postgres(async |database| {
        let fleet = Fleet::muster(&database, SHORT_LEASE, "rate = 20.0").await;
        fleet.sink.answer(Manner::Silent);
        let behind = worker(&fleet, "+0s").await;
        let campaign = fleet.candour.campaign(people_at("example.net", PEOPLE)).await;
        fleet.sink.until(CONCURRENCY).await;
        let ahead = worker(&fleet, "+30s").await;
        fleet.candour.logged(1, "took over from workers that died").await;
        fleet.candour.logged(1, "the lease was lost").await;
        fleet.sink.answer(Manner::Takes);
        let balance = fleet.balance(&campaign, PEOPLE).await;
        println!("got two {}, unknown {}", balance.doubled, balance.unknown.len());
        // Those in the air were given up. Their repeats come after everybody else, and an answer that comes before spares one.
        assert!(balance.unknown.len() >= CONCURRENCY, "{:?}", balance.unknown);
        assert!(balance.doubled <= balance.unknown.len(), "{} got two", balance.doubled);
        behind.terminate().await;
        ahead.terminate().await;
    })
    .await;
}

/// A worker whose clock is off by so much.
async fn worker(fleet: &Fleet, clock: &str) -> Program {
    let mut command = fleet.candour.prepared(&["worker"]);
    set_clock(&mut command, clock);
    fleet.candour.work(command).await
}
