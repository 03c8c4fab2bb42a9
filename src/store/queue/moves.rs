//! What a batch of moves does to rows, counts, tallies and the audit chain. Pure: no SQL, no clock.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::lists;
use super::statements::IntentRow;
use crate::domain::attempt::{Intent, Next, Progress};
use crate::domain::campaign::{Counts, PersonState};
use crate::domain::cascade::{Cascade, Step};
use crate::domain::channel::Channel;
use crate::domain::clock::Millis;
use crate::domain::id::{AttemptId, PersonId};
use crate::domain::outcome::Outcome;
use crate::store::error::StoreError;
use crate::store::traits::Result;

/// One person's move from the state an attempt left them in to the next.
#[derive(Clone, Debug)]
pub(super) struct Move {
    /// Whom.
    pub(super) person: PersonId,
    /// The person's attempt in flight, or the last one.
    pub(super) attempt: AttemptId,
    /// Where the person is.
    pub(super) from: PersonState,
    /// Where the person goes.
    pub(super) next: Next,
    /// The person's jurisdiction, as it was read. It may have become another since.
    pub(super) jurisdiction: Option<String>,
    /// What came of the attempt in flight; `None` when it was settled before, which is never overwritten.
    pub(super) settled: Option<Settled>,
}

/// The outcome that an attempt's row is given.
#[derive(Clone, Debug)]
pub(super) struct Settled {
    /// What came of it.
    pub(super) outcome: Outcome,
    /// The provider's code.
    pub(super) code: Option<String>,
    /// The provider's own name for the message.
    pub(super) reference: Option<String>,
    /// What was durable of it.
    pub(super) intent: Intent,
}

/// Numbers of settled attempts by channel, provider and outcome. Ordered, so that two transactions that add to the same
/// rows lock them in the same order.
pub(super) type Tallies = BTreeMap<(Channel, Arc<str>, Outcome), i64>;

/// Changes of the counts of jurisdictions, those of an unknown one under the empty text. Ordered as [`Tallies`] is.
pub(super) type Jurisdictions = BTreeMap<String, Counts>;

/// The step of a stored cascade at a place. `Corrupt` when there is none.
pub(super) fn step(cascade: &Cascade, place: u16) -> Result<Step> {
    cascade
        .step(place)
        .ok_or_else(|| StoreError::corrupt("campaign_people", "cascade", format!("it has no step {place}")))
}

/// Reads where a person is in the cascade, as stored. `Corrupt` when it makes no sense.
pub(super) fn progress(cascade: &str, place: i64, tries: i64) -> Result<Progress> {
    Ok(Progress { cascade: read_cascade(cascade)?, place: small("place", place)?, tries: small("tries", tries)? })
}

fn small(column: &'static str, number: i64) -> Result<u16> {
    u16::try_from(number).map_err(|_| StoreError::corrupt("campaign_people", column, "it is out of range"))
}

/// Reads the intent of an attempt in flight. `Corrupt` when it makes no sense.
pub(super) fn intent(row: IntentRow) -> Result<Intent> {
    Ok(Intent {
        channel: lists::channel(&row.channel)?,
        provider: row.provider.into(),
        place: small("place", row.place)?,
        tries: small("tries", row.tries)?,
        number: row.number,
        repeats: row.repeats != 0,
        at: Millis(row.intended_at),
    })
}

fn read_cascade(code: &str) -> Result<Cascade> {
    Cascade::from_code(code)
        .ok_or_else(|| StoreError::corrupt("campaign_people", "cascade", "it is not a list of steps"))
}

/// The change of counts.
pub(super) fn delta(moves: &[Move]) -> Counts {
    let mut counts = Counts::default();
    for one in moves {
        counts.shift(one.from, one.next.state());
    }
    counts
}

/// What the settled ones add to the tallies.
pub(super) fn tallies(moves: &[Move]) -> Tallies {
    let mut tallies = Tallies::new();
    for settled in moves.iter().filter_map(|m| m.settled.as_ref()) {
        let through = (settled.intent.channel, Arc::clone(&settled.intent.provider), settled.outcome);
        *tallies.entry(through).or_default() += 1;
    }
    tallies
}

