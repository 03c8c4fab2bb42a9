//! A connection while an operation has it. It goes back to its pool only when the operation has come to an end that leaves
//! it well. One that an operation was given up on, or that broke, is closed: a driver's count of open transactions may
//! be wrong by then (SQLite rolls back by itself when its disk is full), and a machine that has vanished answers no question
//! whether the connection is alive.

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use futures_util::future::BoxFuture;
use sqlx::pool::PoolConnection;
use sqlx::{Connection, Database, Pool, Transaction};

use super::error::StoreError;
use super::traits::Result;

/// How a transaction begins.
pub(in crate::store) struct Begin<'a, DB: Database> {
    /// On a connection of this pool.
    pub(in crate::store) pool: &'a Pool<DB>,
    /// With this statement.
    pub(in crate::store) statement: &'static str,
    /// How long all of it may take.
    pub(in crate::store) patience: Option<Duration>,
}

/// See the module.
pub(in crate::store) struct Lent<DB: Database> {
    /// There until it is dropped.
    connection: Option<PoolConnection<DB>>,
    well: bool,
}

impl<DB: Database> Lent<DB> {
    /// Takes one from the pool.
    pub(in crate::store) async fn of(pool: &Pool<DB>) -> sqlx::Result<Self> {
        Ok(Self { connection: Some(pool.acquire().await?), well: false })
    }

    /// Begins a transaction.
    pub(in crate::store) fn begin(
        &mut self,
        statement: &'static str,
    ) -> BoxFuture<'_, sqlx::Result<Transaction<'_, DB>>> {
        Box::pin(DB::Connection::begin_with(&mut *self, statement))
    }

    /// The operation has come to its end, and the connection can be used by another.
    pub(in crate::store) fn give_back(mut self) {
        self.well = true;
    }
}

const THERE: &str = "a connection is lent until it is dropped";

impl<DB: Database> Deref for Lent<DB> {
    type Target = DB::Connection;
    fn deref(&self) -> &Self::Target {
        self.connection.as_ref().expect(THERE)
    }
}

impl<DB: Database> DerefMut for Lent<DB> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        self.connection.as_mut().expect(THERE)
    }
}

impl<DB: Database> Drop for Lent<DB> {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take()
            && !self.well
        {
            // Without a goodbye, which nobody might take.
            drop(connection.detach());
        }
    }
}

/// Commits or rolls back, and says whether the connection is well after that.
pub(in crate::store) async fn end<DB: Database, T>(
    transaction: Transaction<'_, DB>,
    done: Result<T>,
) -> (Result<T>, bool) {
    match done {
        Ok(value) => match transaction.commit().await {
            Ok(()) => (Ok(value), true),
            Err(error) => (Err(error.into()), false),
        },
        Err(error @ StoreError::Unavailable(_)) => (Err(error), false),
        Err(error) => {
            let is_well = transaction.rollback().await.is_ok();
            (Err(error), is_well)
        }
    }
}

/// Waits for an operation, but not for longer than that.
pub(in crate::store) async fn within<T>(patience: Option<Duration>, work: impl Future<Output = T>) -> Result<T> {
    let Some(patience) = patience else { return Ok(work.await) };
    tokio::time::timeout(patience, work).await.map_err(|_| {
        StoreError::Unavailable(format!(
            "it gave no answer within {:.1} seconds, and the connection was given up",
            patience.as_secs_f64()
        ))
    })
}
