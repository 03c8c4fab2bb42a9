//! Bounces of every class before Sisimai, which knows the words of hundreds of mail hosts: where its reason and our class differ,
//! the difference stands here with its why.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use candour::config::Secret;
use candour::domain::clock::Millis;
use candour::domain::outcome::Outcome;
use candour::providers::settings::Common;
use candour::providers::smtp::{SmtpProvider, SmtpSettings};
use candour::providers::{Provider, ReceiptRequest};

use crate::support::messages::email;
use crate::support::process::run;
use crate::support::smtp_server::{HELLO, SmtpServer, TAKEN};

/// A bounce: Action, Status, what the other side said, and what it is to us.
type Case = (&'static str, &'static str, &'static str, Option<Outcome>);

const DEAD: Option<Outcome> = Some(Outcome::BadAddress);
const REFUSED: Option<Outcome> = Some(Outcome::Rejected);

const CASES: [Case; 23] = [
    ("failed", "5.1.1", "550 5.1.1 No such user here", DEAD),
    ("failed", "5.1.2", "550 5.1.2 Host unknown", DEAD),
    ("failed", "5.1.3", "501 5.1.3 Bad recipient address syntax", DEAD),
    ("failed", "5.1.6", "551 5.1.6 Recipient no longer on server", DEAD),
    ("failed", "5.1.10", "556 5.1.10 Recipient address has null MX", DEAD),
    ("failed", "5.2.1", "550 5.2.1 The email account that you tried to reach is disabled", DEAD),
    ("failed", "5.2.2", "552 5.2.2 Mailbox full", REFUSED),
    ("failed", "5.2.3", "552 5.2.3 Message length exceeds administrative limit", REFUSED),
    ("failed", "5.3.4", "552 5.3.4 Message size exceeds fixed limit", REFUSED),
    ("failed", "4.4.1", "connect to mx.example.org[192.0.2.1]:25: Connection timed out", REFUSED),
    ("failed", "4.4.7", "delivery time expired", REFUSED),
    ("failed", "5.4.6", "554 5.4.6 mail loops back to myself", REFUSED),
    ("failed", "5.7.1", "554 5.7.1 Service unavailable; Client host [192.0.2.9] blocked using a list", REFUSED),
    ("failed", "5.7.1", "550 5.7.1 Message rejected as spam by content filtering", REFUSED),
    ("failed", "5.7.26", "550 5.7.26 Unauthenticated email is not accepted due to the domain's DMARC policy", REFUSED),
    ("failed", "5.7.23", "550 5.7.23 SPF validation failed", REFUSED),
    ("failed", "5.6.7", "550 5.6.7 SMTPUTF8 is required, but was not offered by host mx.example.org", REFUSED),
    ("failed", "5.4.4", "Host or domain name not found. Name service error for name=example.org type=MX", DEAD),
    ("failed", "5.0.0", "550 Requested action not taken: mailbox unavailable", REFUSED),
    ("delayed", "4.4.1", "connect to mx.example.org[192.0.2.1]:25: Connection timed out", None),
    ("delayed", "4.2.2", "452 4.2.2 Mailbox full", None),
    ("relayed", "2.0.0", "250 2.0.0 Ok: queued as 1", None),
    ("delivered", "2.1.5", "250 2.1.5 delivered", Some(Outcome::Delivered)),
];

/// Reasons of Sisimai's that mean that nobody is at that address.
const DEAD_REASONS: [&str; 4] = ["userunknown", "hostunknown", "hasmoved", "notaccept"];

/// Where the two differ, by Status and Sisimai's reason.
const DIFFERENCES: [(&str, &str, &str); 3] = [
    (
        "5.2.1",
        "suspend",
        "RFC 3463 calls the mailbox disabled; Sisimai hopes that it comes back, a notice cannot wait for that",
    ),
    (
        "5.0.0",
        "userunknown",
        "Sisimai goes by the words; the status says nothing of the address, and words differ from host to host",
    ),
    (
        "2.0.0",
        "delivered",
        "passed on to a host that reports nothing: Sisimai calls it delivered, we know no more than before",
    ),
];

fn report(number: usize, to: &str, (action, status, said, _): &Case) -> String {
    let subject = if *action == "failed" { "Undelivered Mail Returned to Sender" } else { "Mail Delivery Report" };
    format!(
        "Return-Path: <>\nDate: Sun, 22 Nov 2026 10:00:00 +0000 (UTC)\nFrom: MAILER-DAEMON@mail.example.net (Mail Delivery System)\n\
         Subject: {subject}\nTo: {to}\nAuto-Submitted: auto-replied\nMIME-Version: 1.0\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"B.1/mail.example.net\"\n\
         Message-Id: <{number}@mail.example.net>\n\nThis is a MIME-encapsulated message.\n\n--B.1/mail.example.net\n\
         Content-Description: Notification\nContent-Type: text/plain; charset=us-ascii\n\n\
         This is the mail system at host mail.example.net.\n\n\
         <case-{number}@example.org>: host mx.example.org[192.0.2.1] said: {said} (in reply to RCPT TO command)\n\n\
         --B.1/mail.example.net\nContent-Description: Delivery report\nContent-Type: message/delivery-status\n\n\
         Reporting-MTA: dns; mail.example.net\nX-Postfix-Queue-ID: 4B1\nX-Postfix-Sender: rfc822; {to}\n\
         Arrival-Date: Sun, 22 Nov 2026 09:59:00 +0000 (UTC)\n\nFinal-Recipient: rfc822; case-{number}@example.org\n\
         Original-Recipient: rfc822;case-{number}@example.org\nAction: {action}\nStatus: {status}\n\
         Remote-MTA: dns; mx.example.org\nDiagnostic-Code: smtp; {said}\n\n--B.1/mail.example.net\n\
         Content-Description: Undelivered Message Headers\nContent-Type: text/rfc822-headers\n\n\
         Date: Sun, 22 Nov 2026 09:59:00 +0000\nFrom: notices@sender.example\nTo: case-{number}@example.org\n\
         Subject: A notice\nMessage-ID: <case-{number}@sender.example>\n\n--B.1/mail.example.net--\n"
    )
}

/// What Sisimai says of each message of a folder, by its recipient.
fn second_judge(folder: &Path) -> BTreeMap<String, String> {
    let script = "my $all = Sisimai->make($ARGV[0], delivered => 1) || []; \
                  print join(' ', $_->recipient->address, $_->reason), \"\\n\" for @$all;";
    let found =
        Command::new("perl").args(["-MSisimai", "-e", "1"]).output().is_ok_and(|output| output.status.success());
    assert!(found, "Sisimai is missing: apt-get install libsisimai-perl");
    let said = run(Command::new("perl").args(["-MSisimai", "-e", script]).arg(folder));
    said.lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(to, reason)| (to.to_owned(), reason.to_owned()))
        .collect()
}

