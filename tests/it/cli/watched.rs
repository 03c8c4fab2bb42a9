//! `candour watch` succeeds only when the campaign is completed.

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

use super::said;
use crate::support::candour::{Candour, SHORT_LEASE};
use crate::support::databases;
use crate::support::recording_sink::{Manner, RecordingSink};
use crate::support::responder::people_at;

#[tokio::test(flavor = "multi_thread")]
async fn sqlite() {
    databases::on_sqlite(scenario).await;
}

fn watch(candour: &Candour, campaign: &str) -> Command {
    let mut command = candour.prepared(&["watch", campaign]);
    command.env("CANDOUR_URL", &candour.base).env("CANDOUR_API_KEY", &candour.responder);
    command
}

async fn scenario(database: String) {
    let dir = tempfile::tempdir().expect("a directory");
    let sink = RecordingSink::start().await;
    let mut candour = Candour::prepare(dir.path(), &database, SHORT_LEASE, &sink.provider(8, "")).await;
    candour.restart().await;
    let (_, told) = candour.campaign(people_at("example.net", 3)).await;
    candour.completed(&told).await;
    let (done, out, err) = said(watch(&candour, &told)).await;
    assert!(done && out.contains("completed: "), "{out}{err}");

    sink.answer(Manner::Silent);
    let (_, campaign) = candour.campaign(people_at("example.org", 3)).await;
    let mut interrupted = watch(&candour, &campaign);
    let mut interrupted = interrupted.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
    let mut lines = BufReader::new(interrupted.stdout.take().expect("piped")).lines();
    let first = lines.next_line().await.expect("text").expect("a line");
    assert!(first.starts_with("running"), "{first}");
    let pid = interrupted.id().expect("it runs").to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().await.expect("kill runs").success());
    let ended = interrupted.wait_with_output().await.expect("it ends");
    let err = String::from_utf8(ended.stderr).expect("UTF-8");
    assert_eq!(ended.status.code(), Some(1), "{err}");
    assert!(err.contains("no longer watched; the campaign's state is: running"), "{err}");

    let cancel = format!("/v1/campaigns/{campaign}/cancel");
    candour.call(&candour.approver, "POST", &cancel, Some(serde_json::json!({}))).await;
    let (done, out, err) = said(watch(&candour, &campaign)).await;
    assert!(!done && out.contains("cancelled: ") && err.contains("the campaign is cancelled"), "{out}{err}");
    sink.answer(Manner::Takes);
    candour.terminate().await;
}
