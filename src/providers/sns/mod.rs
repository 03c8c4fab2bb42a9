//! Text messages through Amazon SNS (`Publish` to a phone number).
//!
//! SNS has no callbacks for text messages: its word is `accepted`, and what became of a message stands in the account's own
//! logs. It swallows messages to people who opted out, so they are asked for first. There is no idempotency key: a request
//! without an answer may have gone out, so it is `unknown`.

#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use serde::Deserialize;
use url::Url;

use super::http::{Http, HttpFault, HttpReply};
use super::protocol::answers::{by_status, garbled, of_unlisted};
use super::protocol::aws::{CredentialsFrom, Given, NoCredentials, Signer};
use super::protocol::codes::Codes;
use super::protocol::sender;
use super::settings::{Common, Faults, Surroundings};
use super::{Answer, Checked, Descriptor, Provider, ProviderFault};
use crate::config::{Secret, is_protected};
use crate::domain::channel::Channel;
use crate::domain::clock::{Clock, Millis};
use crate::domain::message::{Body, Message};
use crate::domain::outcome::Outcome;

static CODES: LazyLock<Codes> = LazyLock::new(|| Codes::parse("Amazon SNS", include_str!("codes.toml")));

const FORM: &str = "application/x-www-form-urlencoded";

/// An AWS account that sends text messages.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SnsSettings {
    /// The region, e.g. `eu-west-1`.
    pub region: String,
    /// Where the credentials come from.
    #[serde(default)]
    pub credentials: CredentialsFrom,
    /// Names the access key, unless a role's are used.
    pub access_key_id: Option<String>,
    /// The access key.
    pub secret_access_key: Option<Secret>,
    /// With temporary keys, the token that belongs to them.
    pub session_token: Option<Secret>,
    /// The metadata service of the machine, unless it is where Amazon's is.
    pub instance_url: Option<Url>,
    /// Where the container gets its role's keys. Who knows it may have them.
    pub container_url: Option<Secret>,
    /// What is shown there.
    pub container_token: Option<Secret>,
    /// The file that has what is shown there now.
    pub container_token_path: Option<PathBuf>,
    /// The name to send from, where the country allows one; up to 11 letters and digits.
    pub sender_id: Option<String>,
    /// The number to send from.
    pub origination_number: Option<String>,
    /// The most that one message may cost, in US dollars, e.g. `0.50`.
    pub max_price: Option<String>,
    /// Whether to ask first if the person opted out. Without it such a message is lost and counts as accepted.
    #[serde(default = "yes")]
    pub check_opt_out: bool,
    /// The service's address; that of the region when absent.
    pub base_url: Option<Url>,
}

const fn yes() -> bool {
    true
}

