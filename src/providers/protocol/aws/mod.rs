//! How a request to Amazon shows who makes it: whose credentials it is signed with, and the signature.
//!
//! An access key stands in the configuration. The temporary keys of a role are fetched from the machine or the container that
//! Candour runs in, before they are needed and again before they end, by one request for all who wait for them.

mod role;
mod settings;
mod signature;

use url::Url;

use self::role::Role;
pub use self::settings::CredentialsFrom;
pub(in crate::providers) use self::settings::Given;
pub(in crate::providers) use self::signature::Credentials;
use crate::domain::clock::Millis;
use crate::domain::outcome::Outcome;
use crate::providers::Answer;

/// Codes by which Amazon's services say that temporary keys are no use any more.
const ENDED: [&str; 2] = ["ExpiredToken", "ExpiredTokenException"];

/// Whose credentials requests are signed with.
pub(in crate::providers) enum Source {
    /// An access key.
    Key(Credentials),
    /// A role of the machine or the container.
    Role(Box<Role>),
}

/// Why there are no credentials. Nothing has been sent then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub(in crate::providers) struct NoCredentials {
    outcome: Outcome,
    code: String,
    /// For the operator, with the remedy.
    reason: String,
}

impl NoCredentials {
    /// What it means for a message: it waits, or the account is at fault.
    pub(in crate::providers) fn answer(&self) -> Answer {
        Answer::of(self.outcome, self.code.clone())
    }
}

/// How a request shows who makes it.
pub(in crate::providers) struct Signed {
    headers: Vec<(&'static str, String)>,
    /// The key that it is signed with.
    pub(in crate::providers) access_key_id: String,
}

impl Signed {
    /// The request with that.
    pub(in crate::providers) fn onto(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        self.headers.iter().fold(request, |request, (name, value)| request.header(*name, value))
    }
}

/// Signs requests to one service in one region.
pub(in crate::providers) struct Signer {
    source: Source,
    region: String,
    service: &'static str,
}

impl Signer {
    /// With the service's name for signatures, e.g. `ses`.
    pub(in crate::providers) const fn new(source: Source, region: String, service: &'static str) -> Self {
        Self { source, region, service }
    }

    /// The headers that sign a request with that body, sent with that `Content-Type` if it has one.
    pub(in crate::providers) async fn headers(
        &self,
        method: &str,
        url: &Url,
        content_type: Option<&str>,
        body: &[u8],
        now: Millis,
    ) -> Result<Signed, NoCredentials> {
        let request = signature::Request { method, url, content_type, body };
        let by = |credentials: &Credentials| Signed {
            headers: signature::headers(credentials, (self.region.as_str(), self.service), &request, now),
            access_key_id: credentials.access_key_id.clone(),
        };
        match &self.source {
            Source::Key(key) => Ok(by(key)),
            Source::Role(role) => Ok(by(&role.credentials(now).await?)),
        }
    }

    /// The answer of a service to what was signed with that key, read once more: keys of a role that it calls expired are
    /// fetched anew, and the message waits for them, unless they had only just been fetched.
    pub(in crate::providers) async fn reviewed(&self, answer: Answer, access_key_id: &str, now: Millis) -> Answer {
        let ended = answer.code.as_deref().is_some_and(|code| ENDED.contains(&code));
        match &self.source {
            Source::Role(role) if ended && role.others_may_help(access_key_id, now).await => {
                Answer { outcome: Outcome::Retry, ..answer }
            }
            _ => answer,
        }
    }
}
