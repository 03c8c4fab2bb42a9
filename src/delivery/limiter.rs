//! A provider's rate: a token bucket filled by the clock.

use crate::domain::clock::Millis;

/// Tokens per second up to one second's worth, so that an idle provider may start with a burst no larger than its rate.
#[derive(Debug)]
pub(super) struct Limiter {
    rate: Option<f64>,
    tokens: f64,
    filled_at: Millis,
}

impl Limiter {
    /// `rate` in messages a second; `None` is no limit.
    pub(super) fn new(rate: Option<f64>, now: Millis) -> Self {
        let rate = rate.filter(|r| *r > 0.0);
        Self { rate, tokens: rate.unwrap_or(0.0).max(1.0), filled_at: now }
    }

    /// Takes a token, or says how many milliseconds until there is one.
    pub(super) fn take(&mut self, now: Millis) -> Result<(), u64> {
        let Some(rate) = self.rate else { return Ok(()) };
        #[expect(clippy::cast_precision_loss, reason = "elapsed milliseconds are far below 2^52")]
        let elapsed = (now.0 - self.filled_at.0).max(0) as f64 / 1000.0;
        self.tokens = (self.tokens + elapsed * rate).min(rate.max(1.0));
        self.filled_at = now;
        if self.tokens >= 1.0 {
            self.tokens -= 1.0;
            return Ok(());
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a wait is positive and short")]
        let wait = ((1.0 - self.tokens) / rate * 1000.0).ceil() as u64;
        Err(wait.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_the_rate_and_no_more() {
        let mut limiter = Limiter::new(Some(10.0), Millis(0));
        let burst = (0..20).filter(|_| limiter.take(Millis(0)).is_ok()).count();
        assert_eq!(burst, 10);
        assert_eq!(limiter.take(Millis(0)), Err(100));
        assert_eq!(limiter.take(Millis(100)), Ok(()));
        assert!(limiter.take(Millis(100)).is_err());
    }

    #[test]
    fn no_rate_is_no_limit() {
        let mut limiter = Limiter::new(None, Millis(0));
        assert!((0..1000).all(|_| limiter.take(Millis(0)).is_ok()));
    }
}