/// The change of the counts of each jurisdiction, where one is changed that is kept. `residences` says who lives elsewhere than
/// the move knows.
pub(super) fn jurisdictions(moves: &[Move], residences: &HashMap<PersonId, String>) -> Jurisdictions {
    let mut jurisdictions = Jurisdictions::new();
    for one in moves {
        let known = residences.get(&one.person).or(one.jurisdiction.as_ref());
        let name = known.map_or("", String::as_str);
        if !jurisdictions.contains_key(name) {
            jurisdictions.insert(name.to_owned(), Counts::default());
        }
        if let Some(counts) = jurisdictions.get_mut(name) {
            counts.shift(one.from, one.next.state());
        }
    }
    jurisdictions.retain(|_, c| [c.reached, c.unknown, c.unreachable, c.announced] != [0; 4]);
    jurisdictions
}

/// Numbers per outcome, for the audit entry.
pub(super) fn per_outcome(moves: &[Move]) -> BTreeMap<&'static str, i64> {
    let mut numbers = BTreeMap::new();
    for settled in moves.iter().filter_map(|m| m.settled.as_ref()) {
        *numbers.entry(settled.outcome.as_str()).or_default() += 1;
    }
    numbers
}

/// SHA-256, hex, over the attempts' identifiers in ascending order: what an audit entry about intents commits to.
pub(super) fn digest_of_attempts(attempts: impl IntoIterator<Item = AttemptId>) -> String {
    let mut sorted: Vec<AttemptId> = attempts.into_iter().collect();
    sorted.sort_unstable();
    let mut hasher = Sha256::new();
    for attempt in sorted {
        hasher.update(attempt.0.as_bytes());
    }
    hex::encode(hasher.finalize())
}

/// SHA-256, hex, over identifier and outcome's name of each settled attempt, in ascending order of identifier.
pub(super) fn digest_of_outcomes(moves: &[Move]) -> String {
    let mut sorted: Vec<(AttemptId, Outcome)> =
        moves.iter().filter_map(|m| m.settled.as_ref().map(|s| (m.attempt, s.outcome))).collect();
    sorted.sort_unstable();
    let mut hasher = Sha256::new();
    for (attempt, outcome) in sorted {
        hasher.update(attempt.0.as_bytes());
        hasher.update(outcome.as_str().as_bytes());
    }
    hex::encode(hasher.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::AttemptId;

    fn moved(n: u8, next: Next, outcome: Outcome) -> Move {
        Move {
            person: PersonId::new(Millis(1), [n; 10]),
            attempt: AttemptId::new(Millis(1), [n; 10]),
            from: PersonState::InFlight,
            next,
            jurisdiction: Some(String::from("cn")),
            settled: Some(Settled {
                outcome,
                code: None,
                reference: None,
                intent: Intent {
                    channel: Channel::Email,
                    provider: Arc::from("relay"),
                    place: 0,
                    tries: 1,
                    number: 1,
                    repeats: false,
                    at: Millis(1),
                },
            }),
        }
    }

    #[test]
    fn counts_shift_and_keep_their_sum() {
        let moves = [moved(1, Next::Reached, Outcome::Accepted), moved(2, Next::Unknown, Outcome::Unknown)];
        let delta = delta(&moves);
        assert_eq!((delta.in_flight, delta.reached, delta.unknown, delta.total()), (-2, 1, 1, 0));
    }

    #[test]
    fn the_digest_does_not_depend_on_the_order_of_the_batch_but_on_every_outcome() {
        let one = moved(1, Next::Reached, Outcome::Accepted);
        let two = moved(2, Next::Unknown, Outcome::Unknown);
        let forth = digest_of_outcomes(&[one.clone(), two.clone()]);
        assert_eq!(forth, digest_of_outcomes(&[two.clone(), one.clone()]));
        assert_ne!(forth, digest_of_outcomes(&[one, moved(2, Next::Unknown, Outcome::Accepted)]));
    }

    #[test]
    fn jurisdictions_shift_where_a_kept_count_changes() {
        let back = Next::Pending { place: 0, channel: Channel::Email, tries: 1, due_at: Millis(0), repeats: false };
        let as_known = HashMap::new();
        assert!(jurisdictions(&[moved(1, back, Outcome::Retry)], &as_known).is_empty());
        let moves = [moved(1, Next::Reached, Outcome::Accepted), moved(2, Next::Reached, Outcome::Accepted)];
        assert_eq!(jurisdictions(&moves, &as_known)["cn"].reached, 2);
        let elsewhere = HashMap::from([(moves[0].person, String::from("us-ca"))]);
        let shifted = jurisdictions(&moves, &elsewhere);
        assert_eq!((shifted["cn"].reached, shifted["us-ca"].reached), (1, 1));
    }
}
