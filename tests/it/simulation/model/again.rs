//! What people decide about those who were not told, or of whom nobody knows.

use candour::domain::attempt::UnreachableReason;
use candour::domain::campaign::{CampaignState, PersonState};
use candour::domain::clock::Millis;
use candour::domain::id::CampaignId;
use candour::store::{Again, Result, StoreError};

use super::{Model, Standing};

fn is_meant(one: &Standing, whom: Again) -> bool {
    match (one.state, one.reason) {
        (PersonState::Unknown, _) => whom.unknown,
        (PersonState::Unreachable | PersonState::Announced, Some(reason)) => match reason {
            UnreachableReason::BadAddress => whom.bad_address,
            UnreachableReason::Rejected => whom.rejected,
            UnreachableReason::GaveUp => whom.gave_up,
            UnreachableReason::NoContact | UnreachableReason::NoPermittedWay => false,
        },
        _ => false,
    }
}

impl Model {
    /// Makes them pending again: from the first step where an address was dead, else where they ended.
    pub(crate) fn tell_again(&mut self, campaign: CampaignId, whom: Again, now: Millis) -> Result<i64> {
        self.some_campaign(campaign)?;
        let run = self.run(campaign)?;
        let mut again = 0;
        for one in run.people.values_mut().filter(|one| is_meant(one, whom)) {
            run.campaign.counts.shift(one.state, PersonState::Pending);
            one.repeats = one.state == PersonState::Unknown;
            if one.reason.take() == Some(UnreachableReason::BadAddress) {
                one.progress.place = 0;
            }
            (one.state, one.progress.tries, one.due, one.slot) = (PersonState::Pending, 0, now.0, None);
            again += 1;
        }
        self.follow(campaign)?;
        Ok(again)
    }

    /// Takes those of whom nobody knows as reached.
    pub(crate) fn take_unknown_as_reached(&mut self, campaign: CampaignId) -> Result<i64> {
        if self.run(campaign)?.campaign.state != CampaignState::Cancelled {
            self.some_campaign(campaign)?;
        }
        let unknown = |one: &&mut Standing| one.state == PersonState::Unknown;
        let run = self.runs.get_mut(&campaign).ok_or(StoreError::NotFound("campaign"))?;
        let mut taken = 0;
        for one in run.people.values_mut().filter(unknown) {
            one.state = PersonState::Reached;
            run.campaign.counts.shift(PersonState::Unknown, PersonState::Reached);
            self.taken_as_reached.insert((campaign, one.person.id));
            taken += 1;
        }
        Ok(taken)
    }

    fn some_campaign(&mut self, campaign: CampaignId) -> Result<()> {
        match self.run(campaign)?.campaign.state {
            CampaignState::Running | CampaignState::Paused | CampaignState::Completed => Ok(()),
            state => Err(StoreError::Conflict(format!("the campaign is {}", state.as_str()))),
        }
    }
}
