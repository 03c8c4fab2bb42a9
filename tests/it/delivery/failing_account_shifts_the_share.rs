//! Two providers of a channel, and the account of one fails for good: everybody is told by the other, nobody waits behind the
//! one that is left alone.

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

const PEOPLE: usize = 600;

/// A provider is left alone for so long that those who wait behind it, told one after each pause, would outlast the scenario.
const PAUSES: &str = "poll_ms = 20\nbatch = 200\n[delivery.sms]\nbase_ms = 20\ncap_ms = 50\npause_ms = 5000\n\
                          quiet = { from = \"00:00\", until = \"00:00\" }\n";

async fn scenario(database: String) {
    let dir = tempfile::tempdir().expect("a directory");
    let (failing, well) = (TextVendor::start(100).await, TextVendor::start(usize::MAX).await);
    let providers = [failing.provider("failing", dir.path()), well.provider("well", dir.path())].concat();
    let mut candour = Candour::prepare(dir.path(), &database, PAUSES, &providers).await;
    candour.restart().await;
    let campaign = candour.text_campaign(people("P", PEOPLE)).await;
    let state = candour.completed(&campaign).await;
    assert_eq!(state["counts"]["reached"], PEOPLE, "{state}");
    candour.logged(1, "the provider is left alone for a while").await;
    candour.terminate().await;
}
