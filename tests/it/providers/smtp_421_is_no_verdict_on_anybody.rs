//! A server that closes up says nothing about a person, and what it says first is what counts.

use candour::domain::clock::Millis;
use candour::domain::outcome::Outcome;
use candour::providers::Provider;
use candour::providers::settings::Common;
use candour::providers::smtp::SmtpProvider;

use crate::support::messages::email;
use crate::support::smtp_server::{HELLO, SmtpServer, Step, TAKEN};

async fn answer(script: Vec<Step>) -> (Outcome, String) {
    let server = SmtpServer::play(vec![script]).await;
    let relay = SmtpProvider::build(&Common::named("relay"), &server.settings()).unwrap();
    let answer = relay.send(&email(1, "ann@example.org"), Millis(0)).await;
    (answer.outcome, answer.code.unwrap())
}

#[tokio::test]
async fn closing_at_the_greeting_is_a_retry() {
    assert_eq!(answer(vec![Step::Say("421 test closing")]).await, (Outcome::Retry, String::from("421")));
}

#[tokio::test]
async fn too_many_connections_is_throttled() {
    let script = [&HELLO[..], &TAKEN[..3], &[Step::Say("421 4.7.0 too many messages")]].concat();
    assert_eq!(answer(script).await, (Outcome::Throttled, String::from("421 4.7.0")));
}

#[tokio::test]
async fn closing_after_the_dot_refuses_for_now() {
    let script = [&HELLO[..], &TAKEN[..5], &[Step::Say("421 4.3.0 closing")]].concat();
    assert_eq!(answer(script).await, (Outcome::Retry, String::from("421 4.3.0")));
}
