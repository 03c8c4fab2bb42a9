//! When each duty to tell individuals will be met, from the rates that are configured or seen; which cannot be met, and what
//! would fix it. Pure: what it is given decides.
//!
//! It counts the first try of each person through the channel that their law has them told by first. Tries that fail and go
//! on to the next channel come on top, and are not guessed at. Where providers carry different destinations, people wait for
//! those who carry theirs; where it is not known which theirs is, for the slowest who may. Quiet hours are not in it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::lanes::{Lane, lanes};
use crate::domain::channel::Channel;
use crate::domain::clock::Millis;
use crate::domain::deadline::instant;
use crate::domain::destination::Destinations;
use crate::domain::jurisdiction::JurisdictionId;
use crate::domain::obligation::{Duty, Force, Obligation, ObligationState};
use crate::domain::price::Price;
use crate::law::Rules;

/// How long one message takes where no rate is configured, in seconds: on the safe side for a relay or an API nearby.
const ASSUMED_SECONDS: f64 = 1.0;

/// A provider as the forecast sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Carrier {
    /// Name in the configuration.
    pub name: String,
    /// The channel it carries.
    pub channel: Channel,
    /// Messages a second: what people have set, else what is configured; `None` where nothing limits it.
    pub rate: Option<f64>,
    /// Messages in the air at once.
    pub concurrency: usize,
    /// What one message costs; of a text, each segment.
    pub price: Option<Price>,
    /// Which destinations of the channel it carries.
    pub destinations: Destinations,
}

/// A number of people of one residence who are to be told first through one channel, or through none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crowd {
    /// Their residence, where it is known.
    pub jurisdiction: Option<JurisdictionId>,
    /// The first channel they can be told through.
    pub channel: Option<Channel>,
    /// How many.
    pub people: i64,
}

/// What is seen of a campaign that runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seen {
    /// People a second.
    pub per_second: f64,
    /// Seconds until all are told, at that speed.
    pub seconds_left: i64,
    /// The least and the most it is likely to take.
    pub range: Option<(i64, i64)>,
}

/// What a forecast leaves out, so that telling may take longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LeftOut {
    /// Whoever is not to be disturbed at night, or is not to be called now, is told later.
    QuietHours,
    /// Tries that fail and are made again, and those that go on to the next contact point.
    FurtherTries,
}

impl LeftOut {
    /// What one leaves out that rests on this: what is seen of a campaign has in it what held that up until now.
    #[must_use]
    pub const fn of(basis: Basis) -> &'static [Self] {
        match basis {
            Basis::Configured => &[Self::QuietHours, Self::FurtherTries],
            Basis::Observed => &[Self::QuietHours],
        }
    }
}

/// What a forecast rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// Rates that are configured, as if it were started now.
    Configured,
    /// What is seen of a campaign that runs.
    Observed,
}

/// One channel's part.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct ChannelForecast {
    /// The channel.
    pub channel: Channel,
    /// People whose first try goes through it.
    pub people: i64,
    /// Messages a second, of all its providers together, whatever destinations they carry. People may have to wait longer than
    /// that says: for the slowest provider that may carry theirs, where their residence names no country or a union of several.
    pub per_second: f64,
    /// Whether the rate of a provider is assumed (a second for each message) because none is configured.
    pub assumed: bool,
    /// Seconds for all of them; absent where nothing moves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<i64>,
    /// Its providers.
    pub providers: Vec<String>,
}

/// What comes of a duty to tell individuals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// All who can be reached are told before the deadline.
    InTime,
    /// They are told after the deadline.
    Late,
    /// Nothing moves: no rate, or nobody carries the channel.
    Never,
    /// The law gives no time, or its clock has not started.
    NoDeadline,
    /// Nobody of its residence is to be told through a channel.
    Nobody,
}

/// What would fix it.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fix {
    /// More rate of a channel's providers.
    MoreRate {
        /// The channel.
        channel: Channel,
        /// Messages a second that would do, of the providers that carry these people's messages together.
        needed_per_second: f64,
        /// What there is.
        now_per_second: f64,
    },
    /// A further provider of a channel.
    AnotherProvider {
        /// The channel.
        channel: Channel,
        /// Messages a second that it has to carry.
        per_second: f64,
    },
    /// A public announcement in place of individual notice, where the law allows it.
    SubstituteNotice {
        /// People without a channel, who cannot be told in any other way.
        people: i64,
        /// The duties that speak of it; empty where no rule does.
        obligations: Vec<String>,
    },
}

