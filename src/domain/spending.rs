//! What the attempts of a campaign have cost, as a budget counts it.

use std::collections::BTreeMap;

use super::channel::Channel;
use super::outcome::Outcome;
use super::price::{Currency, Price};

/// Attempts through a provider that came to the same.
#[derive(Clone, Copy, Debug)]
pub struct Spent {
    /// What came of them.
    pub outcome: Outcome,
    /// How many.
    pub attempts: i64,
    /// What each costs; `None` where the provider has no price.
    pub each: Option<Price>,
}

/// What one message costs: of a text, each segment.
#[must_use]
pub const fn each(channel: Channel, price: Price, segments: u64) -> Price {
    match channel {
        Channel::Sms => Price { micros: price.micros.saturating_mul(segments), ..price },
        Channel::Email | Channel::Push | Channel::Letter | Channel::Voice => price,
    }
}

/// What they cost together, in the order of the currencies' codes. Empty where none has a price.
#[must_use]
pub fn total(attempts: impl IntoIterator<Item = Spent>) -> Vec<Price> {
    let mut sums: BTreeMap<Currency, u64> = BTreeMap::new();
    for Spent { outcome, attempts, each } in attempts {
        let Some(each) = each else { continue };
        let charged = if is_charged(outcome) { attempts.unsigned_abs() } else { 0 };
        let sum = sums.entry(each.currency).or_default();
        *sum = sum.saturating_add(each.micros.saturating_mul(charged));
    }
    sums.into_iter().map(|(currency, micros)| Price { micros, currency }).collect()
}

/// Whether a provider is taken to charge for an attempt: for all but those it did not take.
const fn is_charged(outcome: Outcome) -> bool {
    !matches!(outcome, Outcome::Retry | Outcome::Throttled | Outcome::Misconfigured)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spent(outcome: Outcome, attempts: i64, each: &str) -> Spent {
        Spent { outcome, attempts, each: each.parse().ok() }
    }

    #[test]
    fn what_was_taken_costs_and_each_currency_is_for_itself() {
        let found = total([
            spent(Outcome::Accepted, 3, "0.10 EUR"),
            spent(Outcome::Rejected, 1, "0.05 EUR"),
            spent(Outcome::Retry, 100, "0.10 EUR"),
            spent(Outcome::Unknown, 2, "0.01 CHF"),
            spent(Outcome::Accepted, 9, ""),
        ]);
        assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), ["0.02 CHF", "0.35 EUR"]);
        assert_eq!(total([]), []);
    }

    #[test]
    fn a_text_costs_its_segments() {
        let price: Price = "0.10 EUR".parse().unwrap();
        assert_eq!(each(Channel::Sms, price, 3).to_string(), "0.30 EUR");
        assert_eq!(each(Channel::Voice, price, 3), price);
    }
}
