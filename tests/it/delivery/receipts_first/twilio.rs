//! A vendor that says what became of a message before it answers the request: the receipt is the outcome, and the answer that
//! comes after it takes nothing back.

use crate::support::candour::Candour;
use crate::support::databases;
use crate::support::twilio_desk::{Deed, TwilioDesk};

const UNHURRIED: &str = "lease_seconds = 12\nheartbeat_seconds = 1\npoll_ms = 20\n\
                         [delivery.sms]\nquiet = { from = \"00:00\", until = \"00:00\" }\n";

const ARRIVED: &str = "+14155550101";
const DEAD: &str = "+14155550102";

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
        (ARRIVED, &[Deed::TellsFirst("delivered")]),
        (DEAD, &[Deed::TellsFirst("undelivered 30005")]),
    ])
    .await;
    let mut candour = Candour::prepare(dir.path(), &database, UNHURRIED, &desk.provider(dir.path())).await;
    candour.restart().await;
    desk.call_back(&candour.base);
    let campaign = candour.text_campaign(format!("ref,name,phone\nA,Ann,{ARRIVED}\nB,Bob,{DEAD}\n")).await;
    let state = candour.completed(&campaign).await;
    assert_eq!(
        (&state["counts"]["reached"], &state["counts"]["unreachable"]),
        (&1.into(), &1.into()),
        "an answer of 201 does not make a dead number reached: {state}"
    );
    assert_eq!(desk.answers(), [204, 204], "both were taken before the attempt had an outcome");
    assert_eq!((desk.sent_to(ARRIVED), desk.sent_to(DEAD)), (1, 1));
    candour.terminate().await;
}
