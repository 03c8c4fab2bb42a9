//! A real Postfix takes messages over STARTTLS and over implicit TLS, with login, and hands them on unharmed.

use candour::domain::clock::Millis;
use candour::domain::outcome::Outcome;
use candour::providers::Checked;
use candour::providers::Provider;
use candour::providers::settings::Common;
use candour::providers::smtp::{SmtpProvider, SmtpTls};
use mail_parser::MessageParser;

use crate::support::messages::email;
use crate::support::postfix::Postfix;

#[tokio::test(flavor = "multi_thread")]
async fn two_messages_share_one_connection_and_arrive_as_written() {
    let postfix = Postfix::start();
    let relay = SmtpProvider::build(&Common::named("relay"), &postfix.settings()).unwrap();
    assert_eq!(relay.check().await, Ok(Checked::SignsIn));
    let ann = email(1, "ann@example.org");
    for message in [&ann, &email(2, "ben@example.org")] {
        let answer = relay.send(message, Millis(1_800_000_000_000)).await;
        assert_eq!((answer.outcome, answer.code.as_deref()), (Outcome::Accepted, Some("250 2.0.0")));
    }

    let kept = postfix.kept(2);
    let kept = kept.iter().find(|m| m.contains("ann@example.org")).unwrap();
    let args = |name: &str| kept.lines().find(|l| l.starts_with(name)).unwrap().to_owned();
    assert!(args("X-Mail-Args").contains(&format!("ENVID={}", ann.attempt.0.simple())), "{kept}");
    assert!(args("X-Mail-Args").contains("<bounce+"), "{kept}");
    assert!(args("X-Rcpt-Args").contains("NOTIFY=FAILURE"), "{kept}");
    let parsed = MessageParser::new().parse(kept).unwrap();
    assert_eq!(parsed.message_id().unwrap(), ann.message_id("sender.example"));
    assert_eq!(parsed.subject(), Some("Ihre persönlichen Daten"));
    assert_eq!(parsed.from().unwrap().first().unwrap().name(), Some("Datenschutz bei Müller & Söhne"));
    let text = parsed.body_text(0).unwrap().replace("\r\n", "\n");
    assert_eq!(text, "Guten Tag,\n.Punkt am Zeilenanfang\nÜber Ihre Daten.\n");
    // One connection of the check, one for both messages.
    assert_eq!(postfix.log().matches("sasl_username=candour").count(), 2, "{}", postfix.log());
    assert_eq!(postfix.conversations(), 2, "{}", postfix.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn implicit_tls_works_too() {
    let postfix = Postfix::start();
    let mut settings = postfix.settings();
    settings.tls = SmtpTls::Implicit;
    settings.port = postfix.implicit;
    let relay = SmtpProvider::build(&Common::named("relay"), &settings).unwrap();
    let answer = relay.send(&email(1, "ann@example.org"), Millis(0)).await;
    assert_eq!(answer.outcome, Outcome::Accepted, "{answer:?}");
    assert_eq!(postfix.kept(1).len(), 1);
}
