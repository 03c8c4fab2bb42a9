//! Our requests fit Twilio's own `OpenAPI` document, as Prism reads it, and its answers become outcomes.

use std::sync::Arc;

use candour::domain::clock::Millis;
use candour::domain::outcome::Outcome;
use candour::providers::{Checked, Provider};

use crate::support::configured::provider;
use crate::support::messages::sms;
use crate::support::prism::Prism;

fn twilio(prism: &Prism) -> Arc<dyn Provider> {
    provider(&format!(
        "kind = 'twilio'\nname = 'sms'\naccount_sid = 'AC{}'\nauth_token = 'token'\nfrom = '+15005550006'\n\
         validity_seconds = 14400\nbase_url = '{}'",
        "a".repeat(32),
        prism.url
    ))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_taken_and_the_account_is_found() {
    let prism = Prism::taking();
    let twilio = twilio(&prism);
    assert_eq!(twilio.check().await, Ok(Checked::SignsIn));
    let answer = twilio.send(&sms(1, "+14155550123"), Millis(0)).await;
    assert_eq!(answer.outcome, Outcome::Accepted, "{answer:?}");
    assert!(answer.reference.unwrap().starts_with("SM"));
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_become_outcomes_by_their_code() {
    for (status, code, outcome) in [
        (400, 21_211, Outcome::BadAddress),
        (400, 21_610, Outcome::Rejected),
        (429, 20_429, Outcome::Throttled),
        (401, 20_003, Outcome::Misconfigured),
    ] {
        let prism = Prism::refusing(status, code);
        let answer = twilio(&prism).send(&sms(1, "+14155550123"), Millis(0)).await;
        assert_eq!((answer.outcome, answer.code), (outcome, Some(code.to_string())));
    }
}
