//! Push messages to Apple, played over Node's own HTTP/2 and held to what Apple's documents say.

use std::sync::Arc;

use candour::domain::clock::Clock;
use candour::domain::outcome::Outcome;
use candour::providers::{Checked, Provider};
use candour::system::System;

use crate::support::configured::provider;
use crate::support::messages::push;
use crate::support::node;
use crate::support::process::{Running, free_port};

struct Apple {
    provider: Arc<dyn Provider>,
    _process: Running,
    _directory: tempfile::TempDir,
}

fn apple(topic: &str) -> Apple {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, text: String| {
        let path = directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let made = rcgen::generate_simple_self_signed(vec![String::from("localhost")]).unwrap();
    let (key, cert) = (file("key.pem", made.signing_key.serialize_pem()), file("cert.pem", made.cert.pem()));
    let team = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    let port = free_port();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/support/apns.js");
    let process =
        Running::until(node::node().args([script, &port.to_string(), &key, &cert, &team.public_key_pem()]), "ready");
    let provider = provider(&format!(
        "kind = 'apns'\nname = 'apns'\nteam_id = 'ABCDE12345'\nkey_id = 'FGHIJ67890'\nkey = '''{}'''\ntopic = '{topic}'\n\
         ca_file = '{cert}'\nbase_url = 'https://localhost:{port}'",
        team.serialize_pem()
    ));
    Apple { provider, _process: process, _directory: directory }
}

#[tokio::test(flavor = "multi_thread")]
async fn devices_are_told_and_dead_ones_are_known() {
    let apple = apple("org.example.app");
    assert_eq!(apple.provider.check().await, Ok(Checked::SignsIn));
    for (device, outcome, code) in [
        ("apns:00aa11", Outcome::Accepted, "200"),
        ("apns:dead01", Outcome::BadAddress, "Unregistered"),
        ("apns:000000", Outcome::BadAddress, "BadDeviceToken"),
        ("apns:50aa", Outcome::Retry, "ServiceUnavailable"),
    ] {
        let message = push(1, device);
        let answer = apple.provider.send(&message, System.now()).await;
        assert_eq!((answer.outcome, answer.code.as_deref()), (outcome, Some(code)), "{device}");
        if outcome == Outcome::Accepted {
            assert_eq!(answer.reference, Some(message.attempt.to_string()));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_app_is_the_accounts_fault() {
    let apple = apple("org.example.other");
    let answer = apple.provider.send(&push(1, "apns:00aa11"), System.now()).await;
    assert_eq!((answer.outcome, answer.code.as_deref()), (Outcome::Misconfigured, Some("BadTopic")));
    assert!(apple.provider.check().await.unwrap_err().reason.contains("topic"));
}
