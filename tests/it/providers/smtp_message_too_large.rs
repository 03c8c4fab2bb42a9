//! A message larger than the relay takes is not sent at all.

use candour::domain::clock::Millis;
use candour::domain::message::Body;
use candour::domain::outcome::Outcome;
use candour::domain::pii::Pii;
use candour::providers::Provider;
use candour::providers::settings::Common;
use candour::providers::smtp::SmtpProvider;

use crate::support::messages::email;
use crate::support::postfix::{Postfix, SIZE};

#[tokio::test(flavor = "multi_thread")]
async fn the_announced_limit_is_respected() {
    let postfix = Postfix::start();
    let relay = SmtpProvider::build(&Common::named("relay"), &postfix.settings()).unwrap();
    let mut message = email(1, "ann@example.org");
    if let Body::Email { text, .. } = &mut message.body {
        *text = Pii::new("x".repeat(SIZE));
    }
    let answer = relay.send(&message, Millis(0)).await;
    assert_eq!((answer.outcome, answer.code.as_deref()), (Outcome::Rejected, Some("too-large")));
    let answer = relay.send(&email(2, "ann@example.org"), Millis(0)).await;
    assert_eq!(answer.outcome, Outcome::Accepted);
}
