//! Opening: settings, rights, schema versions, and errors that keep passwords to themselves.

use candour::store::{HealthStore, IncidentStore, MasterKey, MasterKeys, PeopleStore, Sealer, SqlStore, StoreError};
use candour::system::System;

use crate::support::stores::{on_both, on_sqlite, operator, options, record, sealer};

on_both!(a_store_opens_again_with_what_it_held, |world| {
    let incident = world.incident().await;
    world
        .store
        .import_people(incident.id, vec![record("c-1", None)], world.people_ids(1), world.now(), operator())
        .await
        .unwrap();
    let again = world.another().await;
    assert_eq!(again.incident(incident.id).await.unwrap().people, 1);
    assert!(again.person_by_ref(incident.id, "c-1").await.is_ok());
    again.close().await;
});

on_both!(a_schema_from_a_newer_binary_is_refused, |world| {
    world
        .execute(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
             SELECT 9999, 'later', success, checksum, 0 FROM _sqlx_migrations WHERE version = 1",
        )
        .await;
    for migrate in [true, false] {
        let options = candour::store::StoreOptions { migrate, ..options() };
        let error = SqlStore::open(&world.url, sealer(), options).await.unwrap_err();
        assert!(matches!(&error, StoreError::Database(text) if text.contains("9999")), "{error:?}");
    }
});

on_both!(an_old_schema_is_left_alone_unless_told_to_migrate, |world| {
    world.execute("DELETE FROM _sqlx_migrations WHERE version = 1").await;
    let options = candour::store::StoreOptions { migrate: false, ..options() };
    let error = SqlStore::open(&world.url, sealer(), options).await.unwrap_err();
    assert!(matches!(&error, StoreError::Database(text) if text.contains("candour migrate")), "{error:?}");
});

on_both!(another_master_key_opens_the_store_and_nobody_in_it, |world| {
    let incident = world.incident().await.id;
    world
        .store
        .import_people(incident, vec![record("c-1", None)], world.people_ids(1), world.now(), operator())
        .await
        .unwrap();
    let stranger = Sealer::new(MasterKeys::new(MasterKey::generate(&System)), std::sync::Arc::new(System));
    let store = SqlStore::open(&world.url, stranger, options()).await.unwrap();
    let error = store.people(incident, None, 10).await.unwrap_err();
    assert!(matches!(&error, StoreError::Corrupt { reason, .. } if reason.contains("previous")), "{error:?}");
    store.close().await;
});

#[cfg(unix)]
#[tokio::test]
async fn the_files_are_their_owners_only() {
    use std::os::unix::fs::PermissionsExt;
    on_sqlite(async |world| {
        world.incident().await;
        let path = world.url.strip_prefix("sqlite:").unwrap();
        for file in [path.to_owned(), format!("{path}-wal")] {
            let mode = std::fs::metadata(&file).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{file}");
        }
    })
    .await;
}

#[tokio::test]
async fn writes_survive_a_process_that_ends_without_closing() {
    on_sqlite(async |world| {
        let incident = world.incident().await;
        // The other store reads what the log holds; nothing was checkpointed or closed.
        let other = world.another().await;
        assert_eq!(other.incident(incident.id).await, Ok(incident));
        assert_eq!(other.ping().await, Ok(()));
    })
    .await;
}

#[tokio::test]
async fn an_address_that_is_none_or_leads_nowhere_is_told_without_the_password() {
    let addresses = [
        "mysql://candour:s3cret-word@127.0.0.1/candour",
        "postgres://candour:s3cret-word@127.0.0.1:notaport/candour",
        "postgres://candour:s3cret-word@127.0.0.1:1/candour",
        "sqlite:/nonexistent-folder/s/candour.db",
        "sqlite:",
        "sqlite::memory:",
    ];
    for address in addresses {
        let mut options = options();
        options.acquire_timeout = std::time::Duration::from_millis(300);
        let error = SqlStore::open(address, sealer(), options).await.unwrap_err();
        let told = format!("{error} {error:?}");
        assert!(!told.contains("s3cret-word"), "{told}");
        assert!(matches!(error, StoreError::Unavailable(_) | StoreError::Database(_)), "{told}");
    }
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    std::fs::write(&path, "no database at all, but long enough to look like one".repeat(100)).unwrap();
    let error = SqlStore::open(&format!("sqlite:{}", path.display()), sealer(), options()).await.unwrap_err();
    assert!(matches!(&error, StoreError::Database(text) if text.contains("notes.txt")), "{error:?}");
}
