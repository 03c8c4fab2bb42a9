//! What each provider over HTTP makes of a connection that cannot be had, and of one that breaks once the request is there.

use std::sync::Arc;

use candour::domain::clock::Millis;
use candour::domain::message::Message;
use candour::domain::outcome::Outcome;
use candour::providers::Provider;

use crate::support::configured::provider;
use crate::support::loopback::{Loopback, Turn};
use crate::support::messages::{push, sms};
use crate::support::process::free_port;

fn vendors(base: &str) -> Vec<(Arc<dyn Provider>, Message)> {
    let text = || sms(1, "+8613800138000");
    let with =
        |kind: &str, more: &str| provider(&format!("kind = '{kind}'\nname = '{kind}'\nbase_url = '{base}'\n{more}"));
    let gateway = format!(
        "kind = 'kannel'\nname = 'k'\nurl = '{base}/cgi-bin/sendsms'\nusername = 'u'\npassword = 'p'\nfrom = '1'\nreceipt_secret = 'r'"
    );
    let templates = "templates = { '*' = { code = 'SMS_1' } }\nreceipt_secret = 'r'";
    vec![
        (provider(&gateway), text()),
        (with("vonage", "api_key = 'k'\napi_secret = 's'\nfrom = '40404'\nreceipt_secret = 'r'"), text()),
        (with("messagebird", "access_key = 'k'\nsigning_key = 's'\nfrom = '40404'"), text()),
        (
            with("sns", "region = 'eu-west-1'\naccess_key_id = 'k'\nsecret_access_key = 's'\ncheck_opt_out = false"),
            text(),
        ),
        (
            with("aliyun", &format!("access_key_id = 'k'\naccess_key_secret = 's'\nsign_name = 'x'\n{templates}")),
            text(),
        ),
        (
            with(
                "tencent",
                &format!("secret_id = 'k'\nsecret_key = 's'\nsdk_app_id = '1'\n{}", templates.replace("code", "id")),
            ),
            text(),
        ),
        (provider(&format!("kind = 'ntfy'\nname = 'n'\nurl = '{base}'")), push(1, "ntfy:topic")),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_may_have_left_is_unknown() {
    let server = Loopback::start([Turn::HangUp]).await;
    for (provider, message) in vendors(server.url.as_str().trim_end_matches('/')) {
        let answer = provider.send(&message, Millis(0)).await;
        assert_eq!(answer.outcome, Outcome::Unknown, "{:?}: {answer:?}", provider.describe().kind);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_has_not_left_is_tried_again() {
    for (provider, message) in vendors(&format!("http://127.0.0.1:{}", free_port())) {
        let answer = provider.send(&message, Millis(0)).await;
        assert_eq!(answer.outcome, Outcome::Retry, "{:?}: {answer:?}", provider.describe().kind);
        assert!(provider.check().await.is_err(), "{:?}", provider.describe().kind);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ntfy_topic_gets_what_may_be_seen() {
    let server = Loopback::saying(200, r#"{"id":"x1","event":"message"}"#).await;
    let ntfy = provider(&format!("kind = 'ntfy'\nname = 'n'\nurl = '{}'\ntoken = 'tk_1'", server.url));
    let answer = ntfy.send(&push(1, "ntfy:topic"), Millis(0)).await;
    assert_eq!((answer.outcome, answer.reference.as_deref()), (Outcome::Accepted, Some("x1")));
    let seen = server.seen().remove(0);
    assert_eq!((seen.header("authorization"), seen.target.as_str()), ("Bearer tk_1", "/"));
    assert_eq!(
        seen.json(),
        serde_json::json!({
            "topic": "topic", "title": "Wichtige Nachricht", "message": "Bitte öffnen", "priority": 4,
            "click": "https://example.org/notices/a",
        })
    );
}
