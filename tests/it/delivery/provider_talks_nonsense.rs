//! A mail host that takes messages and answers nonsense: nobody knows whether they went out, so they are unknown and repeated,
//! it is left alone for a while, and everyone is told once it talks sense.

use crate::support::account;
use crate::support::candour::{Candour, SHORT_LEASE};
use crate::support::databases;
use crate::support::recording_sink::{Manner, RecordingSink};
use crate::support::responder::people_at;

const PEOPLE: usize = 60;

#[tokio::test(flavor = "multi_thread")]
async fn sqlite() {
    databases::on_sqlite(scenario).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres() {
    databases::on_postgres(scenario).await;
}

async fn scenario(database: String) {
    let dir = tempfile::tempdir().expect("a directory");
    let sink = RecordingSink::start().await;
    let mut candour = Candour::prepare(dir.path(), &database, SHORT_LEASE, &sink.provider(8, "")).await;
    candour.restart().await;
    sink.answer(Manner::Babbles);
    let (incident, campaign) = candour.campaign(people_at("example.net", PEOPLE)).await;
    candour.logged(1, "the provider is left alone for a while").await;
    let state = candour.read_campaign(&campaign).await;
    assert_eq!(state["counts"]["reached"], 0, "nonsense is no acceptance: {state}");
    assert_eq!(state["counts"]["unreachable"], 0, "and nobody's address is dead because of it: {state}");
    let before = sink.count();

    sink.answer(Manner::Takes);
    candour.completed(&campaign).await;
    let balance = account::balance(&candour, &incident, &campaign, PEOPLE, &sink.taken()).await;
    println!("got two {}, unknown {}", balance.doubled, balance.unknown.len());
    assert!(balance.unknown.len() >= before, "each that was answered with nonsense is in the account");
    candour.terminate().await;
}
