//! Letters in the United States through Lob's letters API, and its webhooks.
//!
//! Lob prints both addresses itself onto the first page, which the letter leaves clear. The attempt is the idempotency key, so
//! that a request which arrives twice is one letter; without an answer it is still `unknown` whether it arrived.

use std::sync::LazyLock;

use async_trait::async_trait;
use serde::Deserialize;
use url::Url;

use super::http::{Http, HttpReply};
use super::inquiry::{Asking, Finding, Inquiry, Told};
use super::press::{Press, Sender};
use super::protocol::answers::garbled;
use super::protocol::codes::Codes;
use super::protocol::mac::{self, Hash, Spelling};
use super::protocol::multipart::Multipart;
use super::protocol::refusal;
use super::settings::{Common, Faults, Surroundings, below};
use super::{Answer, Checked, Descriptor, Provider, ProviderFault, ReceiptError, ReceiptEvent, ReceiptRequest};
use crate::config::{Secret, is_protected};
use crate::domain::channel::Channel;
use crate::domain::clock::Millis;
use crate::domain::contact::PostalAddress;
use crate::domain::message::{Body, Message};
use crate::domain::outcome::Outcome;
use crate::domain::pii::Pii;
use crate::render::one_line;

static CODES: LazyLock<Codes> = LazyLock::new(|| Codes::parse("Lob", include_str!("codes.toml")));

/// Longest name that Lob prints, in characters.
const LONGEST_NAME: usize = 40;

/// `kind = "lob"`: an account of Lob.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LobSettings {
    /// The secret API key.
    pub api_key: Option<Secret>,
    /// The sender's address, in the United States.
    pub from: LobAddress,
    /// Whether both sides of a sheet are printed.
    #[serde(default = "yes")]
    pub duplex: bool,
    /// Whether it is printed in colour.
    #[serde(default)]
    pub color: bool,
    /// `usps_first_class` or `usps_standard`.
    #[serde(default = "first_class")]
    pub mail_type: String,
    /// Signs webhooks.
    pub webhook_secret: Option<Secret>,
    /// Webhook secrets from before: believed.
    #[serde(default)]
    pub previous_webhook_secrets: Vec<Secret>,
    /// The API's address.
    #[serde(default = "api")]
    pub base_url: Url,
}

/// An address as Lob takes it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LobAddress {
    /// Name.
    pub name: String,
    /// Street and number.
    pub address_line1: String,
    /// Second line.
    pub address_line2: Option<String>,
    /// Town.
    pub address_city: String,
    /// State, two letters.
    pub address_state: String,
    /// ZIP code.
    pub address_zip: String,
}

const fn yes() -> bool {
    true
}

fn first_class() -> String {
    String::from("usps_first_class")
}

fn api() -> Url {
    Url::parse("https://api.lob.com").expect("a constant address")
}

/// An account of Lob.
pub struct LobProvider {
    descriptor: Descriptor,
    http: Http,
    press: Press,
    key: Secret,
    settings: LobSettings,
    letters: Url,
    webhook_secrets: Vec<Secret>,
}

#[derive(Deserialize)]
struct Created {
    id: String,
}

#[derive(Deserialize)]
struct Refused {
    error: Error,
}

#[derive(Deserialize)]
struct Error {
    code: Option<String>,
}

#[derive(Deserialize)]
struct Event {
    id: String,
    #[serde(rename = "event_type")]
    kind: EventType,
    body: Letter,
}

#[derive(Deserialize)]
struct EventType {
    id: String,
}

#[derive(Deserialize)]
struct List {
    data: Vec<Letter>,
}

#[derive(Deserialize)]
struct Letter {
    id: Option<String>,
    metadata: Option<Metadata>,
}

#[derive(Deserialize)]
struct Metadata {
    attempt: Option<String>,
}

