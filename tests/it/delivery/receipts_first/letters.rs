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
        tells: notify_tells,
        first: 204,
    })
    .await;
}
