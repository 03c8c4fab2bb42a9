//! One attempt: a claimed person, a message, a provider's answer, a settlement.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;

use crate::channels;
use crate::domain::attempt::{
    ChannelPolicy, Claimed, Intent, NO_PROVIDER, NOBODY_CARRIES_IT, Progress, Settlement, next,
};
use crate::domain::clock::{Clock, Entropy};
use crate::domain::message::Message;
use crate::domain::outcome::Outcome;
use crate::providers::{Answer, Provider};
use crate::render::CompiledNotice;

/// So many attempts to tell one person cost no try while a provider's account fails: with pauses of 15 minutes that is about a
/// day, in which responders mend it. Then somebody whom a host refuses in the same words, whatever the account, ends too.
const SPARED_ATTEMPTS: i64 = 100;

/// So many attempts to tell one person are throttled at no cost of tries. With the pauses of a provider that throttles everybody
/// that is days, and nobody is used up by it; then whoever alone is throttled each time comes to an end.
const THROTTLED_ATTEMPTS: i64 = 300;

/// The longest wait of a person that an answer may ask for, in milliseconds: what lasts longer is asked about again meanwhile, and
/// nobody waits for a year that no campaign sees.
const LONGEST_WAIT_MS: i64 = 24 * 60 * 60_000;

/// By whom somebody is told, and what follows from what.
pub(super) struct Terms<'a> {
    pub(super) provider: &'a dyn Provider,
    pub(super) policy: ChannelPolicy,
    /// For how long what may have gone out is not repeated because the provider is asked about it, in milliseconds.
    pub(super) asked_ms: Option<i64>,
    /// Whether this only tries if a provider that was left alone is well again.
    pub(super) probes: bool,
}

/// Tells one person and says what follows. Never fails: every failure is an outcome.
pub(super) async fn tell(
    claimed: &Claimed,
    notice: &CompiledNotice,
    terms: &Terms<'_>,
    clock: &dyn Clock,
    entropy: &dyn Entropy,
) -> (Settlement, Answer) {
    let message = channels::compose(notice, claimed.attempt, claimed.campaign, &claimed.person, claimed.step);
    let (asked, answer) = match message {
        // Nobody carries it, or the lane that does would have claimed them.
        Ok(message) if !terms.provider.describe().carries(&message.body.contact()) => {
            (false, Answer::of(Outcome::Rejected, NOBODY_CARRIES_IT))
        }
        Ok(message) => (true, send(&message, claimed, terms.provider, clock).await),
        Err(error) => {
            // The proposal has rendered for everybody, so this is a fault of ours; the person goes on to the next channel.
            tracing::error!(attempt = %claimed.attempt, campaign = %claimed.campaign, %error, "a notice could not be composed");
            (false, Answer::of(Outcome::Rejected, "compose"))
        }
    };
    let mut settlement = settlement(claimed, &answer, wait_ms(&answer, terms.asked_ms), terms, clock, entropy);
    if !asked {
        settlement.intent.provider = Arc::from(NO_PROVIDER);
    }
    (settlement, answer)
}

/// A provider that panics has a defect; that must not leave the person in flight for as long as the process lives.
async fn send(message: &Message, claimed: &Claimed, provider: &dyn Provider, clock: &dyn Clock) -> Answer {
    let sending = AssertUnwindSafe(provider.send(message, clock.now())).catch_unwind();
    sending.await.unwrap_or_else(|_| {
        let provider = &provider.describe().name;
        tracing::error!(attempt = %claimed.attempt, provider, "the provider's code panicked: nobody knows whether the message went out");
        Answer::of(Outcome::Unknown, "panic")
    })
}

fn settlement(
    claimed: &Claimed,
    answer: &Answer,
    wait_ms: Option<i64>,
    terms: &Terms<'_>,
    clock: &dyn Clock,
    entropy: &dyn Entropy,
) -> Settlement {
    // Nearly every attempt succeeds, and randomness is a call to the system.
    let jitter =
        if matches!(answer.outcome, Outcome::Accepted | Outcome::Delivered) { 0.0 } else { entropy.fraction() };
    let is_spared =
        terms.probes && answer.outcome == Outcome::Misconfigured && claimed.intent.number <= SPARED_ATTEMPTS;
    let spared =
        is_spared.then(|| Progress { tries: claimed.progress.tries.saturating_sub(1), ..claimed.progress.clone() });
    let progress = spared.as_ref().unwrap_or(&claimed.progress);
    Settlement {
        attempt: claimed.attempt,
        person: claimed.person.id,
        jurisdiction: claimed.person.record.jurisdiction.clone(),
        intent: claimed.intent.clone(),
        outcome: answer.outcome,
        code: answer.code.clone(),
        reference: answer.reference.clone(),
        next: next(progress, meant(answer, &claimed.intent), wait_ms, &terms.policy, clock.now(), jitter),
    }
}

/// How long the person waits at least, in milliseconds.
fn wait_ms(answer: &Answer, asked_ms: Option<i64>) -> Option<i64> {
    // What may have gone out is not repeated before the provider has said whether it has it, where it can say so.
    let asked_ms = asked_ms.filter(|_| answer.outcome == Outcome::Unknown);
    answer.retry_after_ms.map(|wait| wait.min(LONGEST_WAIT_MS)).max(asked_ms)
}

/// What an answer means for the person: throttling is a failure of this try in the end.
fn meant(answer: &Answer, intent: &Intent) -> Outcome {
    let is_endless = answer.outcome == Outcome::Throttled && intent.number > THROTTLED_ATTEMPTS;
    if is_endless { Outcome::Retry } else { answer.outcome }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::channel::Channel;
    use crate::domain::clock::Millis;

    #[test]
    fn no_answer_makes_anybody_wait_for_ever_and_a_question_is_waited_out() {
        let asking = |outcome: Outcome, wait: i64| Answer { retry_after_ms: Some(wait), ..Answer::of(outcome, "429") };
        assert_eq!(wait_ms(&asking(Outcome::Retry, 90_000), None), Some(90_000));
        let century = i64::from(u32::MAX) * 1000;
        assert_eq!(wait_ms(&asking(Outcome::Throttled, century), Some(5)), Some(86_400_000));
        assert_eq!(wait_ms(&asking(Outcome::Unknown, century), Some(100_000_000)), Some(100_000_000));
        assert_eq!(wait_ms(&Answer::of(Outcome::Retry, "503"), Some(5)), None);
    }

    #[test]
    fn whoever_alone_is_throttled_each_time_comes_to_an_end() {
        let intent = |number: i64| Intent {
            channel: Channel::Sms,
            provider: Arc::from("texts"),
            place: 0,
            tries: 1,
            number,
            repeats: false,
            at: Millis(0),
        };
        let throttled = Answer::of(Outcome::Throttled, "429");
        assert_eq!(meant(&throttled, &intent(THROTTLED_ATTEMPTS)), Outcome::Throttled);
        assert_eq!(meant(&throttled, &intent(THROTTLED_ATTEMPTS + 1)), Outcome::Retry);
        let taken = Answer::of(Outcome::Accepted, "202");
        assert_eq!(meant(&taken, &intent(THROTTLED_ATTEMPTS + 1)), Outcome::Accepted);
    }
}
