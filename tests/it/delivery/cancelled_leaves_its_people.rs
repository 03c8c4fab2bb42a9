//! A campaign is cancelled while a later one of the incident, which had left people to it, runs: the later one tells whoever is
//! left, and nobody is told twice. That another cancelled campaign cannot be looked through keeps nobody waiting.

use std::collections::BTreeMap;

use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};

use crate::support::candour::{Candour, SHORT_LEASE};
use crate::support::databases;
use crate::support::recording_sink::RecordingSink;
use crate::support::responder::people_at;

const PEOPLE: usize = 150;

/// Of a campaign of one person it cannot be written that everybody has been looked through.
const WHEN: &str = "WHEN (OLD.leaving_after IS NOT NULL AND NEW.leaving_after IS NULL AND NEW.sealed = 1)";

#[tokio::test(flavor = "multi_thread")]
async fn sqlite() {
    let refuse =
        format!("CREATE TRIGGER refuse BEFORE UPDATE ON campaigns {WHEN} BEGIN SELECT RAISE(ABORT, 'not today'); END");
    databases::on_sqlite(async |database| scenario(database, refuse).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres() {
    let refuse = format!(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not today'; END $$; \
         CREATE TRIGGER refuse BEFORE UPDATE ON campaigns FOR EACH ROW {WHEN} EXECUTE FUNCTION refuse()"
    );
    databases::on_postgres(async |database| scenario(database, refuse).await).await;
}

async fn scenario(database: String, refuse: String) {
    let dir = tempfile::tempdir().expect("a directory");
    let sink = RecordingSink::start().await;
    let provider = sink.provider(4, "rate = 50\n");
    let mut candour = Candour::prepare(dir.path(), &database, SHORT_LEASE, &provider).await;
    candour.restart().await;
    execute(&database, refuse).await;
    let other = candour.file().await.expect("filed");
    candour.import(&other, people_at("example.org", 1)).await.expect("imported");
    candour.write_notice(&other).await.expect("written");
    let never_told = candour.propose(&other).await.expect("proposed");
    cancel(&candour, &never_told).await;
    candour.logged(1, "upkeep fails here and goes on with the next").await;

    let (incident, first) = candour.campaign(people_at("example.net", PEOPLE)).await;
    sink.until(10).await;
    let second = candour.propose(&incident).await.expect("while the first runs");
    candour.approve(&second).await.expect("approved");
    candour.start_campaign(&second).await.expect("started");
    cancel(&candour, &first).await;
    sink.until(PEOPLE).await;
    let told = candour.completed(&second).await;
    let left = candour.read_campaign(&first).await;
    assert_eq!(left["state"], "cancelled", "{left}");
    assert!(left["counts"]["pending"].as_u64() > Some(0), "it was not done: {left}");
    assert_eq!(told["counts"]["reached"], left["counts"]["pending"], "{told} {left}");
    let mut messages: BTreeMap<String, usize> = BTreeMap::new();
    for taken in sink.taken() {
        *messages.entry(taken.recipient).or_default() += 1;
    }
    assert_eq!(messages.len(), PEOPLE, "everybody was told");
    assert!(messages.values().all(|times| *times == 1), "and once: {messages:?}");
    candour.terminate().await;
}

async fn cancel(candour: &Candour, campaign: &str) {
    candour.call(&candour.responder, "POST", &format!("/v1/campaigns/{campaign}/cancel"), Some(json!({}))).await;
}

async fn execute(database: &str, sql: String) {
    let sql = AssertSqlSafe(sql);
    let done = if database.starts_with("sqlite:") {
        let mut connection = SqliteConnection::connect(database).await.expect("the file is there");
        sqlx::raw_sql(sql).execute(&mut connection).await.map(|_| ())
    } else {
        let mut connection = PgConnection::connect(database).await.expect("the database is there");
        sqlx::raw_sql(sql).execute(&mut connection).await.map(|_| ())
    };
    done.expect("it is ours");
}
