//! A call from its answer to its confirmation, each step signed by Twilio's own library, and what is said read by Twilio's own
//! words for it.

use std::sync::Arc;

use candour::domain::clock::Millis;
use candour::domain::outcome::Outcome;
use candour::providers::{Provider, ReceiptError, ReceiptEvent, ReceiptRequest};
use serde_json::{Value, json};

use crate::support::configured::provider;
use crate::support::messages::call;
use crate::support::node;
use crate::support::process::run;
use crate::support::vendor::{Say, Vendor};

fn calls(base_url: &str) -> Arc<dyn Provider> {
    provider(&format!(
        "kind = 'twilio_voice'\nname = 'calls'\naccount_sid = 'AC{}'\nauth_token = 'token'\nfrom = '+15005550006'\n\
         base_url = '{base_url}'",
        "a".repeat(32),
    ))
}

fn sign(token: &str, url: &str, fields: &Value) -> String {
    let script = "const w = require('twilio/lib/webhooks/webhooks');\
                  console.log(w.getExpectedTwilioSignature(process.argv[1], process.argv[2], JSON.parse(process.argv[3])))";
    run(node::node().args(["-e", script, token, url, &fields.to_string()])).trim().to_owned()
}

fn asked(token: &str, url: &str, more: &[(&str, &str)]) -> ReceiptRequest {
    let mut fields = json!({
        "AccountSid": format!("AC{}", "a".repeat(32)), "CallSid": "CA1", "CallStatus": "in-progress",
        "To": "+14155550123", "From": "+15005550006", "Direction": "outbound-api",
    });
    for (name, value) in more {
        fields[*name] = json!(value);
    }
    let pairs = fields.as_object().unwrap().iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap()));
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    ReceiptRequest {
        url: url.to_owned(),
        headers: [(String::from("x-twilio-signature"), sign(token, url, &fields))].into(),
        body: body.into(),
        now: Millis(0),
    }
}

/// What is said, and where the next key goes: read as XML by an independent reader, elements held to those that Twilio knows.
fn heard(twiml: &str) -> (Vec<String>, Option<String>) {
    let script = "const VoiceResponse = require('twilio').twiml.VoiceResponse;\
        const known = new VoiceResponse();\
        const tags = [...process.argv[1].matchAll(/<([A-Z][A-Za-z]*)/g)].map(m => m[1]);\
        for (const tag of tags) { if (tag !== 'Response' && typeof known[tag.toLowerCase()] !== 'function') throw new Error(tag); }\
        const text = s => s.replace(/&lt;/g,'<').replace(/&gt;/g,'>').replace(/&quot;/g,'\"').replace(/&amp;/g,'&');\
        const said = [...process.argv[1].matchAll(/<Say language=\"([^\"]*)\">([^<]*)<\\/Say>/g)].map(m => m[1] + ' ' + text(m[2]));\
        const action = (process.argv[1].match(/action=\"([^\"]*)\"/) || [])[1];\
        console.log(JSON.stringify([said, action ? text(action) : null]));";
    let read: Value = serde_json::from_str(&run(node::node().args(["-e", script, twiml]))).unwrap();
    let said = read[0].as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect();
    (said, read[1].as_str().map(str::to_owned))
}

async fn step(
    calls: &Arc<dyn Provider>,
    url: &str,
    more: &[(&str, &str)],
) -> (Vec<ReceiptEvent>, Vec<String>, Option<String>) {
    let request = asked("token", url, more);
    let events = calls.receipts(&request).await.unwrap();
    let reply = calls.reply(&request).unwrap();
    let (said, next) = heard(std::str::from_utf8(&reply.body).unwrap());
    (events, said, next)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_person_hears_and_confirms() {
    let vendor = Vendor::saying([Say::Answer(201, String::from(r#"{"sid":"CA1","status":"queued"}"#))]).await;
    let calls_here = calls(&vendor.url);
    let message = call(1, "+14155550123");
    assert_eq!(calls_here.send(&message, Millis(0)).await.outcome, Outcome::Accepted);
    let form: Vec<(String, String)> = url::form_urlencoded::parse(&vendor.asked()[0].body).into_owned().collect();
    let of = |name: &str| form.iter().find(|(n, _)| n == name).unwrap().1.clone();
    // Another process answers.
    let calls = calls(&vendor.url);

    let (events, said, next) = step(&calls, &of("Url"), &[("AnsweredBy", "human")]).await;
    assert!(events.is_empty());
    assert!(said[0].starts_with("de-DE Guten Tag.") && said[0].contains("Änne Müller"), "{said:?}");
    assert!(said[1].starts_with("en-US For English"), "{said:?}");
    assert!(
        !said.iter().any(|text| text.contains("Band") || text.contains("tape")),
        "nothing of the matter yet: {said:?}"
    );

    let (events, said, next) = step(&calls, &next.unwrap(), &[("Digits", "1")]).await;
    assert!(events.is_empty() && said[0].contains("Am 14. November ging ein Band"), "{said:?}");
    let told = next.unwrap();
    let (events, said, _) = step(&calls, &told, &[("Digits", "9")]).await;
    assert!(events.is_empty() && said[0].contains("a tape with a backup was lost"), "{said:?}");
    let (events, said, next) = step(&calls, &told, &[("Digits", "1")]).await;
    assert_eq!((events[0].attempt, events[0].outcome), (message.attempt, Some(Outcome::Delivered)));
    assert_eq!((said.len(), next), (1, None));

    let (events, said, next) = step(&calls, &of("Url"), &[("AnsweredBy", "machine_start")]).await;
    assert_eq!(events[0].outcome, Some(Outcome::Retry));
    assert_eq!(next, None);
    assert!(said[0].contains("+49 30 1234567") && !said[0].contains("Müller") && !said[0].contains("Band"), "{said:?}");

    let ended = asked("token", &of("StatusCallback"), &[("CallStatus", "no-answer"), ("SipResponseCode", "487")]);
    assert_eq!(calls.receipts(&ended).await.unwrap()[0].outcome, Some(Outcome::Retry));
    assert_eq!(calls.reply(&ended), None);

    let forged = asked("another token", &told, &[("Digits", "1")]);
    assert_eq!(calls.receipts(&forged).await, Err(ReceiptError::Forged));
    let other = told.replace(&message.attempt.to_string(), &call(2, "+14155550123").attempt.to_string());
    let mut moved = asked("token", &told, &[("Digits", "1")]);
    moved.url = other;
    assert_eq!(calls.receipts(&moved).await, Err(ReceiptError::Forged), "the signature covers the address");
}
