//! Bounce mail comes in at our own door: by LMTP from a real Postfix, and from strangers who get nowhere.

use std::fmt::Write as _;

use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::support::candour::Candour;
use crate::support::postfix::{BOUNCES, Postfix};
use crate::support::process::free_port;
use crate::support::responder::people_at;

async fn with_door(door: u16, places: u8, dir: &std::path::Path, providers: &str) -> Candour {
    let database = format!("sqlite:{}", dir.join("candour.db").display());
    let bounces =
        format!("[bounces]\nlisten = '127.0.0.1:{door}'\nmax_message_bytes = 65536\nmax_connections = {places}\n");
    Candour::start(dir, &database, &format!("{bounces}{providers}")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_whose_mail_bounces_is_unreachable_and_the_others_are_not() {
    let door = free_port();
    let postfix = Postfix::with_bounces_to(Some(door));
    let dir = tempfile::tempdir().unwrap();
    let candour = with_door(door, 16, dir.path(), &postfix.table()).await;
    let mut csv = people_at("refusing.example", 3);
    let _ = writeln!(csv, "K,Known,ann@example.org");
    let (_, campaign) = candour.campaign(csv).await;
    let end = candour.completed(&campaign).await;
    // "Completed" comes when all have been accepted; the bounces come after, or before.
    let counts =
        |state: &serde_json::Value| (state["counts"]["reached"].clone(), state["counts"]["unreachable"].clone());
    if counts(&end) != (json!(1), json!(3)) {
        let deadline = std::time::Instant::now() + crate::support::process::PATIENCE;
        loop {
            let state = candour.read_campaign(&campaign).await;
            if counts(&state) == (json!(1), json!(3)) {
                break;
            }
            assert!(std::time::Instant::now() < deadline, "{state}\n{}", postfix.log());
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    }
    assert_eq!(postfix.log().matches("250 2.0.0 taken").count(), 3, "{}", postfix.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_get_nowhere() {
    let door = free_port();
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("bounce.secret"), "the secret of the bounce addresses").unwrap();
    let relay = format!(
        "[[providers]]\nkind = 'smtp'\nname = 'relay'\nhost = '127.0.0.1'\nport = 1\ntls = 'none'\nfrom = 'a@sender.example'\n\
         domain = '{BOUNCES}'\nbounce_secret_file = '{}'\n",
        dir.path().join("bounce.secret").display()
    );
    let _candour = with_door(door, 2, dir.path(), &relay).await;
    let mut talk = BufReader::new(TcpStream::connect(("127.0.0.1", door)).await.unwrap());
    let mut ask = async |line: &str| {
        if !line.is_empty() {
            talk.write_all(format!("{line}\r\n").as_bytes()).await.unwrap();
        }
        let mut reply = String::new();
        loop {
            reply.clear();
            talk.read_line(&mut reply).await.unwrap();
            if reply.as_bytes().get(3) != Some(&b'-') {
                break reply[..3.min(reply.len())].to_owned();
            }
        }
    };
    assert_eq!(ask("").await, "220");
    assert_eq!(ask("RCPT TO:<a@b.example>").await, "503");
    assert_eq!(ask("LHLO stranger").await, "250");
    assert_eq!(ask("MAIL FROM:<> SIZE=70000").await, "552");
    assert_eq!(ask("MAIL FROM:<>").await, "250");
    let forged = format!("bounce+{}{}@{BOUNCES}", "0".repeat(32), "a".repeat(20));
    for address in ["postmaster@bounces.test", "a@elsewhere.example", forged.as_str(), ""] {
        assert_eq!(ask(&format!("RCPT TO:<{address}>")).await, "550", "{address}");
    }
    assert_eq!(ask("DATA").await, "554");
    // Two places, one of which is taken; the third is told to come again.
    let mut second = BufReader::new(TcpStream::connect(("127.0.0.1", door)).await.unwrap());
    let mut line = String::new();
    second.read_line(&mut line).await.unwrap();
    assert!(line.starts_with("220"), "{line}");
    let mut third = BufReader::new(TcpStream::connect(("127.0.0.1", door)).await.unwrap());
    line.clear();
    third.read_line(&mut line).await.unwrap();
    assert!(line.starts_with("421"), "{line}");
    for _ in 0..20 {
        assert_eq!(ask("XYZZY").await, "500");
    }
    assert_eq!(ask("XYZZY").await, "421");
}