/// An AWS account that sends text messages.
pub struct SnsProvider {
    descriptor: Descriptor,
    http: Http,
    signer: Signer,
    url: Url,
    attributes: Vec<(&'static str, String)>,
    sender_id: Option<String>,
    check_opt_out: bool,
    clock: Arc<dyn Clock>,
}

/// A reply, and the key that the question was signed with.
type Said = (HttpReply, String);

/// Why there is no reply.
#[derive(Debug, thiserror::Error)]
enum NoReply {
    /// Nothing was asked: there is nothing to sign with.
    #[error(transparent)]
    Unsigned(#[from] NoCredentials),
    /// It was asked, maybe.
    #[error(transparent)]
    Unheard(#[from] HttpFault),
}

impl SnsProvider {
    /// Builds the provider. Connects to nothing.
    ///
    /// # Errors
    /// What is wrong and what to do about it.
    pub fn build(common: &Common, settings: &SnsSettings, around: &Surroundings) -> Result<Self, Faults> {
        let usual = || Url::parse(&format!("https://sns.{}.amazonaws.com/", settings.region));
        let url = settings.base_url.clone().map_or_else(usual, Ok);
        let url = url.map_err(|_| Faults::one("region", "is a region of AWS, like eu-west-1"))?;
        let mut found = Faults::default();
        found.require(is_protected(&url), "base_url", "use https");
        let fits = |id: &String| (1..=11).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric());
        found.require(settings.sender_id.as_ref().is_none_or(fits), "sender_id", "give up to 11 letters and digits");
        found.none()?;
        let given = Given {
            from: settings.credentials,
            access_key_id: settings.access_key_id.as_deref(),
            secret_access_key: settings.secret_access_key.as_ref(),
            session_token: settings.session_token.as_ref(),
            instance_url: settings.instance_url.as_ref(),
            container_url: settings.container_url.as_ref(),
            container_token: settings.container_token.as_ref(),
            container_token_path: settings.container_token_path.as_ref(),
        };
        let mut attributes = vec![("AWS.SNS.SMS.SMSType", String::from("Transactional"))];
        attributes.extend(settings.sender_id.clone().map(|id| ("AWS.SNS.SMS.SenderID", id)));
        attributes.extend(settings.max_price.clone().map(|price| ("AWS.SNS.SMS.MaxPrice", price)));
        attributes.extend(settings.origination_number.clone().map(|n| ("AWS.MM.SMS.OriginationNumber", n)));
        Ok(Self {
            descriptor: common.descriptor("sns", Channel::Sms, false),
            http: common.http()?,
            signer: Signer::new(given.source(common)?, settings.region.clone(), "sns"),
            url,
            attributes,
            sender_id: settings.sender_id.clone(),
            check_opt_out: settings.check_opt_out,
            clock: Arc::clone(&around.clock),
        })
    }

    async fn call(&self, action: &str, fields: &[(String, &str)], now: Millis) -> Result<Said, NoReply> {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("Action", action)
            .append_pair("Version", "2010-03-31")
            .extend_pairs(fields)
            .finish();
        let signed = self.signer.headers("POST", &self.url, Some(FORM), body.as_bytes(), now).await?;
        let request = signed.onto(self.http.post(self.url.clone()).header("content-type", FORM).body(body));
        Ok((self.http.run(request).await?, signed.access_key_id))
    }

    /// What a reply means, or that there is none.
    async fn answer(&self, reply: Result<Said, NoReply>, now: Millis) -> Answer {
        match reply {
            Ok((reply, key)) => self.signer.reviewed(read_answer(&reply, now), &key, now).await,
            Err(NoReply::Unsigned(fault)) => fault.answer(),
            Err(NoReply::Unheard(fault)) => {
                tracing::warn!(provider = %self.descriptor.name, reason = %fault, "no answer from Amazon SNS");
                fault.answer()
            }
        }
    }

    /// Whether the person told SNS to send nothing; an answer where that cannot be learnt. Nothing has been sent then.
    async fn opted_out(&self, number: &str, now: Millis) -> Result<bool, Answer> {
        let fields = [(String::from("phoneNumber"), number)];
        match self.call("CheckIfPhoneNumberIsOptedOut", &fields, now).await {
            Ok((reply, _)) if (200..300).contains(&reply.status) => match inside(&reply.body, "isOptedOut") {
                Some(word) => Ok(word == "true"),
                None => Err(Answer::of(Outcome::Retry, "opt-out unlisted")),
            },
            reply => {
                let answer = self.answer(reply, now).await;
                let outcome = if answer.outcome == Outcome::Unknown { Outcome::Retry } else { answer.outcome };
                Err(Answer { outcome, ..answer })
            }
        }
    }
}

/// The text inside the first element of that name. The answers are flat and of a handful of known elements.
fn inside(body: &[u8], element: &str) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?;
    let (_, rest) = text.split_once(&format!("<{element}>"))?;
    let (inside, _) = rest.split_once(&format!("</{element}>"))?;
    Some(inside.trim().to_owned())
}

/// What an answer means.
fn read_answer(reply: &HttpReply, now: Millis) -> Answer {
    let code = inside(&reply.body, "Code");
    let mut answer = match (reply.status, code) {
        (status @ 200..=299, None) => {
            let taken = |id| Answer { reference: Some(id), ..Answer::of(Outcome::Accepted, status.to_string()) };
            inside(&reply.body, "MessageId").map_or_else(|| garbled(reply), taken)
        }
        (_, Some(code)) => {
            // Which parameter it is, SNS says in prose alone.
            let about =
                inside(&reply.body, "Message").is_some_and(|prose| prose.to_ascii_lowercase().contains("phone"));
            let number = format!("{code} PhoneNumber");
            let code = if about && CODES.lists(&number) { number } else { code };
            CODES.read(&code, of_unlisted(reply.status)).answer()
        }
        (_, None) => by_status(reply, false, now),
    };
    answer.retry_after_ms = reply.retry_after_ms(now);
    answer
}

#[async_trait]
impl Provider for SnsProvider {
    fn describe(&self) -> &Descriptor {
        &self.descriptor
    }

    async fn send(&self, message: &Message, now: Millis) -> Answer {
        let Body::Sms { to, text, .. } = &message.body else {
            return Answer::of(Outcome::Misconfigured, "wrong-channel");
        };
        if self.check_opt_out {
            match self.opted_out(to.expose(), now).await {
                Ok(false) => {}
                Ok(true) => return Answer::of(Outcome::Rejected, "OptedOut"),
                Err(answer) => return answer,
            }
        }
        let mut fields = vec![(String::from("PhoneNumber"), to.expose()), (String::from("Message"), text.expose())];
        for (number, (name, value)) in self.attributes.iter().enumerate() {
            let entry = format!("MessageAttributes.entry.{}", number + 1);
            fields.push((format!("{entry}.Name"), name));
            fields.push((format!("{entry}.Value.DataType"), "String"));
            fields.push((format!("{entry}.Value.StringValue"), value));
        }
        let reply = self.call("Publish", &fields, now).await;
        self.answer(reply, now).await
    }

    /// Where a name is not carried, SNS takes a number of its own, or of the account, and says nothing.
    fn remarks(&self) -> Vec<String> {
        self.sender_id.as_deref().map(|id| sender::remarks(id, &self.descriptor.destinations)).unwrap_or_default()
    }

    async fn check(&self) -> Result<Checked, ProviderFault> {
        let fault = |reason: String| ProviderFault { name: self.descriptor.name.clone(), reason };
        match self.call("GetSMSAttributes", &[], self.clock.now()).await {
            Ok((reply, _)) if reply.status == 200 => Ok(Checked::SignsIn),
            Ok((reply, _)) => Err(fault(format!(
                "Amazon SNS answers {} {}; check region, credentials, access_key_id and secret_access_key, and that the key or role may use sns:Publish, \
                 sns:CheckIfPhoneNumberIsOptedOut and sns:GetSMSAttributes",
                reply.status,
                read_answer(&reply, self.clock.now()).code.unwrap_or_default(),
            ))),
            Err(error) => Err(fault(error.to_string())),
        }
    }
}
