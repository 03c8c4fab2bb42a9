//! The token that a login shows in place of a password, from an OAuth 2.0 server (RFC 6749): for the application itself (client
//! credentials, section 4.4) or for a user who once agreed (refresh token, section 6).

use serde::Deserialize;
use tokio::sync::Mutex;
use url::Url;

use super::MailboxFault;
use crate::config::{BounceMailbox, Secret};
use crate::domain::clock::Millis;
use crate::providers::http::{Http, Reach};

/// A token is renewed so long before its end, in milliseconds.
const EARLY: i64 = 60 * 1000;
/// How long a token holds whose server does not say, in seconds.
const USUAL: i64 = 3600;

/// What a server may say of a request that it refuses (RFC 6749, section 5.2). Other words are not repeated.
const WORDS: [&str; 6] = [
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
];

/// The token that is held, over all connections to the mailbox.
#[derive(Default)]
pub(super) struct Tokens(Mutex<Held>);

#[derive(Default)]
struct Held {
    /// With the moment until which it is used.
    token: Option<(Secret, Millis)>,
    /// The newest, where the server gives a new one with each token.
    refresh: Option<Secret>,
}

#[derive(Deserialize)]
struct Granted {
    access_token: Secret,
    expires_in: Option<i64>,
    refresh_token: Option<Secret>,
}

#[derive(Deserialize)]
struct Refused {
    error: String,
}

impl Tokens {
    /// The token for now, fetched if there is none or it ends soon.
    pub(super) async fn token(
        &self,
        settings: &BounceMailbox,
        from: &Url,
        now: Millis,
    ) -> Result<Secret, MailboxFault> {
        let mut held = self.0.lock().await;
        if let Some((token, _)) = held.token.as_ref().filter(|(_, until)| now < *until) {
            return Ok(token.clone());
        }
        let refresh = held.refresh.clone().or_else(|| settings.oauth_refresh_token.clone());
        let granted = fetch(settings, from, refresh.as_ref()).await?;
        let seconds = granted.expires_in.unwrap_or(USUAL);
        let until = now.plus(seconds.saturating_mul(1000).saturating_sub(EARLY));
        held.token = Some((granted.access_token.clone(), until));
        held.refresh = granted.refresh_token.or(refresh);
        Ok(granted.access_token)
    }

    /// Forgets a token that the mailbox did not take.
    pub(super) async fn refused(&self) {
        self.0.lock().await.token = None;
    }
}

async fn fetch(settings: &BounceMailbox, from: &Url, refresh: Option<&Secret>) -> Result<Granted, MailboxFault> {
    let fault = |reason: String| MailboxFault::NoToken { from: from.origin().ascii_serialization(), reason };
    let mut form = vec![("client_id", settings.oauth_client_id.as_deref().unwrap_or_default())];
    form.extend(settings.oauth_client_secret.as_ref().map(|secret| ("client_secret", secret.expose())));
    form.extend(settings.oauth_scope.as_deref().map(|scope| ("scope", scope)));
    match refresh {
        Some(refresh) => form.extend([("grant_type", "refresh_token"), ("refresh_token", refresh.expose())]),
        None => form.push(("grant_type", "client_credentials")),
    }
    let http = Http::new(Reach::Anywhere).map_err(&fault)?;
    let reply = http.run(http.post(from.clone()).form(&form)).await.map_err(|e| fault(e.to_string()))?;
    if (200..300).contains(&reply.status) {
        return serde_json::from_slice(&reply.body).map_err(|_| fault(String::from("its answer is no token")));
    }
    let word = serde_json::from_slice::<Refused>(&reply.body).map(|refused| refused.error).unwrap_or_default();
    let word = WORDS.iter().find(|known| **known == word).map(|word| format!(" {word}")).unwrap_or_default();
    Err(fault(format!("it answers {}{word}", reply.status)))
}
