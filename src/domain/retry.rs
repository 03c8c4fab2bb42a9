//! When to try again.

use serde::{Deserialize, Serialize};

/// How often and how far apart one contact point is tried through one channel.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetryPolicy {
    /// Tries in all, the first included.
    pub max_tries: u16,
    /// Wait before the second try, in milliseconds.
    pub base_ms: i64,
    /// No wait is longer than this, in milliseconds.
    pub cap_ms: i64,
}

impl Default for RetryPolicy {
    /// Eight tries: waits of 1, 2, 4, 8, 16, 32 and 60 minutes, about two hours in all before jitter.
    fn default() -> Self {
        Self { max_tries: 8, base_ms: 60_000, cap_ms: 3_600_000 }
    }
}

impl RetryPolicy {
    /// The wait in milliseconds after the try numbered `tries` (from 1) failed, or `None` when that was the last.
    ///
    /// Doubles each time up to the cap; `jitter` in `[0, 1)` spreads it over 75 to 125 percent so that people whose first
    /// try failed together do not all come back together.
    #[must_use]
    pub fn wait_after(&self, tries: u16, jitter: f64) -> Option<i64> {
        if tries >= self.max_tries {
            return None;
        }
        let doublings = u32::from(tries.saturating_sub(1)).min(40);
        let wait = self.base_ms.saturating_mul(1_i64.checked_shl(doublings).unwrap_or(i64::MAX)).min(self.cap_ms);
        Some(spread(wait, jitter))
    }
}

/// Spreads a wait over 75 to 125 percent of its length by a fraction in `[0, 1)`.
#[must_use]
pub fn spread(wait_ms: i64, jitter: f64) -> i64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "waits are far below 2^52 milliseconds"
    )]
    let spread = (wait_ms as f64 * (0.75 + jitter * 0.5)) as i64;
    spread
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_to_the_cap_and_then_gives_up() {
        let policy = RetryPolicy { max_tries: 4, base_ms: 1000, cap_ms: 3000 };
        let waits: Vec<_> = (1..=4).map(|tries| policy.wait_after(tries, 0.5)).collect();
        assert_eq!(waits, [Some(1000), Some(2000), Some(3000), None]);
    }

    #[test]
    fn jitter_stays_within_a_quarter() {
        assert_eq!(spread(1000, 0.0), 750);
        assert!(spread(1000, 0.999_999) <= 1250);
    }
}
