//! Text messages by Amazon SNS as moto plays it, which checks signatures and permissions by its own code.

use std::sync::Arc;

use candour::domain::clock::Clock;
use candour::domain::outcome::Outcome;
use candour::providers::{Checked, Provider};
use candour::system::System;

use crate::support::configured::provider;
use crate::support::messages::sms;
use crate::support::moto::Moto;

fn sns(moto: &Moto, secret: &str) -> Arc<dyn Provider> {
    provider(&format!(
        "kind = 'sns'\nname = 'sns'\nregion = 'eu-west-1'\naccess_key_id = '{}'\nsecret_access_key = '{secret}'\n\
         sender_id = 'Example'\nmax_price = '0.50'\nbase_url = '{}'",
        moto.key.0, moto.url
    ))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_message_is_taken_and_others_are_not() {
    let moto = Moto::allowing(&["sns:Publish", "sns:CheckIfPhoneNumberIsOptedOut", "sns:GetSMSAttributes"]);
    let right = sns(&moto, &moto.key.1);
    let answer = right.send(&sms(1, "+14155550123"), System.now()).await;
    assert_eq!(answer.outcome, Outcome::Accepted, "{answer:?}");
    assert!(answer.reference.is_some_and(|id| id.len() == 36));
    assert_eq!(right.check().await, Ok(Checked::SignsIn));
    // moto knows this number to have opted out.
    let answer = right.send(&sms(2, "+15555550199"), System.now()).await;
    assert_eq!((answer.outcome, answer.code.as_deref()), (Outcome::Rejected, Some("OptedOut")));

    let wrong = sns(&moto, "not the key");
    let answer = wrong.send(&sms(1, "+14155550123"), System.now()).await;
    assert_eq!((answer.outcome, answer.code.as_deref()), (Outcome::Misconfigured, Some("SignatureDoesNotMatch")));
    assert!(wrong.check().await.unwrap_err().reason.contains("SignatureDoesNotMatch"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_may_not_send_stops_the_provider() {
    let moto = Moto::allowing(&["sns:CheckIfPhoneNumberIsOptedOut"]);
    let answer = sns(&moto, &moto.key.1).send(&sms(1, "+14155550123"), System.now()).await;
    assert_eq!(answer.outcome, Outcome::Misconfigured, "{answer:?}");
}
