//! Where people wait to be told.

use std::sync::Arc;

use super::channel::Channel;

/// A queue of a campaign. Everybody waits in that of their channel. Where providers of a channel carry different destinations,
/// whoever has been looked at and goes by another provider waits in that of the destination.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Queue {
    /// The channel.
    pub channel: Channel,
    /// The destination, e.g. `+86` or `fcm`; `*` for all that have none of their own.
    pub destination: Option<Arc<str>>,
}

impl Queue {
    /// The queue of all of a channel.
    #[must_use]
    pub const fn of(channel: Channel) -> Self {
        Self { channel, destination: None }
    }

    /// That of a destination.
    #[must_use]
    pub fn to(channel: Channel, destination: &str) -> Self {
        Self { channel, destination: Some(Arc::from(destination)) }
    }
}

/// As the database spells it: `push`, `push/fcm`.
impl std::fmt::Display for Queue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.destination {
            None => f.write_str(self.channel.as_str()),
            Some(destination) => write!(f, "{}/{destination}", self.channel),
        }
    }
}