impl LobProvider {
    /// Builds the provider. Connects to nothing.
    ///
    /// # Errors
    /// What is wrong and what to do about it.
    pub fn build(common: &Common, settings: &LobSettings, around: &Surroundings) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        faults.require(settings.api_key.is_some(), "api_key_file", "name the file with the account's secret API key");
        faults.require(is_protected(&settings.base_url), "base_url", "use https");
        faults.none()?;
        Ok(Self {
            descriptor: common.descriptor("lob", Channel::Letter, false),
            http: common.http()?,
            press: Press::new("lob", &Sender::default(), &around.fonts)?,
            key: settings.api_key.clone().unwrap_or_else(|| Secret::new("")),
            letters: below(&settings.base_url, "/v1/letters"),
            webhook_secrets: settings
                .webhook_secret
                .iter()
                .chain(&settings.previous_webhook_secrets)
                .cloned()
                .collect(),
            settings: settings.clone(),
        })
    }

    fn form(&self, message: &Message, to: &PostalAddress, name: &str, pdf: &[u8]) -> (String, Vec<u8>) {
        let attempt = message.attempt.to_string();
        let mut form = Multipart::new(&attempt);
        let text = |part: &Option<Pii<String>>| part.as_ref().map(|part| one_line(part.expose())).unwrap_or_default();
        let lines: Vec<String> = to.lines.iter().map(|line| one_line(line.expose())).collect();
        let (first, rest) =
            lines.split_first().map(|(first, rest)| (first.as_str(), rest.join(", "))).unwrap_or_default();
        let country = to.country.clone().unwrap_or_else(|| String::from("US"));
        let name: String = name.chars().take(LONGEST_NAME).collect();
        let from = &self.settings.from;
        for (field, value) in [
            ("to[name]", name.as_str()),
            ("to[address_line1]", first),
            ("to[address_line2]", &rest),
            ("to[address_city]", &text(&to.city)),
            ("to[address_state]", &text(&to.region)),
            ("to[address_zip]", &text(&to.postcode)),
            ("to[address_country]", &country),
            ("from[name]", &from.name),
            ("from[address_line1]", &from.address_line1),
            ("from[address_line2]", from.address_line2.as_deref().unwrap_or_default()),
            ("from[address_city]", &from.address_city),
            ("from[address_state]", &from.address_state),
            ("from[address_zip]", &from.address_zip),
            ("color", if self.settings.color { "true" } else { "false" }),
            ("double_sided", if self.settings.duplex { "true" } else { "false" }),
            ("address_placement", "top_first_page"),
            ("mail_type", &self.settings.mail_type),
            // No advertising: other rules hold for that.
            ("use_type", "operational"),
            ("metadata[attempt]", &attempt),
        ] {
            if !value.is_empty() {
                form.field(field, value);
            }
        }
        form.file("file", "letter.pdf", "application/pdf", pdf);
        form.finish()
    }
}

fn read_answer(reply: &HttpReply, now: Millis) -> Answer {
    if (200..300).contains(&reply.status) {
        return match serde_json::from_slice::<Created>(&reply.body) {
            Ok(created) => {
                Answer { reference: Some(created.id), ..Answer::of(Outcome::Accepted, reply.status.to_string()) }
            }
            Err(_) => garbled(reply),
        };
    }
    let code = serde_json::from_slice::<Refused>(&reply.body).ok().and_then(|refused| refused.error.code);
    refusal::read(reply, code.as_deref(), &CODES, now)
}

/// What a list of letters says about ours.
fn read_list(reply: &HttpReply, inquiry: &Inquiry<'_>) -> Told {
    let (200, Ok(list)) = (reply.status, serde_json::from_slice::<List>(&reply.body)) else {
        return Told::Nothing(reply.status.to_string());
    };
    let attempt = inquiry.message.attempt.to_string();
    let ours = list
        .data
        .into_iter()
        .find(|letter| letter.metadata.as_ref().and_then(|metadata| metadata.attempt.as_deref()) == Some(&attempt));
    Told::one(ours.and_then(|letter| Some(Finding { reference: letter.id?, outcome: None, code: None })))
}