/// One duty to tell individuals.
#[derive(Clone, Debug, PartialEq)]
pub struct DutyForecast {
    /// The duty.
    pub obligation: String,
    /// Its rule set.
    pub jurisdiction: JurisdictionId,
    /// How strongly it binds.
    pub force: Force,
    /// Its deadline, where it has one.
    pub deadline: Option<Millis>,
    /// People of its residence who can be told through a channel.
    pub people: i64,
    /// People of its residence without any.
    pub unreachable: i64,
    /// When the last of them is told.
    pub met_at: Option<Millis>,
    /// The earliest and the latest that this is likely to be.
    pub met_between: Option<(Millis, Millis)>,
    /// When it has to be started at the latest.
    pub start_by: Option<Millis>,
    /// What comes of it.
    pub verdict: Verdict,
    /// What would fix it.
    pub fixes: Vec<Fix>,
}

/// A forecast.
#[derive(Clone, Debug, PartialEq)]
pub struct Forecast {
    /// When it was made.
    pub at: Millis,
    /// What it rests on.
    pub basis: Basis,
    /// Whether everybody was looked at; else how people spread over channels is taken from a part of them.
    pub exact: bool,
    /// People who are to be told through a channel.
    pub people: i64,
    /// People without any.
    pub unreachable: i64,
    /// By channel.
    pub channels: Vec<ChannelForecast>,
    /// By duty, in the order of their deadlines.
    pub duties: Vec<DutyForecast>,
}

/// What is forecast from.
pub struct Outlook<'a> {
    /// Now.
    pub now: Millis,
    /// Who is to be told.
    pub crowds: &'a [Crowd],
    /// By whom.
    pub carriers: &'a [Carrier],
    /// The rules, which say whose people a duty is about.
    pub rules: &'a Rules,
    /// The duties of the incident.
    pub obligations: &'a [Obligation],
    /// What is seen of a campaign that runs.
    pub seen: Option<Seen>,
}

/// Forecasts.
#[must_use]
pub fn forecast(outlook: &Outlook<'_>) -> Forecast {
    let lanes = all_lanes(outlook);
    let channels = channels(outlook, &lanes);
    let asks = |one: &&Obligation| {
        one.duty == Duty::NotifyIndividuals && matches!(one.state, ObligationState::Open | ObligationState::Overdue)
    };
    let duties = outlook.obligations.iter().filter(asks).map(|one| duty(outlook, one, &lanes)).collect();
    let sum = |told: bool| outlook.crowds.iter().filter(|c| c.channel.is_some() == told).map(|c| c.people).sum();
    Forecast {
        at: outlook.now,
        basis: if outlook.seen.is_some() { Basis::Observed } else { Basis::Configured },
        exact: true,
        people: sum(true),
        unreachable: sum(false),
        duties,
        channels,
    }
}

/// The lane of each crowd that is told through a channel.
type Lanes = BTreeMap<(Channel, Option<JurisdictionId>), Lane>;

fn all_lanes(outlook: &Outlook<'_>) -> Lanes {
    let used: BTreeSet<Channel> = outlook.crowds.iter().filter_map(|crowd| crowd.channel).collect();
    let of = |channel| {
        let crowds: Vec<&Crowd> = outlook.crowds.iter().filter(|crowd| crowd.channel == Some(channel)).collect();
        let lanes = lanes(&crowds, &carriers(outlook, channel), outlook.rules, rate);
        crowds.into_iter().map(move |crowd| (channel, crowd.jurisdiction.clone())).zip(lanes).collect::<Vec<_>>()
    };
    used.into_iter().flat_map(of).collect()
}

fn carriers<'a>(outlook: &Outlook<'a>, channel: Channel) -> Vec<&'a Carrier> {
    outlook.carriers.iter().filter(|carrier| carrier.channel == channel).collect()
}

fn rate(carrier: &Carrier) -> f64 {
    carrier.rate.unwrap_or_else(|| assumed(carrier))
}

fn channels(outlook: &Outlook<'_>, lanes: &Lanes) -> Vec<ChannelForecast> {
    let used: BTreeSet<Channel> = outlook.crowds.iter().filter_map(|crowd| crowd.channel).collect();
    let one = |channel| {
        let people =
            outlook.crowds.iter().filter(|crowd| crowd.channel == Some(channel)).map(|crowd| crowd.people).sum();
        let carriers = carriers(outlook, channel);
        let of_channel = lanes.iter().filter(|((of, _), _)| *of == channel).map(|(_, lane)| lane);
        ChannelForecast {
            channel,
            people,
            per_second: carriers.iter().map(|carrier| rate(carrier)).sum(),
            assumed: carriers.iter().any(|carrier| carrier.rate.is_none()),
            seconds: last(of_channel),
            providers: carriers.into_iter().map(|carrier| carrier.name.clone()).collect(),
        }
    };
    used.into_iter().map(one).collect()
}

/// Seconds until the last lane is done; `None` where one of them does not move.
fn last<'a>(mut lanes: impl Iterator<Item = &'a Lane>) -> Option<i64> {
    lanes.try_fold(0, |all, lane| Some(all.max(lane.seconds()?)))
}

fn assumed(carrier: &Carrier) -> f64 {
    as_f64(i64::try_from(carrier.concurrency).unwrap_or(i64::MAX)) / ASSUMED_SECONDS
}

