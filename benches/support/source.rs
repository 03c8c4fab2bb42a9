//! Postfix's smtp-source: the raw generator that Candour is compared with.

use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Instant;

use tokio::process::Command;

use super::Result;
use super::sink::postfix_program;
use super::usage::{Used, Watch, cpu_of_ended_children};

/// Session counts that are tried.
const SESSIONS: [u32; 7] = [2, 4, 8, 16, 32, 64, 100];
/// Messages of each trial.
const TRIAL: u64 = 15_000;

/// How it is asked to send.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source {
    /// Connections, kept (`-d`).
    pub(crate) sessions: u32,
    /// `-l`: bytes of the body.
    pub(crate) length: u64,
}

/// What a run of it came to.
pub(crate) struct Sent {
    pub(crate) rate: f64,
    pub(crate) used: Used,
}

impl Source {
    /// Tries each session count shortly and keeps the fastest.
    pub(crate) async fn best(sink: SocketAddr, length: u64) -> Result<(Self, Vec<(u32, f64)>)> {
        let mut tried = Vec::new();
        let mut best = (Self { sessions: SESSIONS[0], length }, 0.0);
        for sessions in SESSIONS {
            let source = Self { sessions, length };
            let rate = source.send(sink, TRIAL, &[]).await?.rate;
            tried.push((sessions, rate));
            if rate > best.1 {
                best = (source, rate);
            }
        }
        Ok((best.0, tried))
    }

    /// The command's flags.
    pub(crate) fn flags(self, messages: u64) -> String {
        format!("-d -s {} -l {} -m {messages}", self.sessions, self.length)
    }

    /// Sends so many messages; `watched` as of [`Watch::begin`].
    pub(crate) async fn send(
        self,
        sink: SocketAddr,
        messages: u64,
        watched: &[(&'static str, u32, bool)],
    ) -> Result<Sent> {
        let mut command = Command::new(postfix_program("smtp-source")?);
        command
            .args(self.flags(messages).split(' '))
            .args(["-f", "incident@larkspur-travel.example", "-t", "p@mail.example"])
            .arg(sink.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let before = cpu_of_ended_children()?;
        let watch = Watch::begin(watched)?;
        let begun = Instant::now();
        let output = command.output().await?;
        let seconds = begun.elapsed().as_secs_f64();
        if !output.status.success() {
            return Err(format!("smtp-source: {}", String::from_utf8_lossy(&output.stderr)).into());
        }
        let mut used = watch.end()?;
        used.credit("smtp-source", cpu_of_ended_children()?.minus(before));
        #[expect(clippy::cast_precision_loss, reason = "counts of messages are small")]
        Ok(Sent { rate: messages as f64 / seconds, used })
    }
}
