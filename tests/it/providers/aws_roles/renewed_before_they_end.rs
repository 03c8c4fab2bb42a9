//! A role's keys are fetched once for all who send, used until shortly before their end, and then fetched anew.

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use candour::domain::clock::Millis;
use candour::domain::outcome::Outcome;
use futures_util::future::join_all;
use serde_json::Value;

use super::{HOUR, TAKEN, later, sns};
use crate::support::messages::sms;
use crate::support::role_desk::{RoleDesk, keys};
use crate::support::vendor::{Say, Vendor};

const MINUTE: i64 = 60_000;
const NOW: Millis = Millis(1_795_392_000_000);
const EXPIRED: &str = "<ErrorResponse><Error><Code>ExpiredToken</Code></Error></ErrorResponse>";

fn named(token: &str, until: Millis) -> Value {
    keys(&format!("ASIA{token}"), "secret", token, until)
}

#[tokio::test(flavor = "multi_thread")]
async fn one_question_serves_all_who_send_and_is_asked_again_in_time() {
    let desk = RoleDesk::handing(named("FIRST", later(NOW, HOUR))).await;
    let amazon = Vendor::saying([Say::Answer(200, TAKEN.to_owned())]).await;
    let role = sns(&amazon.url, &format!("credentials = 'instance'\ninstance_url = '{}'", desk.url));
    let message = |number| sms(number, "+14155550123");
    let tokens =
        || amazon.asked().iter().map(|asked| asked.header("x-amz-security-token").to_owned()).collect::<Vec<_>>();

    let messages: Vec<_> = (1..=20).map(message).collect();
    let answers = join_all(messages.iter().map(|message| role.send(message, NOW))).await;
    assert!(answers.iter().all(|answer| answer.outcome == Outcome::Accepted), "{answers:?}");
    assert_eq!((desk.handed(), tokens()), (1, vec![String::from("FIRST"); 20]));
    let signed = amazon.asked()[0].header("authorization").to_owned();
    assert!(signed.contains("Credential=ASIAFIRST/") && signed.contains(";x-amz-security-token,"), "{signed}");

    desk.hands(named("SECOND", later(NOW, 8 * HOUR)));
    role.send(&message(21), later(NOW, 54 * MINUTE)).await;
    assert_eq!(desk.handed(), 1, "they hold for six minutes more");
    role.send(&message(22), later(NOW, 56 * MINUTE)).await;
    assert_eq!((desk.handed(), tokens().last().unwrap().as_str()), (2, "SECOND"));
}

#[tokio::test(flavor = "multi_thread")]
async fn old_keys_are_used_to_their_end_where_there_are_no_new_ones() {
    let desk = RoleDesk::handing(named("FIRST", later(NOW, HOUR))).await;
    let amazon = Vendor::saying([Say::Answer(200, TAKEN.to_owned())]).await;
    let role = sns(&amazon.url, &format!("credentials = 'instance'\ninstance_url = '{}'", desk.url));
    let at = async |minutes: i64| role.send(&sms(1, "+14155550123"), later(NOW, minutes * MINUTE)).await;
    at(0).await;
    desk.fails(Some(503));
    assert_eq!(at(57).await.outcome, Outcome::Accepted);
    let answer = at(61).await;
    assert_eq!((answer.outcome, answer.code.as_deref()), (Outcome::Retry, Some("credentials 503")));
    assert_eq!(amazon.asked().len(), 2, "nothing has left without keys");
    desk.fails(None);
    desk.hands(named("SECOND", later(NOW, 2 * HOUR)));
    assert_eq!(at(62).await.outcome, Outcome::Accepted);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_amazon_calls_expired_are_fetched_anew() {
    let desk = RoleDesk::handing(named("FIRST", later(NOW, HOUR))).await;
    let script = [(200, TAKEN), (403, EXPIRED), (200, TAKEN), (403, EXPIRED)];
    let amazon = Vendor::saying(script.map(|(status, body)| Say::Answer(status, body.to_owned()))).await;
    let role = sns(&amazon.url, &format!("credentials = 'container'\ncontainer_url = '{}'", desk.container()));
    let at = async |minutes: i64| role.send(&sms(1, "+14155550123"), later(NOW, minutes * MINUTE)).await.outcome;
    assert_eq!(at(0).await, Outcome::Accepted);
    desk.hands(named("SECOND", later(NOW, 2 * HOUR)));
    assert_eq!(at(10).await, Outcome::Retry, "nothing is wrong with the account: the keys were taken back");
    assert_eq!((at(11).await, desk.handed()), (Outcome::Accepted, 2));
    assert_eq!(at(12).await, Outcome::Misconfigured, "newer ones there are none: maybe a clock is wrong");
}

/// An account that takes every key but the first.
async fn done_with_the_first() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let answer = async |headers: HeaderMap| match headers["x-amz-security-token"].to_str() {
        Ok("FIRST") => (StatusCode::FORBIDDEN, EXPIRED),
        _ => (StatusCode::OK, TAKEN),
    };
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
    url
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_whose_keys_were_taken_back_none_blames_the_account() {
    let desk = RoleDesk::handing(named("FIRST", later(NOW, HOUR))).await;
    let amazon = done_with_the_first().await;
    let role = sns(&amazon, &format!("credentials = 'instance'\ninstance_url = '{}'", desk.url));
    let messages: Vec<_> = (1..=20).map(|number| sms(number, "+14155550123")).collect();
    assert_eq!(role.send(&messages[0], NOW).await.outcome, Outcome::Misconfigured, "they had only just been fetched");
    desk.hands(named("SECOND", later(NOW, 8 * HOUR)));
    let answers = join_all(messages.iter().map(|message| role.send(message, later(NOW, 10 * MINUTE)))).await;
    let count = |outcome| answers.iter().filter(|answer| answer.outcome == outcome).count();
    let (waits, taken) = (count(Outcome::Retry), count(Outcome::Accepted));
    assert!(waits >= 1 && waits + taken == 20, "{answers:?}");
    assert!(desk.handed() <= 2, "one question for all of them");
}
