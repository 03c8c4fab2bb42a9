//! Answers and reports, without a network. Signed requests are in the integration tests, held against the vendor's SDK.

use bytes::Bytes;
use reqwest::header::HeaderMap;

use super::*;
use crate::domain::id::AttemptId;
use crate::providers::testing::{around, receipts};

fn answer(status: u16, body: &str) -> Answer {
    let reply = HttpReply { status, headers: HeaderMap::new(), body: Bytes::copy_from_slice(body.as_bytes()) };
    read_answer(&reply, Millis(0))
}

fn code(status: u16, code: &str) -> Outcome {
    answer(status, &format!(r#"{{"Code":"{code}","Message":"x","RequestId":"r"}}"#)).outcome
}

#[test]
fn the_code_decides_whatever_the_status() {
    let taken = answer(200, r#"{"Code":"OK","BizId":"1^0","Message":"OK","RequestId":"r"}"#);
    assert_eq!((taken.outcome, taken.reference.as_deref()), (Outcome::Accepted, Some("1^0")));
    assert_eq!(code(200, "isv.MOBILE_NUMBER_ILLEGAL"), Outcome::BadAddress);
    assert_eq!(code(200, "isv.BUSINESS_LIMIT_CONTROL"), Outcome::Retry);
    assert_eq!(code(200, "isv.AMOUNT_NOT_ENOUGH"), Outcome::Misconfigured);
    assert_eq!(code(400, "isv.PARAM_NOT_SUPPORT_URL"), Outcome::Rejected);
    assert_eq!(code(400, "Throttling.User"), Outcome::Throttled);
    assert_eq!(code(404, "InvalidAccessKeyId.NotFound"), Outcome::Misconfigured);
    assert_eq!(code(200, "isv.NEVER_HEARD_OF"), Outcome::Rejected);
    assert_eq!(code(503, "NeverHeardOf"), Outcome::Retry);
    assert_eq!(answer(200, "what a nice day").outcome, Outcome::Unknown);
    assert_eq!(answer(502, "").outcome, Outcome::Unknown);
}

#[test]
fn numbers_of_the_mainland_go_without_their_prefix() {
    assert_eq!(number("+8613800138000"), "13800138000");
    assert_eq!(number("+85251234567"), "85251234567");
}

fn provider() -> AliyunProvider {
    let settings = AliyunSettings {
        access_key_id: String::from("AK"),
        access_key_secret: Secret::new("s"),
        sign_name: String::from("示例"),
        templates: BTreeMap::from([(
            String::from("zh"),
            AliyunTemplate { code: String::from("SMS_1"), parameters: BTreeMap::new() },
        )]),
        receipt_secret: Secret::new("new"),
        previous_receipt_secrets: vec![Secret::new("old")],
        base_url: dysmsapi(),
    };
    AliyunProvider::build(&Common::named("aliyun"), &settings, &around()).unwrap()
}

#[test]
fn reports_are_believed_at_an_address_that_ends_in_a_secret() {
    let attempt = AttemptId(uuid::Uuid::from_u128(7));
    let body = format!(
        r#"[{{"phone_number":"13800138000","send_time":"2026-11-22 10:00:00","report_time":"2026-11-22 10:00:05","success":false,
            "err_code":"MOBILE_NOT_ON_SERVICE","err_msg":"x","sms_size":"1","biz_id":"1^0","out_id":"{attempt}"}}]"#
    );
    let ask = |token: &str, body: &str| {
        let request = ReceiptRequest {
            url: format!("https://candour.example.org/v1/receipts/aliyun?token={token}"),
            headers: BTreeMap::new(),
            body: Bytes::copy_from_slice(body.as_bytes()),
            now: Millis(0),
        };
        receipts(&provider(), &request)
    };
    for token in ["new", "old"] {
        let events = ask(token, &body).unwrap();
        assert_eq!((events[0].attempt, events[0].outcome), (attempt, Some(Outcome::BadAddress)));
    }
    assert_eq!(ask("guess", &body), Err(ReceiptError::Forged));
    assert!(matches!(ask("new", "{}"), Err(ReceiptError::Malformed(_))));
    let delivered = body.replace("false", "true").replace("MOBILE_NOT_ON_SERVICE", "DELIVERED");
    assert_eq!(ask("new", &delivered).unwrap()[0].outcome, Some(Outcome::Delivered));
    let others = r#"[{"success":true,"biz_id":"2^0"},{"success":true,"biz_id":"3^0","out_id":null},{"success":true,"biz_id":"4^0","out_id":"theirs"},"#;
    let among_others = body.replacen('[', others, 1);
    let events = ask("new", &among_others).unwrap();
    assert_eq!((events.len(), events[0].attempt), (1, attempt), "those of others are skipped");
}
