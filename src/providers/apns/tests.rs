//! Answers and tokens, without a network.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use bytes::Bytes;
use reqwest::header::HeaderMap;

use super::*;
use crate::providers::testing::around;

fn answer(status: u16, reason: &str) -> Outcome {
    let body = Bytes::from(format!(r#"{{"reason":"{reason}"}}"#));
    read_answer(&HttpReply { status, headers: HeaderMap::new(), body }, Millis(0)).outcome
}

#[test]
fn reasons_become_outcomes() {
    for (status, reason, outcome) in [
        (400, "BadDeviceToken", Outcome::BadAddress),
        (410, "Unregistered", Outcome::BadAddress),
        (410, "ExpiredToken", Outcome::BadAddress),
        (400, "DeviceTokenNotForTopic", Outcome::Rejected),
        (413, "PayloadTooLarge", Outcome::Rejected),
        (403, "InvalidProviderToken", Outcome::Misconfigured),
        (403, "ExpiredProviderToken", Outcome::Retry),
        (429, "TooManyProviderTokenUpdates", Outcome::Throttled),
        (503, "Shutdown", Outcome::Retry),
        (400, "NeverHeardOf", Outcome::Rejected),
    ] {
        assert_eq!(answer(status, reason), outcome, "{reason}");
    }
    let bare =
        |status| read_answer(&HttpReply { status, headers: HeaderMap::new(), body: Bytes::new() }, Millis(0)).outcome;
    assert_eq!((bare(200), bare(410), bare(502)), (Outcome::Unknown, Outcome::BadAddress, Outcome::Unknown));
    let named = HeaderMap::from_iter([("apns-id".parse().unwrap(), "A1".parse().unwrap())]);
    let taken = read_answer(&HttpReply { status: 200, headers: named, body: Bytes::new() }, Millis(0));
    assert_eq!((taken.outcome, taken.reference.as_deref()), (Outcome::Accepted, Some("A1")));
}

#[test]
fn a_token_is_renewed_within_the_hour_and_no_sooner_than_apple_allows() {
    let settings = ApnsSettings {
        team_id: String::from("ABCDE12345"),
        key_id: String::from("FGHIJ67890"),
        key: Secret::new(BASE64.encode([7; 32])),
        topic: String::from("org.example.app"),
        sandbox: false,
        ttl_seconds: 3600,
        ca_file: None,
        base_url: None,
    };
    let apns = ApnsProvider::build(&Common::named("apns"), &settings, &around()).unwrap();
    let first = apns.token(Millis(0));
    assert_eq!(apns.token(Millis(TOKEN_LIFE - 1)), first);
    assert_ne!(apns.token(Millis(TOKEN_LIFE)), first);
    let second = apns.token(Millis(TOKEN_LIFE));
    apns.forget_token(Millis(TOKEN_LIFE + TOKEN_LEAST - 1));
    assert_eq!(apns.token(Millis(TOKEN_LIFE + TOKEN_LEAST - 1)), second);
    apns.forget_token(Millis(TOKEN_LIFE + TOKEN_LEAST));
    assert_ne!(apns.token(Millis(TOKEN_LIFE + TOKEN_LEAST)), second);
}
