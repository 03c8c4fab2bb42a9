//! From a request body to the store: bytes are decoded as they arrive, people are stored a chunk at a time by a second
//! task, and at most two chunks wait between them. A slow database slows the client down; it does not fill the memory.

use std::fmt::Display;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use tokio::sync::mpsc;

use super::csv::CsvDecoder;
use super::decode::{Decoder, Sink};
use super::ndjson::NdjsonDecoder;
use super::reject::{HeaderError, Rejects};
use super::row::Checks;
use super::{ImportLimits, People};
use crate::domain::actor::ActorRef;
use crate::domain::clock::{Clock, Entropy};
use crate::domain::id::{IncidentId, PersonId};
use crate::domain::incident::IncidentState;
use crate::domain::person::PersonRecord;
use crate::store::{ImportCounts, StoreError};

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
    #[error("{why}; everything up to line {} is stored, send the file again to continue", outcome.through_line)]
    Interrupted {
        /// What is stored.
        outcome: Box<ImportOutcome>,
        /// Why.
        why: Interruption,
    },
}

/// People on their way to the store, and the last line that they or rejected lines before them came from.
struct Chunk {
    records: Vec<PersonRecord>,
    through_line: u64,
}

/// How much of the body is decoded before looking whether a chunk is full. Keeps chunks near their size where lines are short.
const PIECE: usize = 16 * 1024;

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
        let (chunks, queue) = mpsc::channel(2);
        // A task of its own: storing goes on while the next lines are decoded, and when the client goes away, which
        // drops this future, the chunk in hand is still stored whole.
        let storing = tokio::spawn(Storing { people: self.clone(), incident, actor }.run(queue));
        let mut sink = Sink::new(self.limits.rejects);
        let read = decode(decoder.as_mut(), body, &mut sink, &chunks, &self.limits).await;
        drop(chunks);
        // The task returns its errors; what is left is a panic in the store, after which nothing is known.
        let lost = |error: tokio::task::JoinError| Stored {
            failure: Some(StoreError::Database(error.to_string())),
            ..Stored::default()
        };
        let mut stored = storing.await.unwrap_or_else(lost);

        let why = match (stored.failure.take(), read) {
            (Some(failure), _) => Some(Interruption::Store(failure)),
            (None, Ok(End::Whole)) => None,
            (None, Ok(End::BrokeOff)) => Some(Interruption::Upload),
            (None, Err(header)) => return Err(header.into()),
        };
        let mut outcome = stored.outcome;
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

/// How a body ended.
enum End {
    Whole,
    BrokeOff,
}

async fn decode<S, E>(
    decoder: &mut dyn Decoder,
    body: S,
    sink: &mut Sink,
    chunks: &mpsc::Sender<Chunk>,
    limits: &ImportLimits,
) -> Result<End, HeaderError>
where
    S: Stream<Item = Result<Bytes, E>> + Send,
    E: Display,
{
    let mut body = std::pin::pin!(body);
    while let Some(bytes) = body.next().await {
        let Ok(bytes) = bytes else {
            // What was read whole is believed; the broken line is not.
            hand_on(sink, chunks).await;
            return Ok(End::BrokeOff);
        };
        for piece in bytes.chunks(PIECE) {
            decoder.push(piece, sink)?;
            let full = sink.records.len() >= limits.chunk || sink.bytes >= limits.chunk_bytes;
            if full && !hand_on(sink, chunks).await {
                return Ok(End::BrokeOff);
            }
        }
    }
    decoder.finish(sink)?;
    hand_on(sink, chunks).await;
    Ok(End::Whole)
}

/// Hands what has been decoded to the storing task; `false` when that has stopped.
async fn hand_on(sink: &mut Sink, chunks: &mpsc::Sender<Chunk>) -> bool {
    if sink.records.is_empty() {
        return true;
    }
    sink.bytes = 0;
    let room = sink.records.len();
    let records = std::mem::replace(&mut sink.records, Vec::with_capacity(room));
    chunks.send(Chunk { records, through_line: sink.through_line }).await.is_ok()
}

/// The second task: stores chunks in order until the first that fails.
struct Storing {
    people: People,
    incident: IncidentId,
    actor: ActorRef,
}

#[derive(Default)]
struct Stored {
    outcome: ImportOutcome,
    failure: Option<StoreError>,
}

impl Storing {
    async fn run(self, mut queue: mpsc::Receiver<Chunk>) -> Stored {
        let mut stored = Stored::default();
        while let Some(chunk) = queue.recv().await {
            let lines = chunk.records.len() as u64;
            match self.store(chunk.records).await {
                Ok(counts) => {
                    let outcome = &mut stored.outcome;
                    outcome.accepted += lines;
                    outcome.counts.added += counts.added;
                    outcome.counts.updated += counts.updated;
                    outcome.counts.unchanged += counts.unchanged;
                    outcome.through_line = chunk.through_line;
                }
                Err(failure) => {
                    stored.failure = Some(failure);
                    break;
                }
            }
        }
        stored
    }

    async fn store(&self, records: Vec<PersonRecord>) -> Result<ImportCounts, StoreError> {
        let People { store, clock, entropy, .. } = &self.people;
        let ids = fresh_ids(records.len(), clock, entropy);
        store.import_people(self.incident, records, ids, clock.now(), self.actor.clone()).await
    }
}

fn fresh_ids(count: usize, clock: &Arc<dyn Clock>, entropy: &Arc<dyn Entropy>) -> Vec<PersonId> {
    let now = clock.now();
    let mut random = vec![[0; 10]; count];
    entropy.fill(random.as_flattened_mut());
    random.into_iter().map(|ten| PersonId::new(now, ten)).collect()
}
