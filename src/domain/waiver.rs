//! The decision not to do what a duty asks for: as much a decision as doing it, with a reason and an author.

use super::actor::ActorRef;
use super::clock::Millis;
use super::id::{IncidentId, WaiverId};
use super::obligation::{Force, Obligation, ObligationState};

/// One decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiver {
    /// Identifier.
    pub id: WaiverId,
    /// The incident.
    pub incident: IncidentId,
    /// The duty.
    pub obligation: String,
    /// Why it is not done.
    pub reason: String,
    /// How strongly the duty bound when it was decided on.
    pub force: Force,
    /// Version of the rules that it was decided on.
    pub rules_version: String,
    /// Who decided.
    pub author: ActorRef,
    /// When.
    pub decided_at: Millis,
    /// That it was taken back.
    pub reversal: Option<Reversal>,
}

/// That a decision, or a record that a duty was done, was taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reversal {
    /// When.
    pub at: Millis,
    /// By whom.
    pub by: ActorRef,
    /// Why.
    pub reason: String,
}

impl Waiver {
    /// Whether it lifts a duty as it is now. One that was decided on while the duty was not mandatory does not lift it
    /// once it is: the facts or the rules are others than those that were decided on.
    #[must_use]
    pub fn lifts(&self, obligation: &Obligation) -> bool {
        self.reversal.is_none()
            && self.obligation == obligation.id
            && (obligation.force != Force::Mandatory || self.force == Force::Mandatory)
    }
}

/// Marks the duties that are decided not to be done. What is done stays done.
pub fn apply(obligations: &mut [Obligation], waivers: &[Waiver]) {
    for obligation in obligations {
        let waits = matches!(obligation.state, ObligationState::Open | ObligationState::Overdue);
        if waits && waivers.iter().any(|waiver| waiver.lifts(obligation)) {
            obligation.state = ObligationState::Waived;
        }
    }
}

impl Force {
    /// The name, as the API and the database spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mandatory => "mandatory",
            Self::Recommended => "recommended",
            Self::Review => "review",
        }
    }

    /// Reads [`Force::as_str`] back.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Mandatory, Self::Recommended, Self::Review].into_iter().find(|force| force.as_str() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::jurisdiction::JurisdictionId;
    use crate::domain::obligation::{Deadline, DeadlineKind, Details, Duty};

    fn duty(force: Force, state: ObligationState) -> Obligation {
        Obligation {
            id: String::from("hk/notify-individuals"),
            jurisdiction: JurisdictionId::parse("hk").unwrap(),
            duty: Duty::NotifyIndividuals,
            to: String::new(),
            force,
            because: String::new(),
            deadline: Deadline { at: None, kind: DeadlineKind::None, text: String::new(), starts: None, began: None },
            not_before: Vec::new(),
            contents: Vec::new(),
            citation: Vec::new(),
            rules_version: String::new(),
            state,
            details: Details::default(),
        }
    }

    fn waiver(force: Force) -> Waiver {
        Waiver {
            id: WaiverId(uuid::Uuid::nil()),
            incident: IncidentId(uuid::Uuid::nil()),
            obligation: String::from("hk/notify-individuals"),
            reason: String::new(),
            force,
            rules_version: String::new(),
            author: ActorRef::operator(),
            decided_at: Millis(0),
            reversal: None,
        }
    }

    #[test]
    fn a_decision_on_a_weaker_duty_does_not_lift_a_mandatory_one() {
        for (decided, now, lifted) in [
            (Force::Review, Force::Review, true),
            (Force::Recommended, Force::Review, true),
            (Force::Review, Force::Mandatory, false),
            (Force::Mandatory, Force::Mandatory, true),
            (Force::Mandatory, Force::Review, true),
        ] {
            assert_eq!(waiver(decided).lifts(&duty(now, ObligationState::Open)), lifted, "{decided:?} {now:?}");
        }
    }

    #[test]
    fn what_is_done_stays_done_and_what_was_reversed_counts_no_more() {
        let mut duties = [duty(Force::Review, ObligationState::Met), duty(Force::Review, ObligationState::Overdue)];
        apply(&mut duties, &[waiver(Force::Review)]);
        assert_eq!(duties.each_ref().map(|duty| duty.state), [ObligationState::Met, ObligationState::Waived]);
        let reversal = Reversal { at: Millis(0), by: ActorRef::operator(), reason: String::new() };
        let mut duties = [duty(Force::Review, ObligationState::Open)];
        apply(&mut duties, &[Waiver { reversal: Some(reversal), ..waiver(Force::Review) }]);
        assert_eq!(duties[0].state, ObligationState::Open);
    }
}
