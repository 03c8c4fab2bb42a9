//! The connection breaks before the message was whole: it was not sent, and is tried again.

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
async fn a_drop_in_the_envelope_is_a_retry() {
    let script = [&HELLO[..], &TAKEN[..3], &[Step::Say("250 2.1.0 ok")]].concat();
    assert_eq!(answer(script).await, (Outcome::Retry, String::from("dropped")));
}

#[tokio::test]
async fn a_drop_at_the_greeting_is_a_retry() {
    assert_eq!(answer(vec![Step::Say("220-test")]).await, (Outcome::Retry, String::from("connect-dropped")));
}

#[tokio::test]
async fn something_that_is_not_a_mail_server_is_no_verdict_on_anybody() {
    let script = vec![Step::Say("HTTP/1.1 400 Bad Request")];
    assert_eq!(answer(script).await, (Outcome::Retry, String::from("connect-garbled")));
}

#[tokio::test]
async fn a_server_without_pipelining_gets_one_command_at_a_time() {
    let script = vec![
        Step::Say("220 test"),
        Step::Hear("EHLO"),
        Step::Say("250 test"),
        Step::Hear("MAIL FROM:"),
        Step::Say("250 ok"),
        Step::Hear("RCPT TO:<ann@example.org>"),
        Step::Say("250 ok"),
        Step::Hear("DATA"),
        Step::Say("354 go on"),
        Step::HearContent,
        Step::Say("250 taken"),
        Step::UntilClosed,
    ];
    assert_eq!(answer(script).await, (Outcome::Accepted, String::from("250")));
}

#[tokio::test]
async fn a_server_that_wants_content_without_a_recipient_gets_none() {
    let replies = Step::Say("250 2.1.0 ok\r\n550 5.1.1 no\r\n354 go on anyway");
    let script = [&HELLO[..], &TAKEN[..3], &[replies, Step::Hear(""), Step::UntilClosed]].concat();
    let server = SmtpServer::play(vec![script]).await;
    let relay = SmtpProvider::build(&Common::named("relay"), &server.settings()).unwrap();
    let answer = relay.send(&email(1, "nobody@example.org"), Millis(0)).await;
    assert_eq!(answer.outcome, Outcome::BadAddress);
    assert_eq!(server.heard().await[0].last().unwrap(), "", "something was said after the refusal");
}
