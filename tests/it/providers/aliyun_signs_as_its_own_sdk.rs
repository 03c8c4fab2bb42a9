//! A request to Alibaba Cloud is signed as the vendor's own SDK would sign the same one, and carries what it should.

use candour::domain::clock::Millis;
use candour::domain::outcome::Outcome;

use crate::support::configured::provider;
use crate::support::loopback::Loopback;
use crate::support::messages::sms;
use crate::support::process::run;
use crate::support::python::python;

const SIGN: &str = "
import json, sys
from types import SimpleNamespace
from alibabacloud_tea_openapi.utils import Utils
seen = json.loads(sys.argv[1])
request = SimpleNamespace(method='POST', pathname='/', query=seen['query'], headers=seen['headers'])
print(Utils.get_authorization(request, 'ACS3-HMAC-SHA256', seen['headers']['x-acs-content-sha256'], 'AK', 'the secret'))
";

#[tokio::test(flavor = "multi_thread")]
async fn the_signature_is_the_sdks() {
    let server = Loopback::saying(200, r#"{"Code":"OK","BizId":"1^0","Message":"OK","RequestId":"r"}"#).await;
    let aliyun = provider(&format!(
        "kind = 'aliyun'\nname = 'aliyun'\naccess_key_id = 'AK'\naccess_key_secret = 'the secret'\nsign_name = '阿里云 测试'\n\
         templates = {{ de = {{ code = 'SMS_123', parameters = {{ name = 'name' }} }} }}\nreceipt_secret = 'r'\nbase_url = '{}'",
        server.url
    ));
    let message = sms(1, "+8613800138000");
    let answer = aliyun.send(&message, Millis(1_795_334_384_000)).await;
    assert_eq!((answer.outcome, answer.reference.as_deref()), (Outcome::Accepted, Some("1^0")));
    let seen = server.seen().remove(0);
    assert_eq!((seen.field("PhoneNumbers"), seen.field("TemplateCode")), ("13800138000".into(), "SMS_123".into()));
    assert_eq!(seen.field("TemplateParam"), r#"{"name":"Änne Müller"}"#);
    assert_eq!(seen.field("OutId"), message.attempt.to_string());
    assert_eq!(seen.header("x-acs-date"), "2026-11-22T07:59:44Z");
    let signed =
        ["host", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce", "x-acs-version"];
    let headers: serde_json::Map<_, _> =
        signed.iter().map(|name| ((*name).to_owned(), seen.header(name).into())).collect();
    let query: serde_json::Map<_, _> = seen.form().into_iter().map(|(name, value)| (name, value.into())).collect();
    let told = serde_json::json!({ "headers": headers, "query": query });
    assert_eq!(seen.header("authorization"), run(python().args(["-c", SIGN, &told.to_string()])).trim());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_template_cannot_carry_is_not_sent() {
    let server = Loopback::saying(200, "{}").await;
    let with = |templates: &str| {
        provider(&format!(
            "kind = 'aliyun'\nname = 'aliyun'\naccess_key_id = 'AK'\naccess_key_secret = 's'\nsign_name = 'x'\n\
             templates = {templates}\nreceipt_secret = 'r'\nbase_url = '{}'",
            server.url
        ))
    };
    let other = with("{ zh = { code = 'SMS_1' } }").send(&sms(1, "+8613800138000"), Millis(0)).await;
    assert_eq!(other.outcome, Outcome::Misconfigured, "no template in the person's language");
    let lacking = with("{ '*' = { code = 'SMS_1', parameters = { a = 'account' } } }");
    let answer = lacking.send(&sms(1, "+8613800138000"), Millis(0)).await;
    assert_eq!((answer.outcome, answer.code.as_deref()), (Outcome::Rejected, Some("parameter-has-no-value")));
    assert!(server.seen().is_empty());
}
