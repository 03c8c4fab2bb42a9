//! An account with keys and policies, as moto plays it, checks our signature and takes our message.

use candour::domain::clock::Clock;
use candour::domain::outcome::Outcome;
use candour::system::System;

use crate::support::configured::provider;
use crate::support::messages::email;
use crate::support::moto::Moto;

#[tokio::test(flavor = "multi_thread")]
async fn the_signature_is_checked_and_the_message_arrives_as_written() {
    let moto = Moto::start(Some(6));
    let keys = moto.python(
        "iam = client('iam')\n\
         def user(name, action):\n    iam.create_user(UserName=name)\n    \
         iam.put_user_policy(UserName=name, PolicyName='p', PolicyDocument=json.dumps({'Version': '2012-10-17', \
         'Statement': [{'Effect': 'Allow', 'Action': action, 'Resource': '*'}]}))\n    \
         key = iam.create_access_key(UserName=name)['AccessKey']\n    return [key['AccessKeyId'], key['SecretAccessKey']]\n\
         print(json.dumps([user('mail', ['ses:*']), user('other', ['s3:*'])]))",
    );
    let with = |id: &str, secret: &str| {
        provider(&format!(
            "kind = 'ses'\nname = 'ses'\nregion = 'eu-west-1'\naccess_key_id = '{id}'\nsecret_access_key = '{secret}'\n\
             from = 'Example Org <incident@example.org>'\nbase_url = 'http://127.0.0.1:{}'",
            moto.port
        ))
    };
    let key = |user: usize, part: usize| keys[user][part].as_str().unwrap();
    let ask = async |id: &str, secret: &str| {
        let answer = with(id, secret).send(&email(1, "ann@example.org"), System.now()).await;
        (answer.outcome, answer.code.unwrap())
    };
    let refused = |code: &str| (Outcome::Misconfigured, String::from(code));
    assert_eq!(ask(key(0, 0), "not the secret").await, refused("SignatureDoesNotMatch"));
    assert_eq!(ask("AKIAIOSFODNN7EXAMPLE", key(0, 1)).await, refused("InvalidClientTokenId"));
    assert_eq!(ask(key(1, 0), key(1, 1)).await, refused("AccessDenied"));
    // The signature fits, and the sender is not verified yet; moto says so in words of its own.
    assert_eq!(ask(key(0, 0), key(0, 1)).await, (Outcome::Rejected, String::from("MessageRejected")));

    let open = Moto::start(None);
    open.python("client('sesv2').create_email_identity(EmailIdentity='incident@example.org')\nprint('{}')");
    let provider = provider(&format!(
        "kind = 'ses'\nname = 'ses'\nregion = 'eu-west-1'\naccess_key_id = 'AKID'\nsecret_access_key = 's'\n\
         from = 'Example Org <incident@example.org>'\nbase_url = 'http://127.0.0.1:{}'",
        open.port
    ));
    let answer = provider.send(&email(1, "ann@example.org"), System.now()).await;
    assert_eq!(answer.outcome, Outcome::Accepted, "{answer:?}");
    assert!(!answer.reference.unwrap().is_empty());
    let kept = open.python(&format!(
        "import urllib.request, email, email.policy\n\
         data = json.load(urllib.request.urlopen('http://127.0.0.1:{}/moto-api/data.json'))\n\
         raw = data['ses']['RawMessage'][0]['raw_data']\n\
         mail = email.message_from_string(raw, policy=email.policy.default)\n\
         print(json.dumps({{'to': mail['To'], 'subject': mail['Subject'], 'attempt': mail['X-candour-attempt'], \
         'text': mail.get_body(('plain',)).get_content()}}))",
        open.port
    ));
    assert_eq!(kept["attempt"], "018f0000-0000-7000-8000-000000000001");
    assert_eq!(kept["subject"], "Ihre persönlichen Daten");
    assert!(kept["to"].as_str().unwrap().contains("ann@example.org"));
    assert!(kept["text"].as_str().unwrap().contains(".Punkt am Zeilenanfang"));
}
