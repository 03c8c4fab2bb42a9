//! A database that takes no writes. PostgreSQL, as an operator or a failover may leave it: nothing is given up, it shows, and
//! it goes on once writes are taken again. SQLite's file: the start is refused, and says why.

use std::fs::{Permissions, set_permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::support::candour::{BINARY, CallFault, Candour, SHORT_LEASE};
use crate::support::databases;
use crate::support::fleet::Fleet;
use crate::support::process::{is_root, ordinary_user};
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

#[tokio::test(flavor = "multi_thread")]
async fn sqlite() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("candour.db");
    let candour = Candour::prepare(dir.path(), &format!("sqlite:{}", file.display()), SHORT_LEASE, "").await;
    set_permissions(&file, Permissions::from_mode(0o444)).expect("it is ours");
    set_permissions(dir.path(), Permissions::from_mode(0o555)).expect("it is ours");
    // For root nothing is read-only.
    let mut command = if is_root() { as_ordinary_user(dir.path()) } else { candour.prepared(&["serve"]) };
    let output = command.output().await.expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{said}");
    assert!(said.contains("candour.db") && said.contains("may be written to"), "{said}");
    set_permissions(dir.path(), Permissions::from_mode(0o755)).expect("it is ours");
}

/// The same command as somebody who is not root, who may also run the binary and read the key.
fn as_ordinary_user(dir: &Path) -> tokio::process::Command {
    let binary = dir.join("candour");
    std::fs::hard_link(BINARY, &binary).or_else(|_| std::fs::copy(BINARY, &binary).map(|_| ())).expect("a copy");
    set_permissions(dir.join("master.key"), Permissions::from_mode(0o444)).expect("it is ours");
    let (user, group) = ordinary_user();
    let mut command = tokio::process::Command::new("setpriv");
    command.arg(format!("--reuid={user}")).arg(format!("--regid={group}")).arg("--clear-groups").arg(binary);
    command.args(["serve", "--config"]).arg(dir.join("candour.toml")).env_clear();
    command
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
