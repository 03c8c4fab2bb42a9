//! The audit chain: every change, each entry bound to the one before by hash.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::actor::ActorRef;
use super::clock::Millis;
use super::id::IncidentId;

/// One entry before it is chained: who did what to which incident. Never holds personal data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// The incident's chain; `None` is the chain of the installation itself (keys, workers).
    pub incident: Option<IncidentId>,
    /// When.
    pub at: Millis,
    /// Who.
    pub actor: ActorRef,
    /// What, as `thing.verb`, e.g. `campaign.approved`.
    pub action: String,
    /// Particulars: identifiers, counts, hashes.
    pub detail: serde_json::Value,
}

/// One entry of a chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainedEntry {
    /// Place in its chain, from 1, without gaps.
    pub seq: i64,
    /// When.
    pub at: Millis,
    /// Who.
    pub actor: ActorRef,
    /// What.
    pub action: String,
    /// Particulars, exactly as they were hashed.
    pub detail: String,
    /// Hash of the entry before, hex; 64 zeros for the first.
    pub previous: String,
    /// Hash of this entry, hex.
    pub hash: String,
}

/// The hash that stands before the first entry of a chain.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The hash of an entry: SHA-256 over each part with its length before it, so that no two entries share an encoding.
#[must_use]
pub fn hash(
    chain: Option<IncidentId>,
    seq: i64,
    at: Millis,
    actor: &ActorRef,
    action: &str,
    detail: &str,
    previous: &str,
) -> String {
    let chain = chain.map_or_else(|| String::from("installation"), |id| id.to_string());
    let mut hasher = Sha256::new();
    for part in [chain.as_str(), &seq.to_string(), &at.0.to_string(), &actor.0, action, detail, previous] {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    hex::encode(hasher.finalize())
}

/// Where a chain is broken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("audit entry {seq} does not fit: {reason}")]
pub struct BrokenChain {
    /// The first entry that does not fit.
    pub seq: i64,
    /// What is wrong with it.
    pub reason: &'static str,
}

/// Checks a run of entries that follows an entry of the given number and hash; returns the last number and hash.
///
/// # Errors
/// The first entry whose number, previous hash or own hash does not fit.
pub fn verify<'a>(
    chain: Option<IncidentId>,
    after: (i64, String),
    entries: impl IntoIterator<Item = &'a ChainedEntry>,
) -> Result<(i64, String), BrokenChain> {
    let (mut seq, mut previous) = after;
    for entry in entries {
        if entry.seq != seq + 1 {
            return Err(BrokenChain { seq: seq + 1, reason: "it is missing" });
        }
        if entry.previous != previous {
            return Err(BrokenChain { seq: entry.seq, reason: "it does not follow the entry before it" });
        }
        let expected = hash(chain, entry.seq, entry.at, &entry.actor, &entry.action, &entry.detail, &entry.previous);
        if entry.hash != expected {
            return Err(BrokenChain { seq: entry.seq, reason: "its content was changed" });
        }
        seq = entry.seq;
        previous.clone_from(&entry.hash);
    }
    Ok((seq, previous))
}
