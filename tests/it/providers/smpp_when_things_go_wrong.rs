//! What an SMSC that refuses, falls silent, hangs up, comes back or talks nonsense leads to.

use std::sync::Arc;

use async_trait::async_trait;
use candour::domain::clock::Millis;
use candour::domain::outcome::Outcome;
use candour::providers::{Checked, InletFault, LooseReceipt, Provider, ReceiptInlet};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::support::configured::provider;
use crate::support::messages::{sms, sms_saying};
use crate::support::process::free_port;
use crate::support::smsc::Smsc;

struct Nowhere;

#[async_trait]
impl ReceiptInlet for Nowhere {
    async fn take(&self, _: &str, _: &LooseReceipt) -> Result<(), InletFault> {
        Ok(())
    }
}

fn smpp(port: u16, more: &str) -> Arc<dyn Provider> {
    let login = if more.contains("password") { "" } else { "password = 'secret'\n" };
    provider(&format!(
        "kind = 'smpp'\nname = 'smsc'\nhost = '127.0.0.1'\nport = {port}\nsystem_id = 'candour'\n{login}from = '40404'\n{more}"
    ))
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_and_a_lost_connection_are_unknown() {
    let smsc = Smsc::start(&json!({}));
    let provider = smpp(smsc.port, "response_seconds = 1");
    let silent = provider.send(&sms(1, "+14155550190"), Millis(0)).await;
    assert_eq!((silent.outcome, silent.code.as_deref()), (Outcome::Unknown, Some("timeout")));
    let gone = provider.send(&sms(1, "+14155550191"), Millis(0)).await;
    assert_eq!((gone.outcome, gone.code.as_deref()), (Outcome::Unknown, Some("dropped")));
    // The next message binds anew by itself.
    assert_eq!(provider.send(&sms(1, "+14155550100"), Millis(0)).await.outcome, Outcome::Accepted);
    let nonsense = provider.send(&sms(1, "+14155550196"), Millis(0)).await;
    assert_eq!(nonsense.outcome, Outcome::Unknown, "{nonsense:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_bind_is_the_accounts_fault_and_nobody_listening_is_for_now() {
    let smsc = Smsc::start(&json!({}));
    let wrong = smpp(smsc.port, "password = 'guess'");
    let answer = wrong.send(&sms(1, "+14155550100"), Millis(0)).await;
    assert_eq!((answer.outcome, answer.code.as_deref()), (Outcome::Misconfigured, Some("bind 0x0000000d")));
    assert!(wrong.check().await.unwrap_err().reason.contains("system_id"));
    assert_eq!(smpp(smsc.port, "").check().await, Ok(Checked::SignsIn));
    let answer = smpp(free_port(), "").send(&sms(1, "+14155550100"), Millis(0)).await;
    assert_eq!((answer.outcome, answer.code.as_deref()), (Outcome::Retry, Some("connect")));
    assert!(answer.retry_after_ms.is_some_and(|ms| ms > 0), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_binds_anew_when_the_smsc_comes_back() {
    let port = free_port();
    let provider = smpp(port, "");
    let stop = CancellationToken::new();
    let (listening, until) = (Arc::clone(&provider), stop.clone());
    let task = tokio::spawn(async move { listening.listen(Arc::new(Nowhere), until).await });
    for _ in 0..2 {
        let smsc = Smsc::at(port, &json!({}));
        assert_eq!(smsc.until("bind")["refused"], false);
    }
    stop.cancel();
    task.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deaf_smsc_is_given_up_after_a_question() {
    let smsc = Smsc::start(&json!({ "deaf": true }));
    let provider = smpp(smsc.port, "enquire_seconds = 1\nresponse_seconds = 1");
    let stop = CancellationToken::new();
    let (listening, until) = (Arc::clone(&provider), stop.clone());
    let task = tokio::spawn(async move { listening.listen(Arc::new(Nowhere), until).await });
    smsc.until("bind");
    smsc.until("enquired");
    smsc.until("bind");
    stop.cancel();
    task.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_counts_as_not_bound_is_given_up_once_its_last_answer_is_there() {
    let smsc = Smsc::start(&json!({}));
    let provider = smpp(smsc.port, "");
    let stop = CancellationToken::new();
    let (listening, until) = (Arc::clone(&provider), stop.clone());
    let task = tokio::spawn(async move { listening.listen(Arc::new(Nowhere), until).await });
    smsc.until("bind");
    // The first is answered late, after the second was.
    let (late, unbound) = (sms(1, "+14155550192"), sms(2, "+14155550104"));
    let (late, unbound) = tokio::join!(provider.send(&late, Millis(0)), provider.send(&unbound, Millis(0)));
    assert_eq!((unbound.outcome, unbound.code.as_deref()), (Outcome::Retry, Some("0x00000004")));
    assert_eq!(late.outcome, Outcome::Accepted, "{late:?}");
    smsc.until("bind");
    assert_eq!(provider.send(&sms(3, "+14155550100"), Millis(0)).await.outcome, Outcome::Accepted);
    stop.cancel();
    task.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_that_is_throttled_is_submitted_again_and_not_the_whole_message() {
    let smsc = Smsc::start(&json!({}));
    let long = sms_saying(1, "+14155550198", &"word ".repeat(80));
    assert_eq!(smpp(smsc.port, "").send(&long, Millis(0)).await.outcome, Outcome::Accepted);
    let parts: Vec<String> = (0..4)
        .map(|_| smsc.until("id")["udh"][0].as_str().unwrap().to_owned())
        .map(|header| header[header.len() - 2..].to_owned())
        .collect();
    assert_eq!(parts, ["01", "02", "02", "03"]);
}
