//! The access token of a Google service account: a signed assertion is exchanged for a token that holds for an hour
//! (RFC 7523; Google's "OAuth 2.0 for Server to Server Applications").

use serde::Deserialize;
use serde_json::json;
use tokio::sync::Mutex;
use url::Url;

use crate::config::Secret;
use crate::domain::clock::Millis;
use crate::domain::outcome::Outcome;
use crate::providers::Answer;
use crate::providers::http::Http;
use crate::providers::protocol::jwt::Key;
use crate::providers::settings::Faults;

const SCOPE: &str = "https://www.googleapis.com/auth/firebase.messaging";
const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// How long an assertion holds, in seconds; the most that is allowed.
const ASSERTION: i64 = 3600;
/// A token is renewed so long before its end, in milliseconds.
const EARLY: i64 = 5 * 60 * 1000;

/// A service account's key file.
#[derive(Deserialize)]
struct KeyFile {
    project_id: String,
    private_key_id: String,
    private_key: Secret,
    client_email: String,
    token_uri: Url,
}

/// A service account, and the token that it has now.
pub(super) struct Account {
    pub(super) project: String,
    email: String,
    key_id: String,
    key: Key,
    token_uri: Url,
    /// Held while a token is fetched, so that it is fetched once.
    held: Mutex<Option<Token>>,
}

/// A token, when it was given and until when it is used.
struct Token {
    text: Secret,
    since: Millis,
    until: Millis,
}

#[derive(Deserialize)]
struct Granted {
    access_token: Secret,
    expires_in: i64,
}

#[derive(Deserialize)]
struct Refused {
    error: String,
}

impl Account {
    /// Reads the key file's content.
    pub(super) fn read(content: &Secret) -> Result<Self, Faults> {
        let wrong = |reason: &str| Faults::one("service_account_file", reason);
        let file: KeyFile = serde_json::from_str(content.expose())
            .map_err(|_| wrong("is not the JSON key file of a service account; make one in the project's settings"))?;
        let key = Key::rs256(&file.private_key).ok_or_else(|| wrong("holds no RSA key that can be used"))?;
        Ok(Self {
            project: file.project_id,
            email: file.client_email,
            key_id: file.private_key_id,
            key,
            token_uri: file.token_uri,
            held: Mutex::new(None),
        })
    }

    /// The token for now, fetched if there is none or it ends soon. Where it cannot be had, the answer says so; the
    /// message itself has not been sent then.
    pub(super) async fn token(&self, http: &Http, now: Millis) -> Result<Secret, Answer> {
        let mut held = self.held.lock().await;
        if let Some(token) = held.as_ref().filter(|token| (token.since.0..token.until.0).contains(&now.0)) {
            return Ok(token.text.clone());
        }
        let granted = self.fetch(http, now).await?;
        let until = now.plus(granted.expires_in.saturating_mul(1000).saturating_sub(EARLY));
        *held = Some(Token { text: granted.access_token.clone(), since: now, until });
        Ok(granted.access_token)
    }

    /// Forgets a token that was refused. Whether a new one may help: it had been good for a while, or another has found that
    /// out before and there is a newer one, or soon will be.
    pub(super) async fn refused(&self, refused: &Secret, now: Millis) -> bool {
        let mut held = self.held.lock().await;
        match held.as_ref().filter(|token| token.text.expose() == refused.expose()) {
            None => true,
            Some(token) => {
                let aged = now.0 - token.since.0 > EARLY;
                if aged {
                    *held = None;
                }
                aged
            }
        }
    }

    async fn fetch(&self, http: &Http, now: Millis) -> Result<Granted, Answer> {
        let at = now.0.div_euclid(1000);
        let claims = json!({
            "iss": self.email, "scope": SCOPE, "aud": self.token_uri, "iat": at, "exp": at + ASSERTION,
        });
        let assertion = self.key.mint(Some(&self.key_id), &claims);
        let form = [("grant_type", GRANT), ("assertion", assertion.as_str())];
        let reply = match http.run(http.post(self.token_uri.clone()).form(&form)).await {
            Ok(reply) => reply,
            // Only the token was asked for: no message can have gone out.
            Err(fault) => {
                let answer = fault.answer();
                let outcome = if answer.outcome == Outcome::Unknown { Outcome::Retry } else { answer.outcome };
                return Err(Answer::of(outcome, format!("token {}", answer.code.unwrap_or_default())));
            }
        };
        match reply.status {
            200..=299 => serde_json::from_slice(&reply.body).map_err(|_| Answer::of(Outcome::Retry, "token unlisted")),
            400..=499 if reply.status != 429 => {
                let error = serde_json::from_slice::<Refused>(&reply.body).map(|refused| refused.error);
                let known = ["invalid_grant", "invalid_client", "unauthorized_client", "invalid_scope"];
                let word = error.ok().filter(|word| known.contains(&word.as_str()));
                Err(Answer::of(
                    Outcome::Misconfigured,
                    format!("token {}", word.unwrap_or_else(|| reply.status.to_string())),
                ))
            }
            status => Err(Answer {
                retry_after_ms: reply.retry_after_ms(now),
                ..Answer::of(Outcome::Retry, format!("token {status}"))
            }),
        }
    }
}
