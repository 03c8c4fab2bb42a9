//! Callbacks signed by Twilio's own library are believed, and nothing else is.

use std::collections::BTreeMap;

use candour::domain::clock::Millis;
use candour::domain::outcome::Outcome;
use candour::providers::settings::{SecretSource, TwilioSettings};
use candour::providers::twilio::TwilioProvider;
use candour::providers::{Provider, ReceiptError, ReceiptRequest};

use crate::support::messages::sms;
use crate::support::node;
use crate::support::process::run;

const BASE: &str = "https://candour.example.org:8443/v1/receipts/sms";

fn provider() -> TwilioProvider {
    let settings = TwilioSettings {
        name: String::from("sms"),
        account_sid: format!("AC{}", "a".repeat(32)),
        auth_tokens: vec![SecretSource::inline("the new token"), SecretSource::inline("the old token")],
        api_key: None,
        shared_keys: BTreeMap::new(),
        from: Some(String::from("+15005550006")),
        messaging_service_sid: None,
        validity_seconds: None,
        base_url: "https://api.twilio.com".parse().unwrap(),
        concurrency: 1,
        rate: None,
    };
    TwilioProvider::build(&settings, BASE).unwrap()
}

fn sign(token: &str, url: &str, fields: &serde_json::Value) -> String {
    let script = "const w = require('twilio/lib/webhooks/webhooks');\
                  console.log(w.getExpectedTwilioSignature(process.argv[1], process.argv[2], JSON.parse(process.argv[3])))";
    run(node::node().args(["-e", script, token, url, &fields.to_string()])).trim().to_owned()
}

#[test]
fn a_status_callback_is_believed_under_either_token_and_no_other() {
    let message = sms(1, "+14155550123");
    let url = format!("{BASE}?attempt={}", message.attempt);
    let fields = serde_json::json!({
        "MessageSid": "SM1", "SmsSid": "SM1", "MessageStatus": "undelivered", "ErrorCode": "30005",
        "AccountSid": format!("AC{}", "a".repeat(32)), "To": "+14155550123", "From": "Müller & Söhne",
    });
    let pairs = fields.as_object().unwrap().iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap()));
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let ask = |signature: String, url: &str| {
        provider().receipts(&ReceiptRequest {
            url: url.to_owned(),
            headers: [(String::from("x-twilio-signature"), signature)].into(),
            body: body.clone().into(),
            now: Millis(0),
        })
    };
    for token in ["the new token", "the old token"] {
        let events = ask(sign(token, &url, &fields), &url).unwrap();
        assert_eq!((events[0].attempt, events[0].outcome), (message.attempt, Some(Outcome::BadAddress)));
    }
    // Twilio may sign without the port.
    assert!(ask(sign("the new token", &url.replace(":8443", ""), &fields), &url).is_ok());
    assert_eq!(ask(sign("another token", &url, &fields), &url), Err(ReceiptError::Forged));
    let other = format!("{BASE}?attempt={}", sms(2, "+14155550123").attempt);
    assert_eq!(ask(sign("the new token", &url, &fields), &other), Err(ReceiptError::Forged));
}
