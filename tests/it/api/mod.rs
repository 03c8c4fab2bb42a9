//! The API through its front door: real requests to a real port, on both databases.

mod announcements;
mod authorisation;
mod bodies;
mod campaigns;
mod forecast;
mod hooks;
mod idempotency;
mod incidents;
mod jurisdictions;
mod keys;
mod letter_preview;
mod notice_check;
mod notices;
mod obligation_history;
mod operations;
mod people;
mod reports;
mod severity;
mod ways;
