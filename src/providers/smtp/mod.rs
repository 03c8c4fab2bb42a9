//! Email through a mail relay: submission over SMTP (RFC 5321, RFC 6409), and its bounces (RFC 3464).
//!
//! | file | does |
//! |---|---|
//! | `settings.rs` | what an operator configures |
//! | `content.rs`, `dkim.rs`, `signing.rs` | the message: headers, both bodies, signatures |
//! | `verp.rs`, `bounce.rs` | the bounce address of an attempt, and reading what comes back to it |
//! | `connection.rs`, `reply.rs`, `tls.rs` | bytes, replies, certificates |
//! | `session.rs`, `features.rs`, `wire.rs` | one conversation: what the server can do, how content is written |
//! | `pool.rs`, `carrier.rs` | what waits to be carried, and the conversations kept open |
//! | `replies.rs`, `replies.toml` | what a reply means |
//!
//! Guarantees: TLS that was asked for is used or nothing is sent; credentials never go in clear; one recipient per
//! transaction; every failure before the final dot is known not to have sent anything, every failure after it is
//! `unknown`; a repeat carries the same Message-ID.
//!
//! Why the conversation is our own and the headers are lettre's: lettre encodes headers well, and does so wherever
//! something has to be encoded; what is plain ASCII is written as it stands, and bodies by the crates that lettre encodes
//! them with, without a copy for each step; tests hold both against what lettre writes. Its connection sends one command
//! per round trip and waits, cannot say whether a failure came before or after the final dot (which decides between trying
//! again and not knowing), has one time limit for all steps where RFC 5321 asks for one per step, and traces every command,
//! recipients included. Its signer reads the wall clock.

mod bounce;
mod carrier;
mod connection;
mod content;
mod dkim;
mod features;
mod pool;
mod replies;
mod reply;
mod session;
mod settings;
mod signing;
pub(super) mod tls;
mod verp;
mod wire;

use std::sync::Arc;

use async_trait::async_trait;

use self::bounce::Intake;
use self::content::{Composer, Mail};
use self::pool::Pool;
use self::session::{Delivery, Envelope, OpenFault};
use self::signing::Signing;
use self::verp::Verp;
use super::settings::{Common, Faults};
use super::{Answer, Checked, Descriptor, Provider, ProviderFault, ReceiptError, ReceiptEvent, ReceiptRequest};
use crate::domain::channel::Channel;
use crate::domain::clock::Millis;
use crate::domain::message::{Body, Message};
use crate::domain::outcome::Outcome;

pub use self::connection::Limits;
pub use self::settings::{DkimSettings, SmtpSettings, SmtpTls};
pub(crate) use self::tls::{client_config, server_name};

pub(super) use self::content::{Composer as MailComposer, Mail as MailContent, wire_address};
pub(super) use self::settings::name_and_address;

/// What the status of a bounce means (RFC 3463), with its code; `None` if it is none.
pub(super) fn bounced(status: &str) -> Option<(Outcome, String)> {
    let answer = replies::read_failed(reply::parse_enhanced(status.split_whitespace().next()?)?).answer();
    Some((answer.outcome, answer.code.unwrap_or_default()))
}

/// The header in which the signed name of an attempt travels, where bounces are signed.
const ATTEMPT_HEADER: &str = "X-Candour-Attempt";

/// A mail relay.
pub struct SmtpProvider {
    descriptor: Descriptor,
    composer: Composer,
    signing: Signing,
    sender: String,
    verp: Option<Arc<Verp>>,
    intake: Option<Intake>,
    pool: Pool,
}

impl SmtpProvider {
    /// Builds the provider: reads secrets, keys and certificates, checks the settings. Connects to nothing.
    ///
    /// # Errors
    /// What is wrong and what to do about it.
    pub fn build(common: &Common, settings: &SmtpSettings) -> Result<Self, Faults> {
        Self::with_limits(common, settings, Limits::rfc5321())
    }

