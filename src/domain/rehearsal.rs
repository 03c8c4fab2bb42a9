//! A rehearsal: a whole campaign played through without one message leaving. What is played, and with which mishaps.

use serde::{Deserialize, Serialize};

use super::actor::ActorRef;
use super::attempt::UnreachableReason;
use super::campaign::Counts;
use super::cascade::Routing;
use super::channel::Channel;
use super::clock::Millis;
use super::id::{CampaignId, IncidentId, PersonId, RehearsalId};
use super::incident::Incident;
use super::jurisdiction::JurisdictionId;
use super::notice::Notice;
use super::outcome::Outcome;

/// Longest time that a slow answer takes, in milliseconds.
const MAX_SLOW_MS: u64 = 60_000;

/// Which mishaps the sink plays, in percent of the messages; whoever meets none is accepted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Mishaps {
    /// Temporary failures, which are tried again.
    #[schema(minimum = 0, maximum = 100)]
    pub temporary_percent: f64,
    /// Dead addresses: the person goes on to the next contact point.
    #[schema(minimum = 0, maximum = 100)]
    pub bad_address_percent: f64,
    /// Messages that are refused for good: likewise.
    #[schema(minimum = 0, maximum = 100)]
    pub refused_percent: f64,
    /// Answers that are slow.
    #[schema(minimum = 0, maximum = 100)]
    pub slow_percent: f64,
    /// How long a slow one takes, in milliseconds.
    #[schema(maximum = 60_000)]
    pub slow_ms: u64,
    /// Messages a second that each sink takes; as many as come when absent.
    #[schema(minimum = 0.001)]
    pub per_second: Option<f64>,
}

/// What does not fit: the field and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct MishapError {
    /// Name of the field.
    pub field: &'static str,
    /// What is wrong.
    pub reason: &'static str,
}

impl Mishaps {
    /// Checks that all of it can be played.
    ///
    /// # Errors
    /// The first field that does not fit.
    pub fn check(&self) -> Result<(), MishapError> {
        let shares = [
            ("temporary_percent", self.temporary_percent),
            ("bad_address_percent", self.bad_address_percent),
            ("refused_percent", self.refused_percent),
            ("slow_percent", self.slow_percent),
        ];
        for (field, share) in shares {
            if !(0.0..=100.0).contains(&share) {
                return Err(MishapError { field, reason: "a share is 0 to 100 percent" });
            }
        }
        if shares[..3].iter().map(|(_, share)| share).sum::<f64>() > 100.0 {
            return Err(MishapError { field: "refused_percent", reason: "the failures are more than all messages" });
        }
        if self.slow_ms > MAX_SLOW_MS {
            return Err(MishapError { field: "slow_ms", reason: "an answer takes 60000 ms at most" });
        }
        if self.per_second.is_some_and(|rate| !(0.001..=1e9).contains(&rate)) {
            return Err(MishapError { field: "per_second", reason: "a rate is at least 0.001 a second" });
        }
        Ok(())
    }
}

/// What is played.
pub struct Cast {
    /// The incident, with the facts that the notice reads over.
    pub incident: Incident,
    /// What is told.
    pub notice: Notice,
    /// How each person is told.
    pub routing: Box<dyn Routing>,
    /// Whether what is told has remedy codes in it; made-up ones are.
    pub remedy_codes: bool,
    /// Whom: those whom this campaign is still to tell, or everybody who was imported.
    pub campaign: Option<CampaignId>,
}

/// How long a rehearsal may be silent before it counts as lost with its process, in milliseconds.
const SILENT_MS: i64 = 30_000;

/// The last rehearsal of an incident.
#[derive(Clone, Debug, PartialEq)]
pub struct Rehearsal {
    /// Its identifier.
    pub id: RehearsalId,
    /// Of what.
    pub incident: IncidentId,
    /// Whom: those whom this campaign is still to tell, or everybody who was imported.
    pub campaign: Option<CampaignId>,
    /// With which mishaps.
    pub mishaps: Mishaps,
    /// Who asked for it.
    pub author: ActorRef,
    /// When it began.
    pub began_at: Millis,
    /// When whoever plays it last said so.
    pub seen_at: Millis,
    /// How far it is.
    pub progress: Progress,
    /// How it ended.
    pub ending: Option<Ending>,
}

/// How far a rehearsal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub stage: Stage,
    /// How many people there are.
    pub people: i64,
    /// With how many of them it is done.
    pub done: i64,
}

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// People are brought onto the stage.
    Copying,
    /// They are told.
    Telling,
    /// Nothing any more.
    Ended,
}

/// How a rehearsal ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// Everybody was at an end.
    Played(Rehearsed),
    /// Somebody stopped it.
    Stopped,
    /// It could not be played; why.
    Failed(String),
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rehearsed {
    /// Where everybody ended.
    pub counts: Counts,
    /// Attempts per channel, provider and outcome.
    pub attempts: Vec<Played>,
    /// Why people were not reached.
    pub reasons: Vec<(UnreachableReason, i64)>,
    /// For how many people a message could not be made.
    pub unmade: i64,
    /// The first of them.
    pub unmade_for: Vec<PersonId>,
    /// How long telling took, in milliseconds.
    pub took_ms: i64,
    /// Attempts by residence and channel; without a channel, people whom nothing reached.
    pub by_residence: Vec<(Option<JurisdictionId>, Option<Channel>, i64)>,
}

/// A number of attempts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = RehearsedAttempts)]
pub struct Played {
    /// Through which channel.
    pub channel: Channel,
    /// In the place of which provider.
    pub provider: String,
    /// What came of them.
    pub outcome: Outcome,
    /// How many.
    pub attempts: i64,
}

impl Stage {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Copying, Self::Telling, Self::Ended];

    /// The name, as the API and the database spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Copying => "copying",
            Self::Telling => "telling",
            Self::Ended => "ended",
        }
    }
}

impl Rehearsal {
    /// Whether it is being played. One whose process has ended is not.
    #[must_use]
    pub fn is_played(&self, now: Millis) -> bool {
        self.ending.is_none() && now.0 <= self.seen_at.0 + SILENT_MS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_of_all_messages() {
        let fits = Mishaps { temporary_percent: 50.0, bad_address_percent: 50.0, ..Mishaps::default() };
        assert_eq!(fits.check(), Ok(()));
        let field = |mishaps: Mishaps| mishaps.check().unwrap_err().field;
        assert_eq!(field(Mishaps { refused_percent: 0.1, ..fits }), "refused_percent");
        assert_eq!(field(Mishaps { slow_percent: -1.0, ..fits }), "slow_percent");
        assert_eq!(field(Mishaps { temporary_percent: f64::NAN, ..fits }), "temporary_percent");
        assert_eq!(field(Mishaps { slow_ms: 60_001, ..fits }), "slow_ms");
        assert_eq!(field(Mishaps { per_second: Some(0.0), ..fits }), "per_second");
    }
}
