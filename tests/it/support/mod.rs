//! What scenarios have in common: databases, Candour itself, counterparts they start, stand-ins they play.

pub mod account;
pub mod app;
pub mod candour;
pub mod chaos;
pub mod databases;
pub mod dice;
pub mod dump;
pub mod features;
pub mod fleet;
pub mod letters;
pub mod messages;
pub mod node;
pub mod pdf;
pub mod postfix;
pub mod postgres_server;
pub mod prism;
pub mod process;
pub mod program;
pub mod recording_sink;
pub mod responder;
pub mod scripted;
pub mod smtp_server;
pub mod smtp_sink;
pub mod stores;
pub mod webhook_receiver;
pub mod webpush_server;
