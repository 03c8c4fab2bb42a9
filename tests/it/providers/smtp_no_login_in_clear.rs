//! Credentials never go over a connection without TLS; the settings for it are refused.

use candour::providers::settings::{SecretSource, SmtpLogin};
use candour::providers::smtp::SmtpProvider;

use crate::support::smtp_server::SmtpServer;

#[tokio::test]
async fn login_without_tls_is_refused_when_the_provider_is_built() {
    let server = SmtpServer::play(Vec::new()).await;
    let mut settings = server.settings();
    settings.login = Some(SmtpLogin { username: String::from("u"), password: SecretSource::inline("secret-word") });
    let Err(reason) = SmtpProvider::build(&settings) else { panic!("it was built") };
    assert!(reason.contains("in clear") && !reason.contains("secret-word"), "{reason}");
}
