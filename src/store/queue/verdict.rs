//! What a receipt means for the person: a pure decision.

use crate::domain::campaign::PersonState;
use crate::domain::outcome::Outcome;

/// What a receipt does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is the attempt's outcome: the person was in flight.
    Settle(Outcome),
    /// The person was told after all.
    Reached,
    /// The person has to be told otherwise.
    MoveOn(Outcome),
    /// It changes nobody.
    Note,
}

/// What is known before the receipt.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    /// The person's state.
    pub(super) state: PersonState,
    /// Whether the attempt is the person's current or last one.
    pub(super) current: bool,
    /// The attempt's outcome.
    pub(super) outcome: Option<Outcome>,
    /// What earlier receipts say of it.
    pub(super) receipt: Option<Outcome>,
}

/// Decides. A failure outweighs a success, in whatever order they come: telling somebody twice is better than not at all.
pub(super) fn verdict(known: Known, said: Option<Outcome>) -> Verdict {
    let Some(said) = said.filter(|outcome| *outcome != Outcome::Unknown) else { return Verdict::Note };
    if !known.current {
        return earlier(known, said);
    }
    match known.state {
        PersonState::InFlight => Verdict::Settle(said),
        PersonState::Reached | PersonState::Unknown if is_failure(said) => Verdict::MoveOn(said),
        PersonState::Unknown => Verdict::Reached,
        // An attempt that may have gone out and is to be repeated: it did go out, so it is not repeated. Or one that was
        // accepted, and nobody said for too long that it arrived: it did, so the next step is not tried.
        PersonState::Pending
            if (known.outcome == Some(Outcome::Unknown)
                || (known.outcome == Some(Outcome::Accepted) && said == Outcome::Delivered))
                && !is_failure(said)
                && !known.receipt.is_some_and(is_failure) =>
        {
            Verdict::Reached
        }
        PersonState::Pending
        | PersonState::Reached
        | PersonState::Unreachable
        | PersonState::Announced
        | PersonState::Suppressed => Verdict::Note,
    }
}

/// About an attempt after which the person was tried otherwise. Only that it arrived says anything: then nobody need go on.
fn earlier(known: Known, said: Outcome) -> Verdict {
    let arrived = said == Outcome::Delivered && !known.receipt.is_some_and(is_failure);
    match known.state {
        PersonState::Pending | PersonState::Unknown | PersonState::Unreachable if arrived => Verdict::Reached,
        _ => Verdict::Note,
    }
}

/// What receipts say of an attempt, all together: the weightiest, so that their order does not matter.
pub(super) fn weightier(known: Option<Outcome>, said: Option<Outcome>) -> Option<Outcome> {
    let weight = |outcome: Outcome| match outcome {
        Outcome::Unknown => 0,
        Outcome::Accepted => 1,
        Outcome::Delivered => 2,
        Outcome::Throttled => 3,
        Outcome::Misconfigured => 4,
        Outcome::Retry => 5,
        Outcome::Rejected => 6,
        Outcome::BadAddress => 7,
    };
    match (known, said) {
        (Some(known), Some(said)) => Some(if weight(said) > weight(known) { said } else { known }),
        (known, said) => known.or(said),
    }
}

const fn is_failure(outcome: Outcome) -> bool {
    !matches!(outcome, Outcome::Accepted | Outcome::Delivered | Outcome::Unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(state: PersonState) -> Known {
        Known { state, current: true, outcome: Some(Outcome::Accepted), receipt: None }
    }

    #[test]
    fn of_an_older_attempt_only_that_it_arrived_moves_whoever_is_not_told() {
        for state in PersonState::ALL {
            let known = Known { current: false, ..known(state) };
            assert_eq!(verdict(known, Some(Outcome::BadAddress)), Verdict::Note);
            assert_eq!(verdict(known, Some(Outcome::Accepted)), Verdict::Note);
            let untold = [PersonState::Pending, PersonState::Unknown, PersonState::Unreachable].contains(&state);
            let expected = if untold { Verdict::Reached } else { Verdict::Note };
            assert_eq!(verdict(known, Some(Outcome::Delivered)), expected);
            let bounced = Known { receipt: Some(Outcome::BadAddress), ..known };
            assert_eq!(verdict(bounced, Some(Outcome::Delivered)), Verdict::Note);
        }
    }

    #[test]
    fn a_failure_moves_on_whoever_was_reached_or_unknown_and_a_delivery_resolves_the_unknown() {
        let bounce = Some(Outcome::BadAddress);
        assert_eq!(verdict(known(PersonState::Reached), bounce), Verdict::MoveOn(Outcome::BadAddress));
        assert_eq!(verdict(known(PersonState::Unknown), bounce), Verdict::MoveOn(Outcome::BadAddress));
        assert_eq!(verdict(known(PersonState::Reached), Some(Outcome::Delivered)), Verdict::Note);
        assert_eq!(verdict(known(PersonState::Unknown), Some(Outcome::Delivered)), Verdict::Reached);
        assert_eq!(verdict(known(PersonState::InFlight), bounce), Verdict::Settle(Outcome::BadAddress));
    }

    #[test]
    fn a_receipt_that_decides_nothing_only_notes() {
        for state in PersonState::ALL {
            assert_eq!(verdict(known(state), None), Verdict::Note);
            assert_eq!(verdict(known(state), Some(Outcome::Unknown)), Verdict::Note);
        }
    }

    #[test]
    fn a_delivery_saves_the_repeat_of_an_unknown_attempt_unless_a_failure_was_told() {
        let pending = Known { outcome: Some(Outcome::Unknown), ..known(PersonState::Pending) };
        assert_eq!(verdict(pending, Some(Outcome::Delivered)), Verdict::Reached);
        let failed = Known { receipt: Some(Outcome::Rejected), ..pending };
        assert_eq!(verdict(failed, Some(Outcome::Delivered)), Verdict::Note);
        let retried = Known { outcome: Some(Outcome::Retry), ..pending };
        assert_eq!(verdict(retried, Some(Outcome::Delivered)), Verdict::Note);
    }

    #[test]
    fn what_receipts_say_together_does_not_depend_on_their_order() {
        for one in Outcome::ALL.map(Some).into_iter().chain([None]) {
            for other in Outcome::ALL.map(Some).into_iter().chain([None]) {
                assert_eq!(weightier(one, other), weightier(other, one));
            }
        }
    }
}
