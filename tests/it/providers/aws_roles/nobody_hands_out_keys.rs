//! Where a role's keys cannot be had, nothing has left and nobody is to blame but the machine; `candour check` says what to do.

use candour::domain::clock::Clock;
use candour::domain::outcome::Outcome;
use candour::system::System;
use serde_json::{Value, json};

use super::{HOUR, TAKEN, later, sns};
use crate::support::messages::sms;
use crate::support::process::free_port;
use crate::support::role_desk::{RoleDesk, keys};
use crate::support::vendor::{Say, Vendor};

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_that_gives_none_is_no_verdict_on_anybody() {
    let desk = RoleDesk::handing(Value::Null).await;
    let amazon = Vendor::saying([Say::Answer(200, String::new())]).await;
    let nobody = format!("http://127.0.0.1:{}", free_port());
    let refused = json!({ "Code": "AssumeRoleUnauthorizedAccess", "Message": "EC2 cannot assume the role" });
    for (keys, status, at, outcome, code) in [
        (Value::Null, None, nobody.as_str(), Outcome::Retry, "credentials connect"),
        (Value::Null, None, &desk.url, Outcome::Misconfigured, "credentials 404"),
        (Value::Null, Some(500), &desk.url, Outcome::Retry, "credentials 500"),
        (json!({ "hello": 1 }), None, &desk.url, Outcome::Retry, "credentials unlisted"),
        (refused, None, &desk.url, Outcome::Misconfigured, "credentials AssumeRoleUnauthorizedAccess"),
    ] {
        desk.hands(keys);
        desk.fails(status);
        let role = sns(&amazon.url, &format!("credentials = 'instance'\ninstance_url = '{at}'"));
        let answer = role.send(&sms(1, "+14155550123"), System.now()).await;
        assert_eq!((answer.outcome, answer.code.as_deref()), (outcome, Some(code)));
        let reason = role.check().await.unwrap_err().reason;
        assert!(reason.contains("metadata service") && reason.contains("an EC2 instance with a role"), "{reason}");
    }
    assert!(amazon.asked().is_empty(), "nothing has left");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_shows_what_the_file_says_now() {
    let now = System.now();
    let desk = RoleDesk::handing(keys("ASIAEXAMPLE", "secret", "session", later(now, HOUR))).await;
    desk.wants("the first text");
    let amazon = Vendor::saying([Say::Answer(200, String::from(TAKEN))]).await;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("token");
    let role = || {
        let (url, path) = (desk.container(), path.display());
        let more = format!("credentials = 'container'\ncontainer_url = '{url}'\ncontainer_token_path = '{path}'");
        sns(&amazon.url, &more)
    };
    let container = role();
    let at = async |seconds: i64| container.send(&sms(1, "+14155550123"), later(now, seconds * 1000)).await;
    assert_eq!(at(0).await.code.as_deref(), Some("credentials token-file"));
    std::fs::write(&path, "another text\n").unwrap();
    assert_eq!(at(20).await.code.as_deref(), Some("credentials 401"));
    let reason = role().check().await.unwrap_err().reason;
    assert!(reason.contains("AWS_CONTAINER_CREDENTIALS_FULL_URI") && !reason.contains("/v2/"), "{reason}");
    std::fs::write(&path, "the first text\n").unwrap();
    assert_eq!(at(40).await.outcome, Outcome::Accepted);
}

#[tokio::test]
async fn settings_that_contradict_each_other_are_told_with_the_remedy() {
    let faults = |more: &str| {
        let text = format!("kind = 'sns'\nname = 'sns'\nregion = 'eu-west-1'\n{more}");
        let entry = candour::config::ProviderEntry::parse(&text).unwrap();
        candour::providers::Providers::build(&[entry], &crate::support::configured::around()).unwrap_err().to_string()
    };
    assert!(faults("").contains("providers.sns.access_key_id: give the key's identifier"));
    let both = "credentials = 'instance'\naccess_key_id = 'AKIA'\nsecret_access_key = 's'";
    assert!(faults(both).contains("providers.sns.credentials: contradicts the access key"));
    assert!(faults("credentials = 'container'").contains("providers.sns.container_url: is the address that AWS_"));
    let open = "credentials = 'instance'\ninstance_url = 'http://keys.example.org'";
    assert!(faults(open).contains("providers.sns.instance_url: use https"));
}
