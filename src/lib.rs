//! Candour tells everyone whom a personal-data breach touched, on time, and proves it afterwards.
//!
//! The house has floors; a room imports only from floors below it, and `tests/it/architecture.rs` holds the rule.
//!
//! | floor | room | owns |
//! |---|---|---|
//! | 5 | [`cli`], [`app`] | process entry, the composition root |
//! | 4 | [`api`], [`console`], [`public`] | HTTP edges |
//! | 4 | [`bounces`] | the door for bounce mail, by LMTP or SMTP |
//! | 3 | [`delivery`] | the engine: claim, attempt, settle, receipts, reap; tests and rehearsals |
//! | 3 | [`incidents`], [`deadlines`], [`alarms`], [`people`], [`remedies`], [`announcements`], [`reports`], [`intake`], [`evidence`], [`access`], [`retention`] | one feature each |
//! | 2 | [`responders`] | how the people and systems are told that something needs them |
//! | 2 | [`channels`], [`providers`], [`store`] | messages, carriers, SQL |
//! | 1 | [`law`], [`render`] | rules as data; templates and PDF |
//! | 0 | [`domain`] | types and state machines |
//! | - | [`config`], [`telemetry`], [`system`] | leaf rooms that any floor may use |
#![forbid(unsafe_code)]

pub mod access;
pub mod alarms;
pub mod announcements;
pub mod api;
pub mod app;
pub mod bounces;
pub mod channels;
pub mod cli;
pub mod config;
pub mod console;
pub mod deadlines;
pub mod delivery;
pub mod domain;
pub mod evidence;
pub mod incidents;
pub mod intake;
pub mod law;
pub mod people;
pub mod providers;
pub mod public;
pub mod remedies;
pub mod render;
pub mod reports;
pub mod responders;
pub mod retention;
pub mod store;
pub mod system;
pub mod telemetry;
