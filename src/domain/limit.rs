//! Rates that people set while Candour runs.

use serde::{Deserialize, Serialize};

use super::clock::Millis;

/// What a limit is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LimitKind {
    /// A provider, by its name in the configuration; stands in for the rate given there.
    Provider,
    /// The domain of email addresses, in lower case and ASCII.
    Domain,
    /// A campaign, by its identifier.
    Campaign,
}

impl LimitKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Provider, Self::Domain, Self::Campaign];

    /// The name, as the API and the database spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Provider => "provider",
            Self::Domain => "domain",
            Self::Campaign => "campaign",
        }
    }

    /// Reads [`LimitKind::as_str`] back.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// A rate that holds for all workers together.
#[derive(Clone, Debug, PartialEq)]
pub struct Limit {
    /// What it is about.
    pub kind: LimitKind,
    /// Which of them.
    pub name: String,
    /// Attempts a second; 0 holds everything back.
    pub per_second: f64,
    /// When it was set.
    pub updated_at: Millis,
}

/// Tokens of a rate: one allows one attempt. They fill by the clock, up to one second's worth, so that whoever was idle
/// begins with a burst no larger than the rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bucket {
    /// Tokens a second.
    pub per_second: f64,
    /// Tokens that were left at `filled_at`.
    pub tokens: f64,
    /// When they were counted.
    pub filled_at: Millis,
}

/// Clocks of workers differ by no more than this, in milliseconds.
pub const SKEW_MS: i64 = 60_000;

/// What a bucket gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// So many tokens, at most as many as were wanted.
    pub tokens: u32,
    /// Where there was none: when there will be one, in milliseconds from now. `None` where there never will.
    pub wait_ms: Option<u64>,
}

/// Slots of a domain's rate, one after the other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slots {
    /// The first.
    pub first: Millis,
    /// How many there are in a second.
    pub per_second: f64,
}

/// The slowest rate of a domain, in messages a second.
const SLOWEST: f64 = 0.001;

impl Slots {
    /// Those that come next at a rate, where `free_at` is the first that nobody has.
    #[must_use]
    pub fn next(per_second: f64, free_at: Millis, now: Millis) -> Self {
        Self { first: free_at.max(now), per_second: per_second.max(SLOWEST) }
    }

    /// One of them, counted from 0.
    #[must_use]
    pub fn nth(&self, number: u32) -> Millis {
        #[expect(clippy::cast_possible_truncation, reason = "saturates: a time that never comes")]
        let after = (f64::from(number) * 1000.0 / self.per_second).ceil() as i64;
        self.first.plus(after)
    }
}

impl Bucket {
    /// A full one.
    #[must_use]
    pub fn full(per_second: f64, now: Millis) -> Self {
        Self { per_second, tokens: per_second.max(1.0), filled_at: now }
    }

    /// Takes whole tokens. A clock that runs behind that of whoever came before adds nothing; but where it is further behind than
    /// [`SKEW_MS`], the other one was wrong, and the rate does not wait for this one to come there.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "milliseconds and tokens are positive and far below 2^32"
    )]
    pub fn take(&mut self, wanted: u32, now: Millis) -> Grant {
        if self.filled_at.0 - now.0 > SKEW_MS {
            self.filled_at = now;
        }
        let elapsed = (now.0 - self.filled_at.0).max(0) as f64 / 1000.0;
        self.tokens = (self.tokens + elapsed * self.per_second).min(self.per_second.max(1.0));
        self.filled_at = self.filled_at.max(now);
        if self.per_second <= 0.0 {
            return Grant { tokens: 0, wait_ms: None };
        }
        let tokens = (self.tokens.floor() as u32).min(wanted);
        self.tokens -= f64::from(tokens);
        let wait = ((1.0 - self.tokens) / self.per_second * 1000.0).ceil().max(1.0) as u64;
        Grant { tokens, wait_ms: (tokens == 0).then_some(wait) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_gives_the_rate_and_no_more() {
        let mut bucket = Bucket::full(10.0, Millis(0));
        assert_eq!(bucket.take(20, Millis(0)), Grant { tokens: 10, wait_ms: None });
        assert_eq!(bucket.take(1, Millis(0)), Grant { tokens: 0, wait_ms: Some(100) });
        assert_eq!(bucket.take(5, Millis(250)), Grant { tokens: 2, wait_ms: None });
        assert_eq!(bucket.take(1, Millis(250)), Grant { tokens: 0, wait_ms: Some(50) });
        assert_eq!(bucket.take(100, Millis(60_000)).tokens, 10, "at most one second's worth");
    }

    #[test]
    fn a_slow_rate_gives_one_at_a_time_and_none_never() {
        let mut slow = Bucket::full(0.1, Millis(0));
        assert_eq!(slow.take(3, Millis(0)).tokens, 1);
        assert_eq!(slow.take(3, Millis(9_000)), Grant { tokens: 0, wait_ms: Some(1_000) });
        assert_eq!(Bucket::full(0.0, Millis(0)).take(1, Millis(99_000)), Grant { tokens: 0, wait_ms: None });
    }

    #[test]
    fn a_clock_that_was_an_hour_ahead_is_not_waited_for() {
        let mut bucket = Bucket::full(10.0, Millis(3_600_000));
        assert_eq!(bucket.take(10, Millis(3_600_000)).tokens, 10);
        assert_eq!(bucket.take(10, Millis(0)).tokens, 0);
        assert_eq!(bucket.take(10, Millis(500)).tokens, 5);
    }

    #[test]
    fn clocks_that_differ_never_give_more_than_the_rate() {
        let mut bucket = Bucket::full(10.0, Millis(0));
        let mut given = 0;
        for second in 0..100 {
            given += bucket.take(1000, Millis(second * 1000 + 3_000)).tokens;
            given += bucket.take(1000, Millis(second * 1000)).tokens;
        }
        assert!(given <= 10 + 10 * 103, "{given}");
    }
}
