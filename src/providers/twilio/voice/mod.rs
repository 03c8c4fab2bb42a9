//! Phone calls through Twilio's Calls API: who calls, the person says to be the person, the matter, the person confirms.
//!
//! | key | after the greeting | after the matter |
//! |---|---|---|
//! | 1 | hear it | confirm: the receipt says delivered |
//! | 2 | - | hear it again |
//! | 9 | in the other language | in the other language |
//!
//! Twilio detects answering machines before it asks what to say; one is left a number to call, never the matter, and the
//! person is called again later. What is said travels sealed in the address that Twilio asks, so that any process can answer.
//! When calls may be made is not decided here.

mod sealed;
mod twiml;

use std::sync::Arc;

use async_trait::async_trait;
use serde::Deserialize;
use url::Url;

use self::sealed::Seal;
use self::twiml::Next;
use super::signature::Signatures;
use super::{TwilioSettings, codes, read_answer};
use crate::config::Secret;
use crate::domain::channel::Channel;
use crate::domain::clock::{Entropy, Millis};
use crate::domain::id::AttemptId;
use crate::domain::letter::{Script, Speech};
use crate::domain::message::{Body, Message};
use crate::domain::outcome::Outcome;
use crate::providers::http::Http;
use crate::providers::protocol::form::Form;
use crate::providers::settings::{Common, Faults, Surroundings, below};
use crate::providers::{
    Answer, Checked, Descriptor, Provider, ProviderFault, ReceiptError, ReceiptEvent, ReceiptReply, ReceiptRequest,
};

/// Longest address that Twilio is asked to call, in bytes.
const LONGEST_ADDRESS: usize = 4_000;
/// Seconds after which a call ends, whatever is pressed.
const LONGEST_CALL: &str = "600";

/// `kind = "twilio_voice"`: an account of Twilio that calls people.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TwilioVoiceSettings {
    /// The account, `AC...`.
    pub account_sid: String,
    /// Authenticates, unless there is an API key, signs callbacks and seals what is said.
    pub auth_token: Option<Secret>,
    /// Auth tokens from before: believed in callbacks.
    #[serde(default)]
    pub previous_auth_tokens: Vec<Secret>,
    /// An API key to authenticate with, `SK...`.
    pub api_key_sid: Option<String>,
    /// Its secret.
    pub api_key_secret: Option<Secret>,
    /// Name of the key of callbacks that are signed with SHA-256.
    pub shared_key_id: Option<String>,
    /// That key.
    pub shared_key: Option<Secret>,
    /// The number to call from.
    pub from: String,
    /// How long to let it ring, in seconds (5 to 600).
    #[serde(default = "half_a_minute")]
    pub ring_seconds: u16,
    /// The API's address.
    #[serde(default = "super::settings::api")]
    pub base_url: Url,
}

const fn half_a_minute() -> u16 {
    30
}

impl TwilioVoiceSettings {
    /// What of it is the account's.
    fn account(&self) -> TwilioSettings {
        TwilioSettings {
            account_sid: self.account_sid.clone(),
            auth_token: self.auth_token.clone(),
            previous_auth_tokens: self.previous_auth_tokens.clone(),
            api_key_sid: self.api_key_sid.clone(),
            api_key_secret: self.api_key_secret.clone(),
            shared_key_id: self.shared_key_id.clone(),
            shared_key: self.shared_key.clone(),
            from: Some(self.from.clone()),
            messaging_service_sid: None,
            validity_seconds: None,
            base_url: self.base_url.clone(),
        }
    }
}

/// An account of Twilio that calls people.
pub struct TwilioVoiceProvider {
    descriptor: Descriptor,
    http: Http,
    account_sid: String,
    user: String,
    password: Secret,
    from: String,
    ring_seconds: String,
    calls: Url,
    account: Url,
    receipts: String,
    signatures: Signatures,
    seal: Seal,
    entropy: Arc<dyn Entropy>,
}

/// A callback whose signature fits.
struct Callback {
    attempt: AttemptId,
    step: String,
    /// Whether the other language was heard.
    other: bool,
    sealed: Option<String>,
    call: String,
    form: Form,
}