#[async_trait]
impl Provider for LobProvider {
    fn describe(&self) -> &Descriptor {
        &self.descriptor
    }

    async fn send(&self, message: &Message, now: Millis) -> Answer {
        let pdf = match self.press.set(message, now).await {
            Ok(pdf) => pdf,
            Err(answer) => return answer,
        };
        let Body::Letter { to, to_name, .. } = &message.body else {
            return Answer::of(Outcome::Misconfigured, "wrong-channel");
        };
        if to.lines.is_empty() {
            return Answer::of(Outcome::BadAddress, "no-address");
        }
        let name = to_name.as_ref().map_or("", |name| name.expose().as_str());
        let (content_type, body) = self.form(message, to, name, &pdf.bytes);
        let request = self
            .http
            .post(self.letters.clone())
            .basic_auth(self.key.expose(), Some(""))
            .header("idempotency-key", message.attempt.to_string())
            .header("content-type", content_type)
            .body(body);
        self.http.ask(request, &self.descriptor, |reply| read_answer(reply, now)).await
    }

    async fn receipts(&self, request: &ReceiptRequest) -> Result<Vec<ReceiptEvent>, ReceiptError> {
        if self.webhook_secrets.is_empty() {
            return Err(ReceiptError::Unsupported);
        }
        let header = |name: &str| request.headers.get(name).map(|value| value.trim()).unwrap_or_default();
        let (signature, at) = (header("lob-signature"), header("lob-signature-timestamp"));
        let signed: [&[u8]; 3] = [at.as_bytes(), b".", &request.body];
        // A repeat of an old one changes nothing: events are taken once, by their identifier.
        if at.is_empty() || !mac::fits((Hash::Sha256, Spelling::Hex), &self.webhook_secrets, &signed, signature) {
            return Err(ReceiptError::Forged);
        }
        let event: Event =
            serde_json::from_slice(&request.body).map_err(|_| ReceiptError::Malformed("it is no event of a letter"))?;
        // Letters that others sent from the same account have no attempt of ours.
        let Some(attempt) = event.body.metadata.and_then(|metadata| metadata.attempt) else { return Ok(Vec::new()) };
        let attempt = attempt.parse().map_err(|_| ReceiptError::Malformed("its metadata names no attempt"))?;
        let outcome = CODES.status(&event.kind.id).flatten();
        Ok(vec![ReceiptEvent { attempt, key: event.id, outcome, code: Some(event.kind.id) }])
    }

    fn asking(&self) -> Option<Asking> {
        Some(Asking { gap_ms: 500 })
    }

    async fn ask(&self, inquiry: &Inquiry<'_>) -> Told {
        let mut list = self.letters.clone();
        list.query_pairs_mut()
            .append_pair("limit", "100")
            .append_pair("metadata[attempt]", &inquiry.message.attempt.to_string());
        match self.http.run(self.http.get(list).basic_auth(self.key.expose(), Some(""))).await {
            Ok(reply) => read_list(&reply, inquiry),
            Err(fault) => Told::Nothing(fault.to_string()),
        }
    }

    async fn check(&self) -> Result<Checked, ProviderFault> {
        let fault = |reason: String| ProviderFault { name: self.descriptor.name.clone(), reason };
        let mut one = self.letters.clone();
        one.set_query(Some("limit=1"));
        match self.http.run(self.http.get(one).basic_auth(self.key.expose(), Some(""))).await {
            Ok(reply) if reply.status == 200 => Ok(Checked::SignsIn),
            Ok(reply) if matches!(reply.status, 401 | 403) => {
                Err(fault(format!("Lob refuses the API key ({}); check api_key_file", reply.status)))
            }
            Ok(reply) => Err(fault(format!("Lob answers {} to a list of letters; check base_url", reply.status))),
            Err(error) => Err(fault(error.to_string())),
        }
    }
}
