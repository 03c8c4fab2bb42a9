//! Answers and reports, without a network. Signed requests are in the integration tests, held against the vendor's SDK.

use bytes::Bytes;
use reqwest::header::HeaderMap;

use super::*;
use crate::providers::testing::around;

fn answer(status: u16, body: &str) -> Answer {
    let reply = HttpReply { status, headers: HeaderMap::new(), body: Bytes::copy_from_slice(body.as_bytes()) };
    read_answer(&reply, Millis(0))
}

fn sent(code: &str) -> Answer {
    let set = format!(r#"[{{"SerialNo":"2019:1","PhoneNumber":"+86","Fee":1,"Code":"{code}","Message":"x"}}]"#);
    answer(200, &format!(r#"{{"Response":{{"SendStatusSet":{set},"RequestId":"r"}}}}"#))
}

fn refused(code: &str) -> Outcome {
    answer(200, &format!(r#"{{"Response":{{"Error":{{"Code":"{code}","Message":"x"}},"RequestId":"r"}}}}"#)).outcome
}

#[test]
fn answers_become_outcomes() {
    assert_eq!((sent("Ok").outcome, sent("Ok").reference.as_deref()), (Outcome::Accepted, Some("2019:1")));
    assert_eq!(sent("InvalidParameterValue.IncorrectPhoneNumber").outcome, Outcome::BadAddress);
    assert_eq!(sent("LimitExceeded.PhoneNumberDailyLimit").outcome, Outcome::Retry);
    assert_eq!(sent("FailedOperation.InsufficientBalanceInSmsPackage").outcome, Outcome::Misconfigured);
    assert_eq!(sent("FailedOperation.NeverHeardOf").code.as_deref(), Some("unlisted FailedOperation.NeverHeardOf"));
    assert_eq!(refused("AuthFailure.SignatureFailure"), Outcome::Misconfigured);
    assert_eq!(refused("RequestLimitExceeded"), Outcome::Throttled);
    assert_eq!(refused("InternalError.Timeout"), Outcome::Unknown);
    assert_eq!(answer(200, "what a nice day").outcome, Outcome::Unknown);
    assert_eq!(answer(200, r#"{"Response":{"SendStatusSet":[]}}"#).outcome, Outcome::Unknown);
    assert_eq!(answer(503, "").outcome, Outcome::Unknown);
    let unheard = r#"{"Response":{"Error":{"Code":"NeverHeardOf","Message":"x"},"RequestId":"r"}}"#;
    assert_eq!((answer(500, unheard).outcome, answer(200, unheard).outcome), (Outcome::Retry, Outcome::Rejected));
}

#[test]
fn reports_name_the_message_by_the_services_number() {
    let settings = TencentSettings {
        secret_id: String::from("AKID"),
        secret_key: Secret::new("s"),
        sdk_app_id: String::from("1400006666"),
        sign_name: None,
        templates: BTreeMap::from([(
            String::from("*"),
            TencentTemplate { id: String::from("1"), parameters: Vec::new() },
        )]),
        receipt_secret: Secret::new("new"),
        previous_receipt_secrets: vec![Secret::new("old")],
        region: guangzhou(),
        base_url: tencentcloudapi(),
    };
    let tencent = TencentProvider::build(&Common::named("tencent"), &settings, &around()).unwrap();
    let body = r#"[{"user_receive_time":"2015-10-17 08:03:04","nationcode":"86","mobile":"13800138000",
        "report_status":"SUCCESS","errmsg":"DELIVRD","description":"x","sid":"2019:1"},
        {"report_status":"FAIL","errmsg":"MK:0001","sid":"2019:2"}]"#;
    let ask = |token: &str| {
        tencent.loose_receipts(&ReceiptRequest {
            url: format!("https://candour.example.org/v1/receipts/tencent?token={token}"),
            headers: BTreeMap::new(),
            body: Bytes::from_static(body.as_bytes()),
            now: Millis(0),
        })
    };
    for token in ["new", "old"] {
        let told = ask(token).unwrap();
        assert_eq!((told[0].reference.as_str(), told[0].outcome), ("2019:1", Some(Outcome::Delivered)));
        assert_eq!((told[1].reference.as_str(), told[1].outcome), ("2019:2", Some(Outcome::Rejected)));
    }
    assert_eq!(ask("guess"), Err(ReceiptError::Forged));
}
