//! Behaviour tests: one binary, one scenario per file, counterparts written by others wherever there are any.
#![expect(missing_docs, reason = "a scenario's name says what it shows")]
#![expect(unreachable_pub, reason = "nothing is public in a test binary")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod providers;
mod support;
