//! A text message through a real Kannel to an SMSC by another hand, and its delivery report back by HTTP.

use std::sync::Arc;

use candour::domain::clock::Millis;
use candour::domain::outcome::Outcome;
use candour::providers::settings::Surroundings;
use candour::providers::{Checked, Provider, ReceiptRequest};
use serde_json::json;

use crate::support::configured::{around, provider_in};
use crate::support::kannel::Kannel;
use crate::support::loopback::Loopback;
use crate::support::messages::{sms, sms_saying};
use crate::support::smsc::Smsc;

fn gateway(kannel: &Kannel, password: &str, ours: &Loopback) -> Arc<dyn Provider> {
    let text = format!(
        "kind = 'kannel'\nname = 'gateway'\nurl = '{}'\nusername = 'candour'\npassword = '{password}'\nfrom = '40404'\n\
         receipt_secret = 'r'",
        kannel.url
    );
    provider_in(&text, &Surroundings { public_url: Some(ours.url.clone()), ..around() })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_goes_out_and_its_reports_come_back() {
    let smsc = Smsc::start(&json!({}));
    let kannel = Kannel::before(smsc.port);
    smsc.until("bind");
    let ours = Loopback::saying(204, "").await;
    let provider = gateway(&kannel, "hush", &ours);
    assert_eq!(provider.check().await, Ok(Checked::SignsIn));
    for (to, outcome) in [("+14155550194", Outcome::Delivered), ("+14155550193", Outcome::Rejected)] {
        let message = sms(1, to);
        let answer = provider.send(&message, Millis(0)).await;
        assert_eq!(answer.outcome, Outcome::Accepted, "{answer:?}");
        assert_eq!(smsc.until("id")["text"], "Über Ihre Daten: example.org/n");
        let mut told = Vec::new();
        while !told.contains(&Some(outcome)) {
            ours.until_something().await;
            let seen = ours.take_first();
            let url = format!("{}{}", ours.url.as_str().trim_end_matches('/'), seen.target);
            let request = ReceiptRequest { url, headers: [].into(), body: seen.body, now: Millis(0) };
            let events = provider.receipts(&request).await.unwrap();
            assert_eq!(events[0].attempt, message.attempt);
            told.push(events[0].outcome);
        }
    }
    // What Kannel makes of letters outside the default alphabet.
    let chinese = sms_saying(2, "+14155550100", "您的个人信息");
    assert_eq!(provider.send(&chinese, Millis(0)).await.outcome, Outcome::Accepted);
    assert_eq!(smsc.until("id")["text"], "您的个人信息");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_the_accounts_fault() {
    let smsc = Smsc::start(&json!({}));
    let kannel = Kannel::before(smsc.port);
    let ours = Loopback::saying(204, "").await;
    let gateway = gateway(&kannel, "guess", &ours);
    assert_eq!(gateway.send(&sms(1, "+14155550100"), Millis(0)).await.outcome, Outcome::Misconfigured);
    assert!(gateway.check().await.unwrap_err().reason.contains("login"));
}