impl TwilioVoiceProvider {
    /// Builds the provider. Connects to nothing.
    ///
    /// # Errors
    /// What is wrong and what to do about it.
    pub fn build(common: &Common, settings: &TwilioVoiceSettings, around: &Surroundings) -> Result<Self, Faults> {
        let account = settings.account();
        account.check()?;
        let mut faults = Faults::default();
        faults.require((5..=600).contains(&settings.ring_seconds), "ring_seconds", "give 5 to 600");
        faults.none()?;
        let (user, password) = account.credentials();
        let tokens: Vec<Secret> = account.auth_token.iter().chain(&account.previous_auth_tokens).cloned().collect();
        let shared = settings.shared_key_id.clone().zip(settings.shared_key.clone()).into_iter().collect();
        let sid = &settings.account_sid;
        let at = |path: &str| below(&settings.base_url, &format!("/2010-04-01/Accounts/{sid}{path}.json"));
        Ok(Self {
            descriptor: common.descriptor("twilio_voice", Channel::Voice, true),
            http: common.http()?,
            account_sid: settings.account_sid.clone(),
            user,
            password,
            from: settings.from.clone(),
            ring_seconds: settings.ring_seconds.to_string(),
            calls: at("/Calls"),
            account: at(""),
            receipts: around.receipts_url(&common.name)?,
            seal: Seal::new(&tokens),
            signatures: Signatures::new(tokens, shared),
            entropy: Arc::clone(&around.entropy),
        })
    }

    /// The address that Twilio asks what to say; without the other language where both are too long for an address.
    fn address(&self, script: &Script, attempt: AttemptId) -> Option<String> {
        let address = |script: &Script| {
            let sealed = self.seal.seal(script, attempt, self.entropy.as_ref())?;
            let address = Steps { receipts: &self.receipts, attempt, sealed: &sealed }.address("answered", false);
            (address.len() <= LONGEST_ADDRESS).then_some(address)
        };
        address(script).or_else(|| address(&Script { other: None, ..script.clone() }))
    }

    fn callback(&self, request: &ReceiptRequest) -> Result<Callback, ReceiptError> {
        let form = Form::parse(&request.body);
        if !self.signatures.fit(request, form.pairs()) {
            return Err(ReceiptError::Forged);
        }
        if form.must("AccountSid")? != self.account_sid {
            return Err(ReceiptError::Malformed("it is of another account"));
        }
        let query = Form::parse(request.url.split_once('?').map_or("", |(_, query)| query).as_bytes());
        let attempt = query.must("attempt")?;
        Ok(Callback {
            attempt: attempt.parse().map_err(|_| ReceiptError::Malformed("its address does not name an attempt"))?,
            step: query.must("step")?.to_owned(),
            other: query.one("other")? == Some("1"),
            sealed: query.one("script")?.map(str::to_owned),
            call: form.must("CallSid")?.to_owned(),
            form,
        })
    }

    fn read(&self, request: &ReceiptRequest) -> Result<Vec<ReceiptEvent>, ReceiptError> {
        let callback = self.callback(request)?;
        let event = |what: &str, outcome| ReceiptEvent {
            attempt: callback.attempt,
            key: format!("{}:{what}", callback.call),
            outcome,
            code: Some(what.to_owned()),
        };
        Ok(match callback.step.as_str() {
            // Nobody was told, however long the recording is.
            "answered" if callback.by_machine()? => vec![event("machine", Some(Outcome::Retry))],
            "told" if callback.key()? == Some("1") => vec![event("confirmed", Some(Outcome::Delivered))],
            "answered" | "greeted" | "told" => Vec::new(),
            "status" => {
                let status = callback.form.must("CallStatus")?;
                let sip = callback.form.one("SipResponseCode")?;
                let (outcome, code) =
                    codes::read_call(status, sip).ok_or(ReceiptError::Malformed("its CallStatus is none"))?;
                vec![ReceiptEvent { code: Some(code), ..event(status, outcome) }]
            }
            _ => return Err(ReceiptError::Malformed("its address names no step of a call")),
        })
    }
}

impl Callback {
    fn by_machine(&self) -> Result<bool, ReceiptError> {
        Ok(self.form.one("AnsweredBy")?.is_some_and(|by| by.starts_with("machine") || by == "fax"))
    }

