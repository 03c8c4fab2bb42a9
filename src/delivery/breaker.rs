//! A provider's health: stops asking one whose account fails or that asks to be left alone, and tries again later.
//!
//! ```text
//! closed ──throttling or failures in a row──> open until T ──> half open: one at a time
//!    ▲                                                                │
//!    └────────────────────── any verdict on a person ─────────────────┘
//! ```

use crate::domain::clock::Millis;
use crate::domain::outcome::Outcome;

/// So many temporary failures in a row open the breaker.
const FAILURES_IN_A_ROW: u32 = 20;

/// So many account failures in a row open it. One alone may be a host's word on one person; when the account is at fault,
/// every answer says so.
const ACCOUNT_FAILURES_IN_A_ROW: u32 = 3;

/// So many answers in a row that ask to be left alone and name no time open it. One alone may be about one destination, and
/// would hold everybody else back again and again; a provider that is overrun says it to whatever comes next.
const THROTTLES_IN_A_ROW: u32 = 3;

/// The longest pause, in milliseconds.
const LONGEST_PAUSE_MS: i64 = 15 * 60_000;

#[derive(Debug)]
pub(super) struct Breaker {
    open_until: Option<Millis>,
    failures: u32,
    account_failures: u32,
    throttles: u32,
    openings: u32,
    pause_ms: i64,
}

/// Whether a provider may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Permit {
    /// Freely.
    Free,
    /// One message at a time, to see whether it is well again.
    Probe,
    /// Not before.
    WaitUntil(Millis),
}

impl Breaker {
    /// `pause_ms` is the first pause; each further one without a success in between doubles it.
    pub(super) fn new(pause_ms: i64) -> Self {
        Self { open_until: None, failures: 0, account_failures: 0, throttles: 0, openings: 0, pause_ms }
    }

    pub(super) fn permit(&self, now: Millis) -> Permit {
        match self.open_until {
            None => Permit::Free,
            Some(until) if now < until => Permit::WaitUntil(until),
            Some(_) => Permit::Probe,
        }
    }

    /// Learns from an answer. Returns true when this answer opened the breaker.
    pub(super) fn note(&mut self, outcome: Outcome, retry_after_ms: Option<i64>, now: Millis) -> bool {
        match outcome {
            Outcome::Throttled => {
                self.throttles += 1;
                (retry_after_ms.is_some() || self.throttles >= THROTTLES_IN_A_ROW) && self.open(retry_after_ms, now)
            }
            Outcome::Misconfigured => {
                self.account_failures += 1;
                self.account_failures >= ACCOUNT_FAILURES_IN_A_ROW && self.open(retry_after_ms, now)
            }
            Outcome::Retry | Outcome::Unknown => {
                self.failures += 1;
                self.failures.is_multiple_of(FAILURES_IN_A_ROW) && self.open(retry_after_ms, now)
            }
            // What was in the air when it opened does not shorten the pause: the provider has asked for it since.
            Outcome::Accepted | Outcome::Delivered | Outcome::BadAddress | Outcome::Rejected
                if self.open_until.is_some_and(|until| now < until) =>
            {
                false
            }
            Outcome::Accepted | Outcome::Delivered | Outcome::BadAddress | Outcome::Rejected => {
                self.open_until = None;
                self.failures = 0;
                self.account_failures = 0;
                self.throttles = 0;
                self.openings = 0;
                false
            }
        }
    }

