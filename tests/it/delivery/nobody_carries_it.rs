//! Of what nobody carries no message leaves: it costs nothing, no provider stands for it, and a canary takes others in its
//! place.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::candour::Candour;
use crate::support::databases;

#[tokio::test(flavor = "multi_thread")]
async fn sqlite() {
    databases::on_sqlite(scenario).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres() {
    databases::on_postgres(scenario).await;
}

/// Canaries are looked at with each heartbeat.
const DELIVERY: &str = "lease_seconds = 4\nheartbeat_seconds = 1\npoll_ms = 20\n";

fn texts(dir: &Path) -> String {
    format!(
        "[[providers]]\nkind = \"spool\"\nname = \"germany\"\nchannel = \"sms\"\nonly_to = [\"+49\"]\nprice = \"0.10 EUR\"\ndirectory = \"{}\"\n",
        dir.join("germany").display()
    )
}

/// A campaign of text messages to so many people of Austria, and after them of Germany.
async fn begun(candour: &Candour, austria: usize, germany: usize, plan: Value) -> String {
    let incident = candour.file().await.expect("filed");
    let mut csv = String::from("ref,phone\n");
    for n in 0..austria {
        writeln!(csv, "a{n:02},+436641234{n:02}").expect("text");
    }
    for n in 0..germany {
        writeln!(csv, "g{n:02},+491511234567{n}").expect("text");
    }
    candour.import(&incident, csv).await.expect("imported");
    let notice = json!({ "default_locale": "en", "cascade": ["sms"], "texts": { "en": {
        "what_happened": "A copy of our list was taken.", "what_we_do": "We closed the door.",
        "what_you_can_do": ["Change your password."], "what_we_offer": "Help by telephone.",
        "short": "Our list was copied." } } });
    candour.call(&candour.responder, "PUT", &format!("/v1/incidents/{incident}/notice"), Some(notice)).await;
    let preview = candour
        .call(
            &candour.responder,
            "POST",
            &format!("/v1/incidents/{incident}/notice/preview"),
            Some(json!({ "channel": "sms" })),
        )
        .await;
    assert_eq!(preview["previews"][0]["travels"]["segments"], 1, "one text costs 0.10 EUR: {preview}");
    let path = format!("/v1/incidents/{incident}/campaigns");
    let campaign = candour.call(&candour.responder, "POST", &path, Some(json!({ "plan": plan }))).await;
    let campaign = campaign["id"].as_str().expect("an id").to_owned();
    candour.approve(&campaign).await.expect("approved");
    candour.start_campaign(&campaign).await.expect("started");
    campaign
}

async fn scenario(database: String) {
    let dir = tempfile::tempdir().expect("a directory");
    let mut candour = Candour::prepare(dir.path(), &database, DELIVERY, &texts(dir.path())).await;
    candour.restart().await;

    // The budget is for those who are carried, and none of it goes to the others.
    let campaign = begun(&candour, 5, 4, json!({ "budget": "0.50 EUR" })).await;
    candour.follow(&campaign, |state| state["state"] != "running").await;
    let done = candour.read_campaign(&campaign).await;
    assert_eq!(done["state"], "completed", "{done}");
    assert_eq!((&done["counts"]["reached"], &done["counts"]["unreachable"]), (&json!(4), &json!(5)), "{done}");
    assert_eq!(done["spent"], json!(["0.40 EUR"]), "{done}");
    assert_eq!(
        done["tallies"],
        json!([{ "channel": "sms", "provider": "germany", "outcome": "accepted", "attempts": 4 },
            { "channel": "sms", "provider": "no provider", "outcome": "rejected", "attempts": 5 }]),
        "{done}"
    );

    // Those first in the list are Austrians; the canary is nevertheless two people to whom a message went.
    let canary = json!({ "people": 2, "watch_minutes": 60, "failing_percent": 0 });
    let campaign = begun(&candour, 5, 4, json!({ "canary": canary })).await;
    candour
        .follow(&campaign, |state| state["state"] != "running" || state["counts"]["reached"].as_u64() >= Some(2))
        .await;
    let watched = candour.read_campaign(&campaign).await;
    assert_eq!((&watched["state"], &watched["counts"]["reached"]), (&json!("running"), &json!(2)), "{watched}");
    assert_eq!(watched["canary"]["stage"], "watched", "{watched}");
    candour.terminate().await;
}
