//! Fresh databases. A PostgreSQL that is missing fails the tests; it never skips them.

use std::panic::{AssertUnwindSafe, resume_unwind};

use candour::domain::clock::Entropy;
use candour::system::System;
use futures_util::FutureExt;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

/// Runs a test on a new SQLite file.
pub(crate) async fn on_sqlite(test: impl AsyncFnOnce(String)) {
    let folder = tempfile::tempdir().unwrap();
    test(format!("sqlite:{}", folder.path().join("candour.db").display())).await;
}

/// Runs a test on a new PostgreSQL database, which is dropped however the test ends.
pub(crate) async fn on_postgres(test: impl AsyncFnOnce(String)) {
    let server = postgres_server();
    let name = format!("candour_test_{}", hex::encode(System.ten()));
    let mut admin = PgConnection::connect(&server).await.expect("TEST_POSTGRES_URL must name a PostgreSQL that runs");
    sqlx::raw_sql(AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut admin).await.unwrap();
    let mut url = url::Url::parse(&server).unwrap();
    url.set_path(&name);
    let result = AssertUnwindSafe(test(url.to_string())).catch_unwind().await;
    sqlx::raw_sql(AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)"))).execute(&mut admin).await.unwrap();
    if let Err(panic) = result {
        resume_unwind(panic);
    }
}

#[expect(clippy::disallowed_methods, reason = "tests have no configuration file")]
fn postgres_server() -> String {
    std::env::var("TEST_POSTGRES_URL").unwrap_or_else(|_| {
        panic!(
            "TEST_POSTGRES_URL is not set. These tests run on SQLite and on PostgreSQL, always. ./tests/run starts one; or \
             start one yourself and set TEST_POSTGRES_URL=postgres://USER@127.0.0.1:5432/postgres for a user that may \
             create databases"
        )
    })
}
