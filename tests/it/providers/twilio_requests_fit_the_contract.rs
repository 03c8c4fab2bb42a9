//! Our requests fit Twilio's own `OpenAPI` document, as Prism reads it, and its answers become outcomes.

use std::collections::BTreeMap;

use candour::domain::clock::Millis;
use candour::domain::outcome::Outcome;
use candour::providers::Provider;
use candour::providers::settings::{SecretSource, TwilioSettings};
use candour::providers::twilio::TwilioProvider;

use crate::support::messages::sms;
use crate::support::prism::Prism;

fn provider(prism: &Prism) -> TwilioProvider {
    let settings = TwilioSettings {
        name: String::from("sms"),
        account_sid: format!("AC{}", "a".repeat(32)),
        auth_tokens: vec![SecretSource::inline("token")],
        api_key: None,
        shared_keys: BTreeMap::new(),
        from: Some(String::from("+15005550006")),
        messaging_service_sid: None,
        validity_seconds: Some(14_400),
        base_url: prism.url.clone(),
        concurrency: 1,
        rate: None,
    };
    TwilioProvider::build(&settings, "https://candour.example.org/v1/receipts/sms").unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_taken_and_the_account_is_found() {
    let prism = Prism::taking();
    let twilio = provider(&prism);
    assert_eq!(twilio.check().await, Ok(()));
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
        let answer = provider(&prism).send(&sms(1, "+14155550123"), Millis(0)).await;
        assert_eq!((answer.outcome, answer.code), (outcome, Some(code.to_string())));
    }
}
