//! SMPP under TLS, with an SMSC that others have written: its certificate must verify before anything is said.

use candour::domain::clock::Millis;
use candour::domain::outcome::Outcome;
use serde_json::json;

use crate::support::certificates;
use crate::support::configured::provider;
use crate::support::messages::sms_saying;
use crate::support::smsc::Smsc;

fn settings(smsc: &Smsc, more: &str) -> String {
    format!(
        "kind = 'smpp'\nname = 'smsc'\nhost = '127.0.0.1'\nport = {}\nsystem_id = 'candour'\npassword = 'secret'\n\
         from = '40404'\n{more}",
        smsc.port
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_goes_out_under_tls() {
    let directory = tempfile::tempdir().unwrap();
    certificates::write(directory.path());
    let smsc = Smsc::start(&json!({ "certificates": directory.path() }));
    let ca = directory.path().join("ca.pem");
    let relay = provider(&settings(&smsc, &format!("tls = true\nca_file = '{}'", ca.display())));
    let answer = relay.send(&sms_saying(1, "+4915100000000", "words"), Millis(0)).await;
    assert_eq!((answer.outcome, answer.reference.as_deref()), (Outcome::Accepted, Some("m1")), "{answer:?}");
    assert_eq!(smsc.until("bind")["refused"], false);
    assert_eq!(smsc.until("text")["text"], "words");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_smsc_whose_certificate_does_not_verify_hears_nothing() {
    let directory = tempfile::tempdir().unwrap();
    certificates::write(directory.path());
    let smsc = Smsc::start(&json!({ "certificates": directory.path() }));
    let stranger = provider(&settings(&smsc, "tls = true"));
    let answer = stranger.send(&sms_saying(1, "+4915100000000", "words"), Millis(0)).await;
    assert_eq!((answer.outcome, answer.code.as_deref()), (Outcome::Misconfigured, Some("tls")), "{answer:?}");
    assert!(stranger.check().await.is_err());

    // What it says first is of the one who believes it: the other has not come as far as a bind.
    let ca = directory.path().join("ca.pem");
    let relay = provider(&settings(&smsc, &format!("tls = true\nca_file = '{}'", ca.display())));
    relay.send(&sms_saying(2, "+4915100000000", "believed"), Millis(0)).await;
    assert_eq!(smsc.until("text")["text"], "believed");
}
