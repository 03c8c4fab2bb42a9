//! Letters of the United Kingdom's public bodies through GOV.UK Notify: our own PDF, by its letter specification.
//!
//! What became of a letter comes as a callback with a bearer token: returned letters, and statuses. The API has no
//! idempotency key; a request without an answer is `unknown`. The reference that Notify keeps is the attempt, by
//! which its list is asked for it.

use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD as BASE64, URL_SAFE_NO_PAD as BASE64_URL};
use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::http::{Http, HttpReply};
use super::inquiry::Finding;
use super::press::{Press, Sender};
use super::protocol::answers::garbled;
use super::protocol::codes::Codes;
use super::protocol::mac::{Hash, hmac};
use super::protocol::{refusal, shown};
use super::settings::{Common, Faults, Surroundings, below};
use super::{
    Answer, Asking, Checked, Descriptor, Inquiry, Provider, ProviderFault, ReceiptError, ReceiptEvent, ReceiptRequest,
    Told,
};
use crate::config::{Secret, is_protected};
use crate::domain::channel::Channel;
use crate::domain::clock::{Clock, Millis};
use crate::domain::message::Message;
use crate::domain::outcome::Outcome;

static CODES: LazyLock<Codes> = LazyLock::new(|| Codes::parse("GOV.UK Notify", include_str!("codes.toml")));

/// Pages that Notify prints at most.
const MOST_PAGES: usize = 10;
/// Largest file that Notify takes, in bytes.
const LARGEST_FILE: usize = 2 * 1024 * 1024;
/// Length of a UUID in its usual spelling.
const UUID: usize = 36;

/// `kind = "govuk_notify"`: a service of GOV.UK Notify.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GovukNotifySettings {
    /// An API key: its name, the service's identifier and the secret, as Notify shows it once.
    pub api_key: Option<Secret>,
    /// `first`, `second` or `economy`.
    #[serde(default = "second")]
    pub postage: String,
    /// Who writes.
    #[serde(default)]
    pub sender: Sender,
    /// The token that callbacks come with.
    pub callback_token: Option<Secret>,
    /// Tokens from before: believed.
    #[serde(default)]
    pub previous_callback_tokens: Vec<Secret>,
    /// The API's address.
    #[serde(default = "api")]
    pub base_url: Url,
}

fn second() -> String {
    String::from("second")
}

fn api() -> Url {
    Url::parse("https://api.notifications.service.gov.uk").expect("a constant address")
}

/// A service of GOV.UK Notify.
pub struct GovukNotifyProvider {
    descriptor: Descriptor,
    http: Http,
    clock: Arc<dyn Clock>,
    press: Press,
    service: String,
    secret: Secret,
    postage: String,
    letters: Url,
    notifications: Url,
    tokens: Vec<Secret>,
}

#[derive(Deserialize)]
struct Created {
    id: String,
}

#[derive(Deserialize)]
struct Refused {
    errors: Vec<Error>,
}

#[derive(Deserialize)]
struct Error {
    error: String,
}

#[derive(Deserialize)]
struct List {
    notifications: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    id: String,
    reference: Option<String>,
    status: String,
}

/// A callback: a status has `id` and `status`, a returned letter `notification_id` and neither.
#[derive(Deserialize)]
struct Callback {
    id: Option<String>,
    notification_id: Option<String>,
    reference: Option<String>,
    status: Option<String>,
}

impl GovukNotifyProvider {
    /// Builds the provider. Connects to nothing.
    ///
    /// # Errors
    /// What is wrong and what to do about it.
    pub fn build(common: &Common, settings: &GovukNotifySettings, around: &Surroundings) -> Result<Self, Faults> {
        let key = settings.api_key.clone().unwrap_or_else(|| Secret::new(""));
        let parts = key_parts(key.expose());
        let mut faults = Faults::default();
        faults.require(
            parts.is_some(),
            "api_key_file",
            "name the file with an API key as Notify shows it: NAME-SERVICE-SECRET",
        );
        let known = ["first", "second", "economy"].contains(&settings.postage.as_str());
        faults.require(known, "postage", "give first, second or economy");
        faults.require(is_protected(&settings.base_url), "base_url", "use https");
        faults.none()?;
        let (service, secret) = parts.unwrap_or_default();
        let at = |path: &str| below(&settings.base_url, &format!("/v2/notifications{path}"));
        let sender = Sender {
            country: settings.sender.country.clone().or_else(|| Some(String::from("GB"))),
            ..settings.sender.clone()
        };
        Ok(Self {
            descriptor: common.descriptor("govuk_notify", Channel::Letter, false),
            http: common.http()?,
            clock: Arc::clone(&around.clock),
            press: Press::new("govuk_notify", &sender, &around.fonts)?,
            service: service.to_owned(),
            secret: Secret::new(secret),
            postage: settings.postage.clone(),
            letters: at("/letter"),
            notifications: at(""),
            tokens: settings.callback_token.iter().chain(&settings.previous_callback_tokens).cloned().collect(),
        })
    }

    /// A token for one request; Notify believes it for half a minute.
    fn token(&self, now: Millis) -> String {
        let part = |value: serde_json::Value| BASE64_URL.encode(value.to_string());
        let head = part(json!({ "typ": "JWT", "alg": "HS256" }));
        let claims = part(json!({ "iss": self.service, "iat": now.0.div_euclid(1000) }));
        let signed = format!("{head}.{claims}");
        let signature = hmac(Hash::Sha256, self.secret.expose().as_bytes(), &[signed.as_bytes()]);
        format!("{signed}.{}", BASE64_URL.encode(signature))
    }
}

