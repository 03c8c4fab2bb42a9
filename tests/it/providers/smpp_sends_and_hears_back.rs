//! Text messages and their receipts over SMPP, with an SMSC that others have written.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use candour::domain::clock::Millis;
use candour::domain::outcome::Outcome;
use candour::providers::{InletFault, LooseReceipt, Provider, ReceiptInlet};
use serde_json::json;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::support::configured::provider;
use crate::support::messages::{sms, sms_saying};
use crate::support::process::PATIENCE;
use crate::support::smsc::Smsc;

/// Remembers receipts; about a message that is `unknown_for` so many looks, it knows nothing.
#[derive(Default)]
struct Inlet {
    taken: Mutex<Vec<LooseReceipt>>,
    unknown_for: Mutex<usize>,
    came: Notify,
}

#[async_trait]
impl ReceiptInlet for Inlet {
    async fn take(&self, provider: &str, receipt: &LooseReceipt) -> Result<(), InletFault> {
        assert_eq!(provider, "smsc");
        {
            let mut unknown = self.unknown_for.lock().unwrap();
            if *unknown > 0 {
                *unknown -= 1;
                return Err(InletFault::NoSuchAttempt);
            }
        }
        self.taken.lock().unwrap().push(receipt.clone());
        self.came.notify_one();
        Ok(())
    }
}

impl Inlet {
    async fn next(&self) -> LooseReceipt {
        tokio::time::timeout(PATIENCE, self.came.notified()).await.expect("a receipt comes");
        self.taken.lock().unwrap().pop().unwrap()
    }
}

fn smpp(smsc: &Smsc, more: &str) -> Arc<dyn Provider> {
    provider(&format!(
        "kind = 'smpp'\nname = 'smsc'\nhost = '127.0.0.1'\nport = {}\nsystem_id = 'candour'\npassword = 'secret'\n\
         from = '40404'\n{more}",
        smsc.port
    ))
}

