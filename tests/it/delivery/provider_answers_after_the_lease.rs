//! A worker cannot reach the database while its mail host thinks for longer than the lease: others take over what it had in
//! the air; when both come back its outcomes are refused, and the account says what it knew.

use std::net::{Ipv4Addr, SocketAddr};

use crate::support::candour::SHORT_LEASE;
use crate::support::chaos::ChaosProxy;
use crate::support::databases;
use crate::support::fleet::{CONCURRENCY, Fleet};
use crate::support::process::free_port;
use crate::support::recording_sink::Manner;
use crate::support::responder::people_at;

/// All of them are in the air at once.
const PEOPLE: usize = CONCURRENCY;

#[tokio::test(flavor = "multi_thread")]
async fn postgres() {
    databases::on_postgres(scenario).await;
}

async fn scenario(database: String) {
    let (way, through) = ChaosProxy::to_database(&database).await;
    let home = way.target();
    let fleet = Fleet::muster(&database, SHORT_LEASE, "").await;
    fleet.sink.answer(Manner::Silent);
    let cut_off = fleet.worker_by(&through).await;
    let campaign = fleet.candour.campaign(people_at("example.net", PEOPLE)).await;
    fleet.sink.until(PEOPLE).await;
    way.lead_to(SocketAddr::from((Ipv4Addr::LOCALHOST, free_port())));
    way.cut();

    let other = fleet.candour.worker().await;
    fleet.candour.logged(1, "took over from workers that died").await;
    fleet.sink.until(2 * PEOPLE).await;
    fleet.sink.answer(Manner::Takes);
    let balance = fleet.balance(&campaign, PEOPLE).await;
    assert_eq!((balance.doubled, balance.unknown.len()), (PEOPLE, PEOPLE));
    assert_eq!(fleet.learned(&campaign.1).await, 0, "the one that is cut off cannot have said anything yet");
    fleet.candour.logged(1, "the database is away; outcomes wait in memory").await;

    way.lead_to(home);
    fleet.candour.logged(1, "outcomes of people who had moved on by then were not applied").await;
    fleet.candour.logged(1, "the lease was lost").await;
    assert_eq!(fleet.learned(&campaign.1).await, PEOPLE, "what it knew is in the account");
    cut_off.terminate().await;
    other.terminate().await;
}
