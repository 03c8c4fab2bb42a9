//! The connection breaks after the final dot: nobody knows, and the outcome says so.

use candour::domain::clock::Millis;
use candour::domain::outcome::Outcome;
use candour::providers::Provider;
use candour::providers::settings::Common;
use candour::providers::smtp::{Limits, SmtpProvider};

use crate::support::messages::email;
use crate::support::smtp_server::{HELLO, SmtpServer, Step, TAKEN};

#[tokio::test]
async fn a_dropped_connection_is_unknown() {
    let server = SmtpServer::play(vec![[&HELLO[..], &TAKEN[..5]].concat()]).await;
    let relay = SmtpProvider::build(&Common::named("relay"), &server.settings()).unwrap();
    let answer = relay.send(&email(1, "ann@example.org"), Millis(0)).await;
    assert_eq!((answer.outcome, answer.code.as_deref()), (Outcome::Unknown, Some("dropped-after-dot")));
    let heard = server.heard().await;
    let content = heard[0].last().unwrap();
    assert!(content.contains("\r\n..Punkt am Zeilenanfang"), "the dot at a line's start is not doubled: {content}");
}

#[tokio::test]
async fn silence_is_unknown_too() {
    let server = SmtpServer::play(vec![[&HELLO[..], &TAKEN[..5], &[Step::UntilClosed]].concat()]).await;
    let limits = Limits { dot: std::time::Duration::from_millis(50), ..Limits::rfc5321() };
    let relay = SmtpProvider::with_limits(&Common::named("relay"), &server.settings(), limits).unwrap();
    let answer = relay.send(&email(1, "ann@example.org"), Millis(0)).await;
    assert_eq!((answer.outcome, answer.code.as_deref()), (Outcome::Unknown, Some("timeout-after-dot")));
}

#[tokio::test]
async fn a_refusal_after_the_dot_is_a_refusal() {
    let refused = [&HELLO[..], &TAKEN[..5], &[Step::Say("550 5.7.1 spam"), Step::UntilClosed]].concat();
    let server = SmtpServer::play(vec![refused]).await;
    let relay = SmtpProvider::build(&Common::named("relay"), &server.settings()).unwrap();
    let answer = relay.send(&email(1, "ann@example.org"), Millis(0)).await;
    assert_eq!((answer.outcome, answer.code.as_deref()), (Outcome::Misconfigured, Some("550 5.7.1")));
}