/// What the list of letters with one reference says.
fn read_list(reply: &HttpReply, attempt: &str) -> Told {
    let (200, Ok(list)) = (reply.status, serde_json::from_slice::<List>(&reply.body)) else {
        return Told::Nothing(reply.status.to_string());
    };
    let ours = list.notifications.into_iter().find(|listed| listed.reference.as_deref() == Some(attempt));
    Told::one(ours.map(|listed| {
        let outcome = CODES.status(&listed.status).flatten();
        Finding { reference: listed.id, outcome, code: Some(listed.status) }
    }))
}

/// The service and the secret of an API key: its last two UUIDs.
fn key_parts(key: &str) -> Option<(&str, &str)> {
    let secret_at = key.len().checked_sub(UUID)?;
    let service_at = secret_at.checked_sub(UUID + 1)?;
    let (service, secret) = (key.get(service_at..secret_at - 1)?, key.get(secret_at..)?);
    let is_uuid = |text: &str| uuid::Uuid::try_parse(text).is_ok();
    (is_uuid(service) && is_uuid(secret)).then_some((service, secret))
}

fn read_answer(reply: &HttpReply, now: Millis) -> Answer {
    if (200..300).contains(&reply.status) {
        return match serde_json::from_slice::<Created>(&reply.body) {
            Ok(letter) => {
                Answer { reference: Some(letter.id), ..Answer::of(Outcome::Accepted, reply.status.to_string()) }
            }
            Err(_) => garbled(reply),
        };
    }
    let refused = serde_json::from_slice::<Refused>(&reply.body).ok();
    let code = refused.and_then(|refused| refused.errors.into_iter().next()).map(|error| error.error);
    refusal::read(reply, code.as_deref(), &CODES, now)
}

#[async_trait]
impl Provider for GovukNotifyProvider {
    fn describe(&self) -> &Descriptor {
        &self.descriptor
    }

    async fn send(&self, message: &Message, now: Millis) -> Answer {
        let pdf = match self.press.set(message, now).await {
            Ok(pdf) => pdf,
            Err(answer) => return answer,
        };
        if pdf.pages > MOST_PAGES || pdf.bytes.len() > LARGEST_FILE {
            return Answer::of(Outcome::Rejected, "too-long");
        }
        let body = json!({
            "reference": message.attempt.to_string(),
            "content": BASE64.encode(&pdf.bytes),
            "postage": self.postage,
        });
        let request = self.http.post(self.letters.clone()).bearer_auth(self.token(now)).json(&body);
        self.http.ask(request, &self.descriptor, |reply| read_answer(reply, now)).await
    }

    async fn receipts(&self, request: &ReceiptRequest) -> Result<Vec<ReceiptEvent>, ReceiptError> {
        if self.tokens.is_empty() {
            return Err(ReceiptError::Unsupported);
        }
        if !shown::bearer(request, &self.tokens) {
            return Err(ReceiptError::Forged);
        }
        let said: Callback = serde_json::from_slice(&request.body)
            .map_err(|_| ReceiptError::Malformed("it is no callback of Notify"))?;
        let (id, status) = match (said.id, said.notification_id, said.status) {
            (Some(id), _, Some(status)) => (id, status),
            (None, Some(id), None) => (id, String::from("returned-letter")),
            _ => return Err(ReceiptError::Malformed("it is neither a status nor a returned letter")),
        };
        // Letters that others sent from the same service may have no reference, or one of their own.
        let Some(attempt) = said.reference.and_then(|reference| reference.parse().ok()) else { return Ok(Vec::new()) };
        let outcome = CODES.status(&status).flatten();
        Ok(vec![ReceiptEvent { attempt, key: format!("{id}:{status}"), outcome, code: Some(status) }])
    }

    fn asking(&self) -> Option<Asking> {
        Some(Asking { gap_ms: 500 })
    }

    async fn ask(&self, inquiry: &Inquiry<'_>) -> Told {
        let mut url = self.notifications.clone();
        let attempt = inquiry.message.attempt.to_string();
        url.query_pairs_mut().append_pair("template_type", "letter").append_pair("reference", &attempt);
        match self.http.run(self.http.get(url).bearer_auth(self.token(inquiry.now))).await {
            Ok(reply) => read_list(&reply, &attempt),
            Err(fault) => Told::Nothing(fault.to_string()),
        }
    }

    async fn check(&self) -> Result<Checked, ProviderFault> {
        let fault = |reason: String| ProviderFault { name: self.descriptor.name.clone(), reason };
        match self.http.run(self.http.get(self.notifications.clone()).bearer_auth(self.token(self.clock.now()))).await {
            Ok(reply) if reply.status == 200 => Ok(Checked::SignsIn),
            Ok(reply) if matches!(reply.status, 401 | 403) => Err(fault(format!(
                "Notify refuses the API key ({}); check api_key_file, and this machine's clock",
                reply.status
            ))),
            Ok(reply) => Err(fault(format!("Notify answers {} to a list of letters; check base_url", reply.status))),
            Err(error) => Err(fault(error.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_ends_in_the_service_and_the_secret() {
        let (service, secret) = ("26785a09-ab16-4eb0-8407-a37497a57506", "3d844edf-8d35-48ac-975b-e847b4f122b0");
        assert_eq!(key_parts(&format!("my-test-key-{service}-{secret}")), Some((service, secret)));
        for wrong in ["", secret, &format!("{service}x{}", &secret[1..]), "ü".repeat(80).as_str()] {
            assert_eq!(key_parts(wrong), None, "{wrong}");
        }
    }
}
