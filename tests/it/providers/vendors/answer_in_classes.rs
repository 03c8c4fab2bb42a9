//! A success, a failure that passes, an address that is none, an account that may not, and nonsense: each has its class.

use candour::domain::clock::Millis;
use candour::domain::outcome::Outcome;

use super::{Vendor, vendors};
use crate::support::http_stub::{Say, answer};

async fn outcome(vendor: &Vendor, say: Say) -> Outcome {
    let (stub, provider) = vendor.saying(say, "").await;
    let answer = provider.send(&(vendor.message)(), Millis(0)).await;
    assert_eq!(stub.heard().len(), 1, "a provider never retries: {}", vendor.settings);
    answer.outcome
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_taken_has_the_vendors_name() {
    for vendor in vendors() {
        let (stub, provider) = vendor.saying(vendor.success.clone(), "").await;
        let answer = provider.send(&(vendor.message)(), Millis(0)).await;
        let asked = &stub.heard()[0].line;
        let has_path = vendor.settings.contains("{base}");
        assert_eq!(asked.contains(" /gateway"), has_path, "the path of the address that is configured: {asked}");
        assert_eq!(answer.outcome, Outcome::Accepted, "{}: {answer:?}", vendor.settings);
        // Kannel gives none: its receipts come to an address that names the attempt.
        let named = answer.reference.as_deref() == Some("m1");
        assert!(named || vendor.settings.contains("kannel"), "{}: {answer:?}", vendor.settings);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_of_the_vendors_own_passes() {
    for vendor in vendors() {
        let (say, expected) = vendor.temporary.clone();
        assert_eq!(outcome(&vendor, say).await, expected, "{}", vendor.settings);
        assert_eq!(outcome(&vendor, answer(429, "")).await, Outcome::Throttled, "{}", vendor.settings);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_address_is_the_persons_and_an_account_failure_nobodys() {
    for vendor in vendors() {
        let (say, expected) = vendor.bad_address.clone();
        assert_eq!(outcome(&vendor, say).await, expected, "{}", vendor.settings);
        assert_eq!(outcome(&vendor, vendor.account.clone()).await, Outcome::Misconfigured, "{}", vendor.settings);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nonsense_is_no_verdict_on_anybody() {
    for vendor in vendors() {
        let name = vendor.settings;
        let Say::Answer(success, ..) = vendor.success else { panic!("a success is an answer: {name}") };
        for status in [200, success] {
            let portal = outcome(&vendor, answer(status, "<html>a portal</html>")).await;
            assert_eq!(portal, Outcome::Unknown, "{status} may be no answer of the vendor's at all: {name}");
        }
        let on_the_way = outcome(&vendor, answer(502, "<html>bad gateway</html>")).await;
        assert_eq!(
            on_the_way,
            Outcome::Unknown,
            "something on the way failed, and the request may have gone on: {name}"
        );
    }
}
