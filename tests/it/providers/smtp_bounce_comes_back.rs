//! A real bounce of Postfix finds its way back to the attempt.

use candour::domain::clock::Millis;
use candour::domain::outcome::Outcome;
use candour::providers::settings::Common;
use candour::providers::smtp::SmtpProvider;
use candour::providers::{Provider, ReceiptError, ReceiptRequest};

use crate::support::messages::email;
use crate::support::postfix::Postfix;

#[tokio::test(flavor = "multi_thread")]
async fn an_accepted_message_that_bounces_marks_the_address_dead() {
    let postfix = Postfix::start();
    let relay = SmtpProvider::build(&Common::named("relay"), &postfix.settings()).unwrap();
    let message = email(1, "gone@refusing.example");
    assert_eq!(relay.send(&message, Millis(0)).await.outcome, Outcome::Accepted);

    let bounce = postfix.bounced(1).remove(0);
    let mut request = ReceiptRequest {
        url: String::from("https://candour.example.org/v1/receipts/relay"),
        headers: [(String::from("authorization"), String::from("Bearer the secret of the bounce addresses"))].into(),
        body: bounce.into(),
        now: Millis(0),
    };
    let events = relay.receipts(&request).await.unwrap();
    assert_eq!(events.len(), 1);
    assert_eq!((events[0].attempt, events[0].outcome), (message.attempt, Some(Outcome::BadAddress)));
    assert_eq!(events[0].code.as_deref(), Some("failed 5.1.1"));

    // A relay that has bounces come to an address of its own leaves only the headers of the message.
    let whole = String::from_utf8(request.body.to_vec()).unwrap();
    let (_, marked) = whole.split_once("X-Candour-Attempt: ").expect("the message says whose it is");
    let token = marked.split_whitespace().next().unwrap().to_owned();
    let without = |marked: bool| -> String {
        let is_kept = |line: &&str| !line.contains(&token) || (marked && line.starts_with("X-Candour-Attempt: "));
        whole.split_inclusive('\n').filter(is_kept).collect()
    };
    request.body = without(true).into();
    let same = relay.receipts(&request).await.unwrap().remove(0);
    assert_eq!((same.attempt, same.outcome), (message.attempt, Some(Outcome::BadAddress)));
    request.body = without(false).into();
    assert!(matches!(relay.receipts(&request).await, Err(ReceiptError::Malformed(_))));

    request.headers.clear();
    assert_eq!(relay.receipts(&request).await, Err(ReceiptError::Forged));
}
