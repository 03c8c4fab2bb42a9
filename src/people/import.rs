//! From a request body to the store: what may be imported, how it is written down, what comes of it.

use std::fmt::Display;

use bytes::Bytes;
use futures_util::Stream;

use super::People;
use super::csv::CsvDecoder;
use super::decode::{Decoder, Sink};
use super::ndjson::NdjsonDecoder;
use super::pipeline::{End, Pipeline};
use super::reject::{HeaderError, Rejects};
use super::row::Checks;
use crate::domain::actor::ActorRef;
use crate::domain::id::IncidentId;
use crate::domain::incident::IncidentState;
use crate::store::{ImportCounts, StoreError};

/// After so many new people the database is told that there are more.
const MANY: i64 = 10_000;

/// How the people are written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `text/csv`.
    Csv,
    /// `application/x-ndjson`.
    Ndjson,
}

impl Format {
    /// The format of a content type, parameters ignored; `None` when it is no import format.
    #[must_use]
    pub fn from_content_type(content_type: &str) -> Option<Self> {
        let essence = content_type.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
        match essence.as_str() {
            "text/csv" => Some(Self::Csv),
            "application/x-ndjson" | "application/jsonl" => Some(Self::Ndjson),
            _ => None,
        }
    }
}

/// What became of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportOutcome {
    /// Lines that were believed and stored.
    pub accepted: u64,
    /// What they did: people added, people that learned something, lines that changed nothing.
    pub counts: ImportCounts,
    /// Lines that were not believed.
    pub rejects: Rejects,
    /// Everything up to and with this line is stored or rejected.
    pub through_line: u64,
}

/// What stopped an import before the end of the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Interruption {
    /// The body broke off.
    #[error("the upload broke off")]
    Upload,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Interruption {
    /// Whether the rest of the file would be refused again: the incident has ended, or its people were erased.
    #[must_use]
    pub const fn is_final(&self) -> bool {
        matches!(self, Self::Store(StoreError::Conflict(_)))
    }

    const fn remedy(&self) -> &'static str {
        if self.is_final() { "" } else { ", send the file again to continue" }
    }
}

/// Why an import did not reach the end of the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// The file is refused; nothing of it is stored.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// The incident takes no people any more.
    #[error("the incident is {}; people can be imported while it is draft or open", .0.as_str())]
    NotEditable(IncidentState),
    /// The incident cannot be read; nothing is stored.
    #[error(transparent)]
    Incident(#[from] StoreError),
    /// It stopped on the way. What the outcome counts is stored; sending the same file again changes nothing of it.
    #[error("{why}; everything up to line {} is stored{}", outcome.through_line, why.remedy())]
    Interrupted {
        /// What is stored.
        outcome: Box<ImportOutcome>,
        /// Why.
        why: Interruption,
    },
}

impl People {
    /// Takes in a file from a stream of bytes.
    ///
    /// # Errors
    /// See [`ImportError`]. Only `Interrupted` leaves anything stored.
    pub async fn import<S, E>(
        &self,
        incident: IncidentId,
        format: Format,
        body: S,
        actor: ActorRef,
    ) -> Result<ImportOutcome, ImportError>
    where
        S: Stream<Item = Result<Bytes, E>> + Send,
        E: Display,
    {
        let state = self.store.incident(incident).await?.state;
        if !state.is_editable() {
            return Err(ImportError::NotEditable(state));
        }
        let checks = Checks::new(self.known.clone(), self.limits, self.clock.now());
        let mut decoder: Box<dyn Decoder> = match format {
            Format::Csv => Box::new(CsvDecoder::new(checks)),
            Format::Ndjson => Box::new(NdjsonDecoder::new(checks)),
        };
        let mut sink = Sink::new(self.limits.rejects);
        let mut pipeline = Pipeline::open(self, incident, actor).await?;
        let read = pipeline.read(decoder.as_mut(), body, &mut sink).await;
        let stored = pipeline.close().await;

        let why = match (stored.failure, read) {
            (Some(failure), _) => Some(Interruption::Store(failure)),
            (None, Ok(End::Whole)) => None,
            (None, Ok(End::BrokeOff)) => Some(Interruption::Upload),
            (None, Err(header)) => return Err(header.into()),
        };
        let mut outcome = stored.outcome;
        if outcome.counts.added >= MANY
            && let Err(error) = self.store.people_grew().await
        {
            // They are in all the same; the database finds out by itself, only later.
            tracing::warn!(%incident, %error, "the database was not told that many people came in");
        }
        outcome.rejects = sink.rejects;
        if matches!(why, None | Some(Interruption::Upload)) {
            outcome.through_line = sink.through_line;
        }
        tracing::info!(
            %incident,
            accepted = outcome.accepted,
            added = outcome.counts.added,
            updated = outcome.counts.updated,
            rejected = outcome.rejects.total,
            complete = why.is_none(),
            "people imported"
        );
        match why {
            None => Ok(outcome),
            Some(why) => Err(ImportError::Interrupted { outcome: Box::new(outcome), why }),
        }
    }
}
