//! What vendors' protocols are made of, each piece once. A form with basic authentication and JSON with a bearer token are
//! the HTTP client's own; the rest is here.
//!
//! | file | does |
//! |---|---|
//! | `answers.rs` | what a status means where the vendor says no more |
//! | `aws/` | signs a request to Amazon (Signature Version 4), with a key or with the keys of a role |
//! | `callback.rs` | makes callbacks' addresses that speak of one attempt, and reads what they say |
//! | `codes.rs` | a vendor's codes and statuses as a table of data |
//! | `form.rs` | reads a posted form |
//! | `fresh.rs` | takes a signature for a while, and for one body |
//! | `jwt.rs` | signs JSON Web Tokens (ES256, RS256) |
//! | `mac.rs` | an HMAC made, and checked in constant time under every secret of a rotation |
//! | `mail.rs` | sender, recipient and headers of a message, for the APIs that take email |
//! | `multipart.rs` | a form with a file in it |
//! | `refusal.rs` | what it means that an HTTP API did not take a message |
//! | `sender.rs` | says what becomes of a name as the sender of a text message, by a table of data |
//! | `shown.rs` | what a callback shows of itself: basic authentication, a bearer token, a header |
//! | `sns.rs` | the envelopes of Amazon SNS, and who signed them |

pub(super) mod answers;
pub(super) mod aws;
pub(super) mod callback;
pub(super) mod codes;
pub(super) mod form;
pub(super) mod fresh;
pub(super) mod jwt;
pub(super) mod mac;
pub(super) mod mail;
pub(super) mod multipart;
pub(super) mod refusal;
pub(super) mod sender;
pub(super) mod shown;
pub(super) mod sns;
