//! Keeps one bound session to the SMSC: connects, binds, and binds anew when it is lost, with longer and longer pauses.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use rusmpp::Pdu;
use rusmpp::pdus::{BindTransceiver, DeliverSm};
use rusmpp::values::{InterfaceVersion, Npi, Ton};
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio::time::Instant;
use tokio_rustls::TlsConnector;
use tokio_util::sync::CancellationToken;

use super::codes;
use super::receipt;
use super::session::{Desk, LATER, NoAnswer, Patience, Session};
use super::settings::{Ids, SmppSettings};
use super::submit::octets;
use crate::domain::clock::Entropy;
use crate::domain::outcome::Outcome;
use crate::providers::smtp::tls;
use crate::providers::{Answer, InletFault, ReceiptInlet};

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);
/// First and longest pause before another try to bind.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);
/// A receipt may overtake the answer it is about on its way into the database: when to look again.
const LOOK_AGAIN: [Duration; 3] = [Duration::from_millis(200), Duration::from_secs(1), Duration::from_secs(3)];

/// A link to an SMSC.
pub(super) struct Link {
    host: String,
    port: u16,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    bind: BindTransceiver,
    window: usize,
    patience: Patience,
    held: Mutex<Held>,
    desk: Arc<Receipts>,
    entropy: Arc<dyn Entropy>,
}

/// The session there is, or when to try for one again.
#[derive(Default)]
struct Held {
    session: Option<Arc<Session>>,
    tries: u32,
    not_before: Option<Instant>,
    why: Option<Answer>,
}

impl Link {
    /// From settings that have been checked. Connects to nothing.
    pub(super) fn new(name: &str, settings: &SmppSettings, entropy: Arc<dyn Entropy>) -> Result<Self, String> {
        let secure = || {
            let config = tls::client_config(settings.ca_file.as_deref())?;
            Ok::<_, String>((TlsConnector::from(config), tls::server_name(&settings.host)?))
        };
        let mut bind = BindTransceiver::builder()
            .system_id(octets(&settings.system_id).ok_or("system_id does not fit")?)
            .password(octets(settings.password.expose()).ok_or("the password does not fit")?)
            .system_type(octets(&settings.system_type).ok_or("system_type does not fit")?)
            .build();
        bind.interface_version = InterfaceVersion::Smpp3_4;
        bind.addr_ton = Ton::Unknown;
        bind.addr_npi = Npi::Unknown;
        Ok(Self {
            host: settings.host.clone(),
            port: settings.port,
            tls: settings.tls.then(secure).transpose()?,
            bind,
            window: settings.window,
            patience: Patience {
                answer: Duration::from_secs(settings.response_seconds),
                silence: Duration::from_secs(settings.enquire_seconds),
            },
            held: Mutex::default(),
            desk: Arc::new(Receipts {
                provider: name.to_owned(),
                ids: settings.ids,
                dead_number_errors: settings.dead_number_errors.clone(),
                inlet: OnceLock::new(),
            }),
            entropy,
        })
    }

    /// A bound session. Where there is none now, the answer says why; nothing has been sent then.
    pub(super) async fn session(&self) -> Result<Arc<Session>, Answer> {
        let mut held = self.held.lock().await;
        if let Some(session) = held.session.as_ref().filter(|session| !session.is_over()) {
            return Ok(Arc::clone(session));
        }
        held.session = None;
        let now = Instant::now();
        if let (Some(until), Some(why)) = (held.not_before.filter(|until| *until > now), &held.why) {
            let wait = i64::try_from((until - now).as_millis()).ok();
            return Err(Answer { retry_after_ms: wait, ..why.clone() });
        }
        match self.bound().await {
            Ok(session) => {
                *held = Held { session: Some(Arc::clone(&session)), ..Held::default() };
                Ok(session)
            }
            Err(why) => {
                let pause = FIRST_PAUSE.saturating_mul(1 << held.tries.min(10)).min(LONGEST_PAUSE);
                // Up to a quarter more, so that many workers do not come back together.
                let pause = pause.mul_f64(1.0 + self.entropy.fraction() / 4.0);
                held.tries = held.tries.saturating_add(1);
                held.not_before = Some(Instant::now() + pause);
                held.why = Some(why.clone());
                Err(Answer { retry_after_ms: i64::try_from(pause.as_millis()).ok(), ..why })
            }
        }
    }

