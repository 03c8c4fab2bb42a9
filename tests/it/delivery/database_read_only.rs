//! A PostgreSQL that takes no writes, as an operator or a failover may leave it: nothing is given up, it shows, and it goes on
//! once writes are taken again.

use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::support::candour::{CallFault, SHORT_LEASE};
use crate::support::databases;
use crate::support::fleet::Fleet;
use crate::support::responder::people_at;

const PEOPLE: usize = 300;

#[tokio::test(flavor = "multi_thread")]
async fn postgres() {
    databases::on_postgres(scenario).await;
}

async fn scenario(database: String) {
    let fleet = Fleet::muster(&database, SHORT_LEASE, "rate = 100.0").await;
    let worker = fleet.candour.worker().await;
    let campaign = fleet.candour.campaign(people_at("example.net", PEOPLE)).await;
    fleet.sink.until(PEOPLE / 3).await;
    for_new_sessions(&database, "SET default_transaction_read_only = on").await;
    fleet.candour.logged(1, "read-only").await;
    assert_eq!(fleet.candour.ready().await, 503, "a database that takes no writes is not ready");
    let refused = fleet.candour.file().await;
    assert!(matches!(refused, Err(CallFault::Refused(503, _))), "{refused:?}");

    for_new_sessions(&database, "RESET default_transaction_read_only").await;
    fleet.candour.is_ready().await;
    let balance = fleet.balance(&campaign, PEOPLE).await;
    assert_eq!(balance.unknown.len(), 0, "no outcome was given up");
    worker.terminate().await;
}

/// Changes a setting of the database and ends the sessions that have the old one.
async fn for_new_sessions(database: &str, change: &str) {
    let mut connection = PgConnection::connect(database).await.expect("the database is there");
    let name = url::Url::parse(database).expect("a URL").path().trim_start_matches('/').to_owned();
    sqlx::raw_sql(AssertSqlSafe(format!(
        "SET transaction_read_only = off; ALTER DATABASE {name} {change}; \
         SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )))
    .execute(&mut connection)
    .await
    .expect("it is ours");
}
