//! The tests' own provider: answers in order, holds until let go, posts receipts.

use std::sync::Arc;

use candour::domain::channel::Channel;
use candour::domain::clock::Millis;
use candour::domain::outcome::Outcome;
use candour::providers::{Answer, Provider, Providers, ReceiptRequest};

use crate::support::messages::sms;
use crate::support::scripted::{RECEIPT_TOKEN, Scripted};

#[tokio::test]
async fn it_answers_in_order_and_only_when_released() {
    let first = [Answer::of(Outcome::Retry, "1"), Answer::of(Outcome::Throttled, "2")];
    let scripted = Scripted::always("s", Channel::Sms, Outcome::Accepted).first(first).at_once(1).held();
    let scripted = Arc::new(scripted);
    let asking = Arc::clone(&scripted);
    let task = tokio::spawn(async move {
        let mut outcomes = Vec::new();
        for number in 1..=3 {
            outcomes.push(asking.send(&sms(number, "+14155550123"), Millis(0)).await.outcome);
        }
        outcomes
    });
    scripted.arrivals(1).await;
    assert_eq!(scripted.asked().len(), 1, "it went on without being released");
    scripted.release(3);
    assert_eq!(task.await.unwrap(), [Outcome::Retry, Outcome::Throttled, Outcome::Accepted]);

    let providers = Providers::of(vec![scripted]);
    let attempt = sms(1, "+14155550123").attempt;
    let request = ReceiptRequest {
        url: String::new(),
        headers: [(String::from("authorization"), format!("Bearer {RECEIPT_TOKEN}"))].into(),
        body: format!("{attempt} bad_address k1\n{attempt} none k2\n").into(),
        now: Millis(0),
    };
    let events = providers.by_name("s").unwrap().receipts(&request).await.unwrap();
    assert_eq!(events.iter().map(|e| e.outcome).collect::<Vec<_>>(), [Some(Outcome::BadAddress), None]);
}
