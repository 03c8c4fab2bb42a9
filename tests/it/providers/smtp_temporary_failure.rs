//! "Not now" is tried again, and marks nobody.

use candour::domain::clock::Millis;
use candour::domain::outcome::Outcome;
use candour::providers::Provider;
use candour::providers::settings::Common;
use candour::providers::smtp::SmtpProvider;

use crate::support::messages::email;
use crate::support::postfix::Postfix;

#[tokio::test(flavor = "multi_thread")]
async fn greylisting_is_a_retry() {
    let postfix = Postfix::start();
    let relay = SmtpProvider::build(&Common::named("relay"), &postfix.settings()).unwrap();
    let answer = relay.send(&email(1, "later@example.org"), Millis(0)).await;
    assert_eq!((answer.outcome, answer.code.as_deref()), (Outcome::Retry, Some("451 4.7.1")));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_listening_is_a_retry() {
    let postfix = Postfix::start();
    let mut settings = postfix.settings();
    settings.port = crate::support::process::free_port();
    let relay = SmtpProvider::build(&Common::named("relay"), &settings).unwrap();
    let answer = relay.send(&email(1, "ann@example.org"), Millis(0)).await;
    assert_eq!((answer.outcome, answer.code.as_deref()), (Outcome::Retry, Some("connect")));
    assert!(relay.check().await.unwrap_err().to_string().contains("check host, port and firewall"));
}
