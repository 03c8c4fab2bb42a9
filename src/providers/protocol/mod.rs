//! What vendors' protocols are made of, each piece once. A form with basic authentication and JSON with a bearer token are
//! the HTTP client's own; the rest is here.
//!
//! | file | does |
//! |---|---|
//! | `aws.rs` | signs a request to Amazon (Signature Version 4) |
//! | `callback.rs` | makes callbacks' addresses that speak of one attempt, and reads what they say |
//! | `codes.rs` | a vendor's codes and statuses as a table of data |
//! | `form.rs` | reads a posted form |
//! | `jwt.rs` | signs JSON Web Tokens (ES256, RS256) |
//! | `mac.rs` | an HMAC made, and checked in constant time under every secret of a rotation |
//! | `multipart.rs` | a form with a file in it |
//! | `refusal.rs` | what it means that an HTTP API did not take a message |
//! | `sender.rs` | says where a name cannot be the sender of a text message, by a table of data |
//! | `shown.rs` | what a callback shows of itself: basic authentication, a bearer token, a header |

pub(super) mod aws;
pub(super) mod callback;
pub(super) mod codes;
pub(super) mod form;
pub(super) mod jwt;
pub(super) mod mac;
pub(super) mod multipart;
pub(super) mod refusal;
pub(super) mod sender;
#[cfg_attr(not(test), expect(dead_code, reason = "the providers that use all of it follow"))]
pub(super) mod shown;
