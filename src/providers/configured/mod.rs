//! `kind = "http"`: an API that a definition file describes, so that most that take JSON or a form need no code.
//!
//! | file | does |
//! |---|---|
//! | `definition.rs` | what a definition says |
//! | `template.rs` | writes a request from its templates |
//! | `receipts.rs` | checks and reads callbacks |
//! | `examples/` | definitions that the program brings along; `definition = "mailgun"` names one |
//!
//! `runbooks/provider-by-configuration.md` is the form of a definition for operators.
//!
//! Guarantees what the other kinds do: a request whose answer is lost is `unknown`, an answer that no rule knows is a named
//! case, a callback that shows no secret is forged. Templates are tried with a made-up message when the provider is built.

mod definition;
mod receipts;
mod template;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value, json};

use self::definition::{Answers, Definition};
use self::receipts::Reader;
use self::template::Templates;
use super::http::{Http, HttpReply, connect};
use super::protocol::answers::{by_status, garbled};
use super::protocol::mail::Mail;
use super::settings::{Common, Faults, Surroundings};
use super::{Answer, Checked, Descriptor, Provider, ProviderFault, ReceiptError, ReceiptEvent, ReceiptRequest};
use crate::config::{Secret, is_protected};
use crate::domain::channel::Channel;
use crate::domain::clock::Millis;
use crate::domain::contact::PushTarget;
use crate::domain::message::{Body, Message};
use crate::domain::outcome::Outcome;

/// The settings of an API by definition.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpSettings {
    /// The definition: a file, or the name of one that the program brings along.
    pub definition: String,
    /// What templates name as `{{settings.NAME}}`.
    #[serde(default)]
    pub settings: BTreeMap<String, String>,
    /// What templates name as `{{secrets.NAME}}`, and what callbacks show.
    #[serde(default)]
    pub secrets: BTreeMap<String, Secret>,
}

/// An API by definition.
pub struct HttpProvider {
    descriptor: Descriptor,
    http: Http,
    method: reqwest::Method,
    templates: Templates,
    answers: Answers,
    fixed: Value,
    reader: Option<Reader>,
}

impl HttpProvider {
    /// Builds the provider. Connects to nothing.
    ///
    /// # Errors
    /// What is wrong and what to do about it.
    pub fn build(common: &Common, settings: &HttpSettings, around: &Surroundings) -> Result<Self, Faults> {
        let definition = Definition::read(&settings.definition).map_err(Faults::at("definition"))?;
        let unfit = Faults::at("definition");
        let method = definition.request.method.parse().map_err(|_| unfit(String::from("request.method is none")))?;
        let mut values = definition.defaults.clone();
        values.extend(settings.settings.clone());
        let secrets: BTreeMap<&str, &str> = settings.secrets.iter().map(|(n, s)| (n.as_str(), s.expose())).collect();
        let receipts = around.receipts_url(&common.name).ok();
        let fixed = json!({ "settings": values, "secrets": secrets, "receipts_url": receipts });
        let reader = definition.receipts.map(|rules| {
            let name = rules.check.secret().to_owned();
            let names = [name.clone(), format!("previous_{name}")];
            Reader::new(rules, names.iter().filter_map(|name| settings.secrets.get(name)).cloned().collect())
        });
        let provider = Self {
            descriptor: common.descriptor("http", definition.channel, reader.is_some()),
            http: common.http()?,
            method,
            templates: Templates::build(&definition.request).map_err(&unfit)?,
            answers: definition.answer,
            fixed,
            reader,
        };
        let written = provider.templates.write(&provider.values(&sample(definition.channel))).map_err(&unfit)?;
        if !is_protected(&written.url) {
            return Err(unfit(String::from("request.url: use https")));
        }
        Ok(provider)
    }

    fn values(&self, own: &Value) -> Value {
        let mut values = self.fixed.clone();
        if let (Some(values), Some(own)) = (values.as_object_mut(), own.as_object()) {
            values.extend(own.clone());
        }
        values
    }

