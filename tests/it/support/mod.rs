//! What scenarios have in common: counterparts they start, stand-ins they play.

pub mod messages;
pub mod node;
pub mod postfix;
pub mod prism;
pub mod process;
pub mod scripted;
pub mod smtp_server;
pub mod webpush_server;
