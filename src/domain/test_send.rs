//! Where a test of a notice may go: to addresses of the operator's own, and to nobody else.

use super::channel::Channel;
use super::contact::{ContactError, ContactPoint, EmailAddress, PhoneNumber, PushTarget};

/// Most addresses of one test.
pub const MAX_ADDRESSES: usize = 10;

/// An entry of the configuration's list of those who may be sent tests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Allowed {
    /// `name@example.org`.
    Email(EmailAddress),
    /// `*@example.org`: every mailbox of a domain, in lower case.
    Domain(String),
    /// `+14155550123`, for text messages and calls.
    Phone(PhoneNumber),
    /// `fcm:TOKEN` and the like.
    Push(PushTarget),
}

impl Allowed {
    /// Reads an entry.
    ///
    /// # Errors
    /// When it is none of these forms.
    pub fn parse(text: &str) -> Result<Self, ContactError> {
        let text = text.trim();
        if let Some(domain) = text.strip_prefix("*@") {
            // It is a domain if a mailbox of it is an address.
            let address = EmailAddress::parse(&format!("a@{domain}"))?;
            let (_, domain) = address.expose().rsplit_once('@').ok_or(ContactError::Email)?;
            return Ok(Self::Domain(domain.to_owned()));
        }
        if text.starts_with('+') {
            return PhoneNumber::from_e164(text).map(Self::Phone);
        }
        PushTarget::parse(text).map(Self::Push).or_else(|_| EmailAddress::parse(text).map(Self::Email))
    }

    /// Whether it lets a test go there.
    #[must_use]
    pub fn lets(&self, to: &ContactPoint) -> bool {
        match (self, to) {
            (Self::Email(allowed), ContactPoint::Email(to)) => allowed == to,
            (Self::Domain(domain), ContactPoint::Email(to)) => {
                to.expose().rsplit_once('@').is_some_and(|(_, of)| of == domain)
            }
            (Self::Phone(allowed), ContactPoint::Sms(to) | ContactPoint::Voice(to)) => allowed == to,
            (Self::Push(allowed), ContactPoint::Push(to)) => allowed == to,
            _ => false,
        }
    }
}

/// Reads an address of a channel.
///
/// # Errors
/// When it is none; a letter's is never one, because a test of a letter is its preview.
pub fn address(channel: Channel, text: &str) -> Result<ContactPoint, ContactError> {
    match channel {
        Channel::Email => EmailAddress::parse(text).map(ContactPoint::Email),
        Channel::Sms => PhoneNumber::from_e164(text.trim()).map(ContactPoint::Sms),
        Channel::Push => PushTarget::parse(text).map(ContactPoint::Push),
        Channel::Voice => PhoneNumber::from_e164(text.trim()).map(ContactPoint::Voice),
        Channel::Letter => Err(ContactError::Email),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_listed_is_let_through() {
        let list = ["qa@Example.org", "*@test.example.org", "+14155550123", "fcm:abc"];
        let list: Vec<Allowed> = list.iter().map(|text| Allowed::parse(text).unwrap()).collect();
        let lets = |channel, text| list.iter().any(|allowed| allowed.lets(&address(channel, text).unwrap()));
        assert!(lets(Channel::Email, "qa@example.org") && lets(Channel::Email, "any@TEST.example.org"));
        assert!(lets(Channel::Sms, "+14155550123") && lets(Channel::Voice, "+14155550123"));
        assert!(lets(Channel::Push, "fcm:abc"));
        assert!(!lets(Channel::Email, "qb@example.org") && !lets(Channel::Email, "a@sub.test.example.org"));
        assert!(!lets(Channel::Email, "x@eviltest.example.org"));
        assert!(!lets(Channel::Sms, "+14155550124") && !lets(Channel::Push, "fid:abc"));
        assert!(address(Channel::Letter, "1 Elm St").is_err());
        for wrong in ["", "*@", "*", "qa", "4155550123", "*@*.org"] {
            assert!(Allowed::parse(wrong).is_err(), "{wrong}");
        }
    }
}