    fn open(&mut self, retry_after_ms: Option<i64>, now: Millis) -> bool {
        let open_until = self.open_until.filter(|until| now < *until);
        // Answers to what was in the air when it opened say nothing new, unless the provider names a time.
        let doubled = self.pause_ms.saturating_mul(1 << self.openings.min(10));
        let pause = if open_until.is_some() { retry_after_ms.unwrap_or(0) } else { retry_after_ms.unwrap_or(doubled) };
        let until = now.plus(pause.clamp(1, LONGEST_PAUSE_MS));
        self.open_until = Some(open_until.map_or(until, |known| known.max(until)));
        if open_until.is_none() {
            self.openings += 1;
        }
        open_until.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn account_failures_open_it_and_a_success_of_the_probe_closes_it() {
        let mut breaker = Breaker::new(1000);
        assert!(!breaker.note(Outcome::Misconfigured, None, Millis(0)));
        assert!(!breaker.note(Outcome::Misconfigured, None, Millis(0)));
        assert!(breaker.note(Outcome::Misconfigured, None, Millis(0)));
        assert_eq!(breaker.permit(Millis(999)), Permit::WaitUntil(Millis(1000)));
        assert_eq!(breaker.permit(Millis(1000)), Permit::Probe);
        breaker.note(Outcome::Accepted, None, Millis(1001));
        assert_eq!(breaker.permit(Millis(1001)), Permit::Free);
    }

    #[test]
    fn one_host_that_blames_the_account_between_successes_does_not_stop_the_others() {
        let mut breaker = Breaker::new(1000);
        for _ in 0..10 {
            assert!(!breaker.note(Outcome::Misconfigured, None, Millis(0)));
            breaker.note(Outcome::Accepted, None, Millis(0));
        }
        assert_eq!(breaker.permit(Millis(0)), Permit::Free);
    }

    #[test]
    fn pauses_double_until_a_success() {
        let mut breaker = overrun();
        breaker.note(Outcome::Throttled, None, Millis(1000));
        assert_eq!(breaker.permit(Millis(2999)), Permit::WaitUntil(Millis(3000)));
    }

    /// One that three answers in a row have opened for a second.
    fn overrun() -> Breaker {
        let mut breaker = Breaker::new(1000);
        let opened: Vec<_> = (0..3).map(|_| breaker.note(Outcome::Throttled, None, Millis(0))).collect();
        assert_eq!(opened, [false, false, true]);
        breaker
    }

    #[test]
    fn what_was_in_the_air_when_it_opened_lengthens_the_pause_only_by_a_time_that_is_named() {
        let mut breaker = overrun();
        assert!(!breaker.note(Outcome::Throttled, None, Millis(10)));
        assert_eq!(breaker.permit(Millis(1000)), Permit::Probe);
        assert!(breaker.note(Outcome::Throttled, None, Millis(1000)));
        assert!(!breaker.note(Outcome::Throttled, Some(5000), Millis(1010)));
        assert_eq!(breaker.permit(Millis(6009)), Permit::WaitUntil(Millis(6010)));
    }

    #[test]
    fn a_success_that_was_in_the_air_when_it_opened_does_not_close_it_and_one_of_the_probe_does() {
        let mut breaker = Breaker::new(1000);
        assert!(breaker.note(Outcome::Throttled, Some(60_000), Millis(0)));
        for verdict in [Outcome::Accepted, Outcome::Delivered, Outcome::BadAddress, Outcome::Rejected] {
            assert!(!breaker.note(verdict, None, Millis(10)));
        }
        assert_eq!(breaker.permit(Millis(59_999)), Permit::WaitUntil(Millis(60_000)));
        breaker.note(Outcome::Accepted, None, Millis(60_001));
        assert_eq!(breaker.permit(Millis(60_001)), Permit::Free);
    }

    #[test]
    fn one_destination_that_asks_to_be_left_alone_holds_nobody_else_back_and_a_time_that_is_named_holds_at_once() {
        let mut breaker = Breaker::new(1000);
        for _ in 0..10 {
            assert!(!breaker.note(Outcome::Throttled, None, Millis(0)));
            breaker.note(Outcome::Accepted, None, Millis(0));
        }
        assert_eq!(breaker.permit(Millis(0)), Permit::Free);
        assert!(breaker.note(Outcome::Throttled, Some(200), Millis(0)));
        assert_eq!(breaker.permit(Millis(199)), Permit::WaitUntil(Millis(200)));
    }

    #[test]
    fn single_temporary_failures_do_not_open_it() {
        let mut breaker = Breaker::new(1000);
        assert!((1..FAILURES_IN_A_ROW).all(|_| !breaker.note(Outcome::Retry, None, Millis(0))));
        assert!(breaker.note(Outcome::Retry, None, Millis(0)));
    }
}
