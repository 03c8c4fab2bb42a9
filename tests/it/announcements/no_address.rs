//! A service that listens to others and does not know its own address publishes nothing: the links would lead nowhere.

use serde_json::json;

use crate::support::candour::{CallFault, Candour, SHORT_LEASE};
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
    let dir = tempfile::tempdir().expect("a directory");
    let mut candour = Candour::prepare(dir.path(), &database, SHORT_LEASE, "").await;
    let file = dir.path().join("candour.toml");
    let known = std::fs::read_to_string(&file).expect("the configuration");
    let address = "listen = \"127.0.0.1:0\"\npublic_url = \"http://127.0.0.1:1\"\n";
    let unknown = known.replace(address, "listen = \"0.0.0.0:0\"\n");
    assert_ne!(unknown, known);
    std::fs::write(&file, unknown).expect("the configuration");
    let checked = candour.command(&["check"]).await;
    assert!(
        checked.contains("note   public notices: none can be published before http.public_url is set"),
        "{checked}"
    );

    candour.restart().await;
    let incident = candour.file().await.expect("an incident");
    candour.write_notice(&incident).await.expect("a notice");
    let path = format!("/v1/incidents/{incident}/announcement");
    candour.call(&candour.responder, "POST", &path, Some(json!({}))).await;
    match candour.try_call(&candour.approver, "POST", &format!("{path}/publish"), None).await {
        Err(CallFault::Refused(409, text)) => assert!(text.contains("http.public_url"), "{text}"),
        other => panic!("{other:?}"),
    }
    candour.terminate().await;

    // On this machine alone its links lead to it.
    std::fs::write(&file, known.replace("public_url = \"http://127.0.0.1:1\"\n", "")).expect("the configuration");
    assert!(!candour.command(&["check"]).await.contains("note   public notices"));
    candour.restart().await;
    let published = candour.call(&candour.approver, "POST", &format!("{path}/publish"), None).await;
    assert_eq!(published["state"], "published", "{published}");
    candour.terminate().await;
}