fn duty(outlook: &Outlook<'_>, obligation: &Obligation, lanes: &Lanes) -> DutyForecast {
    // Whoever's residence nobody knows may live here, too.
    let set = outlook.rules.jurisdiction(&obligation.jurisdiction);
    let here =
        |crowd: &&Crowd| crowd.jurisdiction.as_ref().is_none_or(|there| set.is_some_and(|set| set.counts(there)));
    let crowds: Vec<&Crowd> = outlook.crowds.iter().filter(here).collect();
    let people: i64 = crowds.iter().filter(|crowd| crowd.channel.is_some()).map(|crowd| crowd.people).sum();
    let unreachable: i64 = crowds.iter().filter(|crowd| crowd.channel.is_none()).map(|crowd| crowd.people).sum();
    let used: Vec<(Channel, Lane)> = crowds
        .iter()
        .filter(|crowd| crowd.people > 0)
        .filter_map(|crowd| Some((crowd.channel?, *lanes.get(&(crowd.channel?, crowd.jurisdiction.clone()))?)))
        .collect();
    let deadline = instant(obligation);
    let (longest, between) = match &outlook.seen {
        // Nobody is told before others because of where they live, so the last of them may be the last of all.
        Some(seen) => (Some(seen.seconds_left), seen.range),
        None => (last(used.iter().map(|(_, lane)| lane)), None),
    };
    let longest = longest.filter(|_| people > 0);
    let after = |seconds: i64| outlook.now.plus(seconds.saturating_mul(1000));
    let met_at = longest.map(after);
    let verdict = match (people, met_at, deadline) {
        (0, _, _) => Verdict::Nobody,
        (_, None, _) => Verdict::Never,
        (_, Some(_), None) => Verdict::NoDeadline,
        (_, Some(at), Some(deadline)) if at <= deadline => Verdict::InTime,
        _ => Verdict::Late,
    };
    let mut fixes = Vec::new();
    if matches!(verdict, Verdict::Late | Verdict::Never)
        && let Some(deadline) = deadline
    {
        fixes = rate_fixes(outlook, deadline, &used);
    }
    if unreachable > 0 || matches!(verdict, Verdict::Late | Verdict::Never) {
        fixes.push(Fix::SubstituteNotice { people: unreachable, obligations: announcements(outlook, obligation) });
    }
    DutyForecast {
        obligation: obligation.id.clone(),
        jurisdiction: obligation.jurisdiction.clone(),
        force: obligation.force,
        deadline,
        people,
        unreachable,
        met_at,
        met_between: between.filter(|_| people > 0).map(|(least, most)| (after(least), after(most))),
        start_by: deadline.zip(longest).map(|(at, seconds)| at.plus(-seconds.saturating_mul(1000))),
        verdict,
        fixes,
    }
}

/// The rate at which the lanes that are too slow would make it. Nothing makes a deadline that has passed.
fn rate_fixes(outlook: &Outlook<'_>, deadline: Millis, used: &[(Channel, Lane)]) -> Vec<Fix> {
    let left = as_f64(deadline.0.saturating_sub(outlook.now.0)) / 1000.0;
    if left <= 0.0 {
        return Vec::new();
    }
    let mut fixes = Vec::new();
    for (channel, lane) in used {
        // Of a campaign that runs only its whole speed is seen.
        let (now, people) = match outlook.seen {
            Some(seen) => (seen.per_second, seen.per_second * as_f64(seen.seconds_left)),
            None => (lane.per_second, as_f64(lane.people)),
        };
        let needed = (people / left * 100.0).ceil() / 100.0;
        let more_rate = Fix::MoreRate { channel: *channel, needed_per_second: needed, now_per_second: now };
        // People of several residences may share a lane.
        if needed > now && !fixes.contains(&more_rate) {
            fixes.push(more_rate);
            let more = ((needed - now) * 100.0).ceil() / 100.0;
            fixes.push(Fix::AnotherProvider { channel: *channel, per_second: more });
        }
    }
    fixes
}

/// Duties of the same rule set that speak of a public notice.
fn announcements(outlook: &Outlook<'_>, obligation: &Obligation) -> Vec<String> {
    let same = outlook.obligations.iter().filter(|one| one.jurisdiction == obligation.jurisdiction);
    same.filter(|one| one.duty == Duty::Announce).map(|one| one.id.clone()).collect()
}

pub(super) fn seconds(people: i64, per_second: f64) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "the cast saturates, and nobody waits that long")]
    (per_second > 0.0 || people == 0).then(|| if people == 0 { 0 } else { (as_f64(people) / per_second).ceil() as i64 })
}

#[expect(clippy::cast_precision_loss, reason = "a forecast for people needs no more than 52 bits")]
pub(super) const fn as_f64(number: i64) -> f64 {
    number as f64
}
