//! What can go wrong in storage, in no database's words.

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// There is no such thing.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// It is not in the state that the operation needs; the text says which.
    #[error("{0}")]
    Conflict(String),
    /// The incident's pool has too few remedy codes; so many more are needed.
    #[error("{0} more remedy codes are needed")]
    TooFewCodes(i64),
    /// The worker's lease is gone.
    #[error("the worker's lease has ended")]
    StaleLease,
    /// The database was busy for longer than was waited.
    #[error("the database is busy; try again")]
    Busy,
    /// The database cannot be reached.
    #[error("the database cannot be reached: {0}")]
    Unavailable(String),
    /// What is stored does not make sense, or does not open under its key.
    #[error("stored data does not make sense: {table}.{column}: {reason}")]
    Corrupt {
        /// Table.
        table: &'static str,
        /// Column.
        column: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The incident's key has been destroyed: its people cannot be read any more, by anyone.
    #[error("the incident's key has been destroyed; its people cannot be read any more")]
    Erased,
    /// Anything else the database said.
    #[error("the database refused: {0}")]
    Database(String),
}
