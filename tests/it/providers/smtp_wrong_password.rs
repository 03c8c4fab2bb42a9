//! A wrong password is the account's fault, never the person's.

use candour::config::Secret;
use candour::domain::clock::Millis;
use candour::domain::outcome::Outcome;
use candour::providers::Provider;
use candour::providers::settings::Common;
use candour::providers::smtp::SmtpProvider;

use crate::support::messages::email;
use crate::support::postfix::Postfix;

#[tokio::test(flavor = "multi_thread")]
async fn the_provider_is_misconfigured_and_says_where() {
    let postfix = Postfix::start();
    let mut settings = postfix.settings();
    settings.password = Some(Secret::new("wrong"));
    let relay = SmtpProvider::build(&Common::named("relay"), &settings).unwrap();
    let answer = relay.send(&email(1, "ann@example.org"), Millis(0)).await;
    assert_eq!((answer.outcome, answer.code.as_deref()), (Outcome::Misconfigured, Some("535 5.7.8")));
    let fault = relay.check().await.unwrap_err().to_string();
    assert!(fault.contains("auth") && fault.contains("535 5.7.8"), "{fault}");
    assert!(!fault.contains("wrong"), "a secret is shown: {fault}");
}
