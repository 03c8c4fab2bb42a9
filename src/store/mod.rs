//! Storage: the only room that knows SQL.
//!
//! It owns the schema, the connections, the sealing of personal data and the chaining of audit entries. It guarantees
//! that one method of its [traits](self::traits) is one atomic operation on SQLite and on PostgreSQL alike, that every
//! change leaves its audit entry in the same transaction, and that names, contact points and fields of people reach
//! the database sealed or not at all. It never reads a clock, never holds a transaction while something outside the
//! database is waited for, and never branches on the database inside an operation: what both understand is written
//! once (`reading!`, `writing!`), what is hot or differs is written in one file per database.

mod access;
mod alarms;
mod announcements;
mod answer;
mod audit;
mod cover;
mod db;
mod dockets;
pub mod error;
mod feeds;
mod fulfilments;
mod health;
mod history;
mod incidents;
mod keys;
mod lent;
mod limits;
mod migrate;
mod notices;
mod open;
mod people;
mod queue;
mod rehearsals;
mod remedies;
mod reminders;
mod reports;
mod retention;
mod rows;
mod rule_loads;
pub mod seal;
pub mod traits;
mod translate;
mod waivers;

use std::time::Duration;

use self::db::Db;
pub use self::error::StoreError;
pub use self::open::sqlite_path;
pub use self::people::{PeopleChunk, PeopleSealer, SealedPeople};
pub use self::seal::{MasterKey, MasterKeys, Sealer};
pub use self::traits::*;

/// How to open a store.
#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// Connections to PostgreSQL, at most. Has no effect on SQLite.
    pub connections: u32,
    /// Reading connections to SQLite, beside the one that writes. Has no effect on PostgreSQL.
    pub readers: u32,
    /// How long to wait for a free connection before the database counts as unavailable.
    pub acquire_timeout: Duration,
    /// How long an operation on PostgreSQL may take before its connection counts as dead, and how long PostgreSQL keeps a
    /// transaction open for a client that says nothing more. Sealing a population takes as long as it takes. Has no effect
    /// on SQLite.
    pub patience: Duration,
    /// Whether to bring the schema up to date; otherwise a schema that is not current is refused.
    pub migrate: bool,
    /// Whether to make a SQLite file that is not there. Has no effect on PostgreSQL.
    pub create: bool,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            connections: 16,
            readers: 4,
            acquire_timeout: Duration::from_secs(10),
            patience: Duration::from_secs(30),
            migrate: true,
            create: true,
        }
    }
}

/// The store: all traits of [`self::traits`] over SQLite or PostgreSQL.
#[derive(Debug)]
pub struct SqlStore {
    db: Db,
    sealer: Sealer,
    frontiers: queue::Frontiers,
    /// How long an operation may take; none where no other machine is asked.
    patience: Option<Duration>,
}

impl SqlStore {
    /// Opens the store at `sqlite:PATH` or `postgres://...`; a SQLite file that is not there is created, readable by
    /// its owner only, unless the options say otherwise.
    ///
    /// # Errors
    /// `Unavailable` when the database cannot be reached or opened, `Database` when the address is none, the schema is
    /// not one this binary knows, or SQLite refuses a setting that durability rests on. No error repeats a password.
    pub async fn open(url: &str, sealer: Sealer, options: StoreOptions) -> Result<Self> {
        let db = open::open(url, &options).await?;
        let patience = matches!(db, Db::Postgres { .. }).then_some(options.patience);
        Ok(Self { db, sealer, frontiers: queue::Frontiers::default(), patience })
    }

    /// Closes all connections after what they are doing.
    pub async fn close(&self) {
        match &self.db {
            Db::Sqlite { read, write } => {
                read.close().await;
                write.close().await;
            }
            Db::Postgres { pool } => pool.close().await,
        }
    }
}
