//! TLS that was asked for and is not to be had: nothing is sent, and nothing that came in clear is believed.

use candour::domain::clock::Millis;
use candour::domain::outcome::Outcome;
use candour::providers::Provider;
use candour::providers::settings::Common;
use candour::providers::smtp::{SmtpProvider, SmtpTls};

use crate::support::messages::email;
use crate::support::smtp_server::{HELLO, SmtpServer, Step};

async fn answer(script: Vec<Step>) -> (Outcome, String, Vec<String>) {
    let server = SmtpServer::play(vec![script]).await;
    let mut settings = server.settings();
    settings.tls = SmtpTls::Starttls;
    let relay = SmtpProvider::build(&Common::named("relay"), &settings).unwrap();
    let answer = relay.send(&email(1, "ann@example.org"), Millis(0)).await;
    (answer.outcome, answer.code.unwrap(), server.heard().await.remove(0))
}

#[tokio::test]
async fn a_server_without_starttls_hears_no_more_than_a_greeting() {
    let (outcome, code, heard) = answer([&HELLO[..], &[Step::Hear(""), Step::UntilClosed]].concat()).await;
    assert_eq!((outcome, code.as_str()), (Outcome::Misconfigured, "starttls-not-offered"));
    assert_eq!(heard, ["EHLO [127.0.0.1]", ""]);
}

#[tokio::test]
async fn a_refused_starttls_is_not_a_reason_to_go_on_in_clear() {
    let offer =
        [Step::Say("220 test"), Step::Hear("EHLO"), Step::Say("250-test\r\n250 STARTTLS"), Step::Hear("STARTTLS")];
    let (outcome, code, heard) =
        answer([&offer[..], &[Step::Say("454 4.7.0 not now"), Step::Hear(""), Step::UntilClosed]].concat()).await;
    assert_eq!((outcome, code.as_str()), (Outcome::Retry, "454 4.7.0"));
    assert_eq!(heard.last().unwrap(), "");
}

#[tokio::test]
async fn a_reply_slipped_in_before_tls_ends_the_conversation() {
    let offer =
        [Step::Say("220 test"), Step::Hear("EHLO"), Step::Say("250-test\r\n250 STARTTLS"), Step::Hear("STARTTLS")];
    let slipped = Step::Say("220 go\r\n250-evil\r\n250 AUTH PLAIN");
    let (outcome, code, _) = answer([&offer[..], &[slipped, Step::UntilClosed]].concat()).await;
    assert_eq!((outcome, code.as_str()), (Outcome::Retry, "connect-garbled"));
}
