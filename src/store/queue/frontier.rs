//! How far claims have come in a queue: a hint that spares them the walk over entries of people taken before, which
//! `PostgreSQL` keeps in the index until it is vacuumed. Without it the cost of a claim would grow with the campaign.
//!
//! Whoever is due before the hint (handed back, say) is found once the claims have come to the end and begin anew.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use uuid::Uuid;

use super::statements::DueRow;
use crate::domain::id::CampaignId;
use crate::domain::queue::Queue;

/// A place in the order of a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Frontier {
    pub(super) due_at: i64,
    pub(super) person: Uuid,
}

/// Before everybody.
pub(super) const START: Frontier = Frontier { due_at: i64::MIN, person: Uuid::nil() };

/// The hints of this process.
#[derive(Debug, Default)]
pub(in crate::store) struct Frontiers(Mutex<HashMap<(CampaignId, Queue), Frontier>>);

impl Frontiers {
    pub(super) fn of(&self, campaign: CampaignId, queue: &Queue) -> Frontier {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&(campaign, queue.clone())).copied().unwrap_or(START)
    }

    /// Notes what a claim of at most `limit` has taken, once it is committed.
    pub(super) fn note(&self, campaign: CampaignId, queue: &Queue, taken: &[DueRow], limit: u32) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match taken.last() {
            Some(last) if taken.len() >= limit as usize => {
                known.insert((campaign, queue.clone()), Frontier { due_at: last.due_at, person: last.person_id });
            }
            _ => {
                known.remove(&(campaign, queue.clone()));
            }
        }
    }
}
