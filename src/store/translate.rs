//! From the drivers' errors to [`StoreError`].

use sqlx::error::{DatabaseError, ErrorKind};
use sqlx::migrate::MigrateError;

use super::error::StoreError;

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(error) => of_database(error.as_ref()),
            sqlx::Error::PoolTimedOut => Self::Unavailable(String::from("no connection became free in time")),
            sqlx::Error::PoolClosed => Self::Unavailable(String::from("the store is closed")),
            sqlx::Error::WorkerCrashed | sqlx::Error::BeginFailed => {
                Self::Unavailable(String::from("the connection broke down"))
            }
            sqlx::Error::Io(error) => Self::Unavailable(error.to_string()),
            sqlx::Error::Tls(error) => Self::Unavailable(error.to_string()),
            // Half an answer: the connection was cut in its middle. The driver's words may repeat what came.
            sqlx::Error::Protocol(_) => Self::Unavailable(String::from("it gave an answer that makes no sense")),
            // The value itself is not told: it may be sealed, and the type is what matters.
            sqlx::Error::ColumnDecode { index, .. } => {
                Self::Corrupt { table: "row", column: "?", reason: format!("column {index} has another type") }
            }
            sqlx::Error::Decode(_) => {
                Self::Corrupt { table: "row", column: "?", reason: String::from("a value has another type") }
            }
            sqlx::Error::RowNotFound => Self::NotFound("row"),
            sqlx::Error::Migrate(error) => Self::from(*error),
            other => Self::Database(other.to_string()),
        }
    }
}

impl From<MigrateError> for StoreError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::Execute(error) => Self::from(error),
            MigrateError::ExecuteMigration(error, version) => Self::Database(format!("migration {version}: {error}")),
            MigrateError::VersionMissing(version) => Self::Database(format!(
                "its schema has migration {version}, which this binary does not know; run the newer binary that made it"
            )),
            MigrateError::VersionMismatch(version) => Self::Database(format!(
                "migration {version} is not the one that was applied; run a released binary, or restore the file"
            )),
            MigrateError::Dirty(version) => {
                Self::Database(format!("migration {version} was applied in part; restore the database from a backup"))
            }
            other => Self::Database(other.to_string()),
        }
    }
}

fn of_database(error: &dyn DatabaseError) -> StoreError {
    match error.kind() {
        ErrorKind::UniqueViolation => return StoreError::Conflict(String::from("there is one like it already")),
        ErrorKind::ForeignKeyViolation => {
            return StoreError::Conflict(String::from("what it belongs to is not there"));
        }
        _ => {}
    }
    let code = error.code().unwrap_or_default();
    if let Some(error) = error.try_downcast_ref::<sqlx::sqlite::SqliteError>() {
        return of_sqlite(&code, error.message());
    }
    match code.as_ref() {
        // serialization_failure, deadlock_detected, lock_not_available
        "40001" | "40P01" | "55P03" => StoreError::Busy,
        // read_only_sql_transaction (a standby, or an operator's setting), idle_in_transaction_session_timeout
        "25006" | "25P03" => StoreError::Unavailable(error.message().to_owned()),
        // connection exceptions (08), insufficient resources (53), operator intervention (57), system errors (58)
        code if ["08", "53", "57P", "58"].iter().any(|class| code.starts_with(class)) => {
            StoreError::Unavailable(error.message().to_owned())
        }
        code => StoreError::Database(format!("{} ({code})", error.message())),
    }
}

fn of_sqlite(code: &str, message: &str) -> StoreError {
    // The low byte of an extended result code is the primary code (https://sqlite.org/rescode.html).
    match code.parse().map_or(0, |code: i32| code & 0xff) {
        // SQLITE_BUSY, SQLITE_LOCKED
        5 | 6 => StoreError::Busy,
        // SQLITE_READONLY, SQLITE_CANTOPEN; SQLITE_IOERR, SQLITE_FULL
        8 | 14 => StoreError::Unavailable(format!(
            "{message} ({code}); see that the file and its directory are there and may be written to"
        )),
        10 | 13 => StoreError::Unavailable(format!("{message} ({code}); see that its disk has room and is well")),
        // SQLITE_CORRUPT, SQLITE_NOTADB
        11 | 26 => StoreError::Corrupt { table: "file", column: "?", reason: message.to_owned() },
        _ => StoreError::Database(format!("{message} ({code})")),
    }
}

impl StoreError {
    /// What is stored in a column makes no sense.
    pub(in crate::store) fn corrupt(table: &'static str, column: &'static str, reason: impl Into<String>) -> Self {
        Self::Corrupt { table, column, reason: reason.into() }
    }

    /// Gives a unique violation the words of the operation.
    #[must_use]
    pub(in crate::store) fn or_conflict(self, text: &str) -> Self {
        match self {
            Self::Conflict(_) => Self::Conflict(text.to_owned()),
            other => other,
        }
    }
}
