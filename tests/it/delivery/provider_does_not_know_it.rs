//! Where the channel's rules say so, a message that the vendor does not know either stays unknown, counted and never sent twice,
//! until somebody decides.

use crate::support::candour::Candour;
use crate::support::databases;
use crate::support::twilio_desk::{Deed, TwilioDesk};

const HELD: &str = "lease_seconds = 12\nheartbeat_seconds = 1\npoll_ms = 20\nask_after_seconds = 1\nask_until_seconds = 2\n\
                    [delivery.sms]\nunfound = \"hold\"\nquiet = { from = \"00:00\", until = \"00:00\" }\n";

const LOST: &str = "+14155550102";
const FINE: &str = "+14155550104";

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
    let desk = TwilioDesk::start(&[(LOST, &[Deed::HangsUp])]).await;
    let mut candour = Candour::prepare(dir.path(), &database, HELD, &desk.provider(dir.path())).await;
    candour.restart().await;
    let campaign = candour.text_campaign(format!("ref,name,phone\nB,Bob,{LOST}\nE,Eva,{FINE}\n")).await;
    let state = candour.completed(&campaign).await;
    assert_eq!((&state["counts"]["reached"], &state["counts"]["unknown"]), (&1.into(), &1.into()), "{state}");
    candour.logged(1, "the provider does not know the message").await;
    let asked = desk.asked_about(LOST);

    // It is not asked about again, also not by the next process.
    candour.terminate().await;
    candour.restart().await;
    let state = candour.read_campaign(&campaign).await;
    assert_eq!((&state["counts"]["reached"], &state["counts"]["unknown"]), (&1.into(), &1.into()), "{state}");
    assert_eq!((desk.sent_to(LOST), desk.taken_for(LOST), desk.asked_about(LOST)), (1, 0, asked));
    let attempts = candour.call(&candour.responder, "GET", &format!("/v1/campaigns/{campaign}/attempts"), None).await;
    let all = attempts["items"].as_array().expect("attempts").iter();
    let unknown: Vec<_> = all.filter(|attempt| attempt["outcome"] == "unknown").collect();
    assert_eq!((unknown.len(), &unknown[0]["receipt"]), (1, &"unknown".into()), "{attempts}");
    candour.terminate().await;
}
