//! The conformance suite of the store's traits: every test runs on SQLite and on PostgreSQL.

mod access;
mod announcements;
mod audit;
mod health;
mod incidents;
mod limits;
mod notices;
mod opening;
mod people;
mod people_reach;
mod privacy;
mod queue_again;
mod queue_canary;
mod queue_claim;
mod queue_model;
mod queue_proofs;
mod queue_reap;
mod queue_receipts;
mod queue_seal;
mod queue_settle;
mod queue_silent;
mod queue_support;
mod queue_unanswered;
mod reports;
mod retention;
mod schema;
