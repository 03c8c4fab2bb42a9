//! An account with roles and policies, as moto plays it, checks signature and session token by its own code.

use candour::domain::clock::Clock;
use candour::domain::outcome::Outcome;
use candour::providers::Checked;
use candour::system::System;
use serde_json::Value;

use super::{HOUR, later, sns};
use crate::support::configured::provider;
use crate::support::messages::{email, sms};
use crate::support::moto::Moto;
use crate::support::role_desk::{RoleDesk, keys};

/// Two roles and keys for both: one may send, the other may not.
const ROLES: &str = "
iam, sts = client('iam'), client('sts')
trust = json.dumps({'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Principal': '*', 'Action': 'sts:AssumeRole'}]})
def role(name, actions):
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)['Role']['Arn']
    policy = {'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Action': actions, 'Resource': '*'}]}
    iam.put_role_policy(RoleName=name, PolicyName='p', PolicyDocument=json.dumps(policy))
    given = sts.assume_role(RoleArn=arn, RoleSessionName='session')['Credentials']
    return [given['AccessKeyId'], given['SecretAccessKey'], given['SessionToken']]
print(json.dumps([role('candour', ['sns:*', 'ses:*']), role('other', ['s3:*'])]))
";

#[tokio::test(flavor = "multi_thread")]
async fn temporary_keys_are_taken_with_their_token_and_not_without() {
    let moto = Moto::start(Some(6));
    let roles = moto.python(ROLES);
    let now = System.now();
    let of = |role: usize, token: &str| {
        let part = |part: usize| roles[role][part].as_str().unwrap();
        keys(part(0), part(1), if token.is_empty() { part(2) } else { token }, later(now, HOUR))
    };
    let ask = async |keys: Value, place: &str| {
        let desk = RoleDesk::handing(keys).await;
        let more = match place {
            "instance" => format!("credentials = 'instance'\ninstance_url = '{}'", desk.url),
            _ => format!("credentials = 'container'\ncontainer_url = '{}'", desk.container()),
        };
        let provider = sns(&moto.url, &more);
        (provider.send(&sms(1, "+14155550123"), now).await, provider.check().await)
    };
    for place in ["instance", "container"] {
        let (answer, check) = ask(of(0, ""), place).await;
        assert_eq!((answer.outcome, check), (Outcome::Accepted, Ok(Checked::SignsIn)), "{place}: {answer:?}");
    }
    for (keys, code) in [
        (of(0, "another token"), "InvalidClientTokenId"),
        (of(1, ""), "AccessDenied"),
        (unknown(), "InvalidClientTokenId"),
    ] {
        let (answer, check) = ask(keys, "instance").await;
        assert_eq!((answer.outcome, answer.code.as_deref()), (Outcome::Misconfigured, Some(code)));
        assert!(check.unwrap_err().reason.contains(code));
    }

    // Email: the signature fits, and the sender is not verified yet, which moto says in words of its own.
    let desk = RoleDesk::handing(of(0, "")).await;
    let mail = provider(&format!(
        "kind = 'ses'\nname = 'ses'\nregion = 'eu-west-1'\nfrom = 'Example Org <incident@example.org>'\nbase_url = '{}'\n\
         credentials = 'instance'\ninstance_url = '{}'",
        moto.url, desk.url
    ));
    let answer = mail.send(&email(1, "ann@example.org"), now).await;
    assert_eq!((answer.outcome, answer.code.as_deref()), (Outcome::Rejected, Some("MessageRejected")));
}

/// Keys that the account never gave.
fn unknown() -> Value {
    keys("ASIAUNKNOWN", "secret", "token", later(System.now(), HOUR))
}