    fn key(&self) -> Result<Option<&str>, ReceiptError> {
        self.form.one("Digits")
    }

    /// What to say next.
    fn reply(&self, script: &Script, next: &Steps<'_>) -> Result<String, ReceiptError> {
        let (mine, theirs) = match (&script.other, self.other) {
            (Some(other), true) => (other, Some(&script.speech)),
            (other, _) => (&script.speech, other.as_ref()),
        };
        let changed = |told: bool| match theirs {
            Some(speech) if told => twiml::tell(speech, !self.other, next),
            Some(speech) => twiml::greet(speech, Some(mine), !self.other, next),
            None if told => twiml::tell(mine, self.other, next),
            None => twiml::greet(mine, None, self.other, next),
        };
        let end = |text: fn(&Speech) -> &str| twiml::end(mine, text(mine));
        Ok(match (self.step.as_str(), self.key()?) {
            ("answered", _) if self.by_machine()? => end(|speech| speech.machine.expose()),
            ("greeted", Some("9")) => changed(false),
            ("told", Some("9")) => changed(true),
            ("told", Some("1")) => end(|speech| speech.farewell.expose()),
            // 2 repeats it, and so does a key that means nothing.
            ("greeted", Some("1")) | ("told", _) => twiml::tell(mine, self.other, next),
            _ => twiml::greet(mine, theirs, self.other, next),
        })
    }
}

/// The addresses of a call's steps.
struct Steps<'a> {
    receipts: &'a str,
    attempt: AttemptId,
    sealed: &'a str,
}

impl Next for Steps<'_> {
    fn address(&self, step: &str, other: bool) -> String {
        let Self { receipts, attempt, sealed } = self;
        let language = if other { "&other=1" } else { "" };
        format!("{receipts}?attempt={attempt}&step={step}{language}&script={sealed}")
    }
}

#[async_trait]
impl Provider for TwilioVoiceProvider {
    fn describe(&self) -> &Descriptor {
        &self.descriptor
    }

    async fn send(&self, message: &Message, now: Millis) -> Answer {
        let Body::Voice { to, script } = &message.body else {
            return Answer::of(Outcome::Misconfigured, "wrong-channel");
        };
        let Some(answered) = self.address(script, message.attempt) else {
            return Answer::of(Outcome::Rejected, "script-too-long");
        };
        let status = format!("{}?attempt={}&step=status", self.receipts, message.attempt);
        let form = [
            ("To", to.expose()),
            ("From", self.from.as_str()),
            ("Url", answered.as_str()),
            ("Method", "POST"),
            ("StatusCallback", status.as_str()),
            ("StatusCallbackEvent", "completed"),
            ("MachineDetection", "Enable"),
            ("Timeout", self.ring_seconds.as_str()),
            ("TimeLimit", LONGEST_CALL),
        ];
        let request =
            self.http.post(self.calls.clone()).basic_auth(&self.user, Some(self.password.expose())).form(&form);
        self.http.ask(request, &self.descriptor, |reply| read_answer(reply, now)).await
    }

    async fn receipts(&self, request: &ReceiptRequest) -> Result<Vec<ReceiptEvent>, ReceiptError> {
        self.read(request)
    }

    fn reply(&self, request: &ReceiptRequest) -> Option<ReceiptReply> {
        let callback = self.callback(request).ok()?;
        let sealed = callback.sealed.as_deref()?;
        // A script that cannot be opened was sealed under a token that is no longer configured.
        let body = match self.seal.open(sealed, callback.attempt) {
            Some(script) => {
                let steps = Steps { receipts: &self.receipts, attempt: callback.attempt, sealed };
                callback.reply(&script, &steps).unwrap_or_else(|_| twiml::silence())
            }
            None => twiml::silence(),
        };
        Some(ReceiptReply { content_type: "text/xml; charset=utf-8", body: body.into() })
    }

    async fn check(&self) -> Result<Checked, ProviderFault> {
        super::check_account(&self.descriptor, &self.http, self.account.clone(), (&self.user, &self.password)).await
    }
}

#[cfg(test)]
mod tests;
