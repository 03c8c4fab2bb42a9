//! How far a campaign is, how fast it goes and how long it will take.
//!
//! The counts are the store's exact ones. The speed is what readers have seen over the last half minute; before anyone
//! has looked twice, it is the average since the start.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use crate::domain::campaign::{Campaign, CampaignState, Counts};
use crate::domain::clock::Millis;
use crate::domain::id::CampaignId;

/// What the speed is measured over, in milliseconds.
const WINDOW: i64 = 30_000;
/// Observations are at least this far apart, in milliseconds, so that memory is bounded.
const GRAIN: i64 = 250;

/// How far a campaign is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// The campaign.
    pub campaign: CampaignId,
    /// Where it stands.
    pub state: CampaignState,
    /// People sealed.
    pub sealed: i64,
    /// Where they are.
    pub counts: Counts,
    /// People who are neither pending nor in flight any more.
    pub done: i64,
    /// People a second that become so; `None` when it is not running, or too early to say.
    pub per_second: Option<f64>,
    /// Seconds until all are done at that speed.
    pub seconds_left: Option<i64>,
    /// The least and the most it is likely to take, in seconds: the speed's mean give or take two of its standard errors,
    /// seen from one look to the next. `None` before there are looks enough.
    pub seconds_left_range: Option<(i64, i64)>,
    /// When this was.
    pub at: Millis,
}

/// What readers have seen of running campaigns: instant and people done.
#[derive(Default)]
pub(super) struct Meter(Mutex<HashMap<CampaignId, VecDeque<(Millis, i64)>>>);

impl Meter {
    /// The progress of a campaign as just read from the store.
    pub(super) fn read(&self, campaign: &Campaign, now: Millis) -> Progress {
        let counts = campaign.counts;
        let left = counts.pending + counts.in_flight;
        let done = campaign.sealed - left;
        // A panic elsewhere leaves at worst a missing observation behind.
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (per_second, range) = if campaign.state == CampaignState::Running {
            let seen = seen.entry(campaign.id).or_default();
            let speed = speed(seen, campaign.started_at, now, done);
            if seen.back().is_none_or(|(at, _)| now.0 - at.0 >= GRAIN) {
                seen.push_back((now, done));
            }
            (speed, range(seen, left))
        } else {
            seen.remove(&campaign.id);
            (None, None)
        };
        let seconds_left = per_second.filter(|speed| *speed > 0.0).map(|speed| ceil(as_f64(left) / speed));
        Progress {
            campaign: campaign.id,
            state: campaign.state,
            sealed: campaign.sealed,
            counts,
            done,
            per_second,
            seconds_left,
            seconds_left_range: range,
            at: now,
        }
    }
}

fn speed(seen: &mut VecDeque<(Millis, i64)>, started: Option<Millis>, now: Millis, done: i64) -> Option<f64> {
    while seen.len() > 1 && seen.front().is_some_and(|(at, _)| now.0 - at.0 > WINDOW) {
        seen.pop_front();
    }
    let usable = seen.front().copied().filter(|(at, _)| (GRAIN..=WINDOW * 2).contains(&(now.0 - at.0)));
    let (since, before) = usable.or_else(|| started.map(|at| (at, 0)))?;
    let millis = now.0 - since.0;
    (millis > 0).then(|| as_f64((done - before).max(0)) * 1000.0 / as_f64(millis))
}

/// Looks that are needed to say how sure a speed is.
const LOOKS: usize = 4;

/// The time left if the mean speed is two standard errors faster or slower than seen.
fn range(seen: &VecDeque<(Millis, i64)>, left: i64) -> Option<(i64, i64)> {
    let speeds: Vec<f64> = seen
        .iter()
        .zip(seen.iter().skip(1))
        .map(|((from, before), (to, after))| as_f64(after - before) * 1000.0 / as_f64((to.0 - from.0).max(1)))
        .collect();
    if speeds.len() < LOOKS {
        return None;
    }
    let number = as_f64(i64::try_from(speeds.len()).ok()?);
    let mean = speeds.iter().sum::<f64>() / number;
    let variance = speeds.iter().map(|speed| (speed - mean).powi(2)).sum::<f64>() / (number - 1.0);
    let error = 2.0 * (variance / number).sqrt();
    // However unsteady it is, it is taken to go on at a tenth of the pace.
    (mean > 0.0).then(|| (ceil(as_f64(left) / (mean + error)), ceil(as_f64(left) / (mean - error).max(mean / 10.0))))
}

#[expect(clippy::cast_precision_loss, reason = "a speed for people needs no more than 52 bits")]
const fn as_f64(number: i64) -> f64 {
    number as f64
}

#[expect(clippy::cast_possible_truncation, reason = "the cast saturates, and nobody waits that long")]
fn ceil(seconds: f64) -> i64 {
    seconds.ceil() as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::actor::ActorRef;
    use crate::domain::campaign::Priority;
    use crate::domain::id::{IncidentId, NoticeId};

    fn running(done: i64) -> Campaign {
        Campaign {
            id: CampaignId(uuid::Uuid::from_u128(1)),
            incident: IncidentId(uuid::Uuid::from_u128(2)),
            notice: NoticeId(uuid::Uuid::from_u128(3)),
            notice_hash: String::new(),
            state: CampaignState::Running,
            sealed: 1000,
            population_hash: String::new(),
            counts: Counts { pending: 1000 - done, reached: done, ..Counts::default() },
            repeated: 0,
            priority: Priority::Normal,
            plan: crate::domain::plan::Plan::default(),
            canary: crate::domain::plan::CanaryStage::Over,
            remedy_codes: false,
            author: ActorRef::operator(),
            approver: None,
            created_at: Millis(0),
            started_at: Some(Millis(10_000)),
            completed_at: None,
        }
    }

    #[test]
    fn speed_is_what_was_seen_lately() {
        let meter = Meter::default();
        // First look: the average since the start.
        let first = meter.read(&running(100), Millis(20_000));
        assert_eq!((first.per_second, first.seconds_left), (Some(10.0), Some(90)));
        // Second look: what happened since the first.
        let second = meter.read(&running(300), Millis(22_000));
        assert_eq!((second.per_second, second.seconds_left, second.done), (Some(100.0), Some(7), 300));
        // Standing still is told as such and promises nothing.
        let third = meter.read(&running(300), Millis(60_000));
        assert_eq!((third.per_second, third.seconds_left), (Some(0.0), None));
    }

    #[test]
    fn a_campaign_that_does_not_run_has_no_speed() {
        let paused = Campaign { state: CampaignState::Paused, ..running(100) };
        assert_eq!(Meter::default().read(&paused, Millis(20_000)).per_second, None);
    }
}
