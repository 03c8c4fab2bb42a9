//! Credentials never go over a connection without TLS; the settings for it are refused.

use candour::config::Secret;
use candour::providers::settings::Common;
use candour::providers::smtp::SmtpProvider;

use crate::support::smtp_server::SmtpServer;

#[tokio::test]
async fn login_without_tls_is_refused_when_the_provider_is_built() {
    let server = SmtpServer::play(Vec::new()).await;
    let mut settings = server.settings();
    settings.username = Some(String::from("u"));
    settings.password = Some(Secret::new("secret-word"));
    let Err(reason) = SmtpProvider::build(&Common::named("relay"), &settings) else { panic!("it was built") };
    let reason = reason.to_string();
    assert!(reason.contains("in clear") && !reason.contains("secret-word"), "{reason}");
}
