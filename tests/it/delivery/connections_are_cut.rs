//! Connections to PostgreSQL that are cut in the middle: of whatever is said, or after a commit whose answer never comes.

use std::time::Duration;

use crate::support::candour::SHORT_LEASE;
use crate::support::chaos::{ChaosProxy, Fate};
use crate::support::databases;
use crate::support::dice::Dice;
use crate::support::fleet::Fleet;
use crate::support::responder::people_at;

const PEOPLE: usize = 400;

#[tokio::test(flavor = "multi_thread")]
async fn at_any_moment() {
    databases::on_postgres(async |database| {
        let mut dice = Dice::throw(4);
        println!("TEST_SEED={}", dice.seed);
        let (way, shaky) = ChaosProxy::to_database(&database).await;
        let fleet = Fleet::muster(&database, SHORT_LEASE, "rate = 100.0").await;
        let workers = [fleet.worker_by(&shaky).await, fleet.worker_by(&shaky).await];
        let campaign = fleet.candour.campaign(people_at("example.net", PEOPLE)).await;
        for cut in 0..20 {
            fleet.sink.until(PEOPLE * cut / 25).await;
            let moment = u64::try_from(dice.within(0..30)).expect("fits");
            tokio::time::sleep(Duration::from_millis(moment)).await;
            way.cut();
        }
        let balance = fleet.balance(&campaign, PEOPLE).await;
        println!("got two {}, unknown {}", balance.doubled, balance.unknown.len());
        for worker in workers {
            worker.terminate().await;
        }
    })
    .await;
}

/// The worker cannot know whether such a commit took effect: what it claimed must not stay in flight with it for ever, what
/// it settled must not be settled twice.
#[tokio::test(flavor = "multi_thread")]
async fn after_a_commit_without_an_answer() {
    databases::on_postgres(async |database| {
        let (way, shaky) = ChaosProxy::to_database(&database).await;
        let fleet = Fleet::muster(&database, SHORT_LEASE, "rate = 100.0").await;
        let worker = fleet.worker_by(&shaky).await;
        let campaign = fleet.candour.campaign(people_at("example.net", PEOPLE)).await;
        for cut in 0..20 {
            fleet.sink.until(PEOPLE * cut / 25).await;
            way.catch(b"COMMIT", Fate::AnswerLost).await;
        }
        let balance = fleet.balance(&campaign, PEOPLE).await;
        println!("got two {}, unknown {}", balance.doubled, balance.unknown.len());
        assert_eq!((balance.doubled, balance.unknown.len()), (0, 0), "no message was ever in doubt");
        worker.terminate().await;
    })
    .await;
}
