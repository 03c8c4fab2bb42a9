//! A database that refuses to record outcomes, for a reason that nobody thought of: the worker tries again for a while, then
//! lets go of the people, whom the next one takes over. Nobody stays in flight for ever, and no restart is needed.

use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};

use crate::support::account;
use crate::support::candour::{Candour, SHORT_LEASE};
use crate::support::databases;
use crate::support::recording_sink::RecordingSink;
use crate::support::responder::people_at;

const PEOPLE: usize = 120;

#[tokio::test(flavor = "multi_thread")]
async fn sqlite() {
    let refuse = "CREATE TRIGGER refuse BEFORE INSERT ON tallies BEGIN SELECT RAISE(ABORT, 'not today'); END";
    databases::on_sqlite(async |database| scenario(database, refuse, "DROP TRIGGER refuse").await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres() {
    let refuse = "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS \
                  $$ BEGIN RAISE EXCEPTION 'not today'; END $$; \
                  CREATE TRIGGER refuse BEFORE INSERT ON tallies FOR EACH ROW EXECUTE FUNCTION refuse()";
    let relent = "DROP TRIGGER refuse ON tallies";
    databases::on_postgres(async |database| scenario(database, refuse, relent).await).await;
}

async fn scenario(database: String, refuse: &str, relent: &str) {
    let dir = tempfile::tempdir().expect("a directory");
    let sink = RecordingSink::start().await;
    let mut candour = Candour::prepare(dir.path(), &database, SHORT_LEASE, &sink.provider(8, "rate = 50.0")).await;
    candour.restart().await;
    let (incident, campaign) = candour.campaign(people_at("example.net", PEOPLE)).await;
    sink.until(PEOPLE / 3).await;
    execute(&database, refuse).await;
    candour.logged(1, "outcomes could not be recorded; trying again").await;
    candour.logged(1, "this worker ends and a new one begins").await;

    execute(&database, relent).await;
    candour.completed(&campaign).await;
    let balance = account::balance(&candour, &incident, &campaign, PEOPLE, &sink.taken()).await;
    println!("got two {}, unknown {}", balance.doubled, balance.unknown.len());
    assert!(!balance.unknown.is_empty(), "those whose outcomes were refused are listed");
    candour.terminate().await;
}

async fn execute(database: &str, sql: &str) {
    let sql = AssertSqlSafe(sql.to_owned());
    let done = if database.starts_with("sqlite:") {
        let mut connection = SqliteConnection::connect(database).await.expect("the file is there");
        sqlx::raw_sql(sql).execute(&mut connection).await.map(|_| ())
    } else {
        let mut connection = PgConnection::connect(database).await.expect("the database is there");
        sqlx::raw_sql(sql).execute(&mut connection).await.map(|_| ())
    };
    done.expect("it is ours");
}
