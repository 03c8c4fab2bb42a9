//! The temporary keys of a role, from where Amazon hands them out.
//!
//! On an EC2 instance that is the metadata service, version 2: a token is asked for with PUT and shown with each question
//! (Amazon EC2 user guide, "Use the Instance Metadata Service to access instance metadata"). In a container it is one
//! address, which ECS and EKS name in its environment, with what to show there (AWS SDKs and tools reference guide, "Container
//! credential provider").
//!
//! New keys are there at least five minutes before the old ones end. When they cannot be had then, the old ones are used to
//! their end, and it is tried again meanwhile.

use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use tokio::sync::Mutex;
use url::Url;

use super::{Credentials, NoCredentials};
use crate::config::Secret;
use crate::domain::clock::Millis;
use crate::domain::outcome::Outcome;
use crate::providers::http::{Http, HttpReply};

/// How long a question may take. Who answers is on this machine.
const WHOLE: Duration = Duration::from_secs(3);
/// Keys are renewed so long before their end, in milliseconds.
const EARLY: i64 = 5 * 60 * 1000;
/// After a failure, and after keys that end as soon as those before, nobody asks for so long, in milliseconds.
const PAUSE: i64 = 10 * 1000;
/// How long the token for the metadata service holds, in seconds: for one round of questions.
const TOKEN_SECONDS: &str = "60";
const ROLES: &str = "/latest/meta-data/iam/security-credentials/";
const TOKEN: &str = "x-aws-ec2-metadata-token";

/// Where keys are handed out.
pub(super) enum Place {
    /// The metadata service of an instance.
    Instance { base: Url },
    /// The address for a container, and what is shown there: a text, or the file that has the current one.
    Container { url: Url, token: Option<Secret>, token_path: Option<PathBuf> },
}

/// A role, and the keys that it has now.
pub(in crate::providers) struct Role {
    http: Http,
    place: Place,
    /// Held while keys are fetched, so that they are fetched once.
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    keys: Option<Keys>,
    failed: Option<(Millis, NoCredentials)>,
}

