//! Opening a database by its address, with the settings that durability rests on.

use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, PgConnection, PgPool, SqliteConnection, SqlitePool};

use super::db::Db;
use super::error::StoreError;
use super::traits::Result;
use super::{StoreOptions, migrate};

/// How long a statement waits for another process's lock on the SQLite file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Memory of the writing connection, in KiB (negative means KiB and not pages). An import sweeps over a whole index with each
/// chunk; with SQLite's own 2 MB it would read the same page several times in one sweep.
const CACHE_KIB: &str = "-32768";
/// Rows that wait between the connection's thread and whoever reads them: a claim's, so that the two do not take turns.
const ROWS: usize = 1024;
/// Bytes of a page of a new file; an old one keeps its own. An import writes whole pages one by one, and half as many of this
/// size take a sixth less of the processor than SQLite's own 4096.
const PAGE: u32 = 8192;
/// Pages in the log before they are copied into the file, 64 MB: enough that an import's chunks write the same page to the
/// file once and not once each.
const LOG_PAGES: &str = "8192";
/// What is left of the log once it has been copied, in bytes.
const LOG_BYTES: &str = "67108864";

/// A connection to PostgreSQL that came back so short a time ago is used again without a question: the pool has asked it when
/// it came back, and on a busy machine each question is one more wait for the processor.
const FRESH: Duration = Duration::from_secs(1);

/// How long a connection to PostgreSQL may take to say that it is alive, before it is used.
const ANSWERS_WITHIN: Duration = Duration::from_secs(1);

/// The file of a SQLite database, from its address; `None` for other databases.
#[must_use]
pub fn sqlite_path(url: &str) -> Option<&Path> {
    let rest = url.strip_prefix("sqlite:")?;
    Some(Path::new(rest.strip_prefix("//").unwrap_or(rest)))
}

/// Opens the database and sees to its schema.
pub(in crate::store) async fn open(url: &str, options: &StoreOptions) -> Result<Db> {
    if let Some(path) = sqlite_path(url) {
        return sqlite(path, options).await;
    }
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        // The driver's own words may repeat the address, and with it the password.
        let connect = PgConnectOptions::from_str(url).map_err(|_| {
            StoreError::Database(String::from("the address is not like postgres://USER:PASSWORD@HOST:PORT/DATABASE"))
        })?;
        return Ok(Db::Postgres { pool: postgres(connect, options).await? });
    }
    Err(StoreError::Database(String::from(
        "the address of a database is sqlite:PATH or postgres://USER:PASSWORD@HOST:PORT/DATABASE",
    )))
}

async fn sqlite(path: &Path, options: &StoreOptions) -> Result<Db> {
    if path.as_os_str().is_empty() || path.as_os_str() == ":memory:" {
        return Err(StoreError::Database(String::from(
            "a SQLite store needs the path of a file, like sqlite:candour.db",
        )));
    }
    if options.create {
        create_private(path).map_err(|error| StoreError::Unavailable(format!("{}: {error}", path.display())))?;
    } else if !path.exists() {
        return Err(StoreError::Unavailable(format!(
            "{} is not there; correct the path (store.url), or make a new database with `candour migrate`",
            path.display()
        )));
    }
    let connect = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .page_size(PAGE)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        // What is deleted or overwritten in a page is wiped there, where that costs no further write.
        .pragma("secure_delete", "FAST");
    let write = SqlitePoolOptions::new()
        .max_connections(1)
        // A file does not hang up.
        .test_before_acquire(false)
        .acquire_timeout(options.acquire_timeout)
        .connect_with(
            connect
                .clone()
                .row_buffer_size(ROWS)
                .pragma("cache_size", CACHE_KIB)
                .pragma("wal_autocheckpoint", LOG_PAGES)
                .pragma("journal_size_limit", LOG_BYTES),
        )
        .await
        .map_err(|error| at(path, error))?;
    settings_hold(&write).await?;
    migrate::sqlite(&write, options.migrate).await?;
    let read = SqlitePoolOptions::new()
        .max_connections(options.readers.max(1))
        .test_before_acquire(false)
        .acquire_timeout(options.acquire_timeout)
        .connect_with(connect.read_only(true))
        .await
        .map_err(|error| at(path, error))?;
    settings_hold(&read).await?;
    Ok(Db::Sqlite { read, write })
}

