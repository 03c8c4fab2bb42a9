//! What a campaign has cost so far, as its budget counts it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::{IncidentError, Incidents};
use crate::domain::campaign::Campaign;
use crate::domain::channel::Channel;
use crate::domain::id::NoticeId;
use crate::domain::price::Price;
use crate::domain::spending::{self, Spent};
use crate::store::Tally;

/// The most segments of the notices of campaigns that were looked at: a number for each version, which never changes.
#[derive(Default)]
pub(super) struct Segments(Mutex<HashMap<NoticeId, u64>>);

impl Segments {
    fn known(&self, notice: NoticeId) -> Option<u64> {
        // A panic elsewhere leaves at worst a missing number behind.
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&notice).copied()
    }

    fn learn(&self, notice: NoticeId, segments: u64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(notice, segments);
    }
}

impl Incidents {
    /// What a campaign's attempts have cost, by currency.
    pub(super) async fn spent(&self, campaign: &Campaign, tallies: &[Tally]) -> Result<Vec<Price>, IncidentError> {
        let price = |tally: &Tally| self.carriers.iter().find(|carrier| carrier.name == tally.provider)?.price;
        let texts = tallies.iter().any(|tally| tally.channel == Channel::Sms && price(tally).is_some());
        let segments = if texts { self.most_segments(campaign.notice).await? } else { 1 };
        Ok(spending::total(tallies.iter().map(|tally| Spent {
            outcome: tally.outcome,
            attempts: tally.attempts,
            each: price(tally).map(|price| spending::each(tally.channel, price, segments)),
        })))
    }

    /// The most segments of a notice as a text; one where it does not compile any more, as the budget has it.
    async fn most_segments(&self, id: NoticeId) -> Result<u64, IncidentError> {
        if let Some(known) = self.segments.known(id) {
            return Ok(known);
        }
        let notice = self.store.notice(id).await?;
        let compiled = self.renderer.compile(&notice.content, &notice.facts);
        let segments = compiled.map_or(1, |compiled| compiled.most_segments());
        self.segments.learn(id, segments);
        Ok(segments)
    }
}
