//! Answers and reports, without a network.

use bytes::Bytes;
use reqwest::header::HeaderMap;

use super::*;
use crate::domain::id::AttemptId;
use crate::providers::testing::{around, receipts};

const URL: &str = "https://candour.example.org/v1/receipts/kannel";

fn provider() -> KannelProvider {
    let settings = KannelSettings {
        url: "http://127.0.0.1:13013/cgi-bin/sendsms".parse().unwrap(),
        username: String::from("u"),
        password: Secret::new("p"),
        from: String::from("Candour"),
        smsc: None,
        receipt_secret: Secret::new("new"),
        previous_receipt_secrets: vec![Secret::new("old")],
        validity_minutes: None,
    };
    KannelProvider::build(&Common::named("kannel"), &settings, &around()).unwrap()
}

fn answer(status: u16, body: &str) -> Answer {
    let reply = HttpReply { status, headers: HeaderMap::new(), body: Bytes::copy_from_slice(body.as_bytes()) };
    read_answer(&reply, Millis(0))
}

#[test]
fn answers_become_outcomes() {
    assert_eq!(answer(202, "0: Accepted for delivery").outcome, Outcome::Accepted);
    assert_eq!(answer(202, "3: Queued for later delivery").outcome, Outcome::Accepted);
    assert_eq!(answer(403, "Authorization failed for sendsms").outcome, Outcome::Misconfigured);
    assert_eq!(answer(400, "Empty receiver number not allowed, rejected").outcome, Outcome::Rejected);
    assert_eq!(answer(503, "Temporal failure, try again later.").outcome, Outcome::Retry);
    assert_eq!(answer(504, "<html>").outcome, Outcome::Unknown);
    assert_eq!(answer(202, "what a nice day").outcome, Outcome::Unknown);
    assert_eq!(answer(302, "").outcome, Outcome::Misconfigured);
}

fn report(url: String) -> Result<Vec<ReceiptEvent>, ReceiptError> {
    let headers = std::collections::BTreeMap::new();
    receipts(&provider(), &ReceiptRequest { url, headers, body: Bytes::new(), now: Millis(0) })
}

#[test]
fn reports_are_believed_under_each_secret_and_no_other() {
    let attempt = AttemptId(uuid::Uuid::from_u128(7));
    for secret in ["new", "old"] {
        let events = report(format!("{}&dlr=2", callback::address(URL, attempt, &[Secret::new(secret)]))).unwrap();
        assert_eq!((events[0].attempt, events[0].outcome), (attempt, Some(Outcome::Rejected)));
    }
    let ours = callback::address(URL, attempt, &[Secret::new("new")]);
    assert_eq!(report(format!("{ours}&dlr=8")).unwrap()[0].outcome, None);
    assert_eq!(report(format!("{ours}&dlr=1")).unwrap()[0].outcome, Some(Outcome::Delivered));
    assert_eq!(report(format!("{ours}&dlr=77")).unwrap()[0].outcome, None);
    assert!(matches!(report(format!("{ours}&dlr=x")), Err(ReceiptError::Malformed(_))));
    let forged = callback::address(URL, attempt, &[Secret::new("guess")]);
    assert_eq!(report(format!("{forged}&dlr=1")), Err(ReceiptError::Forged));
}
