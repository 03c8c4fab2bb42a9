//! What vendors' protocols are made of, each piece once. A form with basic authentication and JSON with a bearer token are
//! the HTTP client's own; the rest is here.
//!
//! | file | does |
//! |---|---|
//! | `answers.rs` | what a status means where the vendor says no more |
//! | `aws.rs` | signs a request to Amazon (Signature Version 4) |
//! | `codes.rs` | a vendor's codes and statuses as a table of data |
//! | `form.rs` | reads a posted form |
//! | `jwt.rs` | signs JSON Web Tokens (ES256, RS256) |
//! | `mac.rs` | an HMAC made, and checked in constant time under every secret of a rotation |
//! | `mail.rs` | sender, recipient and headers of a message, for the APIs that take email |
//! | `shown.rs` | what a callback shows of itself: basic authentication, a bearer token, a header |
//! | `sns.rs` | the envelopes of Amazon SNS, and who signed them |

pub(super) mod answers;
pub(super) mod aws;
pub(super) mod codes;
pub(super) mod form;
#[cfg_attr(not(test), expect(dead_code, reason = "the providers that use all of it follow"))]
pub(super) mod jwt;
pub(super) mod mac;
pub(super) mod mail;
pub(super) mod shown;
pub(super) mod sns;
