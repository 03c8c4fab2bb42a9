//! Who may come in: API keys, of which only a hash is kept.
//!
//! Owns the form of keys and their life. Guarantees that a revoked key is refused at once (nothing is cached) and that
//! a secret is shown exactly once. Never decides what a role may do; each operation of the API declares that.

mod keys;

pub use keys::{Access, AccessError, IssuedKey};
