//! A vendor that says what became of a message before it answers the request: the receipt is the outcome, and the answer that
//! comes after it takes nothing back. One file with one test for each vendor whose receipts come over HTTP.

mod letters;
mod mails;
mod texts;
mod twilio;

use crate::support::candour::Candour;
use crate::support::databases;
use crate::support::telling_desk::{Before, Callback, Tale, TellingDesk};

/// A vendor, and two people whom it tells: one whom the message reached, and one whose address is dead.
struct Vendor {
    channel: &'static str,
    /// Its kind and keys; `{base}` is the vendor's address, `{secret}` the file with the secret.
    settings: &'static str,
    secret: &'static str,
    people: &'static str,
    /// A success, `ID` standing for the message's own.
    answer: (u16, &'static str, &'static str),
    /// What it says to the requests before the one that sends.
    before: Before,
    /// The callback.
    tells: fn(&Tale<'_>) -> Callback,
    /// What the first callback of each message is answered with.
    first: u16,
}

const UNHURRIED: &str = "lease_seconds = 12\nheartbeat_seconds = 1\npoll_ms = 20\n\
                         [delivery.sms]\nquiet = { from = \"00:00\", until = \"00:00\" }\n";

const BY_TEXT: &str = "ref,name,phone\nA,Ann,+8613800138000\nB,Bob,+8613800138001\n";
const BY_MAIL: &str = "ref,name,email\nA,Ann,ann@example.org\nB,Bob,bob@example.org\n";

async fn tells_first(vendor: Vendor) {
    databases::on_sqlite(|database| scenario(database, vendor)).await;
}

async fn scenario(database: String, vendor: Vendor) {
    let dir = tempfile::tempdir().expect("a directory");
    let secret = dir.path().join("secret");
    std::fs::write(&secret, vendor.secret).expect("written");
    let (status, header, body) = vendor.answer;
    let desk = TellingDesk::start(vendor.secret, vendor.tells, (status, header, body), vendor.before).await;
    let settings = vendor.settings.replace("{base}", &desk.url).replace("{secret}", &secret.display().to_string());
    let providers = format!("[[providers]]\nname = \"v\"\nconcurrency = 4\n{settings}\n");
    let mut candour = Candour::prepare(dir.path(), &database, UNHURRIED, &providers).await;
    candour.restart().await;
    desk.call_back(&candour.base);
    let campaign = candour.campaign_by(vendor.channel, vendor.people.to_owned()).await.1;
    let state = candour.completed(&campaign).await;
    desk.heard_out().await;
    let now = candour.read_campaign(&campaign).await;
    assert_eq!(
        (&now["counts"]["reached"], &now["counts"]["unreachable"]),
        (&1.into(), &1.into()),
        "an answer that says it was taken does not make a dead address reached: {state} {now}\n{}",
        candour.lately()
    );
    assert_eq!(desk.first_answers(), [vendor.first, vendor.first]);
    candour.terminate().await;
}