    fn read_answer(&self, reply: &HttpReply, now: Millis) -> Answer {
        let body: Option<Value> = serde_json::from_slice(&reply.body).ok();
        let at = |place: &str| match place.strip_prefix("header:") {
            Some(name) => reply.headers.get(name).and_then(|v| v.to_str().ok()).map(ToOwned::to_owned),
            None => body.as_ref()?.pointer(place).and_then(receipts::text),
        };
        let code = self.answers.code.as_deref().and_then(at);
        let text = String::from_utf8_lossy(&reply.body);
        let fits = |rule: &&definition::Rule| {
            (rule.status.is_empty() || rule.status.contains(&reply.status))
                && (rule.code.is_empty() || code.as_ref().is_some_and(|code| rule.code.contains(code)))
                && rule.contains.as_ref().is_none_or(|part| text.contains(part))
        };
        if let Some(rule) = self.answers.rule.iter().find(fits) {
            // A code that a rule names is one word; anything else an API writes there is prose.
            let named = code.filter(|code| rule.code.contains(code));
            let code = named.unwrap_or_else(|| reply.status.to_string());
            let retry_after_ms = reply.retry_after_ms(now);
            return Answer { retry_after_ms, ..Answer::of(rule.outcome, code) };
        }
        if !self.answers.success.contains(&reply.status) {
            // Any proxy may write JSON; the API's own code in its place is the API's.
            return by_status(reply, code.is_some(), now);
        }
        let reference = self.answers.id.as_deref().and_then(at);
        if reference.is_none() && self.answers.id_required {
            return garbled(reply);
        }
        Answer { reference, ..Answer::of(Outcome::Accepted, reply.status.to_string()) }
    }
}

/// What templates name of a message.
fn of_message(message: &Message) -> Result<Value, Answer> {
    let mut values = json!({
        "attempt": message.attempt, "campaign": message.campaign, "person": message.person, "locale": message.locale,
        "message": format!("{}.{}", message.campaign.0.simple(), message.person.0.simple()),
    });
    let more = if let Body::Email { .. } = &message.body {
        let mail = Mail::of(message)?;
        json!({ "to": mail.to, "to_name": mail.to_name, "mailbox": mail.mailbox(), "subject": mail.subject,
            "text": mail.text, "html": mail.html })
    } else if let Body::Sms { to, text, .. } = &message.body {
        json!({ "to": to.expose(), "digits": to.expose().trim_start_matches('+'), "text": text.expose() })
    } else if let Body::Push { to: PushTarget::Fcm(to) | PushTarget::Apns(to), title, text, url } = &message.body {
        json!({ "to": to.expose(), "title": title.expose(), "text": text.expose(), "url": url })
    } else {
        return Err(Answer::of(Outcome::Rejected, "cannot-be-written"));
    };
    if let (Some(values), Value::Object(more)) = (values.as_object_mut(), more) {
        values.extend(more);
    }
    Ok(values)
}

/// A made-up message, to try templates with.
fn sample(channel: Channel) -> Value {
    let mut values =
        json!({ "attempt": "1", "campaign": "2", "person": "3", "locale": "en", "message": "2.3", "text": "t" });
    let more = match channel {
        Channel::Email => {
            json!({ "to": "a@example.org", "to_name": "A", "mailbox": "a@example.org", "subject": "s", "html": "h" })
        }
        Channel::Push => json!({ "to": "t", "title": "t", "url": "https://example.org" }),
        _ => json!({ "to": "+15550100", "digits": "15550100" }),
    };
    if let (Some(values), Value::Object(more)) = (values.as_object_mut(), more) {
        values.extend(more);
    }
    values
}

#[async_trait]
impl Provider for HttpProvider {
    fn describe(&self) -> &Descriptor {
        &self.descriptor
    }

    async fn send(&self, message: &Message, now: Millis) -> Answer {
        if message.body.contact().channel() != self.descriptor.channel {
            return Answer::of(Outcome::Misconfigured, "wrong-channel");
        }
        let own = match of_message(message) {
            Ok(own) => own,
            Err(answer) => return answer,
        };
        let written = match self.templates.write(&self.values(&own)) {
            Ok(written) => written,
            Err(reason) => {
                tracing::warn!(provider = %self.descriptor.name, %reason, "a message cannot be written");
                return Answer::of(Outcome::Rejected, "cannot-be-written");
            }
        };
        let mut request =
            self.http.request(self.method.clone(), written.url).header("content-type", written.content_type);
        for (name, value) in written.headers {
            request = request.header(name, value);
        }
        self.http.ask(request.body(written.body), &self.descriptor, |reply| self.read_answer(reply, now)).await
    }

    async fn receipts(&self, request: &ReceiptRequest) -> Result<Vec<ReceiptEvent>, ReceiptError> {
        self.reader.as_ref().ok_or(ReceiptError::Unsupported)?.read(request)
    }

    /// A definition has no call that sends nothing: that somebody is there is all that can be tried.
    async fn check(&self) -> Result<Checked, ProviderFault> {
        let fault = |reason: String| ProviderFault { name: self.descriptor.name.clone(), reason };
        let sample = self.templates.write(&self.values(&sample(self.descriptor.channel))).map_err(fault)?;
        connect(&sample.url).await.map_err(|e| fault(format!("{}: {e}", sample.url.host_str().unwrap_or_default())))?;
        Ok(Checked::Connects)
    }
}
