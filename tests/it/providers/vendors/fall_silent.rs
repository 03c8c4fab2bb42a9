//! A vendor that hears a request and says nothing for longer than it may: nobody knows, and the provider comes back.

use std::time::{Duration, Instant};

use candour::domain::clock::Millis;
use candour::domain::outcome::Outcome;

use super::vendors;
use crate::support::http_stub::Say;

#[tokio::test(flavor = "multi_thread")]
async fn all_at_once() {
    let mut asked = tokio::task::JoinSet::new();
    for vendor in vendors() {
        asked.spawn(async move {
            let (stub, provider) = vendor.saying(Say::Silence, "timeout_seconds = 1").await;
            let begun = Instant::now();
            let answer = provider.send(&(vendor.message)(), Millis(0)).await;
            assert!(begun.elapsed() >= Duration::from_secs(1), "{}: it waited as long as it may", vendor.settings);
            assert!(begun.elapsed() < Duration::from_secs(20), "{}: and not longer", vendor.settings);
            assert_eq!(
                (answer.outcome, answer.code.as_deref()),
                (Outcome::Unknown, Some("timeout")),
                "{}",
                vendor.settings
            );
            assert_eq!(stub.heard().len(), 1, "the request had left: {}", vendor.settings);
        });
    }
    while let Some(done) = asked.join_next().await {
        done.unwrap();
    }
}
