//! Nobody gets a text message in the night where they are, unless the law's deadline passes before the morning.

use candour::domain::clock::Clock;
use candour::system::System;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
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

/// Two hours that are quiet in UTC now, and twelve hours away nowhere near.
fn around(now: Timestamp) -> String {
    let at =
        |hours: i64| (now + hours.hours()).to_zoned(TimeZone::UTC).time().round(jiff::Unit::Minute).expect("a time");
    format!("{{ from = \"{}\", until = \"{}\" }}", at(-1).strftime("%H:%M"), at(2).strftime("%H:%M"))
}

async fn scenario(database: String) {
    let dir = tempfile::tempdir().expect("a directory");
    let spool = dir.path().join("spool");
    let providers = format!(
        "[[providers]]\nkind = \"spool\"\nname = \"texts\"\nchannel = \"sms\"\ndirectory = \"{}\"\n",
        spool.display()
    );
    let now = System.now().to_timestamp();
    let delivery =
        format!("lease_seconds = 12\nheartbeat_seconds = 1\npoll_ms = 20\n[delivery.sms]\nquiet = {}\n", around(now));
    let mut candour = Candour::prepare(dir.path(), &database, &delivery, &providers).await;
    candour.restart().await;
    let people = |from: usize| {
        format!(
            "ref,phone,jurisdiction,time_zone\nN{from},+1415555010{from},kr,UTC\nD{from},+1415555011{from},kr,Asia/Kamchatka\n"
        )
    };

    // Without a deadline that would pass, whoever is asleep waits.
    let waits = tell(&candour, &people(1), None).await;
    let state =
        candour.follow(&waits, |state| state["counts"]["reached"] == 1 && state["counts"]["in_flight"] == 0).await;
    assert_eq!(state["counts"]["pending"], 1, "{state}");

    // Korea: 72 hours after it was known, which is in an hour.
    let known = now - 71.hours();
    let urgent = tell(&candour, &people(2), Some(known)).await;
    candour.completed(&urgent).await;
    let incident = candour.read_campaign(&urgent).await["incident"].as_str().expect("an id").to_owned();
    let audit =
        candour.call(&candour.responder, "GET", &format!("/v1/incidents/{incident}/audit?limit=100"), None).await;
    assert!(audit.to_string().contains("people.told_in_quiet_hours"), "{audit}");
    let still = candour.read_campaign(&waits).await;
    assert_eq!(still["counts"]["pending"], 1, "{still}");
    candour.terminate().await;
}

/// Files, imports, writes, proposes, approves and starts; the campaign.
async fn tell(candour: &Candour, people: &str, known: Option<Timestamp>) -> String {
    let mut facts = json!({ "title": "A test", "organisation": { "name": "Example" },
        "scope": { "properties": ["confidentiality"], "data": ["name", "phone_number"] },
        "contact": { "email": "privacy@example.org" } });
    if let Some(known) = known {
        facts["timeline"] = json!({ "aware": known.to_string(), "discovered": known.to_string() });
        facts["scope"]["affected"] = json!([{ "jurisdiction": "kr", "individuals": 2000 }]);
    }
    let responder = &candour.responder;
    let incident = candour.call(responder, "POST", "/v1/incidents", Some(facts)).await;
    let incident = incident["id"].as_str().expect("an id").to_owned();
    let act = async |path: String, body: Value| candour.call(responder, "POST", &path, Some(body)).await;
    act(format!("/v1/incidents/{incident}/open"), json!({})).await;
    candour.import(&incident, people.to_owned()).await.expect("people are taken");
    let texts = json!({ "what_happened": "A list was copied.", "what_we_do": "We closed the door.",
        "what_you_can_do": ["Be careful."], "what_we_offer": "Help." });
    let notice = json!({ "default_locale": "en", "cascade": ["sms"], "texts": { "en": texts } });
    candour.call(responder, "PUT", &format!("/v1/incidents/{incident}/notice"), Some(notice)).await;
    let campaign = act(format!("/v1/incidents/{incident}/campaigns"), json!({})).await;
    let campaign = campaign["id"].as_str().expect("an id").to_owned();
    let approval = json!({ "despite": "a test" });
    candour.call(&candour.approver, "POST", &format!("/v1/campaigns/{campaign}/approve"), Some(approval)).await;
    act(format!("/v1/campaigns/{campaign}/start"), json!({})).await;
    campaign
}
