//! Callbacks signed by Vonage's own library are believed, and nothing else is.

use candour::domain::clock::{Clock, Millis};
use candour::domain::outcome::Outcome;
use candour::providers::{ReceiptError, ReceiptRequest};
use candour::system::System;

use crate::support::configured::provider;
use crate::support::loopback::Loopback;
use crate::support::messages::sms;
use crate::support::process::run;
use crate::support::python::python;

const SIGN: &str = "
import json, sys
from vonage_http_client.auth import Auth
auth = Auth(api_key='k', signature_secret=sys.argv[1], signature_method=sys.argv[2])
fields = json.loads(sys.argv[3])
fields['sig'] = auth.sign_params(dict(fields)).upper()
assert auth.check_signature(dict(fields))
print(fields['sig'])
";

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_is_believed_under_either_secret_by_each_digest() {
    let server = Loopback::saying(200, r#"{"message-count":"1","messages":[{"message-id":"A1","status":"0"}]}"#).await;
    for digest in ["sha1", "sha256", "sha512"] {
        let vonage = provider(&format!(
            "kind = 'vonage'\nname = 'vonage'\napi_key = 'k'\napi_secret = 's'\nfrom = 'Example'\nreceipt_secret = 'r'\n\
             signature_secret = 'the new secret'\nprevious_signature_secrets = ['the old secret']\nsignature_digest = '{digest}'\n\
             base_url = '{}'",
            server.url
        ));
        let message = sms(1, "+447700900000");
        assert_eq!(vonage.send(&message, Millis(0)).await.outcome, Outcome::Accepted);
        // The address as we gave it with the message.
        let callback = server.seen().last().unwrap().field("callback");
        let now = System.now();
        let fields = serde_json::json!({
            "msisdn": "447700900000", "to": "Exa&mple=", "network-code": "23410", "messageId": "A1", "price": "0.03",
            "status": "failed", "scts": "2611221000", "err-code": "9", "api-key": "k", "message-timestamp": "2026-11-22 10:00:00",
            "timestamp": now.0.div_euclid(1000).to_string(), "nonce": "n",
        });
        let ask = async |secret: &str, change: &str, late: i64| {
            let signature = run(python().args(["-c", SIGN, secret, digest, &fields.to_string()]));
            let mut said: Vec<(String, String)> = fields
                .as_object()
                .unwrap()
                .iter()
                .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
                .collect();
            said.push((String::from("sig"), signature.trim().to_owned()));
            let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(said).finish();
            vonage
                .receipts(&ReceiptRequest {
                    url: callback.clone(),
                    headers: [].into(),
                    body: body.replace("status=failed", change).into(),
                    now: now.plus(late),
                })
                .await
        };
        for secret in ["the new secret", "the old secret"] {
            let events = ask(secret, "status=failed", 0).await.unwrap();
            assert_eq!(
                (events[0].attempt, events[0].outcome),
                (message.attempt, Some(Outcome::BadAddress)),
                "{digest}"
            );
        }
        assert_eq!(ask("another secret", "status=failed", 0).await, Err(ReceiptError::Forged));
        assert_eq!(ask("the new secret", "status=delivered", 0).await, Err(ReceiptError::Forged));
        assert_eq!(
            ask("the new secret", "status=failed", 48 * 3_600_000).await,
            Err(ReceiptError::Forged),
            "two days old"
        );
    }
}
