//! A mistyped path of a database: looking makes none there, and says so; nor does it touch the schema of one that is there.

use sqlx::{Connection as _, SqliteConnection};

use super::said;
use crate::support::candour::{Candour, SHORT_LEASE};
use crate::support::databases;

#[tokio::test(flavor = "multi_thread")]
async fn sqlite() {
    databases::on_sqlite(scenario).await;
}

async fn scenario(database: String) {
    let dir = tempfile::tempdir().expect("a directory");
    let candour = Candour::prepare(dir.path(), &database, SHORT_LEASE, "").await;
    let mistyped = dir.path().join("cnadour.db");
    let address = format!("sqlite:{}", mistyped.display());
    let revoke = ["keys", "revoke", "01920000-0000-7000-8000-000000000000"];
    for command in [&["check"][..], &["obligations", "--open"], &["keys", "list"], &revoke] {
        let (done, out, err) = said(candour.prepared(&[command, &["--store", &address]].concat())).await;
        let told = out + &err;
        assert!(!done && told.contains("cnadour.db is not there; correct the path"), "{command:?}: {told}");
        assert!(!mistyped.exists(), "{command:?} made a database");
    }
    let issue = ["keys", "issue", "--name", "Ann", "--role", "admin", "--store", &address];
    let (done, out, err) = said(candour.prepared(&issue)).await;
    assert!(done && out.starts_with("cnd_"), "{out}{err}");
    assert!(err.contains("cnadour.db was not there; it is a new database now"), "{err}");
    let (_, _, err) = said(candour.prepared(&issue)).await;
    assert_eq!(err, "", "now it is there");

    let (done, out, err) = said(candour.prepared(&["obligations", "--open"])).await;
    assert!(done, "{out}{err}");
    let mut behind = SqliteConnection::connect(&database).await.expect("the database");
    let older = "DELETE FROM _sqlx_migrations WHERE version = (SELECT max(version) FROM _sqlx_migrations)";
    sqlx::query(older).execute(&mut behind).await.expect("an older schema");
    let (done, _, err) = said(candour.prepared(&["obligations", "--open"])).await;
    assert!(!done && err.contains("run `candour migrate` first"), "{err}");
}
