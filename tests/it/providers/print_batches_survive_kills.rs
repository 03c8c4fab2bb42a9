//! A process that collects letters and hands batches over is killed at random moments: every letter that it said was in is in
//! exactly one batch, whole.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use candour::domain::id::AttemptId;
use candour::providers::print::{ManifestForm, Rules, Slip, Tray};

use crate::support::dice::{Dice, given};

const KILLS: u32 = 25;

fn rules() -> Rules {
    let postage = (String::from("standard"), String::from("abroad"));
    Rules { form: ManifestForm::Jsonl, duplex: true, country: Some(String::from("DE")), postage }
}

fn letter(number: u128) -> (Slip, Vec<u8>) {
    let attempt = AttemptId(uuid::Uuid::from_u128(0x019a_a000_0000_7000_8000_0000_0000_0000 + number));
    (Slip { attempt, pages: 2, country: None }, format!("letter {number}").repeat(200).into_bytes())
}

/// The process that is killed: this test binary again, with a directory to work in.
#[test]
fn collects_until_killed() {
    let (Some(directory), Some(first)) = (std::env::var_os("TEST_TRAY"), given("TEST_FIRST")) else { return };
    let tray = Tray::open(Path::new(&directory)).unwrap();
    for number in u128::from(first).. {
        let (slip, pdf) = letter(number);
        let waiting = tray.take_in(&slip, &pdf).unwrap();
        println!("in {number}");
        if waiting >= 3 {
            tray.hand_over(&rules()).unwrap();
        }
    }
}

#[test]
fn nothing_is_lost_or_doubled() {
    let directory = tempfile::tempdir().unwrap();
    let mut dice = Dice::throw(0x7a7);
    println!("TEST_SEED={}", dice.seed);
    let mut said_in = Vec::new();
    for round in 0..KILLS {
        let first = u128::from(round) * 100_000;
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["providers::print_batches_survive_kills::collects_until_killed", "--exact", "--nocapture"])
            .env("TEST_TRAY", directory.path())
            .env("TEST_FIRST", first.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut after = dice.within(1..13);
        for line in &mut lines {
            let line = line.unwrap();
            let Some((_, number)) = line.rsplit_once("in ") else { continue };
            said_in.push(number.parse::<u128>().unwrap());
            after -= 1;
            if after == 0 {
                break;
            }
        }
        // A moment more or less, so that it dies within a step and not only between two.
        std::thread::sleep(Duration::from_micros(dice.within(0..3_000) as u64));
        child.kill().unwrap();
        child.wait().unwrap();
        for line in lines {
            if let Some((_, number)) = line.unwrap().rsplit_once("in ") {
                said_in.push(number.parse().unwrap());
            }
        }
    }
    let tray = Tray::open(directory.path()).unwrap();
    while tray.hand_over(&rules()).unwrap().is_some() {}
    assert_eq!(tray.waiting().unwrap(), 0);
    let mut found: BTreeMap<String, u32> = BTreeMap::new();
    for batch in std::fs::read_dir(directory.path().join("ready")).unwrap() {
        let batch = batch.unwrap().path();
        let manifest = std::fs::read_to_string(batch.join("manifest.jsonl")).unwrap();
        let mut sequence = 0;
        for line in manifest.lines() {
            let row: serde_json::Value = serde_json::from_str(line).unwrap();
            sequence += 1;
            assert_eq!(row["sequence"], sequence);
            let pdf = std::fs::read(batch.join(row["file"].as_str().unwrap())).unwrap();
            assert_eq!(row["sha256"], sha256(&pdf), "whole");
            *found.entry(row["letter"].as_str().unwrap().to_owned()).or_default() += 1;
        }
        let files = std::fs::read_dir(&batch).unwrap().count();
        assert_eq!(files, sequence + 1, "the manifest lists every file");
    }
    assert!(said_in.len() > KILLS as usize);
    for number in &said_in {
        let token = letter(*number).0.attempt.to_string();
        assert_eq!(found.get(&token), Some(&1), "letter {number}");
    }
    assert!(found.values().all(|times| *times == 1), "a letter that was cut off is in once at most");
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(ring::digest::digest(&ring::digest::SHA256, bytes))
}