    /// The same with other time limits than RFC 5321's.
    ///
    /// # Errors
    /// What is wrong and what to do about it.
    pub fn with_limits(common: &Common, settings: &SmtpSettings, limits: Limits) -> Result<Self, Faults> {
        settings.check()?;
        let (from_name, from) = settings.sender();
        let composer = Composer::build(&Mail { from, from_name, reply_to: settings.reply_to.as_deref() })?;
        let domain = settings.domain.as_deref().or_else(|| from.rsplit_once('@').map(|(_, domain)| domain));
        let verp = match (&settings.bounce_secret, domain) {
            (Some(secret), Some(domain)) => {
                let secrets = [std::slice::from_ref(secret), &settings.previous_bounce_secrets].concat();
                Some(Arc::new(Verp::build(domain, secrets)?))
            }
            _ => None,
        };
        // One on its way and one behind it in each conversation.
        let ahead = Common { concurrency: common.concurrency * 2, ..common.clone() };
        Ok(Self {
            descriptor: ahead.descriptor("smtp", Channel::Email, false),
            sender: composer.sender().to_owned(),
            composer,
            signing: Signing::build(settings.dkim.as_slice())?,
            intake: verp.as_ref().map(|verp| Intake::new(Arc::clone(verp))),
            verp,
            pool: Pool::build(settings, common.concurrency, limits)?,
        })
    }

    fn opening(&self, fault: &OpenFault) -> Answer {
        tracing::warn!(provider = %self.descriptor.name, reason = %fault, "no session with the mail relay");
        fault.answer()
    }
}

#[async_trait]
impl Provider for SmtpProvider {
    fn describe(&self) -> &Descriptor {
        &self.descriptor
    }

    async fn send(&self, message: &Message, now: Millis) -> Answer {
        let Body::Email { to, .. } = &message.body else {
            return Answer::of(Outcome::Misconfigured, "wrong-channel");
        };
        let Ok(content) = self.composer.compose(message, now) else {
            return Answer::of(Outcome::Rejected, "cannot-be-written");
        };
        let Some(recipient) = content::wire_address(to.expose()) else {
            return Answer::of(Outcome::BadAddress, "cannot-be-written");
        };
        let Some(content) = self.signing.sign(content, now).await else {
            return Answer::of(Outcome::Retry, "not-signed");
        };
        // Signed where that is configured: what comes back with it is believed. A relay that bounces to an address of its
        // own and drops the envelope's identifier returns the message's headers still.
        let (sender, id, content) = match &self.verp {
            Some(verp) => {
                let id = verp.token(message.attempt);
                let marked = [ATTEMPT_HEADER, ": ", &id, "\r\n"].concat().into_bytes();
                (verp.address(message.attempt), id, [marked, content].concat())
            }
            None => (self.sender.clone(), message.attempt.0.simple().to_string(), content),
        };
        let envelope = Envelope { sender, recipient, id };
        match self.pool.deliver(envelope, content).await {
            Ok(Delivery::Taken(reply)) => Answer::of(Outcome::Accepted, reply.status()),
            Ok(Delivery::Refused { stage, reply }) => replies::read(stage, &reply).answer(),
            Ok(Delivery::Broken { after_dot: false, how }) => Answer::of(Outcome::Retry, how.code()),
            Ok(Delivery::Broken { after_dot: true, how }) => {
                Answer::of(Outcome::Unknown, format!("{}-after-dot", how.code()))
            }
            Ok(Delivery::Unfit(code)) => Answer::of(Outcome::Rejected, code),
            Err(fault) => self.opening(&fault),
        }
    }

    async fn receipts(&self, request: &ReceiptRequest) -> Result<Vec<ReceiptEvent>, ReceiptError> {
        self.intake.as_ref().ok_or(ReceiptError::Unsupported)?.read(request)
    }

    fn takes_mail_for(&self, address: &str) -> bool {
        self.verp.as_ref().is_some_and(|verp| verp.of_address(address).is_some())
    }

    fn signed_mail(&self, message: &[u8]) -> bool {
        self.verp.as_ref().is_some_and(|verp| verp.find(message).is_some())
    }

    async fn check(&self) -> Result<Checked, ProviderFault> {
        let fault = |reason: String| ProviderFault { name: self.descriptor.name.clone(), reason };
        let signs_in = self.pool.check().await.map_err(|e| fault(e.to_string()))?;
        Ok(if signs_in { Checked::SignsIn } else { Checked::Answers })
    }
}
