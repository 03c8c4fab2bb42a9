//! Our requests fit Google's own description of FCM, as Prism reads it, and the token that pays for them is one that Google
//! would give.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::http::{HeaderMap, StatusCode};
use axum::{Json, Router};
use candour::domain::clock::{Clock, Millis};
use candour::domain::outcome::Outcome;
use candour::providers::Provider;
use candour::system::System;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::Barrier;

use crate::support::configured::provider;
use crate::support::loopback::{Loopback, Turn};
use crate::support::messages::push;
use crate::support::node;
use crate::support::prism::Prism;
use crate::support::process::run;

const KEY: &str = include_str!("../../../src/providers/smtp/testdata/dkim_rsa_test_key.pem");

/// Checks an assertion's signature with Node's own cryptography and gives its claims.
const VERIFY: &str = "const c = require('crypto'); const [token, key] = process.argv.slice(1);\
    const [h, p, s] = token.split('.');\
    if (!c.createVerify('RSA-SHA256').update(h + '.' + p).verify(c.createPublicKey(key), Buffer.from(s, 'base64url'))) throw 'forged';\
    console.log(Buffer.from(p, 'base64url').toString())";

fn fcm(base: &str, token_uri: &str) -> Arc<dyn Provider> {
    let account = json!({
        "type": "service_account", "project_id": "example", "private_key_id": "k1", "private_key": KEY,
        "client_email": "candour@example.iam.gserviceaccount.com", "token_uri": token_uri,
    });
    let mut table = toml::Table::new();
    for (name, value) in [("kind", "fcm"), ("name", "fcm"), ("base_url", base)] {
        table.insert(name.to_owned(), value.into());
    }
    table.insert(String::from("service_account"), account.to_string().into());
    provider(&table.to_string())
}

fn granted() -> Turn {
    Turn::Say(200, json!({ "access_token": "ya29.x", "expires_in": 3600, "token_type": "Bearer" }).to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_to_tokens_and_installations_fit() {
    let prism = Prism::of_fcm();
    let google = Loopback::start([granted()]).await;
    let fcm = fcm(prism.url.as_str(), &format!("{}token", google.url));
    for target in ["fcm:a-token", "fid:cXyZ_0123456789abcdefg"] {
        let answer = fcm.send(&push(1, target), System.now()).await;
        assert_eq!(answer.outcome, Outcome::Accepted, "{target}: {answer:?}");
    }
    // A canary: what does not fit is refused by this judge, so that fitting means something.
    let canary = candour::providers::http::loopback_client().unwrap();
    let url = prism.url.join("/v1/projects/example/messages:send").unwrap();
    for bad in [
        json!({ "message": { "token": "t", "data": { "n": 1 } } }),
        json!({ "message": { "token": "t", "android": { "priority": "URGENT" } } }),
        json!({ "message": { "token": "t", "colour": "red" } }),
    ] {
        let status = canary.post(url.clone()).bearer_auth("x").json(&bad).send().await.unwrap().status();
        assert!(status.is_client_error(), "{bad} passes: {status}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_is_asked_for_once_and_renewed_before_its_end() {
    let google = Loopback::start([granted()]).await;
    let server = Loopback::saying(200, r#"{"name":"projects/example/messages/1"}"#).await;
    let fcm = fcm(server.url.as_str(), &format!("{}token", google.url));
    let start = System.now();
    for late in [0, 54 * 60_000, 56 * 60_000] {
        assert_eq!(fcm.send(&push(1, "fcm:t"), start.plus(late)).await.outcome, Outcome::Accepted);
    }
    assert_eq!(google.seen().len(), 2);
    let asked = &google.seen()[0];
    assert_eq!(asked.field("grant_type"), "urn:ietf:params:oauth:grant-type:jwt-bearer");
    let claims = run(node::node().args(["-e", VERIFY, &asked.field("assertion"), KEY]));
    let claims: serde_json::Value = serde_json::from_str(claims.trim()).unwrap();
    assert_eq!(claims["scope"], "https://www.googleapis.com/auth/firebase.messaging");
    assert_eq!(claims["aud"], format!("{}token", google.url));
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 3600);
    assert_eq!(server.seen()[0].header("authorization"), "Bearer ya29.x");
    let body = server.seen()[0].json();
    assert_eq!(body["message"]["android"]["notification"]["visibility"], "PRIVATE");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_taken_back_is_nobodys_fault_and_a_new_one_that_is_refused_is_the_accounts() {
    let granting = |token: &str| {
        Turn::Say(200, json!({ "access_token": token, "expires_in": 3600, "token_type": "Bearer" }).to_string())
    };
    let google = Loopback::start([granting("ya29.old"), granting("ya29.new")]).await;
    // Takes the first message; refuses those after it, of the old token once three are there.
    let (all, number) = (Arc::new(Barrier::new(3)), Arc::new(AtomicUsize::new(0)));
    let answer = async move |headers: HeaderMap| {
        if number.fetch_add(1, Ordering::SeqCst) == 0 {
            return (StatusCode::OK, Json(json!({ "name": "projects/example/messages/1" })));
        }
        if headers["authorization"] == "Bearer ya29.old" {
            all.wait().await;
        }
        (StatusCode::UNAUTHORIZED, Json(json!({ "error": { "code": 401, "status": "UNAUTHENTICATED" } })))
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
    let fcm = fcm(&server, &format!("{}token", google.url));
    let start = System.now();
    assert_eq!(fcm.send(&push(1, "fcm:t"), start).await.outcome, Outcome::Accepted);
    let later = start.plus(10 * 60_000);
    let [a, b, c] = [push(2, "fcm:t"), push(3, "fcm:t"), push(4, "fcm:t")];
    let (a, b, c) = tokio::join!(fcm.send(&a, later), fcm.send(&b, later), fcm.send(&c, later));
    assert_eq!([a.outcome, b.outcome, c.outcome], [Outcome::Retry; 3], "all of them went with the old one");
    assert_eq!(fcm.send(&push(5, "fcm:t"), later).await.outcome, Outcome::Misconfigured);
    assert_eq!(google.seen().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_google_does_not_take_is_the_accounts_fault_and_sends_nothing() {
    let google = Loopback::saying(400, r#"{"error":"invalid_grant","error_description":"x"}"#).await;
    let server = Loopback::saying(200, "{}").await;
    let provider = fcm(server.url.as_str(), &format!("{}token", google.url));
    let answer = provider.send(&push(1, "fcm:t"), Millis(0)).await;
    assert_eq!((answer.outcome, answer.code.as_deref()), (Outcome::Misconfigured, Some("token invalid_grant")));
    assert!(provider.check().await.unwrap_err().reason.contains("invalid_grant"));
    let silent = Loopback::start([Turn::HangUp]).await;
    let lost = fcm(server.url.as_str(), &format!("{}token", silent.url));
    assert_eq!(lost.send(&push(1, "fcm:t"), Millis(0)).await.outcome, Outcome::Retry, "no message has left");
    assert!(server.seen().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn only_its_own_targets_are_carried() {
    let fcm = fcm("https://fcm.googleapis.com", "https://oauth2.googleapis.com/token");
    for (target, carried) in [("fcm:t", true), ("fid:f", true), ("apns:00ff", false), ("ntfy:topic", false)] {
        assert_eq!(fcm.describe().carries(&push(1, target).body.contact()), carried, "{target}");
    }
}
