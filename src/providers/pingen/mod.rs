//! Letters in Switzerland, Germany, Austria and beyond through Pingen, and its webhooks.
//!
//! A letter takes three requests: for a place to upload to, the upload, and the order. Only after the order is it `unknown`
//! without an answer; what comes before is repeated. The file's name is the attempt, and comes back in webhooks.

use std::sync::LazyLock;

use async_trait::async_trait;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::Mutex;
use url::Url;

use super::http::{Http, HttpFault, HttpReply};
use super::press::{Press, Sender};
use super::protocol::answers::garbled;
use super::protocol::codes::Codes;
use super::protocol::mac::{self, Hash, Spelling};
use super::protocol::refusal;
use super::settings::{Common, Faults, Surroundings, below};
use super::{Answer, Checked, Descriptor, Provider, ProviderFault, ReceiptError, ReceiptEvent, ReceiptRequest};
use crate::config::{Secret, is_protected};
use crate::domain::channel::Channel;
use crate::domain::clock::Millis;
use crate::domain::id::AttemptId;
use crate::domain::message::Message;
use crate::domain::outcome::Outcome;

static CODES: LazyLock<Codes> = LazyLock::new(|| Codes::parse("Pingen", include_str!("codes.toml")));

const JSON_API: &str = "application/vnd.api+json";
/// How long before its end a token is renewed, in milliseconds.
const EARLY: i64 = 60_000;
/// Largest file that Pingen takes, in bytes.
const LARGEST_FILE: usize = 8 * 1024 * 1024;

/// `kind = "pingen"`: an organisation at Pingen.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PingenSettings {
    /// The application's identifier.
    pub client_id: String,
    /// Its secret.
    pub client_secret: Option<Secret>,
    /// The organisation's identifier, a UUID.
    pub organisation: String,
    /// Who writes.
    #[serde(default)]
    pub sender: Sender,
    /// How it is posted, in Pingen's words.
    #[serde(default = "cheap")]
    pub delivery_product: String,
    /// Whether both sides of a sheet are printed.
    #[serde(default = "yes")]
    pub duplex: bool,
    /// Whether it is printed in colour.
    #[serde(default)]
    pub color: bool,
    /// Signs webhooks.
    pub webhook_secret: Option<Secret>,
    /// Webhook secrets from before: believed.
    #[serde(default)]
    pub previous_webhook_secrets: Vec<Secret>,
    /// The API's address.
    #[serde(default = "api")]
    pub base_url: Url,
    /// Where tokens are given out.
    #[serde(default = "identity")]
    pub identity_url: Url,
}

fn cheap() -> String {
    String::from("cheap")
}

const fn yes() -> bool {
    true
}

fn api() -> Url {
    Url::parse("https://api.pingen.com").expect("a constant address")
}

fn identity() -> Url {
    Url::parse("https://identity.pingen.com").expect("a constant address")
}

/// An organisation at Pingen.
pub struct PingenProvider {
    descriptor: Descriptor,
    http: Http,
    press: Press,
    settings: PingenSettings,
    secret: Secret,
    tokens: Url,
    uploads: Url,
    letters: Url,
    organisation: Url,
    webhook_secrets: Vec<Secret>,
    token: Mutex<Option<Token>>,
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

/// A document of JSON:API with one resource.
#[derive(Deserialize)]
struct Document<T> {
    data: Resource<T>,
    #[serde(default)]
    included: Vec<Resource<Value>>,
}

#[derive(Deserialize)]
struct Resource<T> {
    #[serde(rename = "type")]
    kind: Option<String>,
    id: Option<String>,
    attributes: Option<T>,
}

#[derive(Deserialize)]
struct Upload {
    url: Url,
    url_signature: String,
}

#[derive(Deserialize)]
struct Errors {
    errors: Vec<Error>,
}

#[derive(Deserialize)]
struct Error {
    code: Option<String>,
}

impl PingenProvider {
    /// Builds the provider. Connects to nothing.
    ///
    /// # Errors
    /// What is wrong and what to do about it.
    pub fn build(common: &Common, settings: &PingenSettings, around: &Surroundings) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        faults.require(
            settings.client_secret.is_some(),
            "client_secret_file",
            "name the file with the application's secret",
        );
        let uuid = uuid::Uuid::try_parse(&settings.organisation).is_ok();
        faults.require(uuid, "organisation", "an organisation's identifier is a UUID");
        faults.require(is_protected(&settings.base_url), "base_url", "use https");
        faults.require(is_protected(&settings.identity_url), "identity_url", "use https");
        faults.none()?;
        let organisation = format!("/organisations/{}", settings.organisation);
        Ok(Self {
            descriptor: common.descriptor("pingen", Channel::Letter, false),
            http: common.http()?,
            press: Press::new("pingen", &settings.sender, &around.fonts)?,
            secret: settings.client_secret.clone().unwrap_or_else(|| Secret::new("")),
            tokens: below(&settings.identity_url, "/auth/access-tokens"),
            uploads: below(&settings.base_url, "/file-upload"),
            letters: below(&settings.base_url, &format!("{organisation}/deliveries/letters")),
            organisation: below(&settings.base_url, &organisation),
            webhook_secrets: settings
                .webhook_secret
                .iter()
                .chain(&settings.previous_webhook_secrets)
                .cloned()
                .collect(),
            token: Mutex::new(None),
            settings: settings.clone(),
        })
    }

