//! What we send, a push service accepts as signed by us and a browser can decrypt.

use candour::config::Secret;
use candour::domain::clock::Clock;
use candour::domain::outcome::Outcome;
use candour::providers::Provider;
use candour::providers::settings::Common;
use candour::providers::webpush::{WebPushProvider, WebPushSettings};
use candour::system::System;

use crate::support::configured::around;
use crate::support::messages::push;
use crate::support::webpush_server::PushService;

fn provider(allow_private: bool) -> WebPushProvider {
    let settings = WebPushSettings {
        vapid_private_key: Some(Secret::new("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")),
        subject: String::from("mailto:admin@example.org"),
        ttl_seconds: 3600,
        allow_private_endpoints: allow_private,
    };
    WebPushProvider::build(&Common::named("push"), &settings, &around()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_reads_the_message_until_its_subscription_ends() {
    let service = PushService::start();
    let provider = provider(true);
    let subscription = service.subscribe(provider.public_key()).await;
    let message = push(1, &subscription.target);
    // The service checks the token's end against its own clock.
    let answer = provider.send(&message, System.now()).await;
    assert_eq!((answer.outcome, answer.code.as_deref()), (Outcome::Accepted, Some("201")));
    let received = service.received(&subscription).await;
    assert_eq!(received.len(), 1);
    assert_eq!(received[0]["title"], "Wichtige Nachricht");
    assert_eq!(received[0]["body"], "Bitte öffnen");
    assert_eq!(received[0]["url"], "https://example.org/notices/a");

    service.expire(&subscription).await;
    let answer = provider.send(&message, System.now()).await;
    assert_eq!((answer.outcome, answer.code.as_deref()), (Outcome::BadAddress, Some("410")));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_on_a_private_address_is_not_asked() {
    let service = PushService::start();
    let provider = provider(false);
    let subscription = service.subscribe(provider.public_key()).await;
    for target in [subscription.target.clone(), subscription.target.replace("http://localhost", "https://127.0.0.1")] {
        let answer = provider.send(&push(1, &target), System.now()).await;
        assert_eq!((answer.outcome, answer.code.as_deref()), (Outcome::BadAddress, Some("endpoint-not-allowed")));
    }
}
