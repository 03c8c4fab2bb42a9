//! A request to Tencent Cloud is signed as the vendor's own SDK would sign the same one, and carries what it should.

use candour::domain::clock::Millis;
use candour::domain::outcome::Outcome;

use crate::support::configured::provider;
use crate::support::loopback::Loopback;
use crate::support::messages::sms;
use crate::support::process::run;
use crate::support::python::python;

const SIGN: &str = "
import json, sys
from tencentcloud.common import credential
from tencentcloud.common.http.request import RequestInternal
from tencentcloud.sms.v20210111.sms_client import SmsClient
seen = json.loads(sys.argv[1])
client = SmsClient(credential.Credential('AKID', 'the secret'), 'ap-guangzhou')
request = RequestInternal(seen['host'], 'POST', '/', header={'Host': seen['host'], 'Content-Type': seen['type'], 'X-TC-Timestamp': seen['at']})
request.data = seen['body']
print(client._get_tc3_signature(None, request, seen['day'], 'sms', 'the secret'))
";

#[tokio::test(flavor = "multi_thread")]
async fn the_signature_is_the_sdks() {
    let set = r#"[{"SerialNo":"2019:1","PhoneNumber":"x","Fee":1,"Code":"Ok","Message":"x"}]"#;
    let server = Loopback::saying(200, &format!(r#"{{"Response":{{"SendStatusSet":{set},"RequestId":"r"}}}}"#)).await;
    let tencent = provider(&format!(
        "kind = 'tencent'\nname = 'tencent'\nsecret_id = 'AKID'\nsecret_key = 'the secret'\nsdk_app_id = '1400006666'\n\
         sign_name = '示例'\ntemplates = {{ de = {{ id = '1110', parameters = ['name', 'ref'] }} }}\nreceipt_secret = 'r'\n\
         base_url = '{}'",
        server.url
    ));
    let message = sms(1, "+8613800138000");
    let answer = tencent.send(&message, Millis(1_795_334_384_000)).await;
    assert_eq!((answer.outcome, answer.reference.as_deref()), (Outcome::Accepted, Some("2019:1")));
    let seen = server.seen().remove(0);
    let body = seen.json();
    assert_eq!(body["TemplateParamSet"], serde_json::json!(["Änne Müller", "A-1"]));
    assert_eq!((&body["PhoneNumberSet"][0], &body["SignName"]), (&"+8613800138000".into(), &"示例".into()));
    assert_eq!((seen.header("x-tc-action"), seen.header("x-tc-timestamp")), ("SendSms", "1795334384"));
    let told = serde_json::json!({
        "host": seen.header("host"), "type": seen.header("content-type"), "at": seen.header("x-tc-timestamp"),
        "day": "2026-11-22", "body": std::str::from_utf8(&seen.body).unwrap(),
    });
    let signature = run(python().args(["-c", SIGN, &told.to_string()]));
    assert_eq!(
        seen.header("authorization"),
        format!(
            "TC3-HMAC-SHA256 Credential=AKID/2026-11-22/sms/tc3_request, SignedHeaders=content-type;host, Signature={}",
            signature.trim()
        )
    );
}
