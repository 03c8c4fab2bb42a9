//! The two databases, and how an operation runs on either.
//!
//! - [`reading!`]`(store, conn => { ... })` runs a body on a connection for reading.
//! - [`writing!`]`(store, tx => { ... })` runs a body in a write transaction, commits when it gives `Ok`, rolls back when
//!   it gives `Err`, and runs it again, a few times, when the database was busy. The body is stamped once for each database
//!   and type-checked against each, so its SQL must be what both understand: `$1` placeholders, `RETURNING`,
//!   `ON CONFLICT`, plain joins; no arrays, JSON operators, row locks or date functions.
//! - `writing!(store, tx => sqlite { ... } postgres { ... })` is for what is hot or differs: one body for each.
//! - `writing!(store, patiently tx => { ... })` is for what may rightly take minutes.
//!
//! In a body, `conn` and `tx` are `&mut SqliteConnection` or `&mut PgConnection`; `?` takes `sqlx::Error` and
//! [`StoreError`](super::StoreError). What a write body uses it must only borrow, since it may run again.

use std::time::Duration;

use sqlx::{PgPool, Postgres, Sqlite, SqlitePool};

use super::lent::Begin;
use crate::domain::clock::Entropy;

/// The open database.
#[derive(Debug)]
pub(in crate::store) enum Db {
    /// One writer, because SQLite has one anyway and waiting in a queue is fairer than polling a lock; many readers.
    Sqlite {
        /// Read-only connections.
        read: SqlitePool,
        /// The one connection that writes.
        write: SqlitePool,
    },
    /// A pool for everything.
    Postgres {
        /// The pool.
        pool: PgPool,
    },
}

/// A write transaction that takes SQLite's write lock at once: one that takes it only when it first writes fails without
/// waiting if somebody wrote in between.
pub(in crate::store) fn immediate(write: &SqlitePool) -> Begin<'_, Sqlite> {
    Begin { pool: write, statement: "BEGIN IMMEDIATE", patience: None }
}

/// A transaction on PostgreSQL that may take so long.
pub(in crate::store) fn ordinary(pool: &PgPool, patience: Option<Duration>) -> Begin<'_, Postgres> {
    Begin { pool, statement: "BEGIN", patience }
}

/// How often an operation begins again after the database was busy.
const MAX_AGAIN: u32 = 6;
/// The first wait; each further one is twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(8);

/// Counts the tries of one operation.
pub(in crate::store) struct Again<'a> {
    entropy: &'a dyn Entropy,
    count: u32,
}

impl<'a> Again<'a> {
    /// For one operation.
    pub(in crate::store) fn new(entropy: &'a dyn Entropy) -> Self {
        Self { entropy, count: 0 }
    }

    /// Waits a little, longer each time and spread at random so that those who met do not meet again; `false` when it
    /// has been enough.
    pub(in crate::store) async fn wait(&mut self) -> bool {
        if self.count == MAX_AGAIN {
            return false;
        }
        let wait = FIRST_WAIT * 2_u32.pow(self.count);
        self.count += 1;
        tokio::time::sleep(wait.mul_f64(0.5 + self.entropy.fraction())).await;
        true
    }
}

/// Runs a body on a connection for reading. See the module.
macro_rules! reading {
    ($store:expr, $conn:ident => $body:block) => {
        match &$store.db {
            $crate::store::db::Db::Sqlite { read, .. } => {
                let mut lent = $crate::store::lent::Lent::of(read).await?;
                let value = {
                    let $conn: &mut sqlx::SqliteConnection = &mut lent;
                    async { $body }.await
                };
                lent.give_back();
                value
            }
            $crate::store::db::Db::Postgres { pool } => {
                let mut lent = $crate::store::lent::Lent::of(pool).await?;
                let value = {
                    let $conn: &mut sqlx::PgConnection = &mut lent;
                    $crate::store::lent::within($store.patience, async { $body }).await?
                };
                lent.give_back();
                value
            }
        }
    };
}

/// Runs a body in one transaction, once. See the module.
macro_rules! once {
    ($begin:expr, $connection:ty, $tx:ident => $body:block) => {{
        let begin = $begin;
        let patience = begin.patience;
        let work = async {
            let mut lent = $crate::store::lent::Lent::of(begin.pool).await?;
            let mut transaction = lent.begin(begin.statement).await?;
            let done: $crate::store::Result<_> = {
                let $tx: &mut $connection = &mut transaction;
                async { $body }.await
            };
            let (ended, is_well) = $crate::store::lent::end(transaction, done).await;
            if is_well {
                lent.give_back();
            }
            ended
        };
        $crate::store::lent::within(patience, work).await.and_then(|done| done)
    }};
}

/// Runs a body in a write transaction, again while the database is busy. See the module.
macro_rules! writing {
    ($store:expr, $tx:ident => $body:block) => {
        $crate::store::db::writing!($store, $tx => sqlite $body postgres $body)
    };
    ($store:expr, patiently $tx:ident => $body:block) => {
        $crate::store::db::writing!(@ $store, None, $tx => $body $body)
    };
    ($store:expr, $tx:ident => sqlite $sqlite:block postgres $postgres:block) => {
        $crate::store::db::writing!(@ $store, $store.patience, $tx => $sqlite $postgres)
    };
    (@ $store:expr, $patience:expr, $tx:ident => $sqlite:block $postgres:block) => {{
        let mut again = $crate::store::db::Again::new($store.sealer.entropy());
        loop {
            let result: $crate::store::Result<_> = match &$store.db {
                $crate::store::db::Db::Sqlite { write, .. } => {
                    $crate::store::db::once!($crate::store::db::immediate(write), sqlx::SqliteConnection, $tx => $sqlite)
                }
                $crate::store::db::Db::Postgres { pool } => {
                    $crate::store::db::once!(
                        $crate::store::db::ordinary(pool, $patience), sqlx::PgConnection, $tx => $postgres
                    )
                }
            };
            match result {
                Err($crate::store::StoreError::Busy) if again.wait().await => {}
                other => break other,
            }
        }
    }};
}

/// Implements a trait for the connections of both databases with the same body: for steps that several operations take
/// inside their transactions.
macro_rules! on_both_connections {
    ($trait:ident { $($body:tt)* }) => {
        impl $trait for sqlx::SqliteConnection { $($body)* }
        impl $trait for sqlx::PgConnection { $($body)* }
    };
}

pub(in crate::store) use {on_both_connections, once, reading, writing};
