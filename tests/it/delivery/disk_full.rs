//! The disk is full: what is known waits in memory, nothing is half done, and it goes on once there is room.

use crate::support::account;
use crate::support::candour::{BINARY, CallFault, Candour, SHORT_LEASE};
use crate::support::databases;
use crate::support::recording_sink::RecordingSink;
use crate::support::responder::people_at;

const PEOPLE: usize = 400;

#[tokio::test(flavor = "multi_thread")]
async fn sqlite() {
    databases::on_sqlite(scenario).await;
}

async fn scenario(database: String) {
    let dir = tempfile::tempdir().expect("a directory");
    let sink = RecordingSink::start().await;
    let mut candour = Candour::prepare(dir.path(), &database, SHORT_LEASE, &sink.provider(8, "rate = 200.0")).await;
    // No file may grow beyond the limit. The signal that goes with it is ignored, so that writing fails as on a full disk.
    let mut command = tokio::process::Command::new("sh");
    command.args(["-c", "trap '' XFSZ; exec \"$@\"", "sh", BINARY, "serve", "--config"]);
    command.arg(dir.path().join("candour.toml")).env_clear();
    candour.serve(command).await;

    let (incident, campaign) = candour.campaign(people_at("example.net", PEOPLE)).await;
    sink.until(PEOPLE / 3).await;
    let log = format!("{}-wal", database.strip_prefix("sqlite:").expect("SQLite"));
    let size = std::fs::metadata(&log).expect("SQLite's log").len();
    candour.server().limit("fsize", &size.to_string()).await;
    candour.logged(1, "the database is away; outcomes wait in memory").await;
    let refused = candour.file().await;
    assert!(matches!(refused, Err(CallFault::Refused(503, _))), "{refused:?}");
    let state = candour.read_campaign(&campaign).await;
    assert_eq!(state["state"], "running", "it can be read: {state}");
    candour.logged(1, "the lease could not be extended; trying again").await;
    assert_eq!(candour.ready().await, 503, "a database that takes no writes is not ready");
    assert!(candour.metrics().await.contains("candour_heartbeat_written 0\n"));

    candour.server().limit("fsize", "unlimited").await;
    candour.is_ready().await;
    candour.completed(&campaign).await;
    let balance = account::balance(&candour, &incident, &campaign, PEOPLE, &sink.taken()).await;
    assert_eq!((balance.doubled, balance.unknown.len()), (0, 0), "no outcome was given up");
    candour.terminate().await;
}