fn listen(provider: &Arc<dyn Provider>, inlet: &Arc<Inlet>) -> (CancellationToken, tokio::task::JoinHandle<()>) {
    let stop = CancellationToken::new();
    let (provider, inlet, until) = (Arc::clone(provider), Arc::clone(inlet) as Arc<dyn ReceiptInlet>, stop.clone());
    (stop, tokio::spawn(async move { provider.listen(inlet, until).await }))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_taken_as_it_is_and_leave_is_taken_at_the_end() {
    let smsc = Smsc::start(&json!({}));
    let provider = smpp(&smsc, "validity_seconds = 14461");
    let (stop, listening) = listen(&provider, &Arc::default());
    let answer = provider.send(&sms(1, "+14155550100"), Millis(0)).await;
    assert_eq!((answer.outcome, answer.reference.as_deref()), (Outcome::Accepted, Some("m1")), "{answer:?}");
    let bound = smsc.until("bind");
    assert_eq!((&bound["bind"], &bound["version"]), (&json!("candour"), &json!(0x34)));
    let took = smsc.until("id");
    assert_eq!(took["text"], "Über Ihre Daten: example.org/n");
    assert_eq!((&took["to"], &took["from"], &took["from_ton"]), (&json!("14155550100"), &json!("40404"), &json!(3)));
    assert_eq!((&took["esm_class"], &took["coding"], &took["registered"]), (&json!(0), &json!(0), &json!(1)));
    stop.cancel();
    smsc.until("unbound");
    listening.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn statuses_become_outcomes() {
    let smsc = Smsc::start(&json!({}));
    let provider = smpp(&smsc, "");
    for (to, outcome) in [
        ("+14155550108", Outcome::Retry),
        ("+14155550197", Outcome::BadAddress),
        ("+14155550114", Outcome::Throttled),
        ("+14155550145", Outcome::Rejected),
        ("+14155550158", Outcome::Throttled),
        ("+14155550115", Outcome::Misconfigured),
    ] {
        let answer = provider.send(&sms(1, to), Millis(0)).await;
        assert_eq!(answer.outcome, outcome, "{to}: {answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn long_texts_are_read_whole_by_the_other_side() {
    let smsc = Smsc::start(&json!({}));
    let text = "Grüße € ".repeat(40);
    let answer = smpp(&smsc, "").send(&sms_saying(1, "+14155550100", &text), Millis(0)).await;
    assert_eq!(answer.outcome, Outcome::Accepted);
    let (mut whole, mut asked) = (String::new(), 0);
    for number in 1..=3 {
        let part = smsc.until("id");
        whole += part["text"].as_str().unwrap();
        asked += part["registered"].as_i64().unwrap();
        let header = part["udh"][0].as_str().unwrap().to_owned();
        assert!(header.starts_with("0003") && header.ends_with(&format!("030{number}")), "{part}");
    }
    assert_eq!((whole, asked), (text.clone(), 1));
    // In one request, which this SMSC reads as UTF-16.
    let chinese = "您的个人信息".repeat(20);
    let provider = smpp(&smsc, "long = 'payload'");
    assert_eq!(provider.send(&sms_saying(1, "+14155550100", &chinese), Millis(0)).await.outcome, Outcome::Accepted);
    let took = smsc.until("id");
    assert_eq!((&took["text"], &took["payload"], &took["coding"]), (&json!(chinese), &json!(true), &json!(8)));
}

#[tokio::test(flavor = "multi_thread")]
async fn receipts_are_acknowledged_once_they_are_taken() {
    let smsc = Smsc::start(&json!({}));
    let provider = smpp(&smsc, "dead_number_errors = ['042']");
    let inlet = Arc::new(Inlet::default());
    let (_stop, _) = listen(&provider, &inlet);
    // As text, with the SMSC's own code of a dead number.
    let answer = provider.send(&sms(1, "+14155550193"), Millis(0)).await;
    let receipt = inlet.next().await;
    assert_eq!((Some(&receipt.reference), receipt.outcome), (answer.reference.as_ref(), Some(Outcome::BadAddress)));
    assert_eq!(receipt.code.as_deref(), Some("UNDELIV 042"));
    assert_eq!(smsc.until("receipt")["answered"], 0);
    // As optional parts, and before the answer that gives the id: the attempt is found at a later look.
    *inlet.unknown_for.lock().unwrap() = 2;
    let answer = provider.send(&sms(2, "+14155550192"), Millis(0)).await;
    let receipt = inlet.next().await;
    assert_eq!((Some(receipt.reference), receipt.outcome), (answer.reference, Some(Outcome::Delivered)));
    assert_eq!(smsc.until("receipt")["answered"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_that_cannot_be_stored_is_asked_for_again() {
    struct Full;
    #[async_trait]
    impl ReceiptInlet for Full {
        async fn take(&self, _: &str, _: &LooseReceipt) -> Result<(), InletFault> {
            Err(InletFault::NotDurable)
        }
    }
    let smsc = Smsc::start(&json!({}));
    let provider = smpp(&smsc, "");
    let (listening, stop) = (Arc::clone(&provider), CancellationToken::new());
    let until = stop.clone();
    tokio::spawn(async move { listening.listen(Arc::new(Full), until).await });
    provider.send(&sms(1, "+14155550194"), Millis(0)).await;
    assert_eq!(smsc.until("receipt")["answered"], 0x64);
    stop.cancel();
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_in_two_spellings_are_one() {
    let smsc = Smsc::start(&json!({ "ids": "decimal_in_receipts" }));
    let provider = smpp(&smsc, "ids = 'decimal_in_receipts'");
    let inlet = Arc::new(Inlet::default());
    let (_stop, _) = listen(&provider, &inlet);
    let answer = provider.send(&sms(1, "+14155550194"), Millis(0)).await;
    assert_eq!(answer.reference.as_deref(), Some("161"));
    assert_eq!(inlet.next().await.reference, "161");
}
