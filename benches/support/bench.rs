//! What a run of the benchmarks was asked for, and what it stands on.

use std::path::PathBuf;

use super::Result;
use super::postgres::Postgres;

/// Where Candour keeps everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Database {
    Sqlite,
    Postgres,
}

impl Database {
    /// Its name, and the settings that decide about durability.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite, WAL, synchronous=FULL",
            Self::Postgres => "PostgreSQL, fsync=on, synchronous_commit=on",
        }
    }

    /// The last part of a subject's name.
    pub(crate) fn short(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

/// One run of `benches/run`.
#[derive(Clone, Debug)]
pub(crate) struct Bench {
    /// People of a campaign.
    pub(crate) people: u64,
    /// The same, where it was given by number.
    pub(crate) people_given: Option<u64>,
    /// Turns of ours and the reference.
    pub(crate) repeat: u16,
    /// Candour's connections to the mail sink.
    pub(crate) connections: u16,
    /// The program that is measured.
    pub(crate) binary: PathBuf,
    /// On the disk that is measured; everything in it may be removed.
    pub(crate) scratch: PathBuf,
    /// Where programs of others are installed.
    pub(crate) tools: PathBuf,
    /// Where profiles go, when they are asked for.
    pub(crate) profile: Option<PathBuf>,
    /// URL without a database's name, and first process.
    pub(crate) postgres: Option<(String, u32)>,
}

impl Bench {
    /// The PostgreSQL of this run.
    pub(crate) fn postgres(&self) -> Result<Postgres> {
        let (url, pid) = self.postgres.clone().ok_or("there is no PostgreSQL: start this with benches/run")?;
        Ok(Postgres::new(url, pid))
    }
}
