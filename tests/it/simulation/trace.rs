//! What happened, in order: the same seed must give the same trace.

use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash, Hasher};

use uuid::Uuid;

/// One thing that happened.
#[derive(Clone, Copy, Debug, Hash)]
pub(crate) struct Note {
    /// When, in milliseconds since the run began.
    pub(crate) at: i64,
    /// On which host.
    pub(crate) host: usize,
    /// What.
    pub(crate) what: &'static str,
    /// To whom or what.
    pub(crate) id: Uuid,
    /// How many, or for how long.
    pub(crate) number: i64,
    /// With what result.
    pub(crate) result: &'static str,
}

/// All that happened in one run.
#[derive(Debug, Default)]
pub(crate) struct Trace(Vec<Note>);

impl Trace {
    pub(crate) fn add(&mut self, note: Note) {
        self.0.push(note);
    }

    /// What stands for the whole of it.
    pub(crate) fn hash(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.0.hash(&mut hasher);
        hasher.finish()
    }

    /// How much happened.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The last so many lines.
    pub(crate) fn tail(&self, lines: usize) -> String {
        let mut text = String::new();
        for note in &self.0[self.0.len().saturating_sub(lines)..] {
            let Note { at, host, what, id, number, result } = note;
            let id = if id.is_nil() { String::new() } else { id.simple().to_string().split_off(20) };
            let _ = writeln!(text, "{at:>8} ms  host {host}  {what:<18} {id:<12} {number:>6}  {result}");
        }
        text
    }
}
