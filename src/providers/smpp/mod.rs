//! Text messages straight to an SMSC over SMPP 3.4, and its delivery receipts, which come in over the same connection.
//!
//! The frames are the crate rusmpp's. The session is our own: it must know of each request whether it may have left
//! (then its outcome is `unknown` when the answer does not come) or surely has not. A receipt is acknowledged once it is
//! durable. It cannot be asked about an attempt without an answer: `query_sm` names a message by the identifier that the answer
//! gives.

mod codes;
mod frame;
mod link;
mod receipt;
mod session;
mod settings;
mod submit;

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use rusmpp::Pdu;
use rusmpp::pdus::SubmitSm;
use tokio_util::sync::CancellationToken;

use self::link::Link;
use self::session::{NoAnswer, Reply, Session};
pub use self::settings::{Ids, Long, SmppSettings};
use self::submit::Form;
use super::protocol::sender;
use super::settings::{Common, Faults, Surroundings};
use super::{Answer, Checked, Descriptor, Provider, ProviderFault, ReceiptInlet};
use crate::domain::channel::Channel;
use crate::domain::clock::Millis;
use crate::domain::message::{Body, Message};
use crate::domain::outcome::Outcome;

/// `ESME_RINVBNDSTS`: the SMSC takes the connection for one that is not bound.
const NOT_BOUND: u32 = 0x04;
/// How often a part of a message that has begun is submitted again where it is throttled, and after how long each time. Rates of
/// SMSCs are by the second.
const PART_AGAIN: usize = 5;
const PART_PAUSE: Duration = Duration::from_secs(1);

/// An account at an SMSC.
pub struct SmppProvider {
    descriptor: Descriptor,
    settings: SmppSettings,
    form: Form,
    link: Link,
    /// Joins the parts of a long message.
    reference: AtomicU8,
}

impl SmppProvider {
    /// Builds the provider. Connects to nothing.
    ///
    /// # Errors
    /// What is wrong and what to do about it.
    pub fn build(common: &Common, settings: &SmppSettings, around: &Surroundings) -> Result<Self, Faults> {
        settings.check()?;
        let mut start = [0];
        around.entropy.fill(&mut start);
        Ok(Self {
            descriptor: common.descriptor("smpp", Channel::Sms, true),
            form: Form::new(settings).map_err(Faults::at(""))?,
            link: Link::new(&common.name, settings, Arc::clone(&around.entropy)).map_err(Faults::at(""))?,
            settings: settings.clone(),
            reference: AtomicU8::new(start[0]),
        })
    }
}

impl SmppProvider {
    /// Submits a part. Where others of the message were taken, one that is throttled is submitted again after a while: all of it
    /// anew would be more of what the SMSC has too much of, and be throttled at the same part for ever.
    async fn submit(&self, session: &Session, part: SubmitSm, begun: bool) -> Result<Reply, NoAnswer> {
        let mut left = if begun { PART_AGAIN } else { 0 };
        loop {
            let reply = session.submit(Pdu::SubmitSm(part.clone())).await?;
            if left == 0 || codes::status(reply.status).outcome != Outcome::Throttled {
                return Ok(reply);
            }
            left -= 1;
            tokio::time::sleep(PART_PAUSE).await;
        }
    }
}

#[async_trait]
impl Provider for SmppProvider {
    fn describe(&self) -> &Descriptor {
        &self.descriptor
    }

    async fn send(&self, message: &Message, _now: Millis) -> Answer {
        let Body::Sms { to, text, .. } = &message.body else {
            return Answer::of(Outcome::Misconfigured, "wrong-channel");
        };
        if let Some(refusal) = sender::refusal(&self.settings.from, to) {
            return refusal;
        }
        let reference = self.reference.fetch_add(1, Ordering::Relaxed);
        let Some(requests) = self.form.requests(to.expose(), text.expose(), reference) else {
            return Answer::of(Outcome::Rejected, "cannot-be-written");
        };
        let session = match self.link.session().await {
            Ok(session) => session,
            Err(answer) => return answer,
        };
        let mut last = Answer::of(Outcome::Rejected, "nothing-to-send");
        for (done, request) in requests.into_iter().enumerate() {
            last = match self.submit(&session, request, done > 0).await {
                Ok(reply) => {
                    if reply.status == NOT_BOUND {
                        session.retire();
                    }
                    let id = match &reply.pdu {
                        Some(Pdu::SubmitSmResp(answer)) => answer.message_id().as_str().trim_end_matches('\0'),
                        _ => "",
                    };
                    let reference =
                        Some(id).filter(|id| !id.is_empty()).map(|id| receipt::in_answer(id, self.settings.ids));
                    Answer { reference, ..codes::status(reply.status) }
                }
                // The first part has not left, so nothing has.
                Err(NoAnswer::NotSent) if done == 0 => Answer::of(Outcome::Retry, "not-sent"),
                // A phone shows nothing of a message that is not whole, so that the rest may be sent with all of it.
                Err(NoAnswer::NotSent) => Answer::of(Outcome::Retry, "not-sent-whole"),
                Err(NoAnswer::TimedOut) => Answer::of(Outcome::Unknown, "timeout"),
                Err(NoAnswer::Broken) => Answer::of(Outcome::Unknown, "dropped"),
            };
            if last.outcome != Outcome::Accepted {
                return last;
            }
        }
        last
    }

    async fn listen(&self, inlet: Arc<dyn ReceiptInlet>, stop: CancellationToken) {
        self.link.keep(inlet, stop).await;
    }

    fn remarks(&self) -> Vec<String> {
        sender::remarks(&self.settings.from, &self.descriptor.destinations)
    }

    /// Binds and leaves again.
    async fn check(&self) -> Result<Checked, ProviderFault> {
        self.link.try_bind().await.map(|()| Checked::SignsIn).map_err(|answer| ProviderFault {
            name: self.descriptor.name.clone(),
            reason: format!(
                "no bind at {}:{} ({}); check host, port, tls, system_id, password and system_type, and how many binds the \
                 account may have",
                self.settings.host,
                self.settings.port,
                answer.code.unwrap_or_default()
            ),
        })
    }
}
