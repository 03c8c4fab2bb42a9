//! Letters.

use candour::domain::clock::Clock;
use candour::system::System;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha2::Sha256;

use super::{Vendor, tells_first};
use crate::support::telling_desk::{Callback, Tale};

fn lob_tells(tale: &Tale<'_>) -> Callback {
    let event = if tale.arrived { "letter.delivered" } else { "letter.returned_to_sender" };
    let body = json!({ "id": format!("evt_{}", tale.id), "event_type": { "id": event },
        "body": { "id": tale.id, "metadata": { "attempt": tale.attempt("metadata[attempt]") } } })
    .to_string();
    let stamp = System.now().0.to_string();
    let mut mac = Hmac::<Sha256>::new_from_slice(tale.secret.as_bytes()).unwrap();
    mac.update(format!("{stamp}.{body}").as_bytes());
    let signature = hex::encode(mac.finalize().into_bytes());
    let headers = vec![("lob-signature", signature), ("lob-signature-timestamp", stamp)];
    Callback { address: String::new(), headers, body }
}

#[tokio::test(flavor = "multi_thread")]
async fn lob() {
    tells_first(Vendor {
        channel: "letter",
        settings: "kind = 'lob'\nbase_url = '{base}'\napi_key_file = '{secret}'\nwebhook_secret_file = '{secret}'\n\
                   from = { name = 'Example', address_line1 = '1 Main St', address_city = 'Austin', address_state = 'TX', \
                   address_zip = '78701' }",
        secret: "a secret of theirs",
        people: "ref,name,address_line1,city,region,postcode,country\nA,Ann,12 Elm St,Austin,TX,78701,US\n\
                 B,Bob,14 Elm St,Austin,TX,78701,US\n",
        answer: (200, "x-nothing: 1", r#"{"id":"ID"}"#),
        before: &[],
        tells: lob_tells,
        first: 204,
    })
    .await;
}

fn notify_tells(tale: &Tale<'_>) -> Callback {
    let status = if tale.arrived { "received" } else { "permanent-failure" };
    let body = json!({ "id": tale.id, "reference": tale.json()["reference"], "status": status }).to_string();
    let headers = vec![("authorization", format!("Bearer {}", tale.secret))];
    Callback { address: String::new(), headers, body }
}

#[tokio::test(flavor = "multi_thread")]
async fn govuk_notify() {
    tells_first(Vendor {
        channel: "letter",
        settings: "kind = 'govuk_notify'\nbase_url = '{base}'\ncallback_token_file = '{secret}'\napi_key_file = '{secret}'\n\
                   sender = { lines = ['Example Council', 'Leeds'] }",
        // Its key for requests, which ends in a service and a secret, is the token of callbacks here as well.
        secret: "k-26785a09-ab16-4eb0-8407-a37497a57506-3d844edf-8d35-48ac-975b-e847b4f122b0",
        people: "ref,name,address_line1,city,postcode,country\nA,Ann,1 High Street,Leeds,LS1 1UR,GB\n\
                 B,Bob,2 High Street,Leeds,LS1 1UR,GB\n",
        answer: (201, "x-nothing: 1", r#"{"id":"ID"}"#),
        before: &[],
        tells: notify_tells,
        first: 204,
    })
    .await;
}

fn pingen_tells(tale: &Tale<'_>) -> Callback {
    let kind = if tale.arrived { "webhook_delivered" } else { "webhook_undeliverable" };
    let name = &tale.json()["data"]["attributes"]["file_original_name"];
    let body = json!({ "data": { "type": kind, "id": format!("w-{}", tale.id) },
        "included": [{ "type": "letters", "id": tale.id, "attributes": { "file_original_name": name } }] })
    .to_string();
    let mut mac = Hmac::<Sha256>::new_from_slice(tale.secret.as_bytes()).unwrap();
    mac.update(body.as_bytes());
    let headers = vec![("signature", hex::encode(mac.finalize().into_bytes()))];
    Callback { address: String::new(), headers, body }
}

#[tokio::test(flavor = "multi_thread")]
async fn pingen() {
    tells_first(Vendor {
        channel: "letter",
        settings: "kind = 'pingen'\nbase_url = '{base}'\nidentity_url = '{base}'\nclient_id = 'candour'\n\
                   client_secret_file = '{secret}'\norganisation = 'b85c7b52-debb-4b15-b5db-d86b0a4e9bbf'\n\
                   webhook_secret_file = '{secret}'",
        secret: "a secret of theirs",
        people: "ref,name,address_line1,city,postcode,country\nA,Ann,Lindenallee 5,Berlin,10115,DE\n\
                 B,Bob,Lindenallee 6,Berlin,10115,DE\n",
        answer: (201, "x-nothing: 1", r#"{"data":{"id":"ID","type":"letters","attributes":{"status":"validating"}}}"#),
        before: &[
            ("/auth/access-tokens", r#"{"token_type":"Bearer","expires_in":43200,"access_token":"t1"}"#),
            (
                "/file-upload",
                r#"{"data":{"id":"u","type":"file_uploads","attributes":{"url":"BASE/put/here","url_signature":"s","expires_at":"x"}}}"#,
            ),
            ("/put/here", ""),
        ],
        tells: pingen_tells,
        first: 204,
    })
    .await;
}
