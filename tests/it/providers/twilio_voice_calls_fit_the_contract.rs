//! Our calls fit Twilio's own `OpenAPI` document, as Prism reads it, and its answers become outcomes.

use std::sync::Arc;

use candour::domain::clock::Millis;
use candour::domain::outcome::Outcome;
use candour::providers::{Checked, Provider};

use crate::support::configured::provider;
use crate::support::messages::{call, sms};
use crate::support::prism::Prism;
use crate::support::vendor::{Say, Vendor};

fn calls(base_url: &str) -> Arc<dyn Provider> {
    provider(&format!(
        "kind = 'twilio_voice'\nname = 'calls'\naccount_sid = 'AC{}'\nauth_token = 'token'\nfrom = '+15005550006'\n\
         base_url = '{base_url}'",
        "a".repeat(32),
    ))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_taken_and_the_account_is_found() {
    let prism = Prism::taking();
    let calls = calls(prism.url.as_str());
    assert_eq!(calls.check().await, Ok(Checked::SignsIn));
    let answer = calls.send(&call(1, "+14155550123"), Millis(0)).await;
    assert_eq!(answer.outcome, Outcome::Accepted, "{answer:?}");
    assert!(answer.reference.unwrap().starts_with("CA"));
    let wrong = calls.send(&sms(1, "+14155550123"), Millis(0)).await;
    assert_eq!(wrong.outcome, Outcome::Misconfigured);
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_become_outcomes_by_their_code() {
    for (status, code, outcome) in [
        (400, 21_211, Outcome::BadAddress),
        (400, 13_224, Outcome::BadAddress),
        (400, 21_210, Outcome::Misconfigured),
        (429, 20_429, Outcome::Throttled),
        (401, 20_003, Outcome::Misconfigured),
        (500, 20_500, Outcome::Retry),
    ] {
        let prism = Prism::refusing(status, code);
        let answer = calls(prism.url.as_str()).send(&call(1, "+14155550123"), Millis(0)).await;
        assert_eq!((answer.outcome, answer.code), (outcome, Some(code.to_string())));
    }
}

#[tokio::test]
async fn without_an_answer_nobody_knows_nor_with_nonsense_in_its_place() {
    let vendor = Vendor::saying([Say::Drop]).await;
    let answer = calls(&vendor.url).send(&call(1, "+14155550123"), Millis(0)).await;
    assert_eq!(answer.outcome, Outcome::Unknown);
    let form = String::from_utf8(vendor.asked()[0].body.to_vec()).unwrap();
    assert!(form.contains("MachineDetection=Enable") && !form.contains("Band"), "what is said is sealed: {form}");

    let vendor = Vendor::saying([Say::Answer(201, String::from("<html>"))]).await;
    assert_eq!(calls(&vendor.url).send(&call(1, "+14155550123"), Millis(0)).await.outcome, Outcome::Unknown);
    let vendor = Vendor::saying([Say::Answer(502, String::from("<html>"))]).await;
    assert_eq!(calls(&vendor.url).send(&call(1, "+14155550123"), Millis(0)).await.outcome, Outcome::Unknown);
}
