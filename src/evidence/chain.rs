//! Reading and verifying an audit chain.

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
    /// Hash of the last of them; 64 zeros when there is none. Whoever noted it elsewhere can tell that none was cut off together
    /// with the database's own note of the end.
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
    /// Entries of a chain after a number: an incident's, or the installation's own.
    ///
    /// # Errors
    /// When the incident does not exist or the database does not answer.
    pub async fn audit(&self, incident: Option<IncidentId>, after: i64, limit: u32) -> Result<AuditPage, StoreError> {
        if let Some(incident) = incident {
            self.store.incident(incident).await?;
        }
        let mut entries = self.store.audit(incident, after, limit.saturating_add(1)).await?;
        let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = entries.len() > wanted;
        entries.truncate(wanted);
        let next = if more { entries.last().map(|entry| entry.seq) } else { None };
        Ok(AuditPage { entries, next })
    }

    /// Verifies a whole chain, up to the end that was noted when its last entry was appended. An end that was cut off together
    /// with that note shows only against a head that was noted elsewhere.
    ///
    /// # Errors
    /// When the database does not answer. A chain that is broken is a finding, not an error.
    pub async fn verify(&self, incident: Option<IncidentId>) -> Result<ChainReport, StoreError> {
        // Read before the entries: what is appended meanwhile lies beyond it.
        let noted = self.store.audit_head(incident).await?;
        let end = noted.as_ref().map(|(seq, _)| *seq);
        let mut at_end: Option<ChainedEntry> = None;
        let (mut seq, mut head) = (0, GENESIS.to_owned());
        loop {
            let entries = self.store.audit(incident, seq, STEP).await?;
            if entries.is_empty() {
                break;
            }
            match audit::verify(incident, (seq, head.clone()), &entries) {
                Ok(next) => (seq, head) = next,
                Err(broken) => {
                    let fitting = entries.iter().take_while(|entry| entry.seq < broken.seq);
                    let last = fitting.last().map_or(head, |entry| entry.hash.clone());
                    return Ok(ChainReport { entries: broken.seq - 1, head: last, broken: Some(broken) });
                }
            }
            at_end = at_end.or_else(|| entries.into_iter().find(|entry| Some(entry.seq) == end));
        }
        let broken = |seq, reason| Some(BrokenChain { seq, reason });
        Ok(match (noted, at_end) {
            // Nothing is without a first entry: whatever has a chain has one from its beginning.
            _ if seq == 0 => ChainReport { entries: 0, head, broken: broken(1, "it is missing") },
            (None, _) => {
                let broken = broken(seq + 1, "the note of where the chain ends is missing, and entries may be with it");
                ChainReport { entries: seq, head, broken }
            }
            (Some(_), None) => ChainReport { entries: seq, head, broken: broken(seq + 1, "it is missing") },
            (Some((end, hash)), Some(last)) if last.hash != hash => {
                let broken = broken(end, "it is another one than was noted when it was appended");
                ChainReport { entries: end - 1, head: last.previous, broken }
            }
            (Some(_), Some(_)) => ChainReport { entries: seq, head, broken: None },
        })
    }
}
