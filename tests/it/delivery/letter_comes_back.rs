//! Letters go to the printing house; a returned one moves its person on to the next channel, and posted ones stay told.

use serde_json::{Value, json};

use crate::support::candour::Candour;
use crate::support::databases;
use crate::support::process::wait_until;

const PEOPLE: &str = "ref,name,address_line1,city,postcode,country,phone\n\
                      P1,Änne Müller,Lindenallee 5,Berlin,10115,DE,+4930123456\n\
                      P2,Sam Lee,1 High Street,Leeds,LS1 1UR,GB,\n\
                      P3,Kim Park,12 Elm St,Austin,78701,US,+14155550123\n";

const UNHURRIED: &str = "lease_seconds = 12\nheartbeat_seconds = 2\npoll_ms = 20\nbatch = 32\n";

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
    std::fs::write(dir.path().join("token"), "let-me-in\n").expect("written");
    let at = |name: &str| dir.path().join(name).display().to_string();
    let providers = format!(
        "[[providers]]\nkind = \"print\"\nname = \"printer\"\ndirectory = \"{}\"\nbatch = 3\nmanifest = \"jsonl\"\n\
         receipt_token_file = \"{}\"\nsender = {{ lines = [\"Example\", \"10999 Berlin\"], country = \"DE\" }}\n\
         [[providers]]\nkind = \"spool\"\nname = \"calls\"\nchannel = \"voice\"\ndirectory = \"{}\"\n",
        at("letters"),
        at("token"),
        at("calls")
    );
    let mut candour = Candour::prepare(dir.path(), &database, UNHURRIED, &providers).await;
    candour.restart().await;
    let incident = candour.file().await.expect("filed");
    candour.import(&incident, String::from(PEOPLE)).await.expect("imported");
    let notice = json!({ "default_locale": "en", "cascade": ["letter", "voice"], "texts": { "en": {
        "what_happened": "A copy of our list was taken.", "what_we_do": "We closed the door.",
        "what_you_can_do": ["Change your password."], "what_we_offer": "Help by telephone." } } });
    let path = format!("/v1/incidents/{incident}/notice");
    candour.try_call(&candour.responder, "PUT", &path, Some(notice)).await.expect("written");
    let campaign = candour.propose(&incident).await.expect("proposed");
    candour.approve(&campaign).await.expect("approved");
    candour.start_campaign(&campaign).await.expect("started");
    let state = candour.completed(&campaign).await;
    assert_eq!(state["counts"]["reached"], 3, "{state}");

    let ready = dir.path().join("letters/ready");
    wait_until("the batch is handed over", || std::fs::read_dir(&ready).is_ok_and(|all| all.count() == 1));
    let batch = std::fs::read_dir(&ready).unwrap().next().unwrap().unwrap().path();
    let manifest = std::fs::read_to_string(batch.join("manifest.jsonl")).unwrap();
    let rows: Vec<Value> = manifest.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let letter = |country: &str| rows.iter().find(|row| row["country"] == country).unwrap()["letter"].as_str().unwrap();
    let returned = format!(
        "letter,status,reason\n{},posted,\n{},returned,moved\n{},returned,moved\n",
        letter("US"),
        letter("DE"),
        letter("GB")
    );
    for (token, status) in [("wrong", 401), ("let-me-in", 204), ("let-me-in", 204)] {
        let url = format!("{}/v1/receipts/printer", candour.base);
        let answer = candour.http.post(url).bearer_auth(token).body(returned.clone()).send().await.expect("an answer");
        assert_eq!(answer.status(), status, "{}", answer.text().await.unwrap_or_default());
    }
    let state =
        candour.follow(&campaign, |state| state["counts"]["unreachable"] == 1 && state["counts"]["reached"] == 2).await;
    assert_eq!(state["counts"]["pending"], 0, "{state}");
    let calls: Vec<_> = std::fs::read_dir(dir.path().join("calls")).unwrap().collect();
    assert_eq!(calls.len(), 1, "whoever has a phone is called");
    let call = std::fs::read_to_string(calls[0].as_ref().unwrap().path()).unwrap();
    assert!(call.contains("+4930123456") && call.contains("A copy of our list was taken."), "{call}");
    candour.kill().await;
}
