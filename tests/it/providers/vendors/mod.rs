//! Every provider that carries a message with one request over HTTP, side by side: one table, and one file for each thing that
//! has to hold of all of them.

mod answer_in_classes;
mod behind_mitmproxy;
mod fall_silent;
mod forged_receipts;

use std::sync::Arc;

use candour::domain::message::Message;
use candour::domain::outcome::Outcome;
use candour::providers::Provider;

use crate::support::configured::provider;
use crate::support::http_stub::{HttpStub, Say, answer};
use crate::support::letters::{address, letter_message};
use crate::support::messages::{call, email, push, sms};

/// A provider, and how its vendor words what may happen.
struct Vendor {
    /// Its kind and keys; `{base}` is the vendor's address behind a gateway, `{host}` that of its machine.
    settings: &'static str,
    message: fn() -> Message,
    success: Say,
    /// It failed, and says so.
    temporary: (Say, Outcome),
    /// No such address; a vendor that takes any address and tells by a receipt refuses the message.
    bad_address: (Say, Outcome),
    /// The account may not send.
    account: Say,
    /// A callback that nobody signed: what follows its address, and its body. None for a provider without receipts.
    forged: Option<(&'static str, &'static str)>,
}

impl Vendor {
    /// Its kind and keys, for a vendor on this machine.
    fn at(&self, host: &str) -> String {
        self.settings.replace("{base}", &format!("{host}/gateway")).replace("{host}", host)
    }

    /// The provider, with a vendor behind a gateway that says this; `more` keys of its configuration.
    async fn saying(&self, say: Say, more: &str) -> (HttpStub, Arc<dyn Provider>) {
        let stub = HttpStub::start(vec![say]).await;
        let settings = self.at(stub.url.as_str().trim_end_matches('/'));
        let provider = provider(&format!("name = 'v'\n{more}\n{settings}"));
        (stub, provider)
    }
}

fn to_china() -> Message {
    sms(1, "+8613800138000")
}

fn to_ann() -> Message {
    email(1, "ann@example.org")
}

fn to_topic() -> Message {
    push(1, "ntfy:topic")
}

fn by_phone() -> Message {
    call(1, "+14155550123")
}

fn to_austin() -> Message {
    letter_message(1, address("US", &["12 Elm St"], "Austin", "TX", "78701"))
}

fn to_leeds() -> Message {
    letter_message(1, address("GB", &["1 High Street"], "Leeds", "", "LS1 1UR"))
}

const ATTEMPT: &str = "?attempt=018f0000-0000-7000-8000-000000000001&token=00";

