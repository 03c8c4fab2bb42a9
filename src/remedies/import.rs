//! From a request body to the pool, in chunks of one transaction each.

use std::fmt::Display;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};

use super::Remedies;
use super::decode::{Decoder, Format, HeaderError, Reject};
use crate::domain::actor::ActorRef;
use crate::domain::id::IncidentId;
use crate::domain::incident::IncidentState;
use crate::store::{CodesAdded, StoreError};

/// Codes stored in one transaction.
const CHUNK: usize = 10_000;
/// How much of the body is decoded before others have their turn on the thread.
const PIECE: usize = 16 * 1024;

/// What became of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Codes that were not there, and that were.
    pub codes: CodesAdded,
    /// Lines that are no codes.
    pub rejected: u64,
    /// The first of them.
    pub rejects: Vec<Reject>,
    /// Everything up to and with this line is stored or rejected.
    pub through_line: u64,
}

/// Why an import did not reach the end of the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// The file is refused; nothing of it is stored.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// The incident takes no codes any more.
    #[error("the incident is {}; codes can be imported while it is draft or open", .0.as_str())]
    NotEditable(IncidentState),
    /// Storage failed before anything was stored.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It stopped on the way, because the upload broke off or, where there is an error, storage failed.
    #[error("everything up to line {} is stored, send the file again to continue", .0.through_line)]
    Interrupted(Box<Imported>, Option<StoreError>),
}

impl Remedies {
    /// Takes codes into an incident's pool from a stream of bytes.
    ///
    /// # Errors
    /// See [`ImportError`]. Only `Interrupted` leaves anything stored.
    pub async fn import<S, E>(
        &self,
        incident: IncidentId,
        format: Format,
        body: S,
        actor: &ActorRef,
    ) -> Result<Imported, ImportError>
    where
        S: Stream<Item = Result<Bytes, E>> + Send,
        E: Display,
    {
        let state = self.store.incident(incident).await?.state;
        if !state.is_editable() {
            return Err(ImportError::NotEditable(state));
        }
        let mut decoder = Decoder::new(format);
        let mut done = Imported::default();
        let mut body = std::pin::pin!(body);
        while let Some(bytes) = body.next().await {
            let Ok(bytes) = bytes else {
                self.store_some(incident, &mut decoder, &mut done, actor).await?;
                return Err(ImportError::Interrupted(Box::new(told(done, &mut decoder)), None));
            };
            for piece in bytes.chunks(PIECE) {
                decoder.push(piece)?;
                if decoder.codes.len() >= CHUNK {
                    self.store_some(incident, &mut decoder, &mut done, actor).await?;
                }
                tokio::task::yield_now().await;
            }
        }
        decoder.finish()?;
        self.store_some(incident, &mut decoder, &mut done, actor).await?;
        let done = told(done, &mut decoder);
        let (CodesAdded { added, known }, rejected) = (done.codes, done.rejected);
        tracing::info!(%incident, added, known, rejected, "remedy codes imported");
        Ok(done)
    }

    async fn store_some(
        &self,
        incident: IncidentId,
        decoder: &mut Decoder,
        done: &mut Imported,
        actor: &ActorRef,
    ) -> Result<(), ImportError> {
        let codes = std::mem::take(&mut decoder.codes);
        if !codes.is_empty() {
            match self.store.add_codes(incident, codes, self.clock.now(), actor).await {
                Ok(CodesAdded { added, known }) => {
                    done.codes.added += added;
                    done.codes.known += known;
                }
                Err(error) if done.through_line == 0 => return Err(error.into()),
                Err(error) => {
                    let done = Imported { rejected: decoder.rejected, ..std::mem::take(done) };
                    return Err(ImportError::Interrupted(Box::new(done), Some(error)));
                }
            }
        }
        done.through_line = decoder.through_line;
        Ok(())
    }
}

/// With what was no code.
fn told(mut done: Imported, decoder: &mut Decoder) -> Imported {
    done.rejected = decoder.rejected;
    done.rejects = std::mem::take(&mut decoder.rejects);
    done
}
