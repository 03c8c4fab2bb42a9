//! What a definition file says: how to ask an API, what its answers mean, how its callbacks are checked and read.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use crate::domain::channel::Channel;
use crate::domain::outcome::Outcome;
use crate::providers::protocol::mac::{Hash, Spelling};

/// Definitions that the program brings along, by their name.
const SHIPPED: [(&str, &str); 4] = [
    ("46elks", include_str!("examples/46elks.toml")),
    ("mailgun", include_str!("examples/mailgun.toml")),
    ("postmark", include_str!("examples/postmark.toml")),
    ("sendgrid", include_str!("examples/sendgrid.toml")),
];

/// A definition.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Definition {
    /// The channel whose messages it carries.
    pub channel: Channel,
    /// Values that `settings` may leave out.
    #[serde(default)]
    pub defaults: BTreeMap<String, String>,
    pub request: Request,
    pub answer: Answers,
    pub receipts: Option<Receipts>,
}

/// How to ask. All values are templates; a form's are encoded as such, those in JSON are escaped for a JSON text.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Request {
    /// `POST` unless given.
    #[serde(default = "post")]
    pub method: String,
    pub url: String,
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Fields of a form, or:
    pub form: Option<BTreeMap<String, String>>,
    /// a JSON document.
    pub json: Option<String>,
}

fn post() -> String {
    String::from("POST")
}

/// What answers mean: the first rule that fits decides, then the status by itself.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Answers {
    /// Statuses of success.
    pub success: Vec<u16>,
    /// Where the API's name for the message stands: `header:NAME`, or a JSON pointer (RFC 6901).
    pub id: Option<String>,
    /// Whether a success without that name is none.
    #[serde(default)]
    pub id_required: bool,
    /// Where the API's own code stands.
    pub code: Option<String>,
    #[serde(default)]
    pub rule: Vec<Rule>,
}

/// One rule; what it does not name fits always.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    #[serde(default)]
    pub status: Vec<u16>,
    #[serde(default)]
    pub code: Vec<String>,
    /// A text that the body contains.
    pub contains: Option<String>,
    pub outcome: Outcome,
    #[expect(dead_code, reason = "the table explains itself to people; an entry without its reason is refused")]
    pub because: String,
}

/// How callbacks are checked and read.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Receipts {
    pub check: Check,
    /// How the body is written.
    pub body: Format,
    /// JSON pointer to the events, where a callback holds a list of them.
    pub events: Option<String>,
    /// Where the attempt stands. An event without is of somebody else.
    pub attempt: String,
    /// What makes an event itself and no other.
    pub key: Vec<String>,
    /// What together name the status, joined by dots; from the end, parts that no entry knows are left away.
    pub status: Vec<String>,
    pub statuses: Vec<Status>,
    /// Where the other mail server's status (RFC 3463) stands; it refines `rejected`.
    pub mail_status: Option<String>,
}

/// How the body of a callback is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Format {
    Json,
    Form,
}

/// What a status means; without an outcome it changes nothing.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Status {
    pub name: String,
    pub outcome: Option<Outcome>,
}

/// What a callback shows of itself. `secret` names one of the provider's secrets; `previous_` before the name, another
/// that is still believed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "lowercase", tag = "by")]
pub(super) enum Check {
    /// An HMAC, found at `at`, over parts: `body`, `url`, `header:NAME`, `query:NAME` or JSON pointers; believed for ever and
    /// again unless `fresh` is given.
    Hmac { secret: String, at: String, hash: Hash, spelling: Spelling, over: Vec<String>, fresh: Option<Lasting> },
    /// User and password.
    Basic { user: String, secret: String },
    /// A bearer token.
    Bearer { secret: String },
    /// A header that holds the secret.
    Header { name: String, secret: String },
    /// A parameter of the address that holds the secret.
    Query { name: String, secret: String },
}

/// How long an HMAC is believed. What it names must be among the signed parts.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Lasting {
    /// Where the time stands at which it was made, in seconds since 1970.
    pub at: String,
    /// For how many seconds after it.
    pub seconds: u32,
    /// Where a word stands that no other callback has: needed where the HMAC is not over the event itself. With it, an HMAC
    /// is good for one body only.
    pub once: Option<String>,
}

impl Lasting {
    /// What it names and is not signed, so that anybody could write it.
    fn unsigned(&self, over: &[String]) -> Option<&str> {
        let signed = |place: &str| {
            let whole = match place {
                place if place.starts_with("header:") => None,
                place if place.starts_with("query:") => Some("url"),
                _ => Some("body"),
            };
            over.iter().any(|part| part == place || Some(part.as_str()) == whole)
        };
        [Some(self.at.as_str()), self.once.as_deref()].into_iter().flatten().find(|place| !signed(place))
    }
}

impl Check {
    /// The name of its secret.
    pub(super) fn secret(&self) -> &str {
        match self {
            Self::Hmac { secret, .. }
            | Self::Basic { secret, .. }
            | Self::Bearer { secret }
            | Self::Header { secret, .. }
            | Self::Query { secret, .. } => secret,
        }
    }
}

impl Definition {
    /// Reads a definition: the name of one that the program brings along, or a file.
    pub(super) fn read(name: &str) -> Result<Self, String> {
        let shipped = SHIPPED.iter().find(|(known, _)| *known == name).map(|(_, text)| (*text).to_owned());
        let text = match shipped {
            Some(text) => text,
            None => std::fs::read_to_string(Path::new(name)).map_err(|e| {
                let known = SHIPPED.map(|(known, _)| known).join(", ");
                format!("{name} cannot be read ({e}); name a file, or one of {known}")
            })?,
        };
        let definition: Self = toml::from_str(&text).map_err(|e| format!("{name}: {}", e.to_string().trim()))?;
        if definition.request.form.is_some() == definition.request.json.is_some() {
            return Err(format!("{name}: [request] has one of `form` and `json`"));
        }
        if let Some(Receipts { check: Check::Hmac { over, fresh: Some(fresh), .. }, .. }) = &definition.receipts
            && let Some(place) = fresh.unsigned(over)
        {
            return Err(format!("{name}: receipts.check.fresh: {place} is not signed; name it in `over`, too"));
        }
        if !matches!(definition.channel, Channel::Email | Channel::Sms | Channel::Push) {
            return Err(format!(
                "{name}: channel is one of email, sms and push; letters and calls need a kind of their own"
            ));
        }
        Ok(definition)
    }
}
