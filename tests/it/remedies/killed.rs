//! Killed while codes are given out, and while people are told: none is lost and none is anybody else's.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use serde_json::json;

use super::{codes, codes_in, notice};
use crate::support::candour::{Candour, SHORT_LEASE};
use crate::support::databases;
use crate::support::dice::Dice;
use crate::support::responder::people_at;

const PEOPLE: usize = 1500;
const KILLS: u32 = 5;

#[tokio::test(flavor = "multi_thread")]
async fn sqlite() {
    databases::on_sqlite(scenario).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres() {
    databases::on_postgres(scenario).await;
}

async fn scenario(database: String) {
    let mut dice = Dice::throw(41);
    println!("TEST_SEED={}", dice.seed);
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("mail");
    let providers = format!(
        "[[providers]]\nkind = \"spool\"\nname = \"mail\"\nchannel = \"email\"\ndirectory = \"{}\"\nconcurrency = 8\n",
        out.display()
    );
    let mut candour = Candour::prepare(dir.path(), &database, SHORT_LEASE, &providers).await;
    candour.restart().await;
    let incident = candour.file().await.unwrap();
    candour.import(&incident, people_at("example.net", PEOPLE)).await.unwrap();
    candour.write(&incident, notice(&["email"])).await;
    candour.import_codes(&incident, codes(0, PEOPLE)).await;

    // How long it takes, so that kills may meet any part of it.
    let began = Instant::now();
    let mut campaign = candour.propose(&incident).await.unwrap();
    let usual = u64::try_from(began.elapsed().as_micros()).unwrap();
    for _ in 0..KILLS {
        candour.call(&candour.responder, "POST", &format!("/v1/campaigns/{campaign}/cancel"), None).await;
        let release = format!("/v1/incidents/{incident}/remedy-codes/release");
        let released = candour.call(&candour.responder, "POST", &release, None).await;
        assert_eq!(released["pool"]["left"], PEOPLE, "{released}");
        let moment = Duration::from_micros(u64::try_from(dice.within(0..usize::try_from(usual).unwrap())).unwrap());
        tokio::select! {
            _ = candour.propose(&incident) => {}
            () = tokio::time::sleep(moment) => {}
        }
        candour.kill().await;
        candour.restart().await;
        let path = format!("/v1/incidents/{incident}/campaigns");
        let list = candour.call(&candour.responder, "GET", &path, None).await;
        let sealed = list["campaigns"].as_array().unwrap().iter().find(|one| one["state"] == "proposed");
        let assigned = candour.pool(&incident).await["assigned"].clone();
        assert_eq!(assigned, if sealed.is_some() { json!(PEOPLE) } else { json!(0) }, "all or none");
        campaign = match sealed {
            Some(sealed) => sealed["id"].as_str().unwrap().to_owned(),
            None => candour.propose(&incident).await.unwrap(),
        };
    }
    candour.let_go(&campaign).await;
    for kill in 1..=2 {
        let mark = i64::try_from(PEOPLE).unwrap() * kill / 4;
        candour.follow(&campaign, |state| state["counts"]["reached"].as_i64().unwrap_or(0) >= mark).await;
        candour.kill().await;
        candour.restart().await;
    }
    candour.completed(&campaign).await;

    let mut told: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in std::fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().path()) {
        if file.extension().is_some_and(|e| e == "eml") {
            let text = std::fs::read_to_string(&file).unwrap();
            let to = text.lines().find_map(|line| line.strip_prefix("To: ")).expect("a recipient").to_owned();
            told.entry(to).or_default().extend(codes_in(&text));
        }
    }
    assert_eq!(told.len(), PEOPLE);
    assert!(told.values().all(|codes| codes.len() == 1), "somebody was told two");
    let all: BTreeSet<&String> = told.values().flatten().collect();
    assert_eq!(all.len(), PEOPLE, "two were told one");
    let pool = json!({ "imported": PEOPLE, "assigned": PEOPLE, "sent": PEOPLE, "left": 0, "returned": 0 });
    assert_eq!(candour.pool(&incident).await, pool);
    candour.terminate().await;
}
