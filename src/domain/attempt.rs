//! One try to tell one person through one provider, and what follows from its outcome.

use std::sync::Arc;

use super::campaign::PersonState;
use super::cascade::{Cascade, Step};
use super::channel::Channel;
use super::clock::Millis;
use super::id::{AttemptId, CampaignId, IncidentId, PersonId};
use super::jurisdiction::JurisdictionId;
use super::outcome::Outcome;
use super::quiet::QuietHours;
use super::retry::{RetryPolicy, spread};

/// Where a person is in the cascade.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The person's steps.
    pub cascade: Cascade,
    /// Which step is being tried, from 0.
    pub place: u16,
    /// Tries of this step so far, this one included.
    pub tries: u16,
}

/// What to do about an attempt of which nobody knows whether it went out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownPolicy {
    /// Send again. Right where a repeat is harmless: an email carries the same Message-ID.
    Repeat,
    /// Leave it until the provider's receipt or answer, or a person, settles it.
    Hold,
}

/// The rules of one channel that decide what follows from an outcome.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ChannelPolicy {
    /// When to try again.
    pub retry: RetryPolicy,
    /// What to do when nobody knows.
    pub unknown: UnknownPolicy,
    /// What to do when the provider was asked about such an attempt and does not know it.
    pub unfound: UnknownPolicy,
    /// How long to leave a provider alone that is throttling or misconfigured and gave no time, in milliseconds.
    pub pause_ms: i64,
    /// How long to wait for a receipt that says that a message arrived before the next step is tried, in milliseconds; `None`
    /// is for ever. Only where the provider sends receipts.
    pub receipt_ms: Option<i64>,
    /// When people are not to be disturbed by it, by the clock where they are.
    pub quiet: Option<QuietHours>,
}

impl ChannelPolicy {
    /// What holds for a channel unless configured otherwise: email is repeated, the rest is held.
    #[must_use]
    pub fn standard(channel: Channel) -> Self {
        let unknown = if channel == Channel::Email { UnknownPolicy::Repeat } else { UnknownPolicy::Hold };
        let by_hand = matches!(channel, Channel::Letter | Channel::Voice);
        let unfound = if by_hand { UnknownPolicy::Hold } else { UnknownPolicy::Repeat };
        Self { retry: RetryPolicy::default(), unknown, unfound, pause_ms: 30_000, receipt_ms: None, quiet: None }
    }

    /// What an attempt comes to that ended without an answer, and that its provider was asked about and does not know.
    #[must_use]
    pub const fn of_unfound(&self) -> Outcome {
        match self.unfound {
            UnknownPolicy::Repeat => Outcome::Retry,
            UnknownPolicy::Hold => Outcome::Unknown,
        }
    }
}

/// Why a person cannot be reached, as the account and the announcement draft tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnreachableReason {
    /// No contact point in any channel of the cascade.
    NoContact,
    /// There are contact points, and none that the law permits.
    NoPermittedWay,
    /// Every contact point turned out dead.
    BadAddress,
    /// The last contact point refused the message.
    Rejected,
    /// The last contact point could not be reached in the tries allowed.
    GaveUp,
}

impl UnreachableReason {
    /// The name, as the API and the database spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoContact => "no_contact",
            Self::NoPermittedWay => "no_permitted_way",
            Self::BadAddress => "bad_address",
            Self::Rejected => "rejected",
            Self::GaveUp => "gave_up",
        }
    }

    /// Reads [`UnreachableReason::as_str`] back.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::NoContact, Self::NoPermittedWay, Self::BadAddress, Self::Rejected, Self::GaveUp]
            .into_iter()
            .find(|r| r.as_str() == name)
    }
}

/// Where a person goes after an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Told.
    Reached,
    /// Held until something settles it.
    Unknown,
    /// No contact point is left.
    Unreachable(UnreachableReason),
    /// Another attempt, not before `due_at`.
    Pending {
        /// Place in the cascade.
        place: u16,
        /// The channel of that place.
        channel: Channel,
        /// Tries of that step so far.
        tries: u16,
        /// Not before.
        due_at: Millis,
        /// Whether this repeats an attempt that may have gone out.
        repeats: bool,
    },
}

