//! Text messages.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use candour::domain::clock::Clock;
use candour::system::System;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{BY_TEXT, Vendor, tells_first};
use crate::support::telling_desk::{Callback, Tale};

fn form(fields: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

fn vonage_tells(tale: &Tale<'_>) -> Callback {
    let status = if tale.arrived { "delivered" } else { "failed" };
    Callback {
        address: tale.field("callback"),
        headers: vec![("content-type", String::from("application/x-www-form-urlencoded"))],
        body: form(&[("messageId", tale.id), ("status", status), ("err-code", if tale.arrived { "0" } else { "3" })]),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn vonage() {
    tells_first(Vendor {
        channel: "sms",
        settings: "kind = 'vonage'\nbase_url = '{base}'\napi_key = 'k'\napi_secret_file = '{secret}'\nfrom = '40404'\n\
                   receipt_secret_file = '{secret}'",
        secret: "a secret of ours",
        people: BY_TEXT,
        answer: (200, "x-nothing: 1", r#"{"messages":[{"status":"0","message-id":"ID"}]}"#),
        before: &[],
        tells: vonage_tells,
        first: 204,
    })
    .await;
}

fn messagebird_tells(tale: &Tale<'_>) -> Callback {
    let (said, status) = (tale.json(), if tale.arrived { "delivered" } else { "delivery_failed" });
    let (reference, report) = (said["reference"].as_str().unwrap(), said["reportUrl"].as_str().unwrap());
    let query = form(&[("id", tale.id), ("reference", reference), ("status", status)]);
    let address = format!("{report}?{query}");
    let now = System.now().0 / 1000;
    let claims = json!({ "iss": "MessageBird", "nbf": now, "exp": now + 60, "jti": "x",
        "url_hash": hex::encode(Sha256::digest(&address)) });
    let signed = format!("{}.{}", BASE64.encode(r#"{"alg":"HS256","typ":"JWT"}"#), BASE64.encode(claims.to_string()));
    let mut mac = Hmac::<Sha256>::new_from_slice(tale.secret.as_bytes()).unwrap();
    mac.update(signed.as_bytes());
    let token = format!("{signed}.{}", BASE64.encode(mac.finalize().into_bytes()));
    Callback { address, headers: vec![("messagebird-signature-jwt", token)], body: String::new() }
}

#[tokio::test(flavor = "multi_thread")]
async fn messagebird() {
    tells_first(Vendor {
        channel: "sms",
        settings: "kind = 'messagebird'\nbase_url = '{base}'\naccess_key_file = '{secret}'\nsigning_key_file = '{secret}'\n\
                   from = '40404'",
        secret: "a secret of theirs",
        people: BY_TEXT,
        answer: (201, "x-nothing: 1", r#"{"id":"ID"}"#),
        before: &[],
        tells: messagebird_tells,
        first: 204,
    })
    .await;
}

fn kannel_tells(tale: &Tale<'_>) -> Callback {
    let address = tale.field("dlr-url").replace("%d", if tale.arrived { "1" } else { "2" });
    Callback { address, headers: Vec::new(), body: String::new() }
}

#[tokio::test(flavor = "multi_thread")]
async fn kannel() {
    tells_first(Vendor {
        channel: "sms",
        settings: "kind = 'kannel'\nurl = '{base}/cgi-bin/sendsms'\nusername = 'u'\npassword_file = '{secret}'\nfrom = '1'\n\
                   receipt_secret_file = '{secret}'",
        secret: "a secret of ours",
        people: BY_TEXT,
        answer: (202, "x-nothing: 1", "0: Accepted for delivery"),
        before: &[],
        tells: kannel_tells,
        first: 204,
    })
    .await;
}

fn aliyun_tells(tale: &Tale<'_>) -> Callback {
    let code = if tale.arrived { "DELIVERED" } else { "MOBILE_NOT_ON_SERVICE" };
    let report =
        json!([{ "biz_id": tale.id, "out_id": tale.field("OutId"), "success": tale.arrived, "err_code": code }]);
    Callback {
        address: format!("?{}", form(&[("token", tale.secret)])),
        headers: vec![("content-type", String::from("application/json"))],
        body: report.to_string(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn aliyun() {
    tells_first(Vendor {
        channel: "sms",
        settings: "kind = 'aliyun'\nbase_url = '{base}'\naccess_key_id = 'k'\naccess_key_secret_file = '{secret}'\n\
                   sign_name = 'x'\nreceipt_secret_file = '{secret}'\ntemplates = { '*' = { code = 'SMS_1' } }",
        secret: "a secret of ours",
        people: BY_TEXT,
        answer: (200, "x-nothing: 1", r#"{"Code":"OK","BizId":"ID"}"#),
        before: &[],
        tells: aliyun_tells,
        first: 200,
    })
    .await;
}

fn tencent_tells(tale: &Tale<'_>) -> Callback {
    let (status, said) = if tale.arrived { ("SUCCESS", "DELIVRD") } else { ("FAIL", "UNDELIV") };
    Callback {
        address: format!("?{}", form(&[("token", tale.secret)])),
        headers: vec![("content-type", String::from("application/json"))],
        body: json!([{ "sid": tale.id, "report_status": status, "errmsg": said }]).to_string(),
    }
}

/// Its reports name the message by Tencent's own number, which comes with the answer: it is asked to report again.
#[tokio::test(flavor = "multi_thread")]
async fn tencent_is_asked_to_come_again() {
    tells_first(Vendor {
        channel: "sms",
        settings: "kind = 'tencent'\nbase_url = '{base}'\nsecret_id = 'k'\nsecret_key_file = '{secret}'\nsdk_app_id = '1'\n\
                   sign_name = 'x'\nreceipt_secret_file = '{secret}'\ntemplates = { '*' = { id = '1' } }",
        secret: "a secret of ours",
        people: BY_TEXT,
        answer: (
            200,
            "x-nothing: 1",
            r#"{"Response":{"SendStatusSet":[{"SerialNo":"ID","Code":"Ok"}],"RequestId":"r"}}"#,
        ),
        before: &[],
        tells: tencent_tells,
        first: 503,
    })
    .await;
}
