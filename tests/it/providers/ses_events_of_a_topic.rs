//! Events come through a topic, signed by whoever moto says Amazon SNS is; nothing else is believed, and nobody else called.

use candour::domain::clock::Millis;
use candour::domain::outcome::Outcome;
use candour::providers::{ReceiptError, ReceiptRequest};
use serde_json::{Value, json};

use crate::support::configured::provider;
use crate::support::http_stub::{HttpStub, answer};
use crate::support::moto::Moto;
use crate::support::node;
use crate::support::process::run;

const ATTEMPT: &str = "018f0000-0000-7000-8000-000000000001";

fn request(body: &[u8]) -> ReceiptRequest {
    ReceiptRequest {
        url: String::from("https://candour.example.org:8443/v1/receipts/ses"),
        headers: [(String::from("content-type"), String::from("text/plain; charset=UTF-8"))].into(),
        body: body.to_vec().into(),
        now: Millis(0),
    }
}

fn settings(arn: &str, sns: &url::Url) -> String {
    format!(
        "kind = 'ses'\nname = 'ses'\nregion = 'eu-west-1'\naccess_key_id = 'AKID'\nsecret_access_key = 's'\n\
         from = 'incident@example.org'\ntopic_arns = ['{arn}']\nsns_base_url = '{sns}'"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notification_of_the_topic_is_believed_and_a_changed_one_is_not() {
    let hook = HttpStub::start(vec![answer(204, "")]).await;
    let moto = Moto::start(None);
    let event = json!({ "eventType": "Bounce", "mail": { "messageId": "1", "tags": { "candour-attempt": [ATTEMPT] } },
        "bounce": { "bounceType": "Permanent", "bounceSubType": "General",
            "bouncedRecipients": [{ "emailAddress": "gone@example.org", "status": "5.1.1" }] } });
    let hook_url = format!("{}v1/receipts/ses", hook.url);
    let arn = moto.python(&format!(
        "sns = client('sns')\narn = sns.create_topic(Name='candour-mail')['TopicArn']\n\
         sns.set_topic_attributes(TopicArn=arn, AttributeName='SignatureVersion', AttributeValue='2')\n\
         sns.subscribe(TopicArn=arn, Protocol='http', Endpoint='{hook_url}')\n\
         sns.publish(TopicArn=arn, Message={:?})\nprint(json.dumps(arn))",
        event.to_string()
    ));
    let heard = hook.heard().remove(0);
    let envelope = heard.json();
    assert_eq!(envelope["SignatureVersion"], "2", "{envelope}");
    let path = url::Url::parse(envelope["SigningCertURL"].as_str().unwrap()).unwrap().path().to_owned();
    // moto gives its certificate to requests that look signed only; ours, like everybody's to SNS, is not.
    let pem = moto.python(&format!(
        "import urllib.request\nask = urllib.request.Request('http://127.0.0.1:{}{path}', headers={{'Authorization': \
         'AWS4-HMAC-SHA256 Credential=x/20260101/eu-west-1/sns/aws4_request, SignedHeaders=host, Signature=x'}})\n\
         print(json.dumps(urllib.request.urlopen(ask).read().decode()))",
        moto.port
    ));
    let sns = HttpStub::start(vec![answer(200, pem.as_str().unwrap())]).await;
    let ses = provider(&settings(arn.as_str().unwrap(), &sns.url));

    let events = ses.receipts(&request(&heard.body)).await.unwrap();
    assert_eq!((events[0].attempt.to_string().as_str(), events[0].outcome), (ATTEMPT, Some(Outcome::BadAddress)));
    assert_eq!(ses.receipts(&request(&heard.body)).await.unwrap()[0].key, events[0].key);
    assert_eq!(sns.heard().len(), 1, "the certificate is fetched once");

    let changed = |key: &str, value: Value| {
        let mut other = envelope.clone();
        other[key] = value;
        request(other.to_string().as_bytes())
    };
    for forged in [
        changed("Message", json!(event.to_string().replace("5.1.1", "2.0.0"))),
        changed("TopicArn", json!("arn:aws:sns:eu-west-1:123456789012:another")),
        changed("SigningCertURL", json!("https://sns.eu-west-1.amazonaws.com.evil.example/x.pem")),
        changed("SigningCertURL", json!("http://169.254.169.254/x.pem")),
        changed("SigningCertURL", json!("https://sns.s3-us-west-2.amazonaws.com/SimpleNotificationService-1.pem")),
        changed("SigningCertURL", json!("https://sns.eu-west-1.amazonaws.com/x.pem")),
        changed("SignatureVersion", json!("1")),
        changed("Signature", json!("")),
    ] {
        assert_eq!(ses.receipts(&forged).await, Err(ReceiptError::Forged));
    }
    assert_eq!(sns.heard().len(), 1, "nobody was called for a forgery");
}

/// moto sends no confirmations, so we sign one ourselves, and the vendor's validator says whether it is one.
#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_is_confirmed_at_sns_and_nowhere_else() {
    let key = std::fs::read_to_string("src/providers/smtp/testdata/dkim_rsa_test_key.pem").unwrap();
    let arn = "arn:aws:sns:eu-west-1:123456789012:candour-mail";
    let made = |subscribe: &str| -> (Value, String) {
        let script = "const c = require('crypto'), [key, subscribe, arn] = process.argv.slice(1);\
            const m = { Type: 'SubscriptionConfirmation', MessageId: 'id', Token: 't', TopicArn: arn, Message: 'Confirm?',\
              SubscribeURL: subscribe, Timestamp: '2026-11-22T10:00:00.000Z', SignatureVersion: '2',\
              SigningCertURL: 'https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem' };\
            const text = ['Message','MessageId','SubscribeURL','Timestamp','Token','TopicArn','Type'].map(k => k+'\\n'+m[k]+'\\n').join('');\
            m.Signature = c.sign('RSA-SHA256', text, key).toString('base64'); console.log(JSON.stringify(m));";
        let text = run(node::node().args(["-e", script, "--", &key, subscribe, arn]));
        (serde_json::from_str(&text).unwrap(), text)
    };
    let pkcs8 =
        "console.log(require('crypto').createPrivateKey(process.argv[1]).export({ type: 'pkcs8', format: 'pem' }))";
    let pair = rcgen::KeyPair::from_pem(&run(node::node().args(["-e", pkcs8, "--", &key]))).unwrap();
    let certificate = rcgen::CertificateParams::new(Vec::new()).unwrap().self_signed(&pair).unwrap().pem();

    let (genuine, text) = made("https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=t");
    let judge = "const V = require('sns-validator'), https = require('https'), [pem, m] = process.argv.slice(1);\
        https.get = (url, done) => { const { Readable } = require('stream'); const r = Readable.from([pem]); r.statusCode = 200; done(r);\
          return { on() { return this; } }; };\
        new V(undefined, 'utf8').validate(JSON.parse(m), e => console.log(e ? 'no: ' + e.message : 'yes'));";
    assert_eq!(run(node::node().args(["-e", judge, "--", &certificate, &genuine.to_string()])).trim(), "yes", "{text}");

    let sns =
        HttpStub::start(vec![answer(200, certificate.clone()), answer(200, "<ConfirmSubscriptionResponse/>")]).await;
    let ses = provider(&settings(arn, &sns.url));
    assert_eq!(ses.receipts(&request(genuine.to_string().as_bytes())).await, Ok(Vec::new()));
    assert_eq!(sns.heard()[1].line, "GET /?Action=ConfirmSubscription&Token=t");

    let (elsewhere, _) = made("https://169.254.169.254/latest/meta-data");
    assert_eq!(ses.receipts(&request(elsewhere.to_string().as_bytes())).await, Err(ReceiptError::Forged));
    assert_eq!(sns.heard().len(), 2, "nobody else was called");
    // A place that does not answer: SNS is asked to come again.
    let broken = HttpStub::start(vec![answer(500, "")]).await;
    let ses = provider(&settings(arn, &broken.url));
    assert!(matches!(ses.receipts(&request(genuine.to_string().as_bytes())).await, Err(ReceiptError::Unready(_))));
}
