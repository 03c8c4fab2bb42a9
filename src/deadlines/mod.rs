//! Deadlines in people's hands: the docket of every incident that is being handled, calendars, reminders.
//!
//! Owns the order of deadlines across incidents, the iCalendar feeds with their secret addresses, and the reminders.
//! Guarantees that a reminder is written down before it is sent, that each duty, mark, deadline and recipient has one, and
//! that a feed which was revoked is gone at once. A process that dies between sending a reminder and recording it leaves
//! it to be sent again under the same Message-ID or `webhook-id`, never to be lost. Never decides what is due: the rules do.
//!
//! | file | owns |
//! |---|---|
//! | `docket.rs` | the duties of all incidents in order of their deadlines |
//! | `calendar.rs`, `content_line.rs` | the same as iCalendar (RFC 5545) |
//! | `feeds.rs` | addresses for calendar programs |
//! | `reminders.rs` | who is to be reminded of what, once |
//! | `notice.rs` | what a reminder says |
//! | `watch.rs` | what is looked at again and again |

mod calendar;
mod content_line;
mod docket;
mod feeds;
mod notice;
mod reminders;
mod watch;

use std::sync::Arc;

pub use calendar::Kind;
pub use docket::{Filter, Wanted};
pub use feeds::{FeedError, MadeFeed};
pub use reminders::{Pass, Reminders};
pub use watch::DeadlineWatch;

use crate::domain::clock::{Clock, Entropy};
use crate::law::Rules;
use crate::store::Store;

/// The deadlines of this installation.
#[derive(Clone)]
pub struct Deadlines {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    rules: Arc<Rules>,
    /// Where the outside reaches this service, without a slash at the end.
    base: Arc<str>,
}

impl Deadlines {
    /// Over a store with its clock and randomness, and the rules. `base` is where the outside reaches this service.
    #[must_use]
    pub fn new(
        (store, clock, entropy): (Arc<dyn Store>, Arc<dyn Clock>, Arc<dyn Entropy>),
        rules: Arc<Rules>,
        base: &str,
    ) -> Self {
        Self { store, clock, entropy, rules, base: Arc::from(base.trim_end_matches('/')) }
    }
}
