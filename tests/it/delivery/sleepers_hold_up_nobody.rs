//! Many who sleep, before a few who are awake: the few are told at once and not after one look for each handful of the others.

use std::fmt::Write as _;

use candour::domain::clock::Clock;
use candour::system::System;
use jiff::ToSpan;
use jiff::tz::TimeZone;
use serde_json::json;

use crate::support::candour::Candour;
use crate::support::databases;

/// Many times as many as one look takes.
const ASLEEP: usize = 200;

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
    let providers = format!(
        "[[providers]]\nkind = \"spool\"\nname = \"texts\"\nchannel = \"sms\"\ndirectory = \"{}\"\n",
        dir.path().join("spool").display()
    );
    let hour = |hours: i64| {
        let time = (System.now().to_timestamp() + hours.hours()).to_zoned(TimeZone::UTC).time();
        time.strftime("%H:%M").to_string()
    };
    // Were each look followed by a rest, the awake would be told long after the test has lost its patience.
    let delivery = format!(
        "lease_seconds = 60\nheartbeat_seconds = 1\npoll_ms = 20000\n[delivery.sms]\nquiet = {{ from = \"{}\", until = \"{}\" }}\n",
        hour(-1),
        hour(2)
    );
    let mut candour = Candour::prepare(dir.path(), &database, &delivery, &providers).await;
    candour.restart().await;
    let incident = candour.file().await.expect("filed");
    let mut people = String::from("ref,phone,time_zone\n");
    for person in 0..ASLEEP {
        let _ = writeln!(people, "N{person},+1415555{person:04},UTC");
    }
    candour.import(&incident, people).await.expect("imported");
    let awake = "ref,phone,time_zone\nD1,+14155551001,Asia/Kamchatka\nD2,+14155551002,Asia/Kamchatka\n";
    candour.import(&incident, awake.to_owned()).await.expect("imported");
    candour.write_notice_by(&incident, &json!(["sms"])).await.expect("written");
    let campaign = candour.propose(&incident).await.expect("proposed");
    candour.approve(&campaign).await.expect("approved");
    candour.start_campaign(&campaign).await.expect("started");

    let state = candour.follow(&campaign, |state| state["counts"]["reached"] == 2).await;
    assert_eq!(state["counts"]["unreachable"], 0, "{state}");
    let state = candour.follow(&campaign, |state| state["counts"]["pending"] == ASLEEP).await;
    assert_eq!(state["state"], "running", "the others wait for their morning: {state}");
    candour.terminate().await;
}