impl Next {
    /// The state that goes with it.
    #[must_use]
    pub const fn state(self) -> PersonState {
        match self {
            Self::Reached => PersonState::Reached,
            Self::Unknown => PersonState::Unknown,
            Self::Unreachable(_) => PersonState::Unreachable,
            Self::Pending { .. } => PersonState::Pending,
        }
    }
}

/// Decides where a person goes after an outcome. The only place that does.
///
/// `retry_after_ms` is the wait the provider asked for; `jitter` is a fraction in `[0, 1)`.
#[must_use]
pub fn next(
    progress: &Progress,
    outcome: Outcome,
    retry_after_ms: Option<i64>,
    policy: &ChannelPolicy,
    now: Millis,
    jitter: f64,
) -> Next {
    let again = |tries: u16, wait: i64, repeats: bool| {
        let due_at = now.plus(retry_after_ms.unwrap_or(0).max(wait));
        to_place(progress, progress.place, tries, due_at, repeats)
            .unwrap_or(Next::Unreachable(UnreachableReason::GaveUp))
    };
    match outcome {
        Outcome::Accepted | Outcome::Delivered => Next::Reached,
        Outcome::Retry => match policy.retry.wait_after(progress.tries, jitter) {
            Some(wait) => again(progress.tries, wait, false),
            None => further(progress, now, UnreachableReason::GaveUp),
        },
        // Not the person's nor the message's fault, so it uses up no try.
        Outcome::Throttled => again(progress.tries.saturating_sub(1), spread(policy.pause_ms, jitter), false),
        // Mostly the account's fault, and then the engine soon stops asking, and asks again at no one's cost; but some hosts
        // answer one person's message in the same words, and that person must come to an end too. Nobody's address is called
        // dead by it.
        Outcome::Misconfigured => match policy.retry.wait_after(progress.tries, jitter) {
            Some(wait) => again(progress.tries, wait.max(spread(policy.pause_ms, jitter)), false),
            None => further(progress, now, UnreachableReason::GaveUp),
        },
        Outcome::BadAddress => further(progress, now, UnreachableReason::BadAddress),
        Outcome::Rejected => further(progress, now, UnreachableReason::Rejected),
        Outcome::Unknown => match policy.unknown {
            UnknownPolicy::Hold => Next::Unknown,
            UnknownPolicy::Repeat => match policy.retry.wait_after(progress.tries, jitter) {
                Some(wait) => again(progress.tries, wait, true),
                None => Next::Unknown,
            },
        },
    }
}

/// Where a person goes whose message was accepted and of whom no receipt says that it arrived: to the next step, `None` when
/// there is none.
#[must_use]
pub fn further_without_receipt(progress: &Progress, now: Millis) -> Option<Next> {
    to_place(progress, progress.place + 1, 0, now, false)
}

fn further(progress: &Progress, now: Millis, reason: UnreachableReason) -> Next {
    to_place(progress, progress.place + 1, 0, now, false).unwrap_or(Next::Unreachable(reason))
}

/// A place of the cascade, if it has that place.
fn to_place(progress: &Progress, place: u16, tries: u16, due_at: Millis, repeats: bool) -> Option<Next> {
    let channel = progress.cascade.step(place)?.channel;
    Some(Next::Pending { place, channel, tries, due_at, repeats })
}

/// In the place of a provider's name, that of an attempt for which no provider was asked, so that none is charged for it or
/// blamed. No provider can have it: their names are lower-case letters, digits and `-`.
pub const NO_PROVIDER: &str = "no provider";

/// The code of an attempt whose destination none of the channel's providers carries.
pub const NOBODY_CARRIES_IT: &str = "nobody-carries-it";

/// What a claim has written of an attempt: the attempt's row is made of it when the outcome is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// Through which channel it goes.
    pub channel: Channel,
    /// Through which provider it goes.
    pub provider: Arc<str>,
    /// Which step of the cascade it is, from 0.
    pub place: u16,
    /// Which try of that step it is, from 1.
    pub tries: u16,
    /// Which of the person's attempts it is, from 1.
    pub number: i64,
    /// Whether it repeats one that may have gone out.
    pub repeats: bool,
    /// When it was claimed.
    pub at: Millis,
}

