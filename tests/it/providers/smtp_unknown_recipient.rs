//! A recipient the relay does not know is a dead address, and the next person's message is not affected.

use candour::domain::clock::Millis;
use candour::domain::outcome::Outcome;
use candour::providers::Provider;
use candour::providers::settings::Common;
use candour::providers::smtp::SmtpProvider;

use crate::support::messages::email;
use crate::support::postfix::Postfix;

#[tokio::test(flavor = "multi_thread")]
async fn the_address_is_bad_and_the_connection_goes_on() {
    let postfix = Postfix::start();
    let settings = postfix.settings();
    let relay = SmtpProvider::build(&Common::named("relay"), &settings).unwrap();
    let answer = relay.send(&email(1, "nobody@example.org"), Millis(0)).await;
    assert_eq!((answer.outcome, answer.code.as_deref()), (Outcome::BadAddress, Some("550 5.1.1")));
    let answer = relay.send(&email(2, "ben@example.org"), Millis(0)).await;
    assert_eq!(answer.outcome, Outcome::Accepted, "{answer:?}");
    assert_eq!(postfix.conversations(), 1, "{}", postfix.log());
    let kept = postfix.kept(1);
    assert_eq!(kept.len(), 1);
    assert!(kept[0].contains("ben@example.org") && !kept[0].contains("nobody@"));
}
