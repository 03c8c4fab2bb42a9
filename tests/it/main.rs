//! Behaviour tests: one binary, one scenario per file, counterparts written by others wherever there are any.
#![expect(unreachable_pub, reason = "nothing is public in a test binary")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod providers;
mod support;