    /// Keeps a session bound until told to stop, and hands receipts in.
    pub(super) async fn keep(&self, inlet: Arc<dyn ReceiptInlet>, stop: CancellationToken) {
        // A second keeper would hand in to the same place.
        let _ = self.desk.inlet.set(inlet);
        while !stop.is_cancelled() {
            let pause = match self.session().await {
                Ok(session) => {
                    tokio::select! {
                        biased;
                        () = stop.cancelled() => session.leave().await,
                        () = session.over() => {}
                    }
                    continue;
                }
                Err(why) => {
                    tracing::warn!(
                        provider = self.desk.provider,
                        code = why.code.as_deref().unwrap_or(""),
                        "not bound to the SMSC; trying again"
                    );
                    Duration::from_millis(why.retry_after_ms.and_then(|ms| u64::try_from(ms).ok()).unwrap_or(1000))
                }
            };
            tokio::select! {
                biased;
                () = stop.cancelled() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Binds once, for a check, and leaves again.
    pub(super) async fn try_bind(&self) -> Result<(), Answer> {
        self.bound().await?.leave().await;
        Ok(())
    }

    async fn bound(&self) -> Result<Arc<Session>, Answer> {
        let connect = || Answer::of(Outcome::Retry, "connect");
        let opened = tokio::time::timeout(CONNECT, self.open()).await.map_err(|_| connect())?;
        let session = opened?;
        match session.ask(Pdu::BindTransceiver(self.bind.clone())).await {
            Ok(reply) if reply.status == 0 => Ok(session),
            Ok(reply) => {
                let answer = codes::status(reply.status);
                // Whatever the SMSC has against the bind, no message was refused.
                let outcome = match answer.outcome {
                    Outcome::Retry | Outcome::Throttled | Outcome::Unknown => Outcome::Retry,
                    _ => Outcome::Misconfigured,
                };
                Err(Answer { outcome, code: answer.code.map(|code| format!("bind {code}")), ..answer })
            }
            Err(NoAnswer::NotSent | NoAnswer::Broken | NoAnswer::TimedOut) => {
                Err(Answer::of(Outcome::Retry, "bind no-answer"))
            }
        }
    }

    async fn open(&self) -> Result<Arc<Session>, Answer> {
        let failed = |_| Answer::of(Outcome::Retry, "connect");
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await.map_err(failed)?;
        stream.set_nodelay(true).map_err(failed)?;
        let desk = Arc::clone(&self.desk) as Arc<dyn Desk>;
        let Some((connector, name)) = &self.tls else {
            return Ok(Session::start(stream, self.window, self.patience, desk));
        };
        let secured = connector.connect(name.clone(), stream).await;
        let secured = secured.map_err(|_| Answer::of(Outcome::Misconfigured, "tls"))?;
        Ok(Session::start(secured, self.window, self.patience, desk))
    }
}

/// Where receipts go.
struct Receipts {
    provider: String,
    ids: Ids,
    dead_number_errors: Vec<String>,
    inlet: OnceLock<Arc<dyn ReceiptInlet>>,
}

#[async_trait]
impl Desk for Receipts {
    async fn take(&self, delivered: DeliverSm) -> u32 {
        let Some(receipt) = receipt::read(&delivered, self.ids, &self.dead_number_errors) else {
            // A person's answer, or a receipt in no known form: there is nothing in it for us.
            tracing::debug!(provider = self.provider, "the SMSC brought something that is no receipt");
            return 0;
        };
        let Some(inlet) = self.inlet.get() else { return LATER };
        let mut pauses = LOOK_AGAIN.into_iter();
        loop {
            match inlet.take(&self.provider, &receipt).await {
                Ok(()) => return 0,
                Err(InletFault::NotDurable) => return LATER,
                Err(InletFault::NoSuchAttempt) => {
                    let Some(pause) = pauses.next() else {
                        // Another user of the account, or an attempt whose answer never came: nobody will ever know it.
                        tracing::warn!(provider = self.provider, "a receipt is about no attempt that is known");
                        return 0;
                    };
                    tokio::time::sleep(pause).await;
                }
            }
        }
    }
}
