//! What we sign verifies before `OpenDKIM` and dkimpy, by RSA and by Ed25519; what is changed on its way does not.

use std::path::Path;
use std::process::Command;

use candour::config::Secret;
use candour::domain::clock::Clock;
use candour::domain::outcome::Outcome;
use candour::providers::Provider;
use candour::providers::settings::Common;
use candour::providers::smtp::{DkimSettings, SmtpProvider, SmtpSettings};
use candour::system::System;

use crate::support::messages::email;
use crate::support::node::node;
use crate::support::process::run;
use crate::support::python::python;
use crate::support::smtp_server::{HELLO, SmtpServer, TAKEN};

const RSA: &str = include_str!("../../../src/providers/smtp/testdata/dkim_rsa_test_key.pem");

/// The public half of a key, as DNS has it.
const PUBLIC: &str = "const k = require('crypto').createPublicKey(process.argv[1]);\
    const der = k.export({ type: 'spki', format: 'der' });\
    const raw = k.asymmetricKeyType === 'ed25519' ? der.subarray(der.length - 32) : der;\
    console.log(`v=DKIM1; k=${k.asymmetricKeyType}; p=${raw.toString('base64')}`)";

/// dkimpy's word on the message of a file, with a record of DNS.
const DKIMPY: &str = "
import sys, dkim
record = sys.argv[2].encode()
print(dkim.verify(open(sys.argv[1], 'rb').read(), dnsfunc=lambda name, timeout=5: record))
";

/// A key of Ed25519, in PEM.
const MAKE_ED25519: &str = "console.log(require('crypto').generateKeyPairSync('ed25519').privateKey\
    .export({ type: 'pkcs8', format: 'pem' }))";

/// A message as a mail host took it, its dots undone.
async fn signed(key: &str) -> String {
    let server = SmtpServer::play(vec![[&HELLO[..], &TAKEN[..6]].concat()]).await;
    let dkim = DkimSettings {
        selector: String::from("candour"),
        domain: String::from("example.org"),
        key: Some(Secret::new(key.to_owned())),
    };
    let settings = SmtpSettings { dkim: Some(dkim), ..server.settings() };
    let relay = SmtpProvider::build(&Common::named("relay"), &settings).unwrap();
    let answer = relay.send(&email(1, "ann@example.org"), System.now()).await;
    assert_eq!(answer.outcome, Outcome::Accepted, "{answer:?}");
    let heard = server.heard().await;
    let content = heard[0].iter().find(|text| text.contains("DKIM-Signature")).expect("the message");
    let content = content.strip_suffix(".\r\n").expect("a final dot");
    content.split_inclusive("\r\n").map(|line| line.strip_prefix('.').unwrap_or(line)).collect()
}

/// What `OpenDKIM` says of a message.
fn opendkim(dir: &Path, message: &str, record: &str) -> bool {
    let file = |name: &str, text: &str| {
        let path = dir.join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let keys = file("keys", &format!("candour._domainkey.example.org {record}\n"));
    let mail = file("message", message);
    let configuration =
        file("opendkim.conf", &format!("Mode v\nTestPublicKeys {keys}\nSyslog no\nOn-BadSignature reject\n"));
    let output = Command::new("opendkim")
        .env("PATH", "/usr/local/sbin:/usr/sbin:/usr/bin:/bin")
        .args(["-x", &configuration, "-vv", "-t", &mail])
        .output()
        .expect("opendkim is missing; run ./tests/run, or install the package opendkim");
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    // As it would write into the message: `dkim=pass`, or another word and why.
    let verdict = said.split("dkim=").nth(1).unwrap_or_else(|| panic!("opendkim gives no verdict: {said}"));
    let word: String = verdict.chars().take_while(char::is_ascii_lowercase).collect();
    assert!(["pass", "fail", "permerror"].contains(&word.as_str()), "{said}");
    word == "pass"
}

fn dkimpy(dir: &Path, message: &str, record: &str) -> bool {
    let mail = dir.join("message.eml");
    std::fs::write(&mail, message).unwrap();
    run(python().arg("-c").arg(DKIMPY).arg(mail).arg(record)).trim() == "True"
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_verifies_and_a_changed_message_does_not() {
    let dir = tempfile::tempdir().unwrap();
    let ed25519 = run(node().args(["-e", MAKE_ED25519]));
    for key in [RSA, &ed25519] {
        let message = signed(key).await;
        let record = run(node().args(["-e", PUBLIC, "--", key])).trim().to_owned();
        let both = |message: &str| [opendkim(dir.path(), message, &record), dkimpy(dir.path(), message, &record)];
        assert_eq!(both(&message), [true; 2], "{message}");
        let body = message.rfind("Daten").expect("its text");
        let changed = format!("{}Raten{}", &message[..body], &message[body + 5..]);
        assert_eq!(both(&changed), [false; 2], "a word was changed");
        let second = message.replacen("Subject:", "Subject: Sie haben gewonnen\r\nSubject:", 1);
        assert_eq!(both(&second), [false; 2], "a second subject was put in");
        let other = message.replacen("ann@example.org", "eve@example.org", 1);
        assert_eq!(both(&other), [false; 2], "it was sent on to somebody else");
    }
}
