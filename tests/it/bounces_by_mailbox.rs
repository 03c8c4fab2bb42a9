//! Bounces are fetched from a mailbox by IMAP: a real Postfix bounces, a real Dovecot keeps, and Candour reads.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use crate::support::bounce_mailbox::{BounceMailbox, LOGIN};
use crate::support::candour::Candour;
use crate::support::postfix::Postfix;
use crate::support::process::{PATIENCE, wait_until};
use crate::support::responder::people_at;
use crate::support::token_desk::TokenDesk;

async fn with_mailbox(mailbox: &BounceMailbox, more: &str, dir: &Path, providers: &str) -> Candour {
    let database = format!("sqlite:{}", dir.join("candour.db").display());
    Candour::start(dir, &database, &format!("{}{providers}", mailbox.table(more))).await
}

/// Hands a message to the mailbox, as a mail server would.
fn deliver(mailbox: &BounceMailbox, to: &str, message: &str) {
    use std::io::{BufRead as _, BufReader, Write as _};
    let stream = std::net::TcpStream::connect(("127.0.0.1", mailbox.lmtp)).unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut writer = stream;
    let mut answer = String::new();
    reader.read_line(&mut answer).unwrap();
    for line in ["LHLO test", "MAIL FROM:<>", &format!("RCPT TO:<{to}>"), "DATA", &format!("{message}\r\n.")] {
        writer.write_all(format!("{line}\r\n").as_bytes()).unwrap();
        loop {
            answer.clear();
            reader.read_line(&mut answer).unwrap();
            if answer.as_bytes().get(3) != Some(&b'-') {
                break;
            }
        }
        assert!(answer.starts_with(['2', '3']), "{line}: {answer}");
    }
}

