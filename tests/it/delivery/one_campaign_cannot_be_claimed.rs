//! A campaign of which nobody can be claimed holds up no other, also if it is the urgent one.

use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};

use crate::support::candour::Candour;
use crate::support::databases;
use crate::support::recording_sink::RecordingSink;
use crate::support::responder::people_at;

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
    let sink = RecordingSink::start().await;
    let mut candour = Candour::start(dir.path(), &database, &sink.provider(8, "")).await;
    let broken = candour.file().await.expect("filed");
    candour.import(&broken, people_at("broken.example", 3)).await.expect("imported");
    candour.write_notice(&broken).await.expect("written");
    let path = format!("/v1/incidents/{broken}/campaigns");
    let urgent = candour.call(&candour.responder, "POST", &path, Some(json!({ "priority": "urgent" }))).await;
    let urgent = urgent["id"].as_str().expect("an id").to_owned();
    candour.approve(&urgent).await.expect("approved");
    // From now on nobody's record opens, whoever asks; the key is not the one it was sealed with.
    execute(&database, &broken).await;
    candour.kill().await;
    candour.restart().await;
    candour.start_campaign(&urgent).await.expect("started");
    candour.logged(1, "people of this campaign cannot be claimed").await;

    let (_, well) = candour.campaign(people_at("well.example", 200)).await;
    candour.completed(&well).await;
    assert_eq!(sink.taken().len(), 200);
    let state = candour.read_campaign(&urgent).await;
    assert_eq!((&state["state"], &state["counts"]["pending"]), (&json!("running"), &json!(3)), "{state}");
    candour.terminate().await;
}

/// Spoils an incident's key.
async fn execute(database: &str, incident: &str) {
    let id = incident.replace('-', "");
    let sql = |id: &str, zeros: &str| {
        AssertSqlSafe(format!("UPDATE incident_keys SET wrapped = {zeros} WHERE incident_id = {id}"))
    };
    let done = if database.starts_with("sqlite:") {
        let mut connection = SqliteConnection::connect(database).await.expect("the file is there");
        sqlx::raw_sql(sql(&format!("x'{id}'"), "zeroblob(length(wrapped))")).execute(&mut connection).await.map(|_| ())
    } else {
        let mut connection = PgConnection::connect(database).await.expect("the database is there");
        let zeros = "decode(repeat('00', length(wrapped)), 'hex')";
        sqlx::raw_sql(sql(&format!("'{incident}'"), zeros)).execute(&mut connection).await.map(|_| ())
    };
    done.expect("it is ours");
}
