//! The example SMSC of Debian's `Net::SMPP`, of which we have written nothing, takes a bind and a message.

use std::process::Command;

use candour::domain::clock::Millis;
use candour::domain::outcome::Outcome;

use crate::support::configured::provider;
use crate::support::messages::sms;
use crate::support::process::{Running, free_port};

const EXAMPLE: &str = "/usr/share/doc/libnet-smpp-perl/examples/smsc.pl";

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_taken() {
    let example = std::fs::read_to_string(EXAMPLE)
        .or_else(|_| std::fs::read_to_string(format!("{EXAMPLE}.gz")))
        .expect("install libnet-smpp-perl, or run ./tests/run: its example SMSC is missing");
    // It listens on a port of its own choice; everything else stays as its author wrote it.
    let port = free_port();
    let directory = tempfile::tempdir().unwrap();
    let script = directory.path().join("smsc.pl");
    assert!(example.contains("9900"), "the example has another port now");
    std::fs::write(&script, example.replace("9900", &port.to_string())).unwrap();
    let _smsc = Running::listening(Command::new("perl").arg(&script).arg("3"), port);
    let provider = provider(&format!(
        "kind = 'smpp'\nname = 'smsc'\nhost = '127.0.0.1'\nport = {port}\nsystem_id = 'candour'\npassword = 'secret'\n\
         from = '+41790000000'"
    ));
    let answer = provider.send(&sms(1, "+14155550100"), Millis(0)).await;
    assert_eq!((answer.outcome, answer.reference.as_deref()), (Outcome::Accepted, Some("123456789")), "{answer:?}");
}
