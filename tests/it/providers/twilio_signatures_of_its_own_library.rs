//! Callbacks signed by Twilio's own library are believed, and nothing else is.

use std::sync::Arc;

use candour::domain::clock::Millis;
use candour::domain::outcome::Outcome;
use candour::providers::{Provider, ReceiptError, ReceiptRequest};

use crate::support::configured::provider;
use crate::support::messages::sms;
use crate::support::node;
use crate::support::process::run;

const BASE: &str = "https://candour.example.org:8443/v1/receipts/sms";

fn twilio() -> Arc<dyn Provider> {
    provider(&format!(
        "kind = 'twilio'\nname = 'sms'\naccount_sid = 'AC{}'\nauth_token = 'the new token'\n\
         previous_auth_tokens = ['the old token']\nfrom = '+15005550006'",
        "a".repeat(32)
    ))
}

fn sign(token: &str, url: &str, fields: &serde_json::Value) -> String {
    let script = "const w = require('twilio/lib/webhooks/webhooks');\
                  console.log(w.getExpectedTwilioSignature(process.argv[1], process.argv[2], JSON.parse(process.argv[3])))";
    run(node::node().args(["-e", script, token, url, &fields.to_string()])).trim().to_owned()
}

#[tokio::test]
async fn a_status_callback_is_believed_under_either_token_and_no_other() {
    let message = sms(1, "+14155550123");
    let url = format!("{BASE}?attempt={}", message.attempt);
    let fields = serde_json::json!({
        "MessageSid": "SM1", "SmsSid": "SM1", "MessageStatus": "undelivered", "ErrorCode": "30005",
        "AccountSid": format!("AC{}", "a".repeat(32)), "To": "+14155550123", "From": "Müller & Söhne",
    });
    let pairs = fields.as_object().unwrap().iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap()));
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let ask = async |signature: String, url: &str| {
        twilio()
            .receipts(&ReceiptRequest {
                url: url.to_owned(),
                headers: [(String::from("x-twilio-signature"), signature)].into(),
                body: body.clone().into(),
                now: Millis(0),
            })
            .await
    };
    for token in ["the new token", "the old token"] {
        let events = ask(sign(token, &url, &fields), &url).await.unwrap();
        assert_eq!((events[0].attempt, events[0].outcome), (message.attempt, Some(Outcome::BadAddress)));
    }
    // Twilio may sign without the port.
    assert!(ask(sign("the new token", &url.replace(":8443", ""), &fields), &url).await.is_ok());
    assert_eq!(ask(sign("another token", &url, &fields), &url).await, Err(ReceiptError::Forged));
    let other = format!("{BASE}?attempt={}", sms(2, "+14155550123").attempt);
    assert_eq!(ask(sign("the new token", &url, &fields), &other).await, Err(ReceiptError::Forged));
}