/// A relay, and a bounce address of its own, as it goes over the wire.
async fn relay() -> (SmtpProvider, String) {
    let server = SmtpServer::play(vec![[&HELLO[..], &TAKEN[..6]].concat()]).await;
    let settings = SmtpSettings {
        domain: Some(String::from("bounces.test")),
        bounce_secret: Some(Secret::new("the secret of the bounce addresses")),
        ..server.settings()
    };
    let relay = SmtpProvider::build(&Common::named("relay"), &settings).unwrap();
    relay.send(&email(1, "ann@example.org"), Millis(0)).await;
    let heard = server.heard().await.concat().join("\n");
    let from = heard.split("MAIL FROM:<").nth(1).and_then(|rest| rest.split('>').next()).unwrap();
    (relay, from.to_owned())
}

#[tokio::test]
async fn each_is_what_sisimai_calls_it_or_the_difference_is_explained() {
    let (relay, address) = relay().await;
    let folder = tempfile::tempdir().unwrap();
    for (number, case) in CASES.iter().enumerate() {
        std::fs::write(folder.path().join(format!("case-{number:02}.eml")), report(number, &address, case)).unwrap();
    }
    let reasons = second_judge(folder.path());
    assert_eq!(reasons.len(), CASES.len(), "it reads them all: {reasons:?}");
    let mut explained = Vec::new();
    for (number, case) in CASES.iter().enumerate() {
        let (action, status, said, expected) = case;
        let request = ReceiptRequest {
            url: format!("mailto:{address}"),
            headers: BTreeMap::new(),
            body: report(number, &address, case).into(),
            now: Millis(0),
        };
        let ours = relay.receipts(&request).await.unwrap().remove(0).outcome;
        assert_eq!(ours, *expected, "{action} {status} {said}");
        let reason = &reasons[&format!("case-{number}@example.org")];
        let theirs = match reason.as_str() {
            "delivered" => Some(Outcome::Delivered),
            _ if *action == "delayed" => None,
            reason if DEAD_REASONS.contains(&reason) => DEAD,
            _ => REFUSED,
        };
        if ours != theirs {
            let known = DIFFERENCES.iter().find(|(of, said, _)| of == status && said == reason);
            assert!(known.is_some(), "{action} {status}: we say {ours:?}, Sisimai {reason}");
            explained.push(*status);
        }
    }
    assert_eq!(explained.len(), DIFFERENCES.len(), "a difference that is none any more: {explained:?}");
}