fn texts() -> Vec<Vendor> {
    let unsigned =
        Some((ATTEMPT, "MessageSid=SM1&MessageStatus=delivered&AccountSid=AC00000000000000000000000000000001"));
    vec![
        Vendor {
            settings: "kind = 'twilio'\nbase_url = '{base}'\naccount_sid = 'AC00000000000000000000000000000001'\nauth_token = 't'\nfrom = '+15005550006'",
            message: to_china,
            success: answer(201, r#"{"sid":"m1","status":"queued"}"#),
            temporary: (answer(500, r#"{"code":20500,"status":500}"#), Outcome::Retry),
            bad_address: (answer(400, r#"{"code":21211,"status":400}"#), Outcome::BadAddress),
            account: answer(401, r#"{"code":20003,"status":401}"#),
            forged: unsigned,
        },
        Vendor {
            settings: "kind = 'vonage'\nbase_url = '{base}'\napi_key = 'k'\napi_secret = 's'\nfrom = '40404'\nreceipt_secret = 'r'",
            message: to_china,
            success: answer(200, r#"{"messages":[{"status":"0","message-id":"m1"}]}"#),
            temporary: (answer(200, r#"{"messages":[{"status":"5"}]}"#), Outcome::Retry),
            bad_address: (answer(200, r#"{"messages":[{"status":"33"}]}"#), Outcome::BadAddress),
            account: answer(200, r#"{"messages":[{"status":"9"}]}"#),
            forged: Some((ATTEMPT, "status=delivered&messageId=m1")),
        },
        Vendor {
            settings: "kind = 'messagebird'\nbase_url = '{base}'\naccess_key = 'k'\nsigning_key = 's'\nfrom = '40404'",
            message: to_china,
            success: answer(201, r#"{"id":"m1"}"#),
            temporary: (answer(503, "upstream"), Outcome::Unknown),
            bad_address: (answer(422, r#"{"errors":[{"code":10,"parameter":"recipients"}]}"#), Outcome::BadAddress),
            account: answer(422, r#"{"errors":[{"code":25,"parameter":null}]}"#),
            forged: Some(("?reference=018f0000-0000-7000-8000-000000000001&id=m1&status=delivered", "")),
        },
        Vendor {
            settings: "kind = 'sns'\nbase_url = '{base}'\nregion = 'eu-west-1'\naccess_key_id = 'k'\nsecret_access_key = 's'\ncheck_opt_out = false",
            message: to_china,
            success: answer(
                200,
                "<PublishResponse><PublishResult><MessageId>m1</MessageId></PublishResult></PublishResponse>",
            ),
            temporary: (answer(500, "<Error><Code>InternalError</Code></Error>"), Outcome::Retry),
            bad_address: (
                answer(
                    400,
                    "<Error><Code>InvalidParameter</Code><Message>Invalid parameter: PhoneNumber</Message></Error>",
                ),
                Outcome::BadAddress,
            ),
            account: answer(403, "<Error><Code>AuthorizationError</Code></Error>"),
            forged: None,
        },
        Vendor {
            settings: "kind = 'aliyun'\nbase_url = '{host}'\naccess_key_id = 'k'\naccess_key_secret = 's'\nsign_name = 'x'\nreceipt_secret = 'r'\ntemplates = { '*' = { code = 'SMS_1' } }",
            message: to_china,
            success: answer(200, r#"{"Code":"OK","BizId":"m1"}"#),
            temporary: (answer(200, r#"{"Code":"isp.SYSTEM_ERROR"}"#), Outcome::Retry),
            bad_address: (answer(200, r#"{"Code":"isv.MOBILE_NUMBER_ILLEGAL"}"#), Outcome::BadAddress),
            account: answer(200, r#"{"Code":"isv.AMOUNT_NOT_ENOUGH"}"#),
            forged: Some((
                "?token=00",
                r#"[{"biz_id":"m1","out_id":"018f0000-0000-7000-8000-000000000001","success":true,"err_code":"DELIVERED"}]"#,
            )),
        },
        Vendor {
            settings: "kind = 'tencent'\nbase_url = '{host}'\nsecret_id = 'k'\nsecret_key = 's'\nsdk_app_id = '1'\nsign_name = 'x'\nreceipt_secret = 'r'\ntemplates = { '*' = { id = '1' } }",
            message: to_china,
            success: answer(200, r#"{"Response":{"SendStatusSet":[{"SerialNo":"m1","Code":"Ok"}],"RequestId":"r"}}"#),
            temporary: (answer(200, r#"{"Response":{"Error":{"Code":"InternalError.Timeout"}}}"#), Outcome::Unknown),
            bad_address: (
                answer(
                    200,
                    r#"{"Response":{"SendStatusSet":[{"SerialNo":"","Code":"InvalidParameterValue.IncorrectPhoneNumber"}]}}"#,
                ),
                Outcome::BadAddress,
            ),
            account: answer(
                200,
                r#"{"Response":{"Error":{"Code":"FailedOperation.InsufficientBalanceInSmsPackage"}}}"#,
            ),
            forged: Some(("?token=00", r#"[{"sid":"m1","report_status":"SUCCESS","errmsg":"DELIVRD"}]"#)),
        },
        Vendor {
            settings: "kind = 'kannel'\nurl = '{base}/cgi-bin/sendsms'\nusername = 'u'\npassword = 'p'\nfrom = '1'\nreceipt_secret = 'r'",
            message: to_china,
            success: answer(202, "0: Accepted for delivery"),
            temporary: (answer(503, "Temporal failure, try again later."), Outcome::Retry),
            bad_address: (answer(400, "No such number"), Outcome::Rejected),
            account: answer(403, "Authorization failed for sendsms"),
            forged: Some((ATTEMPT, "")),
        },
    ]
}

fn mails() -> Vec<Vendor> {
    vec![
        Vendor {
            settings: "kind = 'sendgrid'\nbase_url = '{base}'\napi_key = 'k'\nfrom = 'a@example.org'\nwebhook_public_keys = ['MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g==']",
            message: to_ann,
            success: Say::Answer(202, "x-message-id: m1", String::new()),
            temporary: (answer(500, r#"{"errors":[{"message":"x"}]}"#), Outcome::Retry),
            bad_address: (
                answer(400, r#"{"errors":[{"message":"x","field":"personalizations.0.to.0.email"}]}"#),
                Outcome::BadAddress,
            ),
            account: answer(401, r#"{"errors":[{"message":"x"}]}"#),
            forged: Some((
                "",
                r#"[{"event":"delivered","sg_event_id":"e","candour-attempt":"018f0000-0000-7000-8000-000000000001"}]"#,
            )),
        },
        Vendor {
            settings: "kind = 'postmark'\nbase_url = '{base}'\nserver_token = 'k'\nfrom = 'a@example.org'\nwebhook_password = 'p'",
            message: to_ann,
            success: answer(200, r#"{"MessageID":"m1","ErrorCode":0,"Message":"OK"}"#),
            temporary: (answer(500, r#"{"ErrorCode":0,"Message":"x"}"#), Outcome::Retry),
            bad_address: (answer(422, r#"{"ErrorCode":406,"Message":"inactive"}"#), Outcome::Rejected),
            account: answer(422, r#"{"ErrorCode":405,"Message":"no credit"}"#),
            forged: Some((
                "",
                r#"{"RecordType":"Delivery","MessageID":"m1","Metadata":{"candour-attempt":"018f0000-0000-7000-8000-000000000001"}}"#,
            )),
        },
        Vendor {
            settings: "kind = 'mailgun'\nbase_url = '{base}'\napi_key = 'k'\ndomain = 'mg.example.org'\nfrom = 'a@example.org'\nwebhook_signing_key = 's'",
            message: to_ann,
            success: answer(200, r#"{"id":"m1","message":"Queued. Thank you."}"#),
            temporary: (answer(500, r#"{"message":"x"}"#), Outcome::Retry),
            bad_address: (answer(400, r#"{"message":"'to' parameter is not a valid address."}"#), Outcome::BadAddress),
            account: answer(401, "Forbidden"),
            forged: Some((
                "",
                r#"{"signature":{"timestamp":"0","token":"t","signature":"00"},"event-data":{"event":"delivered","id":"e","user-variables":{"candour-attempt":"018f0000-0000-7000-8000-000000000001"}}}"#,
            )),
        },
        Vendor {
            settings: "kind = 'ses'\nbase_url = '{base}'\nregion = 'eu-west-1'\naccess_key_id = 'k'\nsecret_access_key = 's'\nfrom = 'a@example.org'",
            message: to_ann,
            success: answer(200, r#"{"MessageId":"m1"}"#),
            temporary: (answer(500, r#"{"__type":"InternalServiceErrorException"}"#), Outcome::Retry),
            bad_address: (answer(400, r#"{"__type":"BadRequestException","message":"x"}"#), Outcome::Rejected),
            account: answer(400, r#"{"__type":"AccountSuspendedException","message":"x"}"#),
            forged: None,
        },
    ]
}

fn others() -> Vec<Vendor> {
    vec![
        Vendor {
            settings: "kind = 'twilio_voice'\nbase_url = '{base}'\naccount_sid = 'AC00000000000000000000000000000001'\nauth_token = 't'\nfrom = '+15005550006'",
            message: by_phone,
            success: answer(201, r#"{"sid":"m1","status":"queued"}"#),
            temporary: (answer(500, r#"{"code":20500,"status":500}"#), Outcome::Retry),
            bad_address: (answer(400, r#"{"code":21211,"status":400}"#), Outcome::BadAddress),
            account: answer(401, r#"{"code":20003,"status":401}"#),
            forged: Some((ATTEMPT, "CallSid=CA1&CallStatus=completed&AccountSid=AC00000000000000000000000000000001")),
        },
        Vendor {
            settings: "kind = 'ntfy'\nurl = '{base}'",
            message: to_topic,
            success: answer(200, r#"{"id":"m1","event":"message"}"#),
            temporary: (answer(500, r#"{"code":50001,"http":500}"#), Outcome::Retry),
            bad_address: (answer(400, r#"{"code":40009,"http":400}"#), Outcome::BadAddress),
            account: answer(401, r#"{"code":40101,"http":401}"#),
            forged: None,
        },
        Vendor {
            settings: "kind = 'lob'\nbase_url = '{base}'\napi_key = 'k'\nwebhook_secret = 's'\nfrom = { name = 'Example', address_line1 = '1 Main St', address_city = 'Austin', address_state = 'TX', address_zip = '78701' }",
            message: to_austin,
            success: answer(200, r#"{"id":"m1"}"#),
            temporary: (
                answer(503, r#"{"error":{"code":"internal_error_unheard_of","status_code":503}}"#),
                Outcome::Retry,
            ),
            bad_address: (
                answer(422, r#"{"error":{"code":"failed_deliverability_strictness","status_code":422}}"#),
                Outcome::BadAddress,
            ),
            account: answer(402, r#"{"error":{"code":"payment_unheard_of","status_code":402}}"#),
            forged: Some((
                "",
                r#"{"id":"evt_1","event_type":{"id":"letter.delivered"},"body":{"id":"m1","metadata":{}}}"#,
            )),
        },
        Vendor {
            settings: "kind = 'govuk_notify'\nbase_url = '{base}'\ncallback_token = 't'\napi_key = 'k-26785a09-ab16-4eb0-8407-a37497a57506-3d844edf-8d35-48ac-975b-e847b4f122b0'\nsender = { lines = ['Example Council', 'Leeds'] }",
            message: to_leeds,
            success: answer(201, r#"{"id":"m1"}"#),
            temporary: (
                answer(500, r#"{"status_code":500,"errors":[{"error":"Exception","message":"x"}]}"#),
                Outcome::Retry,
            ),
            bad_address: (
                answer(400, r#"{"status_code":400,"errors":[{"error":"ValidationError","message":"x"}]}"#),
                Outcome::Rejected,
            ),
            account: answer(403, r#"{"status_code":403,"errors":[{"error":"AuthError","message":"x"}]}"#),
            forged: Some(("", r#"{"id":"m1","reference":"018f0000-0000-7000-8000-000000000001","status":"received"}"#)),
        },
    ]
}

/// All of them.
fn vendors() -> Vec<Vendor> {
    texts().into_iter().chain(mails()).chain(others()).collect()
}
