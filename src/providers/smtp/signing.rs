//! Signatures. One with RSA takes most of a millisecond of a processor, and whoever asks the API meanwhile is not to wait for
//! a queue of them: threads of their own make them, as many as there are processors, and the queue is theirs. One with
//! Ed25519 takes a twentieth of that, less than it costs to hand it over.

use std::sync::{Arc, Mutex, PoisonError, mpsc};

use tokio::sync::oneshot;

use super::dkim::Signer;
use super::settings::DkimSettings;
use crate::domain::clock::Millis;
use crate::providers::settings::Faults;

/// Signs with every key of a provider.
pub(super) struct Signing {
    signers: Arc<[Signer]>,
    /// To the threads, where there are any; they end with it.
    queue: Option<mpsc::Sender<Job>>,
}

/// A message to be signed, when, and where it goes then.
type Job = (Vec<u8>, Millis, oneshot::Sender<Vec<u8>>);

impl Signing {
    /// Reads the keys.
    pub(super) fn build(keys: &[DkimSettings]) -> Result<Self, Faults> {
        let signers: Arc<[Signer]> = keys.iter().map(Signer::build).collect::<Result<_, _>>()?;
        let queue = if signers.iter().all(Signer::is_quick) { None } else { Some(threads(&signers)?) };
        Ok(Self { signers, queue })
    }

    /// The message with its signatures before it, as it came where there is no key. `None` when a thread has died.
    pub(super) async fn sign(&self, message: Vec<u8>, now: Millis) -> Option<Vec<u8>> {
        let Some(queue) = &self.queue else { return Some(signed(&self.signers, message, now)) };
        let (done, answer) = oneshot::channel();
        queue.send((message, now, done)).ok()?;
        answer.await.ok()
    }
}

fn threads(signers: &Arc<[Signer]>) -> Result<mpsc::Sender<Job>, Faults> {
    let (queue, jobs) = mpsc::channel::<Job>();
    let jobs = Arc::new(Mutex::new(jobs));
    for _ in 0..std::thread::available_parallelism().map_or(1, std::num::NonZero::get) {
        let (signers, jobs) = (Arc::clone(signers), Arc::clone(&jobs));
        let next = move || jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let work = move || {
            while let Ok((message, now, done)) = next() {
                // Whoever asked may have stopped waiting.
                let _ = done.send(signed(&signers, message, now));
            }
        };
        let thread = std::thread::Builder::new().name(String::from("dkim")).spawn(work);
        thread.map_err(|e| Faults::one("dkim", format!("no thread to sign with ({e}); allow more of them")))?;
    }
    Ok(queue)
}

fn signed(signers: &[Signer], message: Vec<u8>, now: Millis) -> Vec<u8> {
    if signers.is_empty() {
        return message;
    }
    let mut signed: Vec<u8> = signers.iter().flat_map(|signer| signer.sign(&message, now)).collect();
    signed.extend_from_slice(&message);
    signed
}
