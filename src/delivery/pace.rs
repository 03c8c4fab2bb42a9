//! How fast a lane goes, and so how many people are worth claiming at once: as many as it tells in a moment. What is claimed
//! counts as in flight if the process dies, so a slow provider is given few.

use crate::domain::clock::Millis;

/// So many milliseconds' worth of people are claimed at once.
const AHEAD_MS: f64 = 40.0;
/// The pace is taken anew after so many milliseconds.
const WINDOW_MS: i64 = 100;

#[derive(Debug)]
pub(super) struct Pace {
    /// Attempts a millisecond.
    rate: f64,
    counted: u32,
    since: Millis,
}

impl Pace {
    pub(super) const fn new(now: Millis) -> Self {
        Self { rate: 0.0, counted: 0, since: now }
    }

    /// Notes that an attempt has ended.
    pub(super) fn note(&mut self, now: Millis) {
        self.counted += 1;
        let elapsed = now.0 - self.since.0;
        if elapsed >= WINDOW_MS {
            #[expect(clippy::cast_precision_loss, reason = "a lane does not rest for 2^52 milliseconds")]
            let seen = f64::from(self.counted) / elapsed as f64;
            self.rate = if self.rate > 0.0 { self.rate.midpoint(seen) } else { seen };
            (self.counted, self.since) = (0, now);
        }
    }

    /// How many to claim at once: never fewer than the provider takes at once, never more than `most`.
    pub(super) fn batch(&self, concurrency: usize, most: u32) -> u32 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a rate is positive, and saturates"
        )]
        let worth = (self.rate * AHEAD_MS) as u32;
        worth.max(u32::try_from(concurrency).unwrap_or(u32::MAX)).min(most).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fast_lane_claims_more_and_a_slow_one_what_its_provider_takes() {
        let mut pace = Pace::new(Millis(0));
        assert_eq!(pace.batch(8, 500), 8);
        (0..1000).for_each(|n| pace.note(Millis(n / 5)));
        assert_eq!(pace.batch(8, 500), 200, "five a millisecond, for forty of them");
        assert_eq!(pace.batch(8, 100), 100);
        (0..20).for_each(|n| pace.note(Millis(1000 + n * 1000)));
        assert_eq!(pace.batch(8, 500), 8);
    }
}
