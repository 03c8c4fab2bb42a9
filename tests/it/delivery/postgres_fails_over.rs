//! PostgreSQL dies and its synchronous standby takes its place at the same address, first still read-only: nothing that was
//! answered is lost, and the processes go on by themselves.

use crate::support::candour::SHORT_LEASE;
use crate::support::chaos::ChaosProxy;
use crate::support::fleet::Fleet;
use crate::support::postgres_server::{Ending, PostgresServer};
use crate::support::responder::people_at;

const PEOPLE: usize = 500;

#[tokio::test(flavor = "multi_thread")]
async fn to_a_synchronous_standby() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut first = PostgresServer::start(dir.path(), &["wal_level=replica", "synchronous_standby_names=*"]);
    let second = first.standby(dir.path());
    let (way, address) = ChaosProxy::to_database(&first.database()).await;
    let fleet = Fleet::muster(&address, SHORT_LEASE, "rate = 100.0").await;
    let workers = fleet.workers(2).await;
    let campaign = fleet.candour.campaign(people_at("example.net", PEOPLE)).await;
    fleet.sink.until(PEOPLE / 3).await;

    first.stop(Ending::Crash);
    way.lead_to(second.address);
    way.cut();
    fleet.candour.logged(1, "read-only").await;
    assert_eq!(fleet.candour.ready().await, 503, "a database that takes no writes is not ready");
    second.promote();

    fleet.candour.is_ready().await;
    let balance = fleet.balance(&campaign, PEOPLE).await;
    println!("got two {}, unknown {}", balance.doubled, balance.unknown.len());
    for worker in workers {
        worker.terminate().await;
    }
}