/// Makes the file if it is not there, for its owner only; SQLite gives the files beside it the same rights.
fn create_private(path: &Path) -> std::io::Result<()> {
    let mut file = std::fs::OpenOptions::new();
    file.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut file, 0o600);
    match file.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

fn at(path: &Path, error: sqlx::Error) -> StoreError {
    match StoreError::from(error) {
        StoreError::Unavailable(reason) => StoreError::Unavailable(format!("{}: {reason}", path.display())),
        StoreError::Corrupt { reason, .. } => StoreError::Database(format!("{}: {reason}", path.display())),
        other => other,
    }
}

/// Asks for the settings instead of trusting that they were taken: a file on a share, say, cannot have WAL.
async fn settings_hold(pool: &SqlitePool) -> Result<()> {
    let mut connection = pool.acquire().await?;
    let mode: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut *connection).await?;
    let wanted = [
        ("journal_mode is wal", mode.eq_ignore_ascii_case("wal")),
        ("synchronous is full", number(&mut connection, "PRAGMA synchronous").await? == 2),
        ("foreign_keys is on", number(&mut connection, "PRAGMA foreign_keys").await? == 1),
        ("busy_timeout is 5000", number(&mut connection, "PRAGMA busy_timeout").await? == 5000),
    ];
    match wanted.iter().find(|(_, holds)| !holds) {
        None => Ok(()),
        Some((setting, _)) => Err(StoreError::Database(format!(
            "SQLite does not take a setting that durability rests on: {setting}; put the file on a local disk"
        ))),
    }
}

async fn number(connection: &mut SqliteConnection, pragma: &'static str) -> Result<i64> {
    Ok(sqlx::query_scalar(pragma).fetch_one(connection).await?)
}

async fn postgres(connect: PgConnectOptions, options: &StoreOptions) -> Result<PgPool> {
    let place = format!(
        "{}:{}/{}",
        connect.get_host(),
        connect.get_port(),
        connect.get_database().unwrap_or_else(|| connect.get_username())
    );
    let patience = options.patience;
    let pool = PgPoolOptions::new()
        .max_connections(options.connections.max(2))
        .acquire_timeout(options.acquire_timeout.min(patience))
        .after_connect(move |connection, _| Box::pin(async move { settle_in(connection, patience).await }))
        // The pool's own question would wait for an answer as long as the network lets it.
        .test_before_acquire(false)
        .before_acquire(|connection, since| {
            Box::pin(async move { Ok(since.idle_for < FRESH || answers(connection).await) })
        })
        .connect_with(connect.application_name("candour"))
        .await
        .map_err(|error| match StoreError::from(error) {
            StoreError::Unavailable(reason) => StoreError::Unavailable(format!("{place}: {reason}")),
            other => StoreError::Unavailable(format!("{place}: {other}")),
        })?;
    migrate::postgres(&pool, options.migrate).await?;
    Ok(pool)
}

/// What holds for a session, whatever the server is set to: a commit that was answered is in its log on disk, since
/// intents and outcomes rest on that; a client that vanished in the middle of a transaction holds up the others for no
/// longer than it would wait itself; and no statement reads a whole table where an index finds the rows. A session keeps
/// the plan of a statement, and one that was made when the table held a few rows would read all of it when it holds
/// millions. (What is dear by that rule alone must not be compiled for it either, hence `jit`.)
async fn settle_in(connection: &mut PgConnection, patience: Duration) -> sqlx::Result<()> {
    sqlx::query(
        "/* settle_in */ SELECT set_config('idle_in_transaction_session_timeout', $1, false), \
         set_config('enable_seqscan', 'off', false), set_config('jit', 'off', false), \
         CASE current_setting('synchronous_commit') WHEN 'off' THEN set_config('synchronous_commit', 'on', false) END",
    )
    .bind(patience.as_millis().to_string())
    .persistent(false)
    .execute(connection)
    .await?;
    Ok(())
}

/// Whether a connection is still alive.
async fn answers(connection: &mut PgConnection) -> bool {
    tokio::time::timeout(ANSWERS_WITHIN, connection.ping()).await.is_ok_and(|alive| alive.is_ok())
}
