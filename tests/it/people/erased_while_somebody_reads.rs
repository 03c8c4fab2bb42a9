//! On PostgreSQL a row that somebody may still see as it was cannot be taken out of its table's file: an erasure meanwhile says
//! that the key may be there still, and the next one takes it out.

use serde_json::json;
use sqlx::{Connection, PgConnection};

use crate::support::candour::Candour;
use crate::support::databases;

/// A transaction of another test may hold up an erasure, so that the next has to do it.
const TRIES: usize = 5;

#[tokio::test(flavor = "multi_thread")]
async fn postgres() {
    databases::on_postgres(scenario).await;
}

async fn scenario(database: String) {
    let dir = tempfile::tempdir().expect("a directory");
    let mut candour = Candour::start(dir.path(), &database, "").await;
    let admin = candour.command(&["keys", "issue", "--name", "Alma", "--role", "admin"]).await.trim().to_owned();
    let mut incidents = Vec::new();
    for _ in 0..=TRIES {
        let filed = candour.call(&candour.responder, "POST", "/v1/incidents", Some(json!({ "title": "A test" }))).await;
        let incident = filed["id"].as_str().expect("an id").to_owned();
        let discard = format!("/v1/incidents/{incident}/discard");
        candour.call(&candour.responder, "POST", &discard, Some(json!({ "reason": "A test." }))).await;
        incidents.push(format!("/v1/incidents/{incident}/erase"));
    }

    let file = keys_file(&database).await;
    let mut connection = PgConnection::connect(&database).await.expect("the database is there");
    let mut reading = connection.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ").await.expect("a transaction");
    sqlx::query("SELECT COUNT(*) FROM people").execute(&mut *reading).await.expect("it reads");
    let erased = candour.call(&admin, "POST", &incidents[0], None).await;
    assert_eq!(erased["erased"], true, "{erased}");
    candour.logged(1, "a destroyed key may stand in the files of the database").await;
    assert_eq!(keys_file(&database).await, file, "a new file would hold the key as well");

    reading.rollback().await.expect("it ends");
    for erase in &incidents[1..] {
        candour.call(&admin, "POST", erase, None).await;
        if keys_file(&database).await != file {
            break;
        }
    }
    assert_ne!(keys_file(&database).await, file, "it was written anew:\n{}", candour.lately());
    candour.terminate().await;
}

/// The file that PostgreSQL keeps the keys of incidents in.
async fn keys_file(database: &str) -> i64 {
    let mut connection = PgConnection::connect(database).await.expect("the database is there");
    let sql = "SELECT pg_relation_filenode('incident_keys')::bigint";
    sqlx::query_scalar(sql).fetch_one(&mut connection).await.expect("a number")
}
