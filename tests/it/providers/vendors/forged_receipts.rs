//! A callback that the vendor did not sign says nothing of anybody.

use std::collections::BTreeMap;

use candour::domain::clock::Millis;
use candour::providers::{ReceiptError, ReceiptRequest};

use super::vendors;
use crate::support::configured::RECEIPTS;
use crate::support::http_stub::Say;

#[tokio::test(flavor = "multi_thread")]
async fn is_not_believed() {
    for vendor in vendors() {
        let (_stub, provider) = vendor.saying(Say::Nothing, "").await;
        let (query, body) = vendor.forged.unwrap_or(("", "{}"));
        let request = ReceiptRequest {
            url: format!("{RECEIPTS}v{query}"),
            headers: BTreeMap::from([(
                String::from("content-type"),
                String::from("application/x-www-form-urlencoded"),
            )]),
            body: body.into(),
            now: Millis(0),
        };
        let loose = |error| {
            if error == ReceiptError::Unsupported { provider.loose_receipts(&request).err() } else { Some(error) }
        };
        let error = provider.receipts(&request).await.err().and_then(loose);
        let expected = if vendor.forged.is_some() { ReceiptError::Forged } else { ReceiptError::Unsupported };
        assert_eq!(error, Some(expected), "{}", vendor.settings);
    }
}
