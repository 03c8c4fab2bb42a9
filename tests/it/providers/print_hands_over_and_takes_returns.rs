//! A printing house finds whole batches with what their manifests say, and what it returns becomes receipts.

use std::path::{Path, PathBuf};

use candour::domain::clock::Millis;
use candour::domain::outcome::Outcome;
use candour::providers::{Checked, ReceiptError, ReceiptRequest};

use crate::support::configured::provider;
use crate::support::letters::{address, berlin, letter_message};
use crate::support::messages::sms;
use crate::support::pdf::{assert_fit_for_print, tool};
use crate::support::process::wait_until;

const NOON: Millis = Millis(1_795_262_400_000);

fn settings(directory: &Path, more: &str) -> String {
    format!(
        "kind = 'print'\nname = 'printer'\ndirectory = '{}'\nreceipt_token = 'new'\nprevious_receipt_tokens = ['old']\n\
         sender = {{ lines = ['Example Library', '10999 Berlin'], country = 'DE' }}\n{more}",
        directory.display()
    )
}

fn batches(directory: &Path) -> Vec<PathBuf> {
    let mut found: Vec<_> = std::fs::read_dir(directory.join("ready")).unwrap().map(|e| e.unwrap().path()).collect();
    found.sort();
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_batch_is_handed_over_at_once_and_the_rest_in_time() {
    let directory = tempfile::tempdir().unwrap();
    let printer = provider(&settings(directory.path(), "batch = 2\nbatch_seconds = 1"));
    assert_eq!(printer.check().await, Ok(Checked::Directory));
    for number in 1..=2 {
        let to = if number == 1 { berlin() } else { address("FR", &["1 rue A"], "Paris", "", "75001") };
        let answer = printer.send(&letter_message(number, to), NOON).await;
        assert_eq!(answer.outcome, Outcome::Accepted, "{answer:?}");
    }
    let first = batches(directory.path());
    assert_eq!(first.len(), 1);
    let manifest = std::fs::read_to_string(first[0].join("manifest.csv")).unwrap();
    let rows: Vec<Vec<&str>> = manifest.lines().skip(1).map(|line| line.split(',').collect()).collect();
    let tokens: Vec<String> = (1..=2).map(|n| letter_message(n, berlin()).attempt.to_string()).collect();
    assert_eq!(rows.iter().map(|row| row[2]).collect::<Vec<_>>(), tokens);
    assert_eq!((rows[0][9], rows[0][10], rows[1][9], rows[1][10]), ("standard", "DE", "international", "FR"));
    for row in &rows {
        let file = first[0].join(row[3]);
        assert_fit_for_print(&file);
        let pages: usize = row[6].parse().unwrap();
        assert_eq!(row[7].parse::<usize>().unwrap(), pages.div_ceil(2));
        assert!(tool("pdfinfo", "poppler-utils", &[], &file).contains(&format!("Pages:           {pages}")));
    }
    assert!(tool("pdftotext", "poppler-utils", &["-layout", "-"], &first[0].join(rows[1][3])).contains("FRANCE"));

    // A third waits for its batch to fill, and goes when its time is up.
    assert_eq!(printer.send(&letter_message(3, berlin()), NOON).await.outcome, Outcome::Accepted);
    wait_until("the rest is handed over", || batches(directory.path()).len() == 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_earlier_process_left_is_handed_over() {
    let directory = tempfile::tempdir().unwrap();
    let earlier = provider(&settings(directory.path(), ""));
    assert_eq!(earlier.send(&letter_message(1, berlin()), NOON).await.outcome, Outcome::Accepted);
    assert_eq!(batches(directory.path()).len(), 0);
    let _later = provider(&settings(directory.path(), "batch_seconds = 0"));
    wait_until("it is handed over", || batches(directory.path()).len() == 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_printed_is_told_apart() {
    let directory = tempfile::tempdir().unwrap();
    let printer = provider(&settings(directory.path(), ""));
    let long = "Strasse ".repeat(200);
    for (message, outcome, code) in [
        (letter_message(1, address("DE", &[&long], "Berlin", "", "10115")), Outcome::Rejected, "address-too-long"),
        (
            letter_message(2, address("DE", &["\u{10ffff}\u{13000}"], "Berlin", "", "10115")),
            Outcome::Rejected,
            "no-font",
        ),
        (sms(3, "+14155550123"), Outcome::Misconfigured, "wrong-channel"),
    ] {
        let answer = printer.send(&message, NOON).await;
        assert_eq!((answer.outcome, answer.code.as_deref()), (outcome, Some(code)));
    }
    std::fs::remove_dir_all(directory.path().join("parts")).unwrap();
    let answer = printer.send(&letter_message(4, berlin()), NOON).await;
    assert_eq!(answer.outcome, Outcome::Retry, "a directory that is gone takes nothing and marks nobody");
}

#[tokio::test]
async fn returns_are_believed_with_a_token_and_no_other() {
    let directory = tempfile::tempdir().unwrap();
    let printer = provider(&settings(directory.path(), ""));
    let attempt = letter_message(1, berlin()).attempt;
    let body = format!("letter,status,reason\n{attempt},posted,\n{attempt},returned,moved away\n");
    let ask = |authorization: &str, body: &str| ReceiptRequest {
        url: String::from("https://candour.example.org:8443/v1/receipts/printer"),
        headers: [(String::from("authorization"), authorization.to_owned())].into(),
        body: body.to_owned().into(),
        now: NOON,
    };
    for token in ["Bearer new", "Bearer old"] {
        let events = printer.receipts(&ask(token, &body)).await.unwrap();
        let said: Vec<_> = events.iter().map(|event| (event.attempt, event.outcome)).collect();
        assert_eq!(said, [(attempt, Some(Outcome::Accepted)), (attempt, Some(Outcome::BadAddress))]);
        assert!(!format!("{events:?}").contains("moved"), "prose is not kept");
    }
    assert_eq!(printer.receipts(&ask("Bearer other", &body)).await, Err(ReceiptError::Forged));
    let nonsense = printer.receipts(&ask("Bearer new", "<html>")).await;
    assert!(matches!(nonsense, Err(ReceiptError::Malformed(_))));
}
