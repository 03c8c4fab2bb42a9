//! Fresh stores of both kinds. A PostgreSQL that is missing fails the tests; it never skips them.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use candour::domain::actor::ActorRef;
use candour::domain::audit::AuditEntry;
use candour::domain::clock::{Clock, Entropy, Millis};
use candour::domain::id::{IncidentId, PersonId};
use candour::domain::incident::{Incident, IncidentState};
use candour::domain::person::PersonRecord;
use candour::store::{IncidentStore, MasterKey, MasterKeys, Sealer, SqlStore, StoreOptions};
use candour::system::System;
use serde_json::json;
use sqlx::{Connection, PgConnection, SqliteConnection};

use super::databases;
use uuid::Uuid;

/// A master key for tests.
const MASTER_KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

/// Makes two tests of one body, `sqlite` and `postgres`, in a module of the name: `on_both!(name, |world| { ... })`.
macro_rules! on_both {
    ($(#[$doc:meta])* $name:ident, |$world:ident| $body:block) => {
        $(#[$doc])*
        mod $name {
            use super::*;

            async fn body($world: $crate::support::stores::World) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                $crate::support::stores::on_sqlite(body).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                $crate::support::stores::on_postgres(body).await;
            }
        }
    };
}

pub(crate) use on_both;

/// One test's own database and store.
#[derive(Clone)]
pub(crate) struct World {
    /// The store.
    pub(crate) store: Arc<SqlStore>,
    /// Where it is.
    pub(crate) url: String,
    ticks: Arc<AtomicI64>,
}

/// Runs a test on a new SQLite file.
pub(crate) async fn on_sqlite<F: Future<Output = ()>>(test: impl FnOnce(World) -> F) {
    let folder = tempfile::tempdir().unwrap();
    let world = World::open(format!("sqlite:{}", folder.path().join("candour.db").display())).await;
    test(world.clone()).await;
    world.store.close().await;
}

/// Runs a test on a new PostgreSQL database, which is dropped however the test ends.
pub(crate) async fn on_postgres<F: Future<Output = ()>>(test: impl FnOnce(World) -> F) {
    databases::on_postgres(async |url| {
        let world = World::open(url).await;
        test(world.clone()).await;
        world.store.close().await;
    })
    .await;
}

/// The sealer of every test's store.
pub(crate) fn sealer() -> Sealer {
    Sealer::new(MasterKeys::new(MasterKey::parse(MASTER_KEY).unwrap()), Arc::new(System))
}

/// Options of every test's store.
pub(crate) fn options() -> StoreOptions {
    StoreOptions { connections: 8, ..StoreOptions::default() }
}

impl World {
    async fn open(url: String) -> Self {
        let store = Arc::new(SqlStore::open(&url, sealer(), options()).await.unwrap());
        Self { store, url, ticks: Arc::new(AtomicI64::new(System.now().0)) }
    }

    /// A second store over the same database, as another process would open it.
    pub(crate) async fn another(&self) -> SqlStore {
        SqlStore::open(&self.url, sealer(), options()).await.unwrap()
    }

    /// A time later than any before.
    pub(crate) fn now(&self) -> Millis {
        Millis(self.ticks.fetch_add(1, Ordering::Relaxed))
    }

    /// An identifier later than any before.
    pub(crate) fn id<T: From<Uuid>>(&self) -> T {
        T::from(IncidentId::new(self.now(), System.ten()).0)
    }

    /// Identifiers for an import.
    pub(crate) fn people_ids(&self, count: usize) -> Vec<PersonId> {
        (0..count).map(|_| self.id()).collect()
    }

    /// An audit entry.
    pub(crate) fn audit(&self, incident: IncidentId, action: &str) -> AuditEntry {
        AuditEntry {
            incident: Some(incident),
            at: self.now(),
            actor: operator(),
            action: action.to_owned(),
            detail: json!({ "of": "a test" }),
        }
    }

    /// A draft that is not stored.
    pub(crate) fn draft(&self) -> Incident {
        let now = self.now();
        Incident {
            id: self.id(),
            state: IncidentState::Draft,
            facts: serde_json::from_value(json!({ "title": "Backup tape lost" })).unwrap(),
            version: 1,
            people: 0,
            created_at: now,
            updated_at: now,
        }
    }

    /// An incident that is stored, as a draft.
    pub(crate) async fn incident(&self) -> Incident {
        let incident = self.draft();
        self.store.create_incident(&incident, self.audit(incident.id, "incident.filed")).await.unwrap();
        incident
    }

    /// A connection of its own to a SQLite store.
    pub(crate) async fn sqlite(&self) -> Option<SqliteConnection> {
        if !self.url.starts_with("sqlite:") {
            return None;
        }
        Some(SqliteConnection::connect(&self.url).await.unwrap())
    }

    /// Runs a statement behind the store's back; returns how many rows it changed.
    pub(crate) async fn execute(&self, sql: &'static str) -> u64 {
        if let Some(mut connection) = self.sqlite().await {
            return sqlx::query(sql).execute(&mut connection).await.unwrap().rows_affected();
        }
        let mut connection = PgConnection::connect(&self.url).await.unwrap();
        sqlx::query(sql).execute(&mut connection).await.unwrap().rows_affected()
    }

    /// Asks for one number behind the store's back.
    pub(crate) async fn number(&self, sql: &'static str) -> i64 {
        if let Some(mut connection) = self.sqlite().await {
            return sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap();
        }
        let mut connection = PgConnection::connect(&self.url).await.unwrap();
        sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap()
    }
}

/// Who does things in tests.
pub(crate) fn operator() -> ActorRef {
    ActorRef::operator()
}

/// A record with a reference, a name and an address.
pub(crate) fn record(reference: &str, email: Option<&str>) -> PersonRecord {
    serde_json::from_value(json!({
        "ref": reference,
        "name": format!("Name of {reference}"),
        "emails": email.into_iter().collect::<Vec<_>>(),
    }))
    .unwrap()
}
