//! Messages to be carried, and the carriers that hold the conversations: at most `concurrency`, begun as they are needed.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, oneshot};

use super::carrier;
use super::connection::Limits;
use super::session::{Delivery, Envelope, OpenFault, Session, Target};
use super::settings::SmtpSettings;
use super::tls;
use crate::providers::settings::Faults;

/// A message to be carried, and where to say what became of it.
pub(super) struct Job {
    pub envelope: Envelope,
    pub content: Vec<u8>,
    pub done: oneshot::Sender<Result<Delivery, OpenFault>>,
}

/// The pool.
pub(super) struct Pool(Arc<Shared>);

/// What the carriers share.
pub(super) struct Shared {
    pub target: Target,
    pub messages_per_connection: u32,
    concurrency: usize,
    waiting: Mutex<Waiting>,
    arrived: Notify,
}

#[derive(Default)]
struct Waiting {
    jobs: VecDeque<Job>,
    carriers: usize,
    idle: usize,
}

impl Pool {
    /// Builds the pool; connects to nothing.
    pub(super) fn build(settings: &SmtpSettings, concurrency: usize, limits: Limits) -> Result<Self, Faults> {
        let target = Target {
            host: settings.host.clone(),
            port: settings.port,
            tls: settings.tls,
            config: tls::client_config(settings.ca_file.as_deref()).map_err(Faults::at("ca_file"))?,
            server_name: tls::server_name(&settings.host).map_err(Faults::at("host"))?,
            hello_name: settings.hello_name.clone(),
            login: settings.username.clone().zip(settings.password.clone()),
            limits,
        };
        Ok(Self(Arc::new(Shared {
            target,
            messages_per_connection: settings.messages_per_connection,
            concurrency,
            waiting: Mutex::default(),
            arrived: Notify::new(),
        })))
    }

    /// Sends one message through a kept conversation or a new one.
    ///
    /// A kept one that turns out to be closed before the final dot has not got the message: a new one is opened, once.
    pub(super) async fn deliver(&self, envelope: Envelope, content: Vec<u8>) -> Result<Delivery, OpenFault> {
        let (done, answer) = oneshot::channel();
        let one_more = {
            let mut waiting = self.0.lock();
            waiting.jobs.push_back(Job { envelope, content, done });
            let one_more = waiting.idle < waiting.jobs.len() && waiting.carriers < self.0.concurrency;
            waiting.carriers += usize::from(one_more);
            one_more
        };
        if one_more {
            tokio::spawn(carrier::run(Arc::clone(&self.0)));
        } else {
            self.0.arrived.notify_one();
        }
        // A carrier that is gone without an answer has been torn down in the middle: nobody knows.
        answer.await.unwrap_or(Ok(Delivery::Broken { how: super::connection::Broken::Dropped, after_dot: true }))
    }

    /// Opens a conversation up to the point where messages could go, and closes it. Says whether that took a login.
    pub(super) async fn check(&self) -> Result<bool, OpenFault> {
        let session = Session::open(&self.0.target).await?;
        session.quit().await;
        Ok(self.0.target.login.is_some())
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A message that waits, if one does.
    pub(super) fn take(&self) -> Option<Job> {
        self.lock().jobs.pop_front()
    }

    /// Waits for a message for so long; `None` when none has come, and then the carrier counts no more.
    pub(super) async fn wait(&self, patience: std::time::Duration) -> Option<Job> {
        let until = tokio::time::Instant::now() + patience;
        loop {
            {
                let mut waiting = self.lock();
                if let Some(job) = waiting.jobs.pop_front() {
                    return Some(job);
                }
                waiting.idle += 1;
            }
            let late = tokio::time::timeout_at(until, self.arrived.notified()).await.is_err();
            let mut waiting = self.lock();
            waiting.idle -= 1;
            if let Some(job) = waiting.jobs.pop_front() {
                return Some(job);
            }
            if late {
                waiting.carriers -= 1;
                return None;
            }
        }
    }
}
