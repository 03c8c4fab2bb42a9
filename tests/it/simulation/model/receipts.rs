//! What providers say later, in any order and any number of times.

use candour::domain::attempt::Next;
use candour::domain::campaign::PersonState;
use candour::domain::clock::Millis;
use candour::domain::id::AttemptId;
use candour::domain::outcome::Outcome;
use candour::store::{ReceiptEffect, Result};

use super::{Model, Policies, Said};

/// A receipt as it comes to the store.
#[derive(Clone, Debug)]
pub(crate) struct Receipt {
    pub(crate) provider: String,
    pub(crate) key: String,
    pub(crate) attempt: AttemptId,
    pub(crate) outcome: Option<Outcome>,
}

/// Whether an outcome says that the person was not told.
pub(crate) fn is_failure(outcome: Outcome) -> bool {
    !matches!(outcome, Outcome::Accepted | Outcome::Delivered | Outcome::Unknown)
}

impl Model {
    /// Whether a receipt of that key is stored.
    pub(crate) fn knows_receipt(&self, key: &str) -> bool {
        self.receipts.iter().any(|(_, known)| known == key)
    }

    /// Takes a receipt: one that settles an attempt in flight, one that turns reached or unknown into a failure, one that
    /// says that what is to be repeated went out after all.
    pub(crate) fn take_receipt(
        &mut self,
        receipt: &Receipt,
        policies: &Policies,
        now: Millis,
        jitter: f64,
    ) -> Result<ReceiptEffect> {
        let Some(tried) = self.attempts.get(&receipt.attempt).cloned() else { return Ok(ReceiptEffect::NoSuchAttempt) };
        if !self.receipts.insert((receipt.provider.clone(), receipt.key.clone())) {
            return Ok(ReceiptEffect::Repeated);
        }
        let one = &self.runs[&tried.campaign].people[&tried.person];
        let (state, current) = (one.state, one.attempt == Some(receipt.attempt));
        let outcome = tried.outcome.map(|(outcome, _)| outcome);
        let failed_before = tried.receipt.is_some_and(is_failure);
        let noted = &mut self.attempts.get_mut(&receipt.attempt).unwrap().receipt;
        if noted.is_none_or(|known| !is_failure(known)) {
            *noted = receipt.outcome.or(*noted);
        }
        let Some(said) = receipt.outcome.filter(|said| current && *said != Outcome::Unknown) else {
            return Ok(ReceiptEffect::Noted);
        };
        let after = |model: &Self| model.after(tried.campaign, tried.person, said, policies, now, jitter);
        let to = match state {
            PersonState::InFlight => {
                self.attempts.get_mut(&receipt.attempt).unwrap().outcome = Some((said, Said::Receipt));
                after(self)
            }
            PersonState::Reached | PersonState::Unknown if is_failure(said) => after(self),
            PersonState::Unknown => Next::Reached,
            PersonState::Pending if outcome == Some(Outcome::Unknown) && !is_failure(said) && !failed_before => {
                Next::Reached
            }
            _ => return Ok(ReceiptEffect::Noted),
        };
        self.go(tried.campaign, tried.person, to)?;
        self.follow(tried.campaign)?;
        Ok(ReceiptEffect::Moved)
    }
}
