//! A vendor of text messages that hangs up on requests is asked which of them it took: those are told and not sent again, the
//! others are sent once more, and two people who share a telephone are never told by one message.

use serde_json::Value;

use crate::support::candour::Candour;
use crate::support::databases;
use crate::support::process::PATIENCE;
use crate::support::twilio_desk::{Deed, TwilioDesk};

/// Asked soon, believed soon; retried at once.
const HURRIED: &str = "lease_seconds = 12\nheartbeat_seconds = 1\npoll_ms = 20\nask_after_seconds = 1\nask_until_seconds = 3\n\
                       [delivery.sms]\nbase_ms = 50\ncap_ms = 100\nquiet = { from = \"00:00\", until = \"00:00\" }\n";

const TAKEN: &str = "+14155550101";
const LOST: &str = "+14155550102";
const SHARED: &str = "+14155550103";
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
    let desk = TwilioDesk::start(&[
        (TAKEN, &[Deed::TakesAndHangsUp]),
        (LOST, &[Deed::HangsUp]),
        (SHARED, &[Deed::TakesAndHangsUp, Deed::HangsUp]),
    ])
    .await;
    let mut candour = Candour::prepare(dir.path(), &database, HURRIED, &desk.provider(dir.path())).await;
    candour.restart().await;
    let people =
        format!("ref,name,phone\nA,Ann,{TAKEN}\nB,Bob,{LOST}\nC,Cem,{SHARED}\nD,Dora,{SHARED}\nE,Eva,{FINE}\n");
    let campaign = candour.text_campaign(people).await;
    // Its progress ends with those who are unknown for now: the campaign is complete, and reopened for whoever was not told.
    let deadline = std::time::Instant::now() + PATIENCE;
    loop {
        let state = candour.read_campaign(&campaign).await;
        if state["counts"]["reached"] == 5 && state["state"] == "completed" {
            break;
        }
        assert!(std::time::Instant::now() < deadline, "{state}\n{}", candour.lately());
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }

    assert_eq!((desk.sent_to(TAKEN), desk.taken_for(TAKEN)), (1, 1), "it was taken, so it is not sent again");
    assert_eq!((desk.sent_to(LOST), desk.taken_for(LOST)), (2, 1), "it was not taken, so it is sent once more");
    assert_eq!((desk.sent_to(SHARED), desk.taken_for(SHARED)), (3, 2), "each of the two has a message of their own");
    assert_eq!((desk.sent_to(FINE), desk.asked_about(FINE)), (1, 0), "nobody asks about what was answered");
    assert!(desk.asked_about(LOST) > 1, "its list may lag behind, so it is asked again before it is believed");

    let attempts = candour.call(&candour.responder, "GET", &format!("/v1/campaigns/{campaign}/attempts"), None).await;
    let of = |outcome: &str, receipt: &Value| {
        let all = attempts["items"].as_array().expect("attempts").iter();
        all.filter(|attempt| attempt["outcome"] == outcome && attempt["receipt"] == *receipt).count()
    };
    assert_eq!(of("unknown", &"accepted".into()), 2, "{attempts}");
    assert_eq!(of("unknown", &"retry".into()), 2, "{attempts}");
    assert_eq!(of("accepted", &Value::Null), 3, "{attempts}");
    let metrics = candour.metrics().await;
    for (answer, number) in [("has_it", 2), ("has_it_not", 2)] {
        let line = format!("candour_inquiries_total{{provider=\"texts\",answer=\"{answer}\"}} {number}");
        assert!(metrics.contains(&line), "{line} is missing in\n{metrics}");
    }
    candour.terminate().await;
}
