//! Contact points as parsed types.

use serde::{Deserialize, Serialize};

use super::channel::Channel;
use super::pii::{Pii, mask, mask_email, mask_phone};

/// An email address that can stand in an SMTP envelope.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EmailAddress(Pii<String>);

/// Why a text is not a contact point. Never repeats the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ContactError {
    /// Not an address.
    #[error("not an email address like name@example.org")]
    Email,
    /// Not a number in international form.
    #[error("not a phone number in international form like +14155550123")]
    Phone,
    /// Not a push token this service knows.
    #[error(
        "a push target is fcm:TOKEN, fid:ID, apns:TOKEN, ntfy:TOPIC, or webpush:JSON with an https endpoint and its keys"
    )]
    Push,
}

impl EmailAddress {
    /// Parses an address; blanks around are forgiven, the domain is lower-cased, the local part is kept as written.
    ///
    /// # Errors
    /// When the text is not a mailbox with a domain, or longer than RFC 5321 allows.
    pub fn parse(text: &str) -> Result<Self, ContactError> {
        let options =
            email_address::Options::default().with_required_tld().without_domain_literal().without_display_text();
        let text = text.trim();
        let parsed = email_address::EmailAddress::parse_with_options(text, options).map_err(|_| ContactError::Email)?;
        if text.len() > 254 || text.bytes().any(|b| b.is_ascii_control() || b == b' ') {
            return Err(ContactError::Email);
        }
        let (local, domain) = (parsed.local_part(), parsed.domain());
        let mut address = String::with_capacity(text.len());
        address.push_str(local);
        address.push('@');
        if domain.is_ascii() {
            address.push_str(domain);
            address[local.len()..].make_ascii_lowercase();
        } else {
            address.push_str(&domain.to_lowercase());
        }
        Ok(Self(Pii::new(address)))
    }

    /// The address, for the envelope.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

/// A phone number in E.164 form (`+`, country code, at most 15 digits), valid by its country's numbering plan when imported.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PhoneNumber(Pii<String>);

impl PhoneNumber {
    /// Takes a number that a numbering-plan library has put into E.164 form.
    ///
    /// # Errors
    /// When the text is not of that form.
    pub fn from_e164(text: &str) -> Result<Self, ContactError> {
        let digits = text.strip_prefix('+').ok_or(ContactError::Phone)?;
        let fits =
            (7..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
        if fits { Ok(Self(Pii::new(text.to_owned()))) } else { Err(ContactError::Phone) }
    }

    /// The number, with its `+`.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

/// Where a push message goes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PushTarget {
    /// Firebase Cloud Messaging registration token.
    Fcm(Pii<String>),
    /// Firebase installation id, which takes the place of the token.
    FcmInstallation(Pii<String>),
    /// Apple Push Notification service device token.
    Apns(Pii<String>),
    /// Topic on the configured ntfy server.
    Ntfy(Pii<String>),
    /// Web Push subscription (RFC 8030): the JSON a browser gives, or an app that uses `UnifiedPush`.
    Webpush(WebPushSubscription),
}

/// A browser's push subscription, as `PushSubscription.toJSON()` writes it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct WebPushSubscription {
    /// The push service's URL for this subscription.
    pub endpoint: Pii<String>,
    /// The subscription's keys.
    pub keys: WebPushKeys,
}

/// Keys of a subscription, base64url without padding (RFC 8291).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct WebPushKeys {
    /// The browser's P-256 public key.
    pub p256dh: Pii<String>,
    /// The authentication secret.
    pub auth: Pii<String>,
}

impl PushTarget {
    /// Parses `fcm:TOKEN`, `fid:ID`, `apns:TOKEN`, `ntfy:TOPIC` or `webpush:JSON`.
    ///
    /// # Errors
    /// When the prefix is another, the token empty, or the subscription not what a browser gives.
    pub fn parse(text: &str) -> Result<Self, ContactError> {
        let (kind, rest) = text.trim().split_once(':').ok_or(ContactError::Push)?;
        let rest = rest.trim();
        match kind {
            "fcm" if !rest.is_empty() && rest.len() <= 4096 => Ok(Self::Fcm(Pii::new(rest.to_owned()))),
            "apns" if !rest.is_empty() && rest.len() <= 512 && rest.bytes().all(|b| b.is_ascii_hexdigit()) => {
                Ok(Self::Apns(Pii::new(rest.to_owned())))
            }
            "fid" if !rest.is_empty() && rest.len() <= 64 && rest.bytes().all(is_name) => {
                Ok(Self::FcmInstallation(Pii::new(rest.to_owned())))
            }
            "ntfy" if !rest.is_empty() && rest.len() <= 64 && rest.bytes().all(is_name) => {
                Ok(Self::Ntfy(Pii::new(rest.to_owned())))
            }
            "webpush" => {
                let subscription: WebPushSubscription = serde_json::from_str(rest).map_err(|_| ContactError::Push)?;
                let url = url::Url::parse(subscription.endpoint.expose()).map_err(|_| ContactError::Push)?;
                let keyed =
                    !subscription.keys.p256dh.expose().is_empty() && !subscription.keys.auth.expose().is_empty();
                if matches!(url.scheme(), "https" | "http") && url.host().is_some() && keyed {
                    Ok(Self::Webpush(subscription))
                } else {
                    Err(ContactError::Push)
                }
            }
            _ => Err(ContactError::Push),
        }
    }
}

/// What ids and topics are made of: base64url's letters.
const fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

/// A postal address as lines, ready for an envelope.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PostalAddress {
    /// Street and number, at most three lines.
    pub lines: Vec<Pii<String>>,
    /// Town.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub city: Option<Pii<String>>,
    /// State, province or county.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Pii<String>>,
    /// Postal code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postcode: Option<Pii<String>>,
    /// ISO 3166-1 alpha-2 country code, upper case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
}

/// One way to reach one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContactPoint {
    /// By email.
    Email(EmailAddress),
    /// By text message.
    Sms(PhoneNumber),
    /// By push message.
    Push(PushTarget),
    /// By post.
    Letter(PostalAddress),
    /// By phone call.
    Voice(PhoneNumber),
}

impl ContactPoint {
    /// The channel this contact point belongs to.
    #[must_use]
    pub const fn channel(&self) -> Channel {
        match self {
            Self::Email(_) => Channel::Email,
            Self::Sms(_) => Channel::Sms,
            Self::Push(_) => Channel::Push,
            Self::Letter(_) => Channel::Letter,
            Self::Voice(_) => Channel::Voice,
        }
    }

    /// A form that may be shown to people who must not know the contact point itself.
    #[must_use]
    pub fn masked(&self) -> String {
        match self {
            Self::Email(address) => mask_email(address.expose()),
            Self::Sms(number) | Self::Voice(number) => mask_phone(number.expose()),
            Self::Push(PushTarget::Fcm(_)) => String::from("fcm:***"),
            Self::Push(PushTarget::FcmInstallation(_)) => String::from("fid:***"),
            Self::Push(PushTarget::Apns(_)) => String::from("apns:***"),
            Self::Push(PushTarget::Ntfy(_)) => String::from("ntfy:***"),
            Self::Push(PushTarget::Webpush(_)) => String::from("webpush:***"),
            Self::Letter(address) => {
                let town = address.city.as_ref().map(|c| mask(c.expose())).unwrap_or_default();
                format!("{town} {}", address.country.as_deref().unwrap_or(""))
            }
        }
    }
}