    /// A token that is good for now. One request fetches it for all that wait.
    async fn token(&self, now: Millis) -> Result<Secret, Answer> {
        let mut kept = self.token.lock().await;
        if let Some(token) = kept.as_ref().filter(|token| now < token.until) {
            return Ok(token.text.clone());
        }
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", self.settings.client_id.as_str()),
            ("client_secret", self.secret.expose()),
        ];
        let reply = self.http.run(self.http.post(self.tokens.clone()).form(&form)).await.map_err(before)?;
        if matches!(reply.status, 400 | 401 | 403) {
            // RFC 6749 section 5.2: whatever is wrong with such a request is the application's.
            return Err(Answer::of(Outcome::Misconfigured, format!("token-{}", reply.status)));
        }
        let granted: Granted = read(&reply, now)?;
        let until = now.plus((granted.expires_in * 1000 - EARLY).max(0));
        *kept = Some(Token { text: granted.access_token.clone(), since: now, until });
        Ok(granted.access_token)
    }

    /// What it means that Pingen refuses a request. A token can be taken back before its end: one that had been good for a while
    /// is forgotten, and a new one is worth a try.
    async fn refused(&self, reply: &HttpReply, token: &Secret, now: Millis) -> Answer {
        let answer = refused(reply, now);
        if reply.status != 401 {
            return answer;
        }
        let mut kept = self.token.lock().await;
        // Another may have found that out before.
        let same = kept.as_ref().filter(|kept| kept.text.expose() == token.expose());
        let is_new = same.is_some_and(|token| now.0 - token.since.0 <= EARLY);
        if same.is_some() && !is_new {
            *kept = None;
        }
        if is_new { answer } else { Answer { outcome: Outcome::Retry, ..answer } }
    }

    /// Uploads a file and gives where it is, with Pingen's signature of that.
    async fn upload(&self, token: &Secret, pdf: Vec<u8>, now: Millis) -> Result<Upload, Answer> {
        let request = self.http.get(self.uploads.clone()).bearer_auth(token.expose()).header("accept", JSON_API);
        let reply = self.http.run(request).await.map_err(before)?;
        if reply.status == 401 {
            return Err(self.refused(&reply, token, now).await);
        }
        let upload = read::<Document<Upload>>(&reply, now)?.data.attributes;
        let upload = upload.ok_or_else(|| Answer::of(Outcome::Retry, "upload-nowhere"))?;
        let request = self.http.put(upload.url.clone()).header("content-type", "application/pdf").body(pdf);
        let reply = self.http.run(request).await.map_err(before)?;
        if (200..300).contains(&reply.status) {
            Ok(upload)
        } else {
            Err(Answer::of(Outcome::Retry, format!("upload-{}", reply.status)))
        }
    }

    fn order(&self, attempt: AttemptId, upload: &Upload) -> Value {
        json!({ "data": { "type": "letters", "attributes": {
            "file_original_name": format!("{attempt}.pdf"),
            "file_url": upload.url,
            "file_url_signature": upload.url_signature,
            "address_position": "left",
            "auto_send": true,
            "delivery_product": self.settings.delivery_product,
            "print_mode": if self.settings.duplex { "duplex" } else { "simplex" },
            "print_spectrum": if self.settings.color { "color" } else { "grayscale" },
        } } })
    }

    async fn tell(&self, message: &Message, now: Millis) -> Result<Answer, Answer> {
        let pdf = self.press.set(message, now).await?;
        if pdf.bytes.len() > LARGEST_FILE {
            return Err(Answer::of(Outcome::Rejected, "too-large"));
        }
        let token = self.token(now).await?;
        let upload = self.upload(&token, pdf.bytes, now).await?;
        let request = self
            .http
            .post(self.letters.clone())
            .bearer_auth(token.expose())
            .header("content-type", JSON_API)
            .header("accept", JSON_API)
            .body(self.order(message.attempt, &upload).to_string());
        let reply = self.http.run(request).await.map_err(HttpFault::answer)?;
        if !(200..300).contains(&reply.status) {
            return Err(self.refused(&reply, &token, now).await);
        }
        let created = serde_json::from_slice::<Document<Value>>(&reply.body).ok();
        // Without the letter's name it may be no answer of Pingen's at all.
        let name = created.and_then(|created| created.data.id).ok_or_else(|| garbled(&reply))?;
        Ok(Answer { reference: Some(name), ..Answer::of(Outcome::Accepted, reply.status.to_string()) })
    }
}

