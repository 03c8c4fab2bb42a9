//! Reading and verifying an incident's audit chain.

use super::Evidence;
use crate::domain::audit::{self, BrokenChain, ChainedEntry, GENESIS};
use crate::domain::id::IncidentId;
use crate::store::StoreError;

/// Entries read at a time while verifying; bounds the memory of verifying a chain of any length.
pub(super) const STEP: u32 = 1000;

/// What verifying a chain came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainReport {
    /// Entries that fit, from the first on.
    pub entries: i64,
    /// Hash of the last of them; 64 zeros when there is none. Whoever noted it elsewhere can tell that none was cut off.
    pub head: String,
    /// The first entry that does not fit.
    pub broken: Option<BrokenChain>,
}

/// A part of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditPage {
    /// The entries.
    pub entries: Vec<ChainedEntry>,
    /// Number to go on after; `None` on the last page.
    pub next: Option<i64>,
}

impl Evidence {
    /// Entries of an incident's chain after a number.
    ///
    /// # Errors
    /// When the incident does not exist or the database does not answer.
    pub async fn audit(&self, incident: IncidentId, after: i64, limit: u32) -> Result<AuditPage, StoreError> {
        self.store.incident(incident).await?;
        let mut entries = self.store.audit(Some(incident), after, limit.saturating_add(1)).await?;
        let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = entries.len() > wanted;
        entries.truncate(wanted);
        let next = if more { entries.last().map(|entry| entry.seq) } else { None };
        Ok(AuditPage { entries, next })
    }

    /// Verifies an incident's whole chain.
    ///
    /// # Errors
    /// When the database does not answer. A chain that is broken is a finding, not an error.
    pub async fn verify(&self, incident: IncidentId) -> Result<ChainReport, StoreError> {
        let (mut seq, mut head) = (0, GENESIS.to_owned());
        loop {
            let entries = self.store.audit(Some(incident), seq, STEP).await?;
            if entries.is_empty() {
                return Ok(ChainReport { entries: seq, head, broken: None });
            }
            match audit::verify(Some(incident), (seq, head.clone()), &entries) {
                Ok(next) => (seq, head) = next,
                Err(broken) => {
                    let fitting = entries.iter().take_while(|entry| entry.seq < broken.seq);
                    let last = fitting.last().map_or(head, |entry| entry.hash.clone());
                    return Ok(ChainReport { entries: broken.seq - 1, head: last, broken: Some(broken) });
                }
            }
        }
    }
}
