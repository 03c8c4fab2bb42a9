//! A kept connection that the server closed meanwhile costs nobody a try.

use candour::domain::clock::Millis;
use candour::domain::outcome::Outcome;
use candour::providers::Provider;
use candour::providers::settings::Common;
use candour::providers::smtp::SmtpProvider;

use crate::support::messages::email;
use crate::support::smtp_server::{HELLO, SmtpServer, Step, TAKEN};

async fn second_message_after(end: &[Step]) {
    let first = [&HELLO[..], &TAKEN[..6], end].concat();
    let second = [&HELLO[..], &TAKEN[..6], &[Step::UntilClosed]].concat();
    let server = SmtpServer::play(vec![first, second]).await;
    let relay = SmtpProvider::build(&Common::named("relay"), &server.settings()).unwrap();
    for number in 1..=2 {
        let answer = relay.send(&email(number, "ann@example.org"), Millis(0)).await;
        assert_eq!(answer.outcome, Outcome::Accepted, "message {number}: {answer:?}");
    }
    drop(relay);
    assert_eq!(server.heard().await.len(), 2);
}

#[tokio::test]
async fn closed_without_a_word() {
    second_message_after(&[]).await;
}

#[tokio::test]
async fn closed_with_421() {
    second_message_after(&[Step::Say("421 4.4.2 timeout")]).await;
}

#[tokio::test]
async fn a_connection_is_closed_politely_after_its_share_of_messages() {
    let script = |end: &[Step]| [&HELLO[..], &TAKEN[..6], end].concat();
    let server = SmtpServer::play(vec![script(&[Step::Hear("QUIT")]), script(&[Step::Hear("QUIT")])]).await;
    let mut settings = server.settings();
    settings.messages_per_connection = 1;
    let relay = SmtpProvider::build(&Common::named("relay"), &settings).unwrap();
    for number in 1..=2 {
        assert_eq!(relay.send(&email(number, "ann@example.org"), Millis(0)).await.outcome, Outcome::Accepted);
    }
    server.heard().await;
}
