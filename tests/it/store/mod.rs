//! The conformance suite of the store's traits: every test runs on SQLite and on PostgreSQL.

mod access;
mod announcements;
mod audit;
mod health;
mod incidents;
mod notices;
mod opening;
mod people;
mod privacy;
mod reports;
mod retention;
mod schema;
