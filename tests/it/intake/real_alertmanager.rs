//! A real Prometheus Alertmanager fires again and again: one draft incident, and only one.

use std::net::{Ipv4Addr, TcpListener};
use std::process::Stdio;

use serde_json::json;
use tokio::process::Command;

use crate::support::candour::{Candour, http_client};
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
    let candour = Candour::start(dir.path(), &database, "").await;
    let key = candour.command(&["keys", "issue", "--name", "alertmanager", "--role", "hook"]).await;
    let configuration = format!(
        "route:\n  receiver: candour\n  group_by: [alertname]\n  group_wait: 0s\n  group_interval: 1s\n  repeat_interval: 1s\n\
         receivers:\n  - name: candour\n    webhook_configs:\n      - url: {}/v1/hooks/alertmanager\n        http_config:\n          \
         authorization:\n            credentials: {}\n",
        candour.base,
        key.trim(),
    );
    let file = dir.path().join("alertmanager.yml");
    std::fs::write(&file, configuration).expect("written");
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|l| l.local_addr()).expect("a free port").port();
    let _alertmanager = Command::new("prometheus-alertmanager")
        .arg(format!("--config.file={}", file.display()))
        .arg(format!("--storage.path={}", dir.path().join("alerts").display()))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .arg("--cluster.listen-address=")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("prometheus-alertmanager is not installed (apt-get install prometheus-alertmanager); ./tests/run installs it");

    let alert = json!([{ "labels": { "alertname": "CustomerTableExported", "severity": "critical" },
        "annotations": { "summary": "A bulk export of the customer table left the network" } }]);
    let http = http_client();
    let address = format!("http://127.0.0.1:{port}/api/v2/alerts");
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(30);
    loop {
        match http.post(&address).json(&alert).send().await {
            Ok(response) if response.status().is_success() => break,
            _ => assert!(tokio::time::Instant::now() < deadline, "Alertmanager does not answer"),
        }
        tokio::task::yield_now().await;
    }
    // It repeats every second; three deliveries are enough to see what repeats do.
    candour.logged(3, "/v1/hooks/{source}").await;

    let incidents = candour.call(&candour.responder, "GET", "/v1/incidents", None).await;
    let items = incidents["items"].as_array().expect("a list");
    assert_eq!(items.len(), 1, "{incidents}");
    assert_eq!(items[0]["state"], "draft");
    assert!(items[0]["title"].as_str().expect("a title").contains("CustomerTableExported"), "{incidents}");
    assert!(items[0]["timeline"]["noticed"].is_string(), "{incidents}");
}
