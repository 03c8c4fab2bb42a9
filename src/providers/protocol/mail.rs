//! What every API for email takes: the sender, the recipient, and the headers of a notice that a machine wrote.

use crate::domain::message::{Body, Message};
use crate::domain::outcome::Outcome;
use crate::providers::Answer;
use crate::providers::settings::Faults;
use crate::providers::smtp::{name_and_address, wire_address};

/// The name under which an attempt travels with its message and comes back in events.
pub(in crate::providers) const ATTEMPT: &str = "candour-attempt";

/// The sender of a provider's messages.
pub(in crate::providers) struct Letterhead {
    /// The sender's address, its domain in ASCII.
    pub address: String,
    /// Name of the sender.
    pub name: Option<String>,
    /// Where answers go.
    pub reply_to: Option<String>,
}

/// A message to one person, as it goes into a request.
pub(in crate::providers) struct Mail<'a> {
    /// The recipient's address, its domain in ASCII.
    pub to: String,
    /// The recipient's name.
    pub to_name: Option<String>,
    pub subject: &'a str,
    pub text: &'a str,
    pub html: &'a str,
}

impl Letterhead {
    /// Reads `from`, with or without a name, and `reply_to`.
    pub(in crate::providers) fn read(from: &str, reply_to: Option<&str>) -> Result<Self, Faults> {
        let (name, address) = name_and_address(from);
        let wire = |key: &str, address: &str| {
            wire_address(address)
                .filter(|a| a.is_ascii())
                .ok_or_else(|| Faults::one(key, "is not an email address; give one like incident@example.org"))
        };
        Ok(Self {
            address: wire("from", address)?,
            name: name.map(ToOwned::to_owned),
            reply_to: reply_to.map(|to| wire("reply_to", to)).transpose()?,
        })
    }

    /// `Name <address>`, the name quoted.
    pub(in crate::providers) fn mailbox(&self) -> String {
        mailbox(self.name.as_deref(), &self.address)
    }

    /// Headers that keep vacation notices quiet, name the language, and let a mailbox tell that a repeat is one.
    pub(in crate::providers) fn headers(&self, message: &Message) -> [(&'static str, String); 4] {
        let domain = self.address.rsplit_once('@').map_or("", |(_, domain)| domain);
        [
            ("Message-ID", format!("<{}>", message.message_id(domain))),
            ("Auto-Submitted", String::from("auto-generated")),
            ("X-Auto-Response-Suppress", String::from("All")),
            ("Content-Language", message.locale.clone()),
        ]
    }
}

impl<'a> Mail<'a> {
    /// Reads a message.
    ///
    /// # Errors
    /// The answer for one that is no email, or whose address cannot be written.
    pub(in crate::providers) fn of(message: &'a Message) -> Result<Self, Answer> {
        let Body::Email { to, to_name, subject, text, html } = &message.body else {
            return Err(Answer::of(Outcome::Misconfigured, "wrong-channel"));
        };
        let to = wire_address(to.expose()).ok_or_else(|| Answer::of(Outcome::BadAddress, "cannot-be-written"))?;
        let clean =
            |name: &String| name.replace(|c: char| c.is_control() || c == '"' || c == '\\', " ").trim().to_owned();
        let to_name = to_name.as_ref().map(|name| clean(name.expose())).filter(|name| !name.is_empty());
        Ok(Self { to, to_name, subject: subject.expose(), text: text.expose(), html: html.expose() })
    }

    /// `Name <address>`, the name quoted.
    pub(in crate::providers) fn mailbox(&self) -> String {
        mailbox(self.to_name.as_deref(), &self.to)
    }
}

fn mailbox(name: Option<&str>, address: &str) -> String {
    name.map_or_else(|| address.to_owned(), |name| format!("\"{name}\" <{address}>"))
}
