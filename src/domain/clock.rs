//! Time and randomness as arguments.

use serde::{Deserialize, Serialize};

/// An instant: milliseconds since the Unix epoch, UTC. The unit of every stored time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Millis(pub i64);

impl Millis {
    /// The instant `millis` milliseconds later (earlier if negative), saturating at the ends of time.
    #[must_use]
    pub fn plus(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// RFC 3339 in UTC with milliseconds, for people and for the API.
    #[must_use]
    pub fn to_rfc3339(self) -> String {
        jiff::Timestamp::from_millisecond(self.0).map_or_else(|_| String::from("out of range"), |t| format!("{t:.3}"))
    }

    /// The same instant as a timestamp of the time library; the epoch if out of its range.
    #[must_use]
    pub fn to_timestamp(self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
    }
}

impl From<jiff::Timestamp> for Millis {
    fn from(at: jiff::Timestamp) -> Self {
        Self(at.as_millisecond())
    }
}

/// Where the time comes from. `system.rs` has the real one; tests give their own.
pub trait Clock: Send + Sync + 'static {
    /// The present instant.
    fn now(&self) -> Millis;
}

/// Where random bytes come from. `system.rs` has the real source; tests give a seeded one.
pub trait Entropy: Send + Sync + 'static {
    /// Fills the buffer with bytes fit for keys and nonces.
    fn fill(&self, buffer: &mut [u8]);

    /// Ten bytes, as the identifiers need.
    fn ten(&self) -> [u8; 10] {
        let mut bytes = [0; 10];
        self.fill(&mut bytes);
        bytes
    }

    /// A fraction in `[0, 1)`, for jitter.
    fn fraction(&self) -> f64 {
        let mut bytes = [0; 4];
        self.fill(&mut bytes);
        f64::from(u32::from_le_bytes(bytes)) / (f64::from(u32::MAX) + 1.0)
    }
}
