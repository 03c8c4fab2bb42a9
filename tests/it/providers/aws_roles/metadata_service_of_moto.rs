//! moto plays the machine's metadata service itself: we find our way through it.

use candour::domain::clock::Clock;
use candour::domain::outcome::Outcome;
use candour::providers::Checked;
use candour::system::System;

use super::sns;
use crate::support::messages::sms;
use crate::support::moto::Moto;

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_taken_with_the_keys_that_it_hands_out() {
    let moto = Moto::start(None);
    let role = sns(&moto.url, &format!("credentials = 'instance'\ninstance_url = '{}'", moto.url));
    let answer = role.send(&sms(1, "+14155550123"), System.now()).await;
    assert_eq!(answer.outcome, Outcome::Accepted, "{answer:?}");
    assert_eq!(role.check().await, Ok(Checked::SignsIn));
}
