//! A certificate that does not verify ends the conversation before anything is said.

use candour::domain::clock::Millis;
use candour::domain::outcome::Outcome;
use candour::providers::Provider;
use candour::providers::settings::Common;
use candour::providers::smtp::{SmtpProvider, SmtpTls};

use crate::support::messages::email;
use crate::support::postfix::Postfix;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_and_the_reason_names_the_remedy() {
    let postfix = Postfix::start();
    for (tls, port) in [(SmtpTls::Starttls, postfix.starttls), (SmtpTls::Implicit, postfix.implicit)] {
        let mut settings = postfix.settings();
        settings.tls = tls;
        settings.port = port;
        // The system's authorities do not know the test's.
        settings.ca_file = None;
        let relay = SmtpProvider::build(&Common::named("relay"), &settings).unwrap();
        let answer = relay.send(&email(1, "ann@example.org"), Millis(0)).await;
        assert_eq!((answer.outcome, answer.code.as_deref()), (Outcome::Misconfigured, Some("tls-certificate")));
        let fault = relay.check().await.unwrap_err().to_string();
        assert!(fault.contains("does not verify") && fault.contains("ca_file"), "{fault}");
    }
    assert!(!postfix.log().contains("sasl_username"), "{}", postfix.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_for_another_name_is_refused() {
    let postfix = Postfix::start();
    let mut settings = postfix.settings();
    // Reaches the same server by an address that its certificate does not have.
    settings.host = String::from("127.0.0.2");
    settings.port = postfix.starttls;
    let relay = SmtpProvider::build(&Common::named("relay"), &settings).unwrap();
    // Postfix listens on 127.0.0.1 alone: a forwarder gives it the other address.
    let listener = tokio::net::TcpListener::bind("127.0.0.2:0").await.unwrap();
    settings.port = listener.local_addr().unwrap().port();
    drop(relay);
    let relay = SmtpProvider::build(&Common::named("relay"), &settings).unwrap();
    let port = postfix.starttls;
    tokio::spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            let mut far = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
        }
    });
    let answer = relay.send(&email(1, "ann@example.org"), Millis(0)).await;
    assert_eq!((answer.outcome, answer.code.as_deref()), (Outcome::Misconfigured, Some("tls-certificate")));
}