/// Keys, when they came, when they are renewed and when they end.
#[derive(Clone)]
struct Keys {
    credentials: Credentials,
    since: Millis,
    renewed: Millis,
    until: Millis,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Granted {
    access_key_id: String,
    secret_access_key: Secret,
    token: Secret,
    expiration: Timestamp,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Refused {
    code: String,
}

impl Role {
    pub(super) fn new(http: Http, place: Place) -> Self {
        Self { http: http.within(WHOLE), place, held: Mutex::default() }
    }

    /// The keys for now, fetched if there are none or they end soon.
    pub(super) async fn credentials(&self, now: Millis) -> Result<Credentials, NoCredentials> {
        let mut held = self.held.lock().await;
        let fresh = |keys: &&Keys| (keys.since.0..keys.renewed.0).contains(&now.0);
        if let Some(keys) = held.keys.as_ref().filter(fresh) {
            return Ok(keys.credentials.clone());
        }
        let rests = held.failed.as_ref().is_some_and(|(at, _)| (at.0..at.plus(PAUSE).0).contains(&now.0));
        if !rests {
            match self.fetch(now).await {
                Ok(keys) => {
                    let credentials = keys.credentials.clone();
                    *held = Held { keys: Some(keys), failed: None };
                    return Ok(credentials);
                }
                Err(fault) => {
                    tracing::warn!(reason = %fault, "no new keys of the role");
                    held.failed = Some((now, fault));
                }
            }
        }
        let good = held.keys.as_ref().filter(|keys| (keys.since.0..keys.until.0).contains(&now.0));
        match (good, &held.failed) {
            (Some(keys), _) => Ok(keys.credentials.clone()),
            (None, Some((_, fault))) => Err(fault.clone()),
            (None, None) => Err(self.fault(Outcome::Retry, "none", "gives no keys")),
        }
    }

    /// Whether a service that calls that key expired may take another: there is one by now, or the key was good for a while,
    /// and is forgotten.
    pub(super) async fn others_may_help(&self, access_key_id: &str, now: Millis) -> bool {
        let mut held = self.held.lock().await;
        let Some(keys) = held.keys.as_ref().filter(|keys| keys.credentials.access_key_id == access_key_id) else {
            return true;
        };
        let aged = now.0 - keys.since.0 > EARLY;
        if aged {
            held.keys = None;
        }
        aged
    }

    async fn fetch(&self, now: Millis) -> Result<Keys, NoCredentials> {
        let reply = match &self.place {
            Place::Instance { base } => self.of_instance(base).await?,
            Place::Container { url, token, token_path } => {
                let mut request = self.http.get(url.clone());
                if let Some(text) = self.shown(token.as_ref(), token_path.as_ref()).await? {
                    request = request.header("authorization", text.expose());
                }
                self.answered(request).await?
            }
        };
        let Ok(granted) = serde_json::from_slice::<Granted>(&reply.body) else {
            // It is a status of its own where the role cannot be assumed, inside a status of success.
            let word = serde_json::from_slice::<Refused>(&reply.body).map(|refused| refused.code).unwrap_or_default();
            let fits = (1..=64).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_alphanumeric());
            return Err(if fits {
                self.fault(Outcome::Misconfigured, &word, &format!("answers {word} in place of keys"))
            } else {
                self.fault(Outcome::Retry, "unlisted", "answers with something that is no keys")
            });
        };
        let until = Millis::from(granted.expiration);
        Ok(Keys {
            credentials: Credentials {
                access_key_id: granted.access_key_id,
                secret_access_key: granted.secret_access_key,
                session_token: Some(granted.token),
            },
            since: now,
            renewed: until.plus(-EARLY).max(now.plus(PAUSE)),
            until,
        })
    }

    async fn of_instance(&self, base: &Url) -> Result<HttpReply, NoCredentials> {
        let at =
            |path: &str| base.join(path).map_err(|_| self.fault(Outcome::Misconfigured, "address", "has no address"));
        let asked =
            self.http.put(at("/latest/api/token")?).header("x-aws-ec2-metadata-token-ttl-seconds", TOKEN_SECONDS);
        let reply = self.answered(asked).await?;
        let garbled = || self.fault(Outcome::Retry, "unlisted", "answers with something that makes no sense");
        let token = std::str::from_utf8(&reply.body).map_err(|_| garbled())?.trim().to_owned();
        let reply = self.answered(self.http.get(at(ROLES)?).header(TOKEN, &token)).await?;
        let roles = std::str::from_utf8(&reply.body).map_err(|_| garbled())?;
        let role = roles.lines().next().map(str::trim).filter(|role| !role.is_empty()).ok_or_else(garbled)?;
        let mut url = at(ROLES)?;
        url.path_segments_mut().map_err(|()| garbled())?.pop_if_empty().push(role);
        self.answered(self.http.get(url).header(TOKEN, &token)).await
    }

    /// What is shown for a container's keys. The file is read each time: it is written anew while Candour runs.
    async fn shown(&self, token: Option<&Secret>, path: Option<&PathBuf>) -> Result<Option<Secret>, NoCredentials> {
        let Some(path) = path else { return Ok(token.cloned()) };
        match tokio::fs::read_to_string(path).await {
            Ok(text) => Ok(Some(Secret::new(text.trim()))),
            Err(error) => {
                let what = format!("wants the text in {}, which cannot be read: {error}", path.display());
                Err(self.fault(Outcome::Retry, "token-file", &what))
            }
        }
    }

    async fn answered(&self, request: reqwest::RequestBuilder) -> Result<HttpReply, NoCredentials> {
        let reply = match self.http.run(request).await {
            Ok(reply) => reply,
            // Only keys were asked for: no message can have gone out.
            Err(fault) => {
                let answer = fault.answer();
                let outcome = if answer.outcome == Outcome::Unknown { Outcome::Retry } else { answer.outcome };
                return Err(self.fault(outcome, &answer.code.unwrap_or_default(), &format!("gives none: {fault}")));
            }
        };
        let (status, code) = (reply.status, reply.status.to_string());
        match status {
            200..=299 => Ok(reply),
            400..=499 if status != 408 && status != 429 => {
                Err(self.fault(Outcome::Misconfigured, &code, &format!("answers {status}")))
            }
            _ => Err(self.fault(Outcome::Retry, &code, &format!("answers {status}"))),
        }
    }

    fn fault(&self, outcome: Outcome, code: &str, what: &str) -> NoCredentials {
        let reason = match &self.place {
            Place::Instance { base } => format!(
                "the instance's metadata service at {base} {what}; see that this machine is an EC2 instance with a role, that its metadata \
                 is accessible and, from a container on it, that the hop limit is 2"
            ),
            Place::Container { url, .. } => format!(
                "who gives keys to containers at {} {what}; see that the task or pod has a role, and that container_url and \
                 container_token_path are what AWS_CONTAINER_CREDENTIALS_FULL_URI (or _RELATIVE_URI) and \
                 AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE say in it",
                url.host_str().unwrap_or_default()
            ),
        };
        NoCredentials { outcome, code: format!("credentials {code}"), reason }
    }
}