async fn until_counts(candour: &Candour, campaign: &str, reached: i64, unreachable: i64) -> Value {
    let deadline = std::time::Instant::now() + PATIENCE;
    loop {
        let state = candour.read_campaign(campaign).await;
        if state["counts"]["reached"] == reached && state["counts"]["unreachable"] == unreachable {
            return state;
        }
        assert!(std::time::Instant::now() < deadline, "{state}\n{}", candour.lately());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn readiness(candour: &Candour) -> String {
    let answer = candour.http.get(format!("{}/readyz", candour.base)).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.text().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn bounces_are_taken_once_and_gone_and_what_is_none_stays_flagged() {
    let mut mailbox = BounceMailbox::start();
    let postfix = Postfix::with_bounces_to(Some(format!("lmtp:inet:127.0.0.1:{}", mailbox.lmtp)));
    let dir = tempfile::tempdir().unwrap();
    deliver(&mailbox, "bounces@bounces.test", "Subject: lunch?\r\nTo: bounces@bounces.test\r\n\r\nAt noon.\r\n");
    let candour = with_mailbox(&mailbox, "", dir.path(), &postfix.table()).await;
    let mut csv = people_at("refusing.example", 3);
    let _ = writeln!(csv, "K,Known,ann@example.org");
    let (_, campaign) = candour.campaign(csv).await;
    until_counts(&candour, &campaign, 1, 3).await;
    wait_until("the bounces are gone and lunch is flagged", || {
        mailbox.messages("").len() == 1 && mailbox.flags().iter().any(|flags| flags.contains('F'))
    });
    assert!(mailbox.messages("")[0].contains("lunch"), "{:?}", mailbox.messages(""));
    assert_eq!(readiness(&candour).await, "ready");
    let metrics = candour.metrics().await;
    assert!(metrics.contains("candour_receipts_total{provider=\"relay\",effect=\"moved\"} 3"), "{metrics}");

    // The server goes and comes back; what came meanwhile is read.
    mailbox.down();
    candour.logged(1, "the mailbox for bounces is away").await;
    assert!(readiness(&candour).await.contains("the mailbox for bounces cannot be read"));
    mailbox.up();
    let (_, second) = candour.campaign(people_at("refusing.example", 2)).await;
    until_counts(&candour, &second, 0, 2).await;
    wait_until("those are gone, too", || mailbox.messages("").len() == 1);
    assert_eq!(readiness(&candour).await, "ready", "{}", mailbox.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn bounces_that_all_come_to_one_address_are_known_by_what_they_return() {
    let mailbox = BounceMailbox::start();
    let one = "returns@sender.example";
    let postfix = Postfix::with_all_bounces_to(one, format!("lmtp:inet:127.0.0.1:{}", mailbox.lmtp));
    let dir = tempfile::tempdir().unwrap();
    let forged = format!(
        "To: {one}\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n\r\n\
         --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mail.example\r\n\
         Original-Envelope-Id: {}{}\r\n\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n",
        "0".repeat(32),
        "a".repeat(20)
    );
    deliver(&mailbox, one, &forged);
    let candour = with_mailbox(&mailbox, "", dir.path(), &postfix.table()).await;
    let (_, campaign) = candour.campaign(people_at("refusing.example", 3)).await;
    until_counts(&candour, &campaign, 0, 3).await;
    wait_until("the bounces are gone and the forged one is flagged", || {
        mailbox.messages("").len() == 1 && mailbox.flags().iter().any(|flags| flags.contains('F'))
    });
    let left = mailbox.messages("").remove(0);
    assert!(left.contains("dns; mail.example"), "{left}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_taken_is_kept_in_a_folder_where_one_is_named() {
    let mailbox = BounceMailbox::start();
    let postfix = Postfix::with_bounces_to(Some(format!("lmtp:inet:127.0.0.1:{}", mailbox.lmtp)));
    let dir = tempfile::tempdir().unwrap();
    let candour = with_mailbox(&mailbox, "move_to = 'Taken'\n", dir.path(), &postfix.table()).await;
    let (_, campaign) = candour.campaign(people_at("refusing.example", 2)).await;
    until_counts(&candour, &campaign, 0, 2).await;
    wait_until("both have moved", || mailbox.messages("Taken").len() == 2 && mailbox.messages("").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_does_not_say_when_something_comes_is_asked_again_and_again() {
    let mailbox = BounceMailbox::of_a_bare_server();
    let postfix = Postfix::with_bounces_to(Some(format!("lmtp:inet:127.0.0.1:{}", mailbox.lmtp)));
    let dir = tempfile::tempdir().unwrap();
    let candour = with_mailbox(&mailbox, "poll_seconds = 5\n", dir.path(), &postfix.table()).await;
    wait_until("it was looked into, and is again", || mailbox.told().contains("NOOP"));
    for people in [3, 2] {
        let (_, campaign) = candour.campaign(people_at("refusing.example", people)).await;
        until_counts(&candour, &campaign, 0, i64::try_from(people).unwrap()).await;
    }
    wait_until("all have gone", || mailbox.messages("").is_empty());
    assert_eq!(readiness(&candour).await, "ready", "{}", mailbox.log());
    let told = mailbox.told();
    assert_eq!(told.matches(" LOGIN ").count() + told.matches(" SELECT ").count(), 1, "one connection: {told}");
    assert!(!told.contains("IDLE") && !told.contains("UID EXPUNGE"), "what it does not offer: {told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_login_is_said_by_the_check_the_log_and_readiness() {
    let mailbox = BounceMailbox::start();
    let dir = tempfile::tempdir().unwrap();
    let table = mailbox.table("");
    std::fs::write(mailbox.password_file(), "not-the-password").unwrap();
    let database = format!("sqlite:{}", dir.path().join("candour.db").display());
    let candour = Candour::start(dir.path(), &database, &table).await;
    candour.logged(1, "the server refuses the login; check bounces.mailbox.username and password_file").await;
    assert!(readiness(&candour).await.contains("the mailbox for bounces cannot be read"));
    assert!(!candour.log().contains("not-the-password"));
    let output = candour.prepared(&["check"]).output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(!output.status.success() && said.contains("FAULT  bounce mailbox: the server refuses the login"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn starttls_is_kept_to_and_a_certificate_of_strangers_is_not_believed() {
    let mailbox = BounceMailbox::start();
    let dir = tempfile::tempdir().unwrap();
    let starttls = mailbox.table("tls = 'starttls'\n").replace(&mailbox.imaps.to_string(), &mailbox.imap.to_string());
    for (name, table, fault) in [
        ("a", starttls.clone(), None),
        (
            "b",
            starttls
                .lines()
                .filter(|line| !line.starts_with("ca_file"))
                .fold(String::new(), |all, line| all + line + "\n"),
            Some("no protected connection"),
        ),
        ("c", mailbox.table("folder = 'Nowhere'\n"), Some("there is no folder \"Nowhere\"")),
    ] {
        let place = dir.path().join(name);
        std::fs::create_dir(&place).unwrap();
        let database = format!("sqlite:{}", place.join("candour.db").display());
        let candour = Candour::prepare(&place, &database, "", &table).await;
        let said = String::from_utf8_lossy(&candour.prepared(&["check"]).output().await.unwrap().stdout).into_owned();
        match fault {
            None => assert!(said.contains("ok     bounce mailbox"), "{said}"),
            Some(fault) => assert!(said.contains(&format!("FAULT  bounce mailbox: {fault}")), "{said}"),
        }
    }
}

/// The table of the mailbox with a token in the place of the password.
fn by_token(mailbox: &BounceMailbox, desk: &TokenDesk, secret: &str, dir: &Path) -> String {
    let file = dir.join("oauth.secret");
    std::fs::write(&file, secret).unwrap();
    let table =
        mailbox.table("").lines().filter(|line| !line.starts_with("password_file")).collect::<Vec<_>>().join("\n");
    let (tokens, file) = (desk.tokens(), file.display());
    format!(
        "{table}\noauth_token_url = '{tokens}'\noauth_client_id = 'candour'\noauth_scope = 'mail'\nOAUTH = '{file}'\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_by_token_holds_over_connections_and_asks_anew_when_it_is_taken_back() {
    let secret = "the-secret-of-the-application";
    let wanted =
        [("grant_type", "client_credentials"), ("client_id", "candour"), ("client_secret", secret), ("scope", "mail")];
    let desk = TokenDesk::wanting(LOGIN.0, &wanted).await;
    let mut mailbox = BounceMailbox::of_tokens(&desk.info());
    let dir = tempfile::tempdir().unwrap();
    let table = by_token(&mailbox, &desk, secret, dir.path()).replace("OAUTH", "oauth_client_secret_file");
    let database = format!("sqlite:{}", dir.path().join("candour.db").display());
    let candour = Candour::start(dir.path(), &database, &table).await;
    let flagged = |mailbox: &BounceMailbox| mailbox.flags().iter().filter(|flags| flags.contains('F')).count();
    let lunch = "Subject: lunch?\r\nTo: bounces@bounces.test\r\n\r\nAt noon.\r\n";
    deliver(&mailbox, "bounces@bounces.test", lunch);
    wait_until("lunch is looked at and flagged", || flagged(&mailbox) == 1);
    mailbox.down();
    candour.logged(1, "the mailbox for bounces is away").await;
    mailbox.up();
    deliver(&mailbox, "bounces@bounces.test", lunch);
    wait_until("the second is flagged, too", || flagged(&mailbox) == 2);
    assert_eq!(desk.given(), 1, "the token holds for an hour, whatever becomes of connections");

    desk.takes_back();
    mailbox.down();
    mailbox.up();
    candour.logged(1, "the server does not take the token").await;
    deliver(&mailbox, "bounces@bounces.test", lunch);
    wait_until("the third is flagged with a new token", || flagged(&mailbox) == 3);
    assert_eq!(desk.given(), 2);
    let log = candour.log();
    assert!(!log.contains(secret) && !log.contains("token-1"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_check_logs_in_with_a_users_refresh_token_and_says_when_there_is_no_token() {
    let wanted = [
        ("grant_type", "refresh_token"),
        ("client_id", "candour"),
        ("refresh_token", "agreed-once"),
        ("scope", "mail"),
    ];
    let desk = TokenDesk::wanting(LOGIN.0, &wanted).await;
    let mailbox = BounceMailbox::of_tokens(&desk.info());
    for (name, refresh, said) in [
        ("a", "agreed-once", "ok     bounce mailbox"),
        ("b", "not-agreed", "it answers 401 invalid_client; check bounces.mailbox.oauth_token_url"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let table = by_token(&mailbox, &desk, refresh, dir.path()).replace("OAUTH", "oauth_refresh_token_file");
        let database = format!("sqlite:{}", dir.path().join("candour.db").display());
        let candour = Candour::prepare(dir.path(), &database, "", &table).await;
        let output = candour.prepared(&["check"]).output().await.unwrap();
        let out = String::from_utf8_lossy(&output.stdout);
        assert!(out.contains(said) && !out.contains(refresh) && !out.contains("prose"), "{name}: {out}");
    }
}
