//! The schema: migrations of the same number and name for both databases, inside the binary.
//!
//! A schema with a migration that this binary does not know is refused. On PostgreSQL an advisory lock lets one process
//! migrate while the others wait.

use std::collections::BTreeSet;

use sqlx::migrate::{Migrate, Migrator};
use sqlx::{PgPool, SqlitePool};

use super::error::StoreError;
use super::traits::Result;

static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

/// Brings a SQLite schema up to date, or only sees that it is.
pub(in crate::store) async fn sqlite(pool: &SqlitePool, apply: bool) -> Result<()> {
    if apply {
        return Ok(SQLITE.run(pool).await?);
    }
    let mut connection = pool.acquire().await?;
    is_current(&SQLITE, &mut *connection).await
}

/// Brings a PostgreSQL schema up to date, or only sees that it is.
pub(in crate::store) async fn postgres(pool: &PgPool, apply: bool) -> Result<()> {
    if apply {
        return Ok(POSTGRES.run(pool).await?);
    }
    let mut connection = pool.acquire().await?;
    is_current(&POSTGRES, &mut *connection).await
}

async fn is_current<C: Migrate>(migrator: &'static Migrator, connection: &mut C) -> Result<()> {
    connection.ensure_migrations_table(&migrator.table_name).await?;
    let applied = connection.list_applied_migrations(&migrator.table_name).await?;
    let applied: BTreeSet<i64> = applied.iter().map(|migration| migration.version).collect();
    let known: BTreeSet<i64> = migrator.iter().map(|migration| migration.version).collect();
    if let Some(version) = applied.difference(&known).next() {
        return Err(sqlx::migrate::MigrateError::VersionMissing(*version).into());
    }
    match known.difference(&applied).next() {
        None => Ok(()),
        Some(version) => {
            Err(StoreError::Database(format!("its schema lacks migration {version}; run `candour migrate` first")))
        }
    }
}
