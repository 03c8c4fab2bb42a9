//! Two people share a mailbox, and the bounces of their two messages are the same to the letter but for the headers that came
//! back: RFC 3464 demands no word in a report that names the message. Each makes its own person unreachable.

use serde_json::json;

use crate::support::candour::Candour;
use crate::support::databases;
use crate::support::smtp_sink::SmtpSink;

const SECRET: &str = "the secret of the bounce addresses";

#[tokio::test(flavor = "multi_thread")]
async fn sqlite() {
    databases::on_sqlite(scenario).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres() {
    databases::on_postgres(scenario).await;
}

async fn scenario(database: String) {
    let dir = tempfile::tempdir().expect("a directory");
    let sink = SmtpSink::start(dir.path(), &[]).await;
    let secret = dir.path().join("bounces");
    std::fs::write(&secret, SECRET).expect("the secret is written");
    let providers = format!(
        "[[providers]]\nkind = \"smtp\"\nname = \"mail\"\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\n\
         from = \"incident@example.org\"\nbounce_secret_file = \"{}\"\n",
        sink.address.port(),
        secret.display()
    );
    let mut candour = Candour::start(dir.path(), &database, &providers).await;
    let people = "ref,name,email\nA,Ann,house@example.net\nB,Bob,house@example.net\n";
    let (_, campaign) = candour.campaign(people.to_owned()).await;
    let state = candour.completed(&campaign).await;
    assert_eq!(state["counts"]["reached"], 2, "{state}");

    let sent = sink.messages();
    let tokens: Vec<&str> = sent
        .iter()
        .map(|text| text.split("X-Candour-Attempt: ").nth(1).unwrap().split_whitespace().next().unwrap())
        .collect();
    assert_eq!(tokens.len(), 2);
    // The second comes twice, as what was not answered in time does.
    for token in [tokens[0], tokens[1], tokens[1]] {
        let url = format!("{}/v1/receipts/mail", candour.base);
        let answer = candour.http.post(url).bearer_auth(SECRET).body(bounce(token)).send().await.expect("an answer");
        assert_eq!(answer.status(), 204, "{}", answer.text().await.unwrap_or_default());
    }
    let state = candour.read_campaign(&campaign).await;
    assert_eq!((&state["counts"]["reached"], &state["counts"]["unreachable"]), (&json!(0), &json!(2)), "{state}");
    let metrics = candour.metrics().await;
    let counted =
        |effect: &str| metrics.lines().any(|line| line.contains(&format!("\"{effect}\"")) && line.ends_with(" 1"));
    assert!(counted("repeated"), "the second of the same bounce changes nothing: {metrics}");
    candour.terminate().await;
}

fn bounce(token: &str) -> String {
    format!(
        "From: MAILER-DAEMON@mail.example.net\r\nTo: returns@example.org\r\nSubject: Undelivered\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n\r\n\
         --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mail.example.net\r\n\r\n\
         Final-Recipient: rfc822; house@example.net\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n\
         --b\r\nContent-Type: text/rfc822-headers\r\n\r\nX-Candour-Attempt: {token}\r\n\r\n--b--\r\n"
    )
}
