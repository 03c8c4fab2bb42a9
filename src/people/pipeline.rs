//! The stages of an import, each on a thread of its own while there is work for all: bytes are decoded, checked and encoded
//! as they arrive; a chunk that is full is sealed; chunks are stored in their order, each in one transaction.
//!
//! At most one chunk waits for the store while another is being stored, and none is sealed before there is room for it. A
//! slow database slows the client down; it does not fill the memory. Lines are read by one stage in their order, so that
//! what the answer says of them does not depend on who was faster.

use std::fmt::Display;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinHandle};

use super::decode::{Decoder, Sink};
use super::import::ImportOutcome;
use super::reject::HeaderError;
use super::{ImportLimits, People};
use crate::domain::actor::ActorRef;
use crate::domain::clock::{Clock, Entropy};
use crate::domain::id::{IncidentId, PersonId};
use crate::store::{PeopleChunk, PeopleSealer, SealedPeople, Store, StoreError};

/// How much of the body is decoded before others have their turn on the thread.
const PIECE: usize = 16 * 1024;

/// The first stage, and the way to the others.
pub(super) struct Pipeline {
    limits: ImportLimits,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    sealer: PeopleSealer,
    chunk: PeopleChunk,
    sealing: mpsc::Sender<Sealing>,
    storing: JoinHandle<Stored>,
}

/// A chunk that is being sealed, and the last line that its people or rejected lines before them came from.
struct Sealing {
    people: JoinHandle<Result<SealedPeople, StoreError>>,
    through_line: u64,
}

/// How a body ended.
pub(super) enum End {
    Whole,
    BrokeOff,
}

/// What is stored, and what stopped it.
#[derive(Default)]
pub(super) struct Stored {
    pub outcome: ImportOutcome,
    pub failure: Option<StoreError>,
}

impl Pipeline {
    /// Starts the stages. Nothing is stored when this fails.
    pub(super) async fn open(people: &People, incident: IncidentId, actor: ActorRef) -> Result<Self, StoreError> {
        let People { store, clock, entropy, limits, .. } = people.clone();
        let sealer = store.people_sealer(incident).await?;
        let (sealing, queue) = mpsc::channel(1);
        // A task of its own: when the client goes away, which drops the first stage, the chunks in hand are still stored whole.
        let storing = tokio::spawn(store_all(store, Arc::clone(&clock), actor, queue));
        let chunk = sealer.chunk(today(clock.as_ref()));
        Ok(Self { limits, clock, entropy, sealer, chunk, sealing, storing })
    }

    /// Reads a body to its end, or until a chunk cannot be stored.
    pub(super) async fn read<S, E>(
        &mut self,
        decoder: &mut dyn Decoder,
        body: S,
        sink: &mut Sink,
    ) -> Result<End, HeaderError>
    where
        S: Stream<Item = Result<Bytes, E>> + Send,
        E: Display,
    {
        let mut body = std::pin::pin!(body);
        while let Some(bytes) = body.next().await {
            let Ok(bytes) = bytes else {
                // What was read whole is believed; the broken line is not.
                self.hand_on(sink.through_line).await;
                return Ok(End::BrokeOff);
            };
            for piece in bytes.chunks(PIECE) {
                decoder.push(piece, sink)?;
                if !self.take(sink).await {
                    return Ok(End::BrokeOff);
                }
                tokio::task::yield_now().await;
            }
        }
        decoder.finish(sink)?;
        self.take(sink).await;
        self.hand_on(sink.through_line).await;
        Ok(End::Whole)
    }

    /// Waits until all that was handed on is stored.
    pub(super) async fn close(self) -> Stored {
        drop(self.sealing);
        // The task returns its errors; what is left is a panic in the store, after which nothing is known.
        self.storing.await.unwrap_or_else(|error| Stored { failure: Some(broken(&error)), ..Stored::default() })
    }

    /// Takes what has been decoded; `false` when it cannot be stored any more.
    async fn take(&mut self, sink: &mut Sink) -> bool {
        for record in sink.records.drain(..) {
            self.chunk.add(record);
        }
        let full = self.chunk.lines() >= self.limits.chunk || self.chunk.bytes() >= self.limits.chunk_bytes;
        !full || self.hand_on(sink.through_line).await
    }

    /// Hands the chunk on as soon as there is room; `false` when the storing stage has stopped.
    async fn hand_on(&mut self, through_line: u64) -> bool {
        if self.chunk.lines() == 0 {
            return true;
        }
        let Ok(room) = self.sealing.reserve().await else { return false };
        let chunk = std::mem::replace(&mut self.chunk, self.sealer.chunk(today(self.clock.as_ref())));
        let (sealer, clock, entropy) = (self.sealer.clone(), Arc::clone(&self.clock), Arc::clone(&self.entropy));
        let people = tokio::task::spawn_blocking(move || {
            sealer.seal(chunk, |arrivals| fresh_ids(arrivals.len(), clock.as_ref(), entropy.as_ref()))
        });
        room.send(Sealing { people, through_line });
        true
    }
}

/// The day of an import, on the UTC line: whether somebody is a minor is taken as of it.
fn today(clock: &dyn Clock) -> Date {
    clock.now().to_timestamp().to_zoned(TimeZone::UTC).date()
}

/// Fresh identifiers, in order: rows whose identifiers ascend are written to the end of an index and not all over it.
fn fresh_ids(count: usize, clock: &dyn Clock, entropy: &dyn Entropy) -> Vec<PersonId> {
    let now = clock.now();
    let mut random = vec![[0; 10]; count];
    entropy.fill(random.as_flattened_mut());
    let mut ids: Vec<PersonId> = random.into_iter().map(|ten| PersonId::new(now, ten)).collect();
    ids.sort_unstable();
    ids
}

/// The last stage: stores chunks in their order until the first that fails.
async fn store_all(
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    actor: ActorRef,
    mut queue: mpsc::Receiver<Sealing>,
) -> Stored {
    let mut stored = Stored::default();
    while let Some(Sealing { people, through_line }) = queue.recv().await {
        let store_one = async {
            let people = people.await.map_err(|error| broken(&error))??;
            let lines = people.lines() as u64;
            Ok((lines, store.import_sealed(people, clock.now(), actor.clone()).await?))
        };
        match store_one.await {
            Ok((lines, counts)) => {
                let outcome = &mut stored.outcome;
                outcome.accepted += lines;
                outcome.counts.added += counts.added;
                outcome.counts.updated += counts.updated;
                outcome.counts.unchanged += counts.unchanged;
                outcome.through_line = through_line;
            }
            Err(failure) => {
                stored.failure = Some(failure);
                break;
            }
        }
    }
    stored
}

fn broken(error: &JoinError) -> StoreError {
    StoreError::Database(error.to_string())
}
