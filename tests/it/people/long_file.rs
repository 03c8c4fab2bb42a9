//! 200,000 lines in one request through the real process, whose memory must not grow with the file.

use std::fmt::Write as _;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::candour::Candour;
use crate::support::databases::{on_postgres, on_sqlite};

const LINES: usize = 200_000;
const WARM_UP: usize = LINES / 2;
/// Text in each line that makes the file far larger than what the process may grow by.
const NOTE: usize = 300;
/// What the process may grow by. The file is more than twice as large, with all its columns.
const GROWTH: u64 = 32 * 1024 * 1024;
const _: () = assert!((LINES * NOTE) as u64 > GROWTH * 3 / 2, "holding the file would show");

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite() {
    on_sqlite(scenario).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres() {
    on_postgres(scenario).await;
}

async fn scenario(database: String) {
    let dir = tempfile::tempdir().unwrap();
    let candour = Candour::start(dir.path(), &database, "").await;
    let incident = candour.call(&candour.responder, "POST", "/v1/incidents", Some(json!({ "title": "Long" }))).await;
    let incident = incident["id"].as_str().unwrap().to_owned();

    // A first file brings allocator, caches and statements to the size they then keep.
    let answer = upload(&candour, &incident, 0..WARM_UP).await;
    assert_eq!(answer["added"], WARM_UP, "{answer}");
    let before = resident(candour.pid(), "VmHWM");
    let answer = upload(&candour, &incident, 0..LINES).await;
    let peak = resident(candour.pid(), "VmHWM");

    assert_eq!(answer["accepted"], LINES, "{answer}");
    assert_eq!(answer["added"], LINES - WARM_UP, "{answer}");
    assert_eq!(answer["unchanged"], WARM_UP, "{answer}");
    assert_eq!(answer["rejected"], 0, "{answer}");
    let grown = peak.saturating_sub(before);
    println!("the process grew by {} KiB", grown / 1024);
    assert!(grown < GROWTH, "the process grew by {} KiB while it took in the file", grown / 1024);
}

/// Sends a file as it is made: neither side knows its length.
async fn upload(candour: &Candour, incident: &str, people: std::ops::Range<usize>) -> Value {
    let address = candour.base.strip_prefix("http://").unwrap();
    let mut connection = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "POST /v1/incidents/{incident}/people HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\n\
         Content-Type: text/csv\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n",
        candour.responder
    );
    connection.write_all(head.as_bytes()).await.unwrap();
    let mut piece = String::from("ref,name,email,phone,country,locale,jurisdiction,note\n");
    let note = "n".repeat(NOTE);
    for i in people {
        let _ = writeln!(piece, "P-{i},Person {i},p{i}@example.org,030 90{:06},DE,de,eu-gdpr,{note}", i % 1_000_000);
        if piece.len() > 60_000 {
            send(&mut connection, &mut piece).await;
        }
    }
    send(&mut connection, &mut piece).await;
    connection.write_all(b"0\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    let body = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {answer}")).1;
    serde_json::from_str(body).unwrap_or_else(|_| panic!("no JSON: {answer}"))
}

async fn send(connection: &mut TcpStream, piece: &mut String) {
    let chunk = format!("{:x}\r\n{piece}\r\n", piece.len());
    connection.write_all(chunk.as_bytes()).await.unwrap();
    piece.clear();
}

/// A figure of a process's memory, in bytes.
fn resident(pid: u32, figure: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with(figure)).unwrap();
    let kib: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kib * 1024
}
