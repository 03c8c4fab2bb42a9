//! A worker that stands still for longer than its lease and comes back: others have taken over what it had in flight, what
//! it writes then is refused, the account says what it knew, and it goes on as a new worker.

use crate::support::candour::SHORT_LEASE;
use crate::support::databases;
use crate::support::fleet::{CONCURRENCY, Fleet};
use crate::support::recording_sink::Manner;
use crate::support::responder::people_at;

const PEOPLE: usize = 60;

#[tokio::test(flavor = "multi_thread")]
async fn postgres() {
    databases::on_postgres(scenario).await;
}

async fn scenario(database: String) {
    let fleet = Fleet::muster(&database, SHORT_LEASE, "").await;
    fleet.sink.answer(Manner::Silent);
    let stalled = fleet.candour.worker().await;
    let campaign = fleet.candour.campaign(people_at("example.net", PEOPLE)).await;
    fleet.sink.until(CONCURRENCY).await;
    stalled.freeze().await;
    // The answers reach its sockets while it stands still.
    fleet.sink.answer(Manner::Takes);

    let other = fleet.candour.worker().await;
    let balance = fleet.balance(&campaign, PEOPLE).await;
    fleet.candour.logged(1, "took over from workers that died").await;
    assert_eq!(balance.doubled, CONCURRENCY, "those that were in the air got two");
    assert!(balance.unknown.len() >= CONCURRENCY, "{:?}", balance.unknown);

    stalled.signal("CONT").await;
    fleet.candour.logged(1, "the lease was lost").await;
    fleet.candour.logged(1, "outcomes of people who had moved on by then were not applied").await;
    let after = fleet.balance(&campaign, PEOPLE).await;
    assert_eq!(after.unknown.len(), balance.unknown.len(), "its outcomes came too late");
    assert!(after.doubled <= balance.unknown.len(), "it told nobody whose attempt was not listed as unknown before");
    assert_eq!(fleet.learned(&campaign.1).await, after.doubled, "but what it knew is in the account");

    // Alone again, it works.
    other.terminate().await;
    let second = fleet.candour.campaign(people_at("example.org", PEOPLE)).await;
    let balance = fleet.balance(&second, PEOPLE).await;
    assert_eq!((balance.doubled, balance.unknown.len()), (0, 0));
    stalled.terminate().await;
}