/// What a provider is to be asked, taken under a lease: the intent is durable before this exists.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// The attempt, and the token that its settlement must show.
    pub attempt: AttemptId,
    /// The campaign.
    pub campaign: CampaignId,
    /// The incident.
    pub incident: IncidentId,
    /// Whom.
    pub person: super::person::Person,
    /// How.
    pub step: Step,
    /// Where in the cascade.
    pub progress: Progress,
    /// What is durable of it.
    pub intent: Intent,
    /// The slot of the destination's rate that it has waited for.
    pub slot: Option<Millis>,
    /// Which round of slots its campaign was in when it was claimed: a domain's rate that changes begins a new one, and slots of earlier
    /// ones are none.
    pub slot_round: i64,
}

/// What came of a claimed attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// The attempt.
    pub attempt: AttemptId,
    /// The person.
    pub person: PersonId,
    /// The person's jurisdiction, for the counts of each.
    pub jurisdiction: Option<JurisdictionId>,
    /// What was durable of it.
    pub intent: Intent,
    /// What the provider's answer means.
    pub outcome: Outcome,
    /// The provider's code as it gave it (`550 5.1.1`, `21211`), never its text: that may repeat an address.
    pub code: Option<String>,
    /// The provider's own name for the message, for receipts.
    pub reference: Option<String>,
    /// Where the person goes.
    pub next: Next,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::person::PersonRecord;

    fn progress(place: u16, tries: u16) -> Progress {
        let record = PersonRecord {
            emails: vec![crate::domain::contact::EmailAddress::parse("a@example.org").expect("an address")],
            phones: vec![crate::domain::contact::PhoneNumber::from_e164("+14155550123").expect("a number")],
            ..PersonRecord::default()
        };
        Progress {
            cascade: Cascade::plan(&[Channel::Email, Channel::Sms], record.reach(jiff::civil::date(2026, 11, 22))),
            place,
            tries,
        }
    }

    fn decide(progress: &Progress, outcome: Outcome) -> Next {
        next(progress, outcome, None, &ChannelPolicy::standard(Channel::Email), Millis(1000), 0.5)
    }

    #[test]
    fn a_dead_address_moves_on_at_once_and_the_last_one_ends_unreachable() {
        assert_eq!(
            decide(&progress(0, 1), Outcome::BadAddress),
            Next::Pending { place: 1, channel: Channel::Sms, tries: 0, due_at: Millis(1000), repeats: false }
        );
        assert_eq!(decide(&progress(1, 1), Outcome::BadAddress), Next::Unreachable(UnreachableReason::BadAddress));
    }

    #[test]
    fn an_account_failure_marks_nobody_bad_and_still_comes_to_an_end() {
        assert_eq!(
            decide(&progress(0, 1), Outcome::Misconfigured),
            Next::Pending { place: 0, channel: Channel::Email, tries: 1, due_at: Millis(61_000), repeats: false }
        );
        assert_eq!(decide(&progress(1, 8), Outcome::Misconfigured), Next::Unreachable(UnreachableReason::GaveUp));
    }

    #[test]
    fn throttling_uses_up_no_try() {
        assert_eq!(
            decide(&progress(0, 3), Outcome::Throttled),
            Next::Pending { place: 0, channel: Channel::Email, tries: 2, due_at: Millis(31_000), repeats: false }
        );
    }

    #[test]
    fn an_unknown_email_is_repeated_and_says_so_while_an_unknown_text_message_is_held() {
        assert!(matches!(decide(&progress(0, 1), Outcome::Unknown), Next::Pending { repeats: true, .. }));
        let policy = ChannelPolicy::standard(Channel::Sms);
        assert_eq!(next(&progress(1, 1), Outcome::Unknown, None, &policy, Millis(0), 0.0), Next::Unknown);
    }

    #[test]
    fn retries_end_with_the_next_step() {
        assert!(matches!(decide(&progress(0, 8), Outcome::Retry), Next::Pending { place: 1, .. }));
        assert_eq!(decide(&progress(1, 8), Outcome::Retry), Next::Unreachable(UnreachableReason::GaveUp));
    }

    #[test]
    fn the_wait_a_provider_asks_for_is_honoured() {
        let decided = next(
            &progress(0, 1),
            Outcome::Throttled,
            Some(90_000),
            &ChannelPolicy::standard(Channel::Email),
            Millis(0),
            0.5,
        );
        assert_eq!(
            decided,
            Next::Pending { place: 0, channel: Channel::Email, tries: 0, due_at: Millis(90_000), repeats: false }
        );
    }
}