/// What no answer means before the order: nothing is printed, whatever became of the request.
fn before(fault: HttpFault) -> Answer {
    let answer = fault.answer();
    if answer.outcome == Outcome::Unknown { Answer { outcome: Outcome::Retry, ..answer } } else { answer }
}

fn refused(reply: &HttpReply, now: Millis) -> Answer {
    let errors = serde_json::from_slice::<Errors>(&reply.body).ok();
    let code = errors.and_then(|errors| errors.errors.into_iter().next()).and_then(|error| error.code);
    refusal::read(reply, code.as_deref(), &CODES, now)
}

/// Reads an answer before the order.
fn read<T: DeserializeOwned>(reply: &HttpReply, now: Millis) -> Result<T, Answer> {
    if !(200..300).contains(&reply.status) {
        let answer = refused(reply, now);
        return Err(if answer.outcome == Outcome::Unknown {
            Answer { outcome: Outcome::Retry, ..answer }
        } else {
            answer
        });
    }
    serde_json::from_slice(&reply.body).map_err(|_| Answer::of(Outcome::Retry, "nonsense"))
}

#[async_trait]
impl Provider for PingenProvider {
    fn describe(&self) -> &Descriptor {
        &self.descriptor
    }

    async fn send(&self, message: &Message, now: Millis) -> Answer {
        self.tell(message, now).await.unwrap_or_else(|answer| {
            let code = answer.code.as_deref().unwrap_or_default();
            tracing::warn!(provider = %self.descriptor.name, code, "Pingen took no letter");
            answer
        })
    }

    async fn receipts(&self, request: &ReceiptRequest) -> Result<Vec<ReceiptEvent>, ReceiptError> {
        if self.webhook_secrets.is_empty() {
            return Err(ReceiptError::Unsupported);
        }
        let signature = request.headers.get("signature").map(|value| value.trim()).unwrap_or_default();
        if !mac::fits((Hash::Sha256, Spelling::Hex), &self.webhook_secrets, &[&request.body], signature) {
            return Err(ReceiptError::Forged);
        }
        let said: Document<Value> =
            serde_json::from_slice(&request.body).map_err(|_| ReceiptError::Malformed("it is no webhook of Pingen"))?;
        let kind = said.data.kind.ok_or(ReceiptError::Malformed("it has no type"))?;
        let key = said.data.id.ok_or(ReceiptError::Malformed("it has no identifier"))?;
        let letter = said.included.iter().find(|resource| resource.kind.as_deref() == Some("letters"));
        let name = letter.and_then(|letter| letter.attributes.as_ref()?.get("file_original_name")?.as_str());
        // Letters that others sent for the same organisation have other names.
        let attempt = name.and_then(|name| name.strip_suffix(".pdf")).and_then(|name| name.parse().ok());
        let Some(attempt) = attempt else { return Ok(Vec::new()) };
        let outcome = CODES.status(&kind).flatten();
        Ok(vec![ReceiptEvent { attempt, key, outcome, code: Some(kind) }])
    }

    async fn check(&self) -> Result<Checked, ProviderFault> {
        let fault = |reason: String| ProviderFault { name: self.descriptor.name.clone(), reason };
        // A token of the beginning of time is asked for anew by whoever sends.
        let token = self.token(Millis(0)).await.map_err(|answer| {
            let code = answer.code.unwrap_or_default();
            fault(format!("Pingen gives no token ({code}); check client_id, client_secret_file, identity_url"))
        });
        *self.token.lock().await = None;
        let request = self.http.get(self.organisation.clone()).bearer_auth(token?.expose()).header("accept", JSON_API);
        match self.http.run(request).await {
            Ok(reply) if reply.status == 200 => Ok(Checked::SignsIn),
            Ok(reply) => Err(fault(format!(
                "Pingen answers {} where the organisation should be; check organisation",
                reply.status
            ))),
            Err(error) => Err(fault(error.to_string())),
        }
    }
}
