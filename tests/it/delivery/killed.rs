//! A process that is killed in mid-campaign loses nobody: after the last restart every person is in exactly one final
//! state, everyone's mail has arrived, and whoever got two is in the account, no more than were in flight.

use std::fmt::Write as _;

use crate::support::candour::Candour;
use crate::support::databases;
use crate::support::smtp_sink::SmtpSink;

const PEOPLE: i64 = 1500;
const CONCURRENCY: i64 = 16;
const KILLS: i64 = 3;

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
    let sink = SmtpSink::start(dir.path(), &[]).await;
    // The rate keeps the campaign long enough to be killed in its middle.
    let providers = format!(
        "[[providers]]\nkind = \"smtp\"\nname = \"mail\"\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\n\
         from = \"incident@example.org\"\nconcurrency = {CONCURRENCY}\nrate = 400.0\n",
        sink.address.port()
    );
    let mut csv = String::from("ref,name,email\n");
    for number in 0..PEOPLE {
        let _ = writeln!(csv, "P{number},Person {number},p{number}@example.net");
    }
    let mut candour = Candour::start(dir.path(), &database, &providers).await;
    let (_, campaign) = candour.campaign(csv).await;
    for kill in 1..=KILLS {
        let mark = PEOPLE * kill / (KILLS + 2);
        candour.follow(&campaign, |state| state["counts"]["reached"].as_i64().unwrap_or(0) >= mark).await;
        candour.kill().await;
        candour.restart().await;
    }
    let end = candour.follow(&campaign, |state| state["state"] == "completed").await;

    let counts = &end["counts"];
    let count = |state: &str| counts[state].as_i64().expect("a count");
    assert_eq!(count("pending") + count("in_flight"), 0, "{counts}");
    assert_eq!(count("reached") + count("unknown"), PEOPLE, "nobody is lost: {counts}");
    let arrived = sink.message_ids();
    let missing = count("reached") - i64::try_from(arrived.len()).expect("fits");
    assert!(missing <= 0, "{missing} people are called reached whose mail never arrived");
    let doubled = i64::try_from(arrived.values().filter(|times| **times > 1).count()).expect("fits");
    let end = candour.call(&candour.responder, "GET", &format!("/v1/campaigns/{campaign}"), None).await;
    let repeated = end["repeated"].as_i64().expect("a number");
    println!("killed {KILLS} times: lost 0, arrived twice {doubled}, repeated after an unknown outcome {repeated}");
    assert!(doubled <= repeated, "{doubled} arrived twice, but only {repeated} are in the account");
    // In flight at a kill: what was claimed and not settled. That is two messages to a connection in the air, one and a half
    // claims queued behind them, and what was sent in the moment before and waits to be recorded.
    assert!(repeated <= KILLS * 16 * CONCURRENCY, "{repeated} repeats are more than can have been in flight");
    candour.terminate().await;
    let log = candour.log();
    assert!(log.contains("campaign is complete"), "the log tells what happened:\n{log}");
    assert!(!log.contains("@example.net") && !log.contains("Person 1"), "personal data is in the log");
}
