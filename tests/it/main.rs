//! Behaviour tests, one binary.
#![expect(clippy::unwrap_used, reason = "a test that unwraps fails, which is what it is for")]

mod store;
mod support;
