//! Somebody's record is completed after the sealing, so that they read the text with the code. They are given one; when there is
//! none left, the campaign pauses before they are told without, and goes on when there are more.

use serde_json::json;

use super::{codes, codes_in, notice};
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

async fn scenario(database: String) {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("mail");
    let providers = format!(
        "[[providers]]\nkind = \"spool\"\nname = \"mail\"\nchannel = \"email\"\ndirectory = \"{}\"\nconcurrency = 8\n",
        out.display()
    );
    let mut candour = Candour::start(dir.path(), &database, &providers).await;
    let incident = candour.file().await.unwrap();
    candour
        .import(&incident, String::from("ref,email\n1,a@example.net\n2,b@example.net\n3,c@example.net\n"))
        .await
        .unwrap();
    let mut content = notice(&["email"]);
    let offer = content["texts"]["en"]["what_we_offer"].take();
    content["texts"]["en"]["what_we_offer"] = json!("Help by telephone.");
    content["variants"] = json!([{ "jurisdictions": ["us-ca"], "texts": { "en": { "what_we_offer": offer } } }]);
    candour.write(&incident, content).await;
    candour.import_codes(&incident, codes(0, 1)).await;
    let campaign = candour.propose(&incident).await.unwrap();
    assert_eq!(candour.pool(&incident).await["assigned"], 0, "nobody lives where the text has one");
    candour.import(&incident, String::from("ref,jurisdiction\n1,us-ca\n2,us-ca\n")).await.unwrap();
    candour.approve(&campaign).await.unwrap();
    candour.start_campaign(&campaign).await.unwrap();
    let paused =
        candour.follow(&campaign, |state| state["state"] == "paused" && state["counts"]["in_flight"] == 0).await;
    assert_eq!(paused["counts"]["unreachable"], 0, "{paused}");
    assert_eq!(candour.pool(&incident).await["left"], 0);
    let audit = candour.call(&candour.responder, "GET", &format!("/v1/incidents/{incident}/audit"), None).await;
    assert!(audit.to_string().contains("1 people need a remedy code"), "{audit}");

    candour.import_codes(&incident, codes(1, 3)).await;
    candour.call(&candour.responder, "POST", &format!("/v1/campaigns/{campaign}/resume"), None).await;
    candour.completed(&campaign).await;
    let mut told: Vec<Vec<String>> = Vec::new();
    for file in std::fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().path()) {
        let mut found = codes_in(&std::fs::read_to_string(&file).unwrap());
        found.dedup();
        told.push(found);
    }
    told.sort();
    assert_eq!((told.len(), &told[0], told[1].len(), told[2].len()), (3, &vec![], 1, 1), "{told:?}");
    assert_ne!(told[1], told[2]);
    let pool = json!({ "imported": 4, "assigned": 2, "sent": 2, "left": 2, "returned": 0 });
    assert_eq!(candour.pool(&incident).await, pool);
    candour.terminate().await;
}
