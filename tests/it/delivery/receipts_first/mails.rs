//! Emails.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use candour::domain::clock::Clock;
use candour::system::System;
use hmac::{Hmac, KeyInit, Mac};
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::json;
use sha2::Sha256;

use super::{BY_MAIL, Vendor, tells_first};
use crate::support::telling_desk::{Callback, Tale};

const ATTEMPT: &str = "candour-attempt";

fn json_kind() -> (&'static str, String) {
    ("content-type", String::from("application/json"))
}

fn sendgrid_tells(tale: &Tale<'_>) -> Callback {
    let event = if tale.arrived { "delivered" } else { "bounce" };
    let body = json!([{ "event": event, "type": event, "sg_event_id": tale.id, ATTEMPT: tale.attempt(ATTEMPT),
        "bounce_classification": "Invalid Address" }])
    .to_string();
    let stamp = (System.now().0 / 1000).to_string();
    let signature: Signature = SigningKey::from_slice(&[7; 32]).unwrap().sign(format!("{stamp}{body}").as_bytes());
    let headers = vec![
        json_kind(),
        ("x-twilio-email-event-webhook-signature", BASE64.encode(signature.to_der().as_bytes())),
        ("x-twilio-email-event-webhook-timestamp", stamp),
    ];
    Callback { address: String::new(), headers, body }
}

#[tokio::test(flavor = "multi_thread")]
async fn sendgrid() {
    // Of the key that `sendgrid_tells` signs with.
    tells_first(Vendor {
        channel: "email",
        settings: "kind = 'sendgrid'\nbase_url = '{base}'\napi_key_file = '{secret}'\nfrom = 'a@example.org'\n\
                   webhook_public_keys = ['MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEHhhTL9R1TALzBB2cdc6zO4P/2BrHzk/ogsyxyYvFiW6kbDEcTi/0DdlqNlPm5FRF0y3+SG7O11x6kMahiIHAow==']",
        secret: "a secret of theirs",
        people: BY_MAIL,
        answer: (202, "x-message-id: ID", ""),
        before: &[],
        tells: sendgrid_tells,
        first: 204,
    })
    .await;
}

fn postmark_tells(tale: &Tale<'_>) -> Callback {
    let mut event = json!({ "RecordType": "Delivery", "MessageID": tale.id,
        "Metadata": { ATTEMPT: tale.json()["Metadata"][ATTEMPT] } });
    if !tale.arrived {
        event["RecordType"] = "Bounce".into();
        event["Type"] = "HardBounce".into();
        event["ID"] = 1.into();
    }
    let login = format!("Basic {}", BASE64.encode(format!("candour:{}", tale.secret)));
    Callback { address: String::new(), headers: vec![json_kind(), ("authorization", login)], body: event.to_string() }
}

#[tokio::test(flavor = "multi_thread")]
async fn postmark() {
    tells_first(Vendor {
        channel: "email",
        settings: "kind = 'postmark'\nbase_url = '{base}'\nserver_token_file = '{secret}'\nfrom = 'a@example.org'\n\
                   webhook_password_file = '{secret}'",
        secret: "a secret of ours",
        people: BY_MAIL,
        answer: (200, "x-nothing: 1", r#"{"MessageID":"ID","ErrorCode":0,"Message":"OK"}"#),
        before: &[],
        tells: postmark_tells,
        first: 204,
    })
    .await;
}

fn mailgun_tells(tale: &Tale<'_>) -> Callback {
    let stamp = (System.now().0 / 1000).to_string();
    let mut mac = Hmac::<Sha256>::new_from_slice(tale.secret.as_bytes()).unwrap();
    mac.update(format!("{stamp}{}", tale.id).as_bytes());
    let signature = hex::encode(mac.finalize().into_bytes());
    let mut event =
        json!({ "event": "delivered", "id": tale.id, "user-variables": { ATTEMPT: tale.attempt(ATTEMPT) } });
    if !tale.arrived {
        event["event"] = "failed".into();
        event["severity"] = "permanent".into();
        event["reason"] = "bounce".into();
        event["delivery-status"] = json!({ "enhanced-code": "5.1.1" });
    }
    let signature = json!({ "timestamp": stamp, "token": tale.id, "signature": signature });
    let body = json!({ "signature": signature, "event-data": event }).to_string();
    Callback { address: String::new(), headers: vec![json_kind()], body }
}

#[tokio::test(flavor = "multi_thread")]
async fn mailgun() {
    tells_first(Vendor {
        channel: "email",
        settings: "kind = 'mailgun'\nbase_url = '{base}'\napi_key_file = '{secret}'\ndomain = 'mg.example.org'\n\
                   from = 'a@example.org'\nwebhook_signing_key_file = '{secret}'",
        secret: "a secret of theirs",
        people: BY_MAIL,
        answer: (200, "x-nothing: 1", r#"{"id":"ID","message":"Queued. Thank you."}"#),
        before: &[],
        tells: mailgun_tells,
        first: 204,
    })
    .await;
}
