//! The API through its front door: real requests to a real port, on both databases.

mod announcements;
mod authorisation;
mod bodies;
pub(crate) mod campaigns;
mod contract;
mod cost;
mod forecast;
mod hooks;
mod idempotency;
mod incidents;
mod jurisdictions;
mod keys;
mod law_binds_the_cascade;
mod letter_preview;
mod limits;
mod notice_check;
mod notice_variants;
pub(crate) mod notices;
mod obligation_history;
mod operations;
mod people;
mod reports;
mod severity;
mod ways;
