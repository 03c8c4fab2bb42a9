//! Bounce mail comes in at our own door: by LMTP and by SMTP from a real Postfix, complaints, and strangers who get nowhere.

use std::fmt::Write as _;

use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::support::candour::Candour;
use crate::support::postfix::{BOUNCES, Postfix};
use crate::support::process::{free_port, run};
use crate::support::python::python;
use crate::support::responder::people_at;

/// The address that bounces come to where a relay sends them all to one.
const ONE: &str = "returns@sender.example";

async fn with_door(door: u16, places: u8, dir: &std::path::Path, providers: &str) -> Candour {
    let database = format!("sqlite:{}", dir.join("candour.db").display());
    let bounces = format!(
        "[bounces]\nlisten = '127.0.0.1:{door}'\naddresses = ['{ONE}']\nmax_message_bytes = 65536\nmax_connections = {places}\n"
    );
    Candour::start(dir, &database, &format!("{bounces}{providers}")).await
}

/// A complaint about a message, as a mailbox provider sends it (RFC 5965), by Python's own LMTP client. Gives what the door
/// answered: nothing where it took the message.
const COMPLAIN: &str = "
import smtplib, sys
from email.message import Message
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
port, to, returned = int(sys.argv[1]), sys.argv[2], sys.argv[3]
report = MIMEMultipart('report', report_type='feedback-report')
report['From'], report['To'], report['Subject'] = 'fbl@mailbox.example', to, 'FW: your data'
report.attach(MIMEText('This is an abuse report.'))
feedback = Message()
feedback['Content-Type'] = 'message/feedback-report'
feedback.set_payload('Feedback-Type: abuse\\r\\nUser-Agent: Mailbox/1.0\\r\\nVersion: 1\\r\\n')
report.attach(feedback)
message = Message()
message['Content-Type'] = 'text/rfc822-headers'
message.set_payload(returned + '\\r\\n')
report.attach(message)
with smtplib.LMTP('127.0.0.1', port) as door:
    try:
        print(door.sendmail('', [to], report.as_bytes()))
    except (smtplib.SMTPDataError, smtplib.SMTPRecipientsRefused) as refused:
        print(refused)
";

#[tokio::test(flavor = "multi_thread")]
async fn whose_mail_bounces_is_unreachable_by_lmtp() {
    bounces_come_by(|door| Postfix::with_bounces_to(Some(format!("lmtp:inet:127.0.0.1:{door}")))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whose_mail_bounces_is_unreachable_by_smtp() {
    bounces_come_by(|door| Postfix::with_bounces_to(Some(format!("smtp:[127.0.0.1]:{door}")))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whose_mail_bounces_is_unreachable_where_all_bounces_come_to_one_address() {
    bounces_come_by(|door| Postfix::with_all_bounces_to(ONE, format!("lmtp:inet:127.0.0.1:{door}"))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_complains_has_the_message() {
    let door = free_port();
    let postfix = Postfix::start();
    let dir = tempfile::tempdir().unwrap();
    let candour = with_door(door, 16, dir.path(), &postfix.table()).await;
    let (_, campaign) = candour.campaign(String::from("ref,name,email\nK,Known,ann@example.org\n")).await;
    candour.completed(&campaign).await;
    let log = postfix.log();
    let sender = log.split("from=<").map(|rest| rest.split('>').next().unwrap()).find(|from| from.ends_with(BOUNCES));
    let sender = sender.unwrap_or_else(|| panic!("no sender of ours in\n{log}")).to_owned();
    let complain = |to: &str, returned: &str| {
        let said = run(python().args(["-c", COMPLAIN, &door.to_string(), to, returned]));
        said.trim().to_owned()
    };
    let path = format!("/v1/campaigns/{campaign}/attempts");
    // Where all complaints come to one address, the returned header alone says whose it is, and only under our signature.
    let marked = postfix.kept(1)[0].lines().find(|line| line.starts_with("X-Candour-Attempt: ")).unwrap().to_owned();
    let (start, end) = marked.split_at(marked.len() - 4);
    let forged = format!("{start}{}", if end == "0000" { "1111" } else { "0000" });
    for returned in [forged.as_str(), "Subject: x"] {
        assert!(complain(ONE, returned).contains("5.6.0"), "{returned}");
    }
    assert!(complain("others@sender.example", &marked).contains("5.1.1"), "an address that is not configured");
    let attempts = candour.call(&candour.responder, "GET", &path, None).await;
    assert_eq!(attempts["items"][0]["receipt"], json!(null), "{attempts}");
    assert_eq!(complain(ONE, &marked), "{}", "it was taken");
    let attempts = candour.call(&candour.responder, "GET", &path, None).await;
    assert_eq!(attempts["items"][0]["receipt"], "delivered", "{attempts}");
    assert_eq!(complain(&sender, "Subject: x"), "{}", "it was taken");
    let attempts = candour.call(&candour.responder, "GET", &path, None).await;
    assert_eq!(attempts["items"][0]["receipt"], "delivered", "it is durable before it is taken: {attempts}");
    let state = candour.read_campaign(&campaign).await;
    assert_eq!(state["counts"]["reached"], 1, "{state}");
}

async fn bounces_come_by(relay: impl FnOnce(u16) -> Postfix) {
    let door = free_port();
    let postfix = relay(door);
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
