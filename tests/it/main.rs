//! Behaviour through the public door, on both databases, against counterparts that nobody here wrote.
//!
//! One binary, so that linking happens once. One scenario per file.
#![expect(unreachable_pub, reason = "nothing is public in a test binary")]
#![expect(clippy::unwrap_used, reason = "a test that unwraps fails, which is what it is for")]

mod alarms;
mod announcements;
mod api;
mod architecture;
mod bounces;
mod bounces_by_mailbox;
mod channels;
mod cli;
mod console;
mod deadlines;
mod decisions;
mod delivery;
mod demo;
mod evidence;
mod intake;
mod letters;
mod licences;
mod notices;
mod people;
mod providers;
mod remedies;
mod rules;
mod simulation;
mod store;
mod support;
mod tryouts;
