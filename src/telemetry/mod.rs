//! What the service tells about itself: logs and metrics.
//!
//! Owns: the shape of log lines, what is masked in them, and every metric by name.
//!
//! Guarantees: lines go to standard error, one event each; email addresses and phone numbers are masked wherever they
//! come from; other crates speak from `warn` upwards only, because below that some log what they send. Labels of metrics
//! come from closed sets or from the configuration, never from people.
//!
//! Never: reads the configuration or the clock; sends anything anywhere.

mod logs;
mod mask;
mod metrics;

pub use logs::{Format, LogError, init};
pub use metrics::Metrics;
