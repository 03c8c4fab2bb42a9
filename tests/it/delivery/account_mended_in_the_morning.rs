//! The only provider's account fails for longer than anybody's tries would last: whoever waits is told once it is mended, and
//! nobody is given up.

use crate::support::candour::Candour;
use crate::support::databases;
use crate::support::text_vendor::{TextVendor, people};

#[tokio::test(flavor = "multi_thread")]
async fn sqlite() {
    databases::on_sqlite(scenario).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres() {
    databases::on_postgres(scenario).await;
}

/// Few tries, and pauses so short that a night of them passes soon.
const NIGHT: &str = "poll_ms = 20\nbatch = 200\n[delivery.sms]\nbase_ms = 1\ncap_ms = 1\npause_ms = 1\nmax_tries = 4\n\
                     quiet = { from = \"00:00\", until = \"00:00\" }\n";

async fn scenario(database: String) {
    let dir = tempfile::tempdir().expect("a directory");
    let vendor = TextVendor::start(0).await;
    let mut candour = Candour::prepare(dir.path(), &database, NIGHT, &vendor.provider("texts", dir.path())).await;
    candour.restart().await;
    let campaign = candour.text_campaign(people("P", 3)).await;
    // More than the tries of all three.
    vendor.refused(14).await;
    vendor.take(usize::MAX);
    let state = candour.completed(&campaign).await;
    assert_eq!((&state["counts"]["reached"], &state["counts"]["unreachable"]), (&3.into(), &0.into()), "{state}");
    candour.terminate().await;
}
