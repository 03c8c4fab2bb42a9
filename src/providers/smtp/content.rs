//! The message as written: headers, both bodies, signature. Only ASCII, unless the recipient's own address is not.
//!
//! It says that a machine wrote it (RFC 3834) so that nobody's vacation notice answers it, and offers no one-click
//! unsubscribe: a mailbox that clicks such links by itself must not switch off a notice the law demands.

use std::time::{Duration, SystemTime};

use lettre::Address;
use lettre::message::header::{self, ContentTransferEncoding, ContentType, HeaderName, HeaderValue, Headers};
use lettre::message::{Body as Encoded, Mailbox, Mailboxes, MultiPart, SinglePart};

use super::dkim::Signer;
use crate::domain::clock::Millis;
use crate::domain::message::{Body, Message};
use crate::providers::settings::SmtpDkim;

/// What the messages of a provider have in common.
pub(in crate::providers) struct Mail<'a> {
    pub from: &'a str,
    pub from_name: Option<&'a str>,
    pub reply_to: Option<&'a str>,
    pub dkim: &'a [SmtpDkim],
}

/// The message is not an email, or its address cannot be written in a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::providers) struct CannotWrite;

/// Writes messages.
pub(in crate::providers) struct Composer {
    from: Mailbox,
    reply_to: Option<Mailbox>,
    domain: String,
    signers: Vec<Signer>,
}

impl Composer {
    /// Reads the settings.
    pub(in crate::providers) fn build(mail: &Mail<'_>) -> Result<Self, String> {
        let parse = |what: &str, text: &str| {
            let address = wire_address(text).and_then(|a| a.parse::<Address>().ok());
            address.ok_or_else(|| format!("{what} is not an email address"))
        };
        let from = parse("from", mail.from)?;
        let reply_to = mail.reply_to.map(|r| parse("reply_to", r)).transpose()?;
        let signers = mail.dkim.iter().map(Signer::build).collect::<Result<_, _>>()?;
        Ok(Self {
            domain: from.domain().to_owned(),
            from: Mailbox::new(mail.from_name.map(display_name), from),
            reply_to: reply_to.map(|address| Mailbox::new(None, address)),
            signers,
        })
    }

    /// The sender's address.
    pub(in crate::providers) fn sender(&self) -> &str {
        self.from.email.as_ref()
    }

    /// Writes a message. The same message at the same time gives the same bytes.
    pub(in crate::providers) fn compose(&self, message: &Message, now: Millis) -> Result<Vec<u8>, CannotWrite> {
        let Body::Email { to, to_name, subject, text, html } = &message.body else { return Err(CannotWrite) };
        let address = wire_address(to.expose()).and_then(|a| a.parse::<Address>().ok()).ok_or(CannotWrite)?;
        let name = to_name.as_ref().map(|n| display_name(n.expose())).filter(|n| !n.is_empty());
        let sent = SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(now.0).unwrap_or(0));
        // Headers and parts are put together here: the library's own builder writes the sender to read it back.
        let mut headers = Headers::new();
        headers.set(header::Date::new(sent));
        headers.set(header::From::from(Mailboxes::from(self.from.clone())));
        headers.set(header::To::from(Mailboxes::from(Mailbox::new(name, address))));
        headers.set(header::Subject::from(subject.expose().clone()));
        headers.set(header::MessageId::from(format!("<{}>", message.message_id(&self.domain))));
        headers.insert_raw(plain("Content-Language", &message.locale));
        headers.insert_raw(plain("Auto-Submitted", "auto-generated"));
        headers.insert_raw(plain("X-Auto-Response-Suppress", "All"));
        if let Some(reply_to) = &self.reply_to {
            headers.set(header::ReplyTo::from(Mailboxes::from(reply_to.clone())));
        }
        headers.set(header::MIME_VERSION_1_0);
        // No two attempts have the same id, and nobody who writes a notice can guess one: it cannot occur in a body.
        let parts = MultiPart::alternative()
            .boundary(format!("candour-{}", message.attempt.0.simple()))
            .singlepart(part(ContentType::TEXT_PLAIN, text.expose()))
            .singlepart(part(ContentType::TEXT_HTML, html.expose()));
        let mut written = headers.to_string().into_bytes();
        written.extend(parts.formatted());
        if !self.signers.is_empty() {
            let signatures: Vec<u8> = self.signers.iter().flat_map(|s| s.sign(&written, now)).collect();
            written.splice(0..0, signatures);
        }
        Ok(written)
    }
}

/// The longest line that goes as it is, in bytes: below the 998 of RFC 5322 section 2.1.1.
const LONGEST_LINE: usize = 900;

/// One of the two forms: as it is where that is ASCII in lines that every server carries, else the more compact of
/// quoted-printable and base64, in lines of at most 76 characters.
fn part(kind: ContentType, text: &str) -> SinglePart {
    let foreign = text.bytes().filter(|b| !b.is_ascii()).count();
    let part = SinglePart::builder().header(kind);
    if foreign == 0 && text.split('\n').all(|line| line.len() <= LONGEST_LINE) && !has_controls(text) {
        let lines = text.replace('\n', "\r\n").into_bytes();
        return part.body(Encoded::dangerous_pre_encoded(lines, ContentTransferEncoding::SevenBit));
    }
    let encoding = if foreign * 6 > text.len() {
        ContentTransferEncoding::Base64
    } else {
        ContentTransferEncoding::QuotedPrintable
    };
    part.header(encoding).body(text.to_owned())
}

/// Whether there is something that must not stand in a line as it is (RFC 2045 section 2.7).
fn has_controls(text: &str) -> bool {
    text.bytes().any(|b| b == 0 || b == b'\r')
}

/// A name for a header: a control character in it could end the header (and makes the writer of headers panic).
fn display_name(name: &str) -> String {
    name.replace(char::is_control, " ").trim().to_owned()
}

fn plain(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

/// An address as it goes over the wire: the domain in its ASCII form (RFC 5890). `None` if it has no such form.
pub(super) fn wire_address(address: &str) -> Option<String> {
    let (local, domain) = address.rsplit_once('@')?;
    let domain = match url::Host::parse(domain).ok()? {
        url::Host::Domain(domain) => domain,
        url::Host::Ipv4(_) | url::Host::Ipv6(_) => return None,
    };
    let safe =
        !local.is_empty() && !local.chars().any(|c| c.is_control() || c.is_whitespace() || matches!(c, '<' | '>'));
    safe.then(|| format!("{local}@{domain}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::contact::EmailAddress;
    use crate::domain::id::{AttemptId, CampaignId, PersonId};
    use crate::domain::pii::Pii;
    use mail_parser::{MessageParser, MimeHeaders};

    fn message(to: &str, subject: &str, text: &str) -> Message {
        let id = |n: u8| uuid::Builder::from_unix_timestamp_millis(1, &[n; 10]).into_uuid();
        Message {
            attempt: AttemptId(id(1)),
            campaign: CampaignId(id(2)),
            person: PersonId(id(3)),
            locale: String::from("zh-Hans"),
            body: Body::Email {
                to: EmailAddress::parse(to).unwrap(),
                to_name: Some(Pii::new(String::from("Ann \"A\" Li\r\nBcc: x@example.org"))),
                subject: Pii::new(subject.to_owned()),
                text: Pii::new(text.to_owned()),
                html: Pii::new(format!("<p>{text}</p>")),
            },
        }
    }

    fn composer() -> Composer {
        let mail = Mail {
            from: "notices@example.org",
            from_name: Some("Müller & Co"),
            reply_to: Some("help@example.org"),
            dkim: &[],
        };
        Composer::build(&mail).unwrap()
    }

    fn compose(message: &Message) -> Vec<u8> {
        composer().compose(message, Millis(784_887_151_000)).unwrap()
    }

    #[test]
    fn another_parser_reads_back_what_was_written() {
        let text = "您好，\n\n.一个点\nÄrger — 100 %\n";
        let written = compose(&message("ann@example.com", "关于您的个人信息 / Über Ihre Daten", text));
        assert!(written.is_ascii());
        assert!(written.split(|b| *b == b'\n').all(|line| line.len() <= 999));
        let parsed = MessageParser::new().parse(&written).unwrap();
        assert_eq!(parsed.subject(), Some("关于您的个人信息 / Über Ihre Daten"));
        assert_eq!(parsed.body_text(0).unwrap().replace("\r\n", "\n"), text);
        assert!(parsed.body_html(0).unwrap().contains("您好"));
        assert_eq!(parsed.content_type().unwrap().subtype(), Some("alternative"));
        assert_eq!(parsed.header_raw("Auto-Submitted").map(str::trim), Some("auto-generated"));
        assert_eq!(parsed.header_raw("Content-Language").map(str::trim), Some("zh-Hans"));
        assert_eq!(parsed.date().unwrap().to_timestamp(), 784_887_151);
        assert_eq!(parsed.reply_to().unwrap().first().unwrap().address(), Some("help@example.org"));
        assert_eq!(parsed.from().unwrap().first().unwrap().name(), Some("Müller & Co"));
        for absent in ["List-Unsubscribe", "Bcc", "Cc"] {
            assert!(parsed.header_raw(absent).is_none(), "{absent}");
        }
        assert_eq!(parsed.to().unwrap().iter().count(), 1);
    }

    #[test]
    fn a_repeat_has_the_same_message_id_and_the_same_time_gives_the_same_bytes() {
        let first = message("ann@example.com", "Hi", "text");
        let mut repeat = first.clone();
        assert_eq!(compose(&first), compose(&repeat));
        repeat.attempt = AttemptId(uuid::Uuid::from_u128(9));
        let id = |m: &Message| MessageParser::new().parse(&compose(m)).unwrap().message_id().unwrap().to_owned();
        assert_eq!(id(&first), id(&repeat));
        assert_eq!(id(&first), first.message_id("example.org"));
    }

    proptest::proptest! {
        #[test]
        fn whatever_people_are_called_the_message_has_its_headers_and_no_more(
            name in ".{0,80}", subject in "\\PC{0,200}|.{0,80}", text in "(.|\n){0,300}",
        ) {
            let mut message = message("ann@example.com", &subject, &text);
            if let Body::Email { to_name, .. } = &mut message.body {
                *to_name = Some(Pii::new(name));
            }
            let written = compose(&message);
            proptest::prop_assert!(written.is_ascii());
            let parsed = MessageParser::new().parse(&written).unwrap();
            let names: Vec<_> = parsed.headers().iter().map(|h| h.name().to_owned()).collect();
            proptest::prop_assert_eq!(names.len(), 11, "{:?}", names);
            proptest::prop_assert_eq!(parsed.to().unwrap().first().unwrap().address(), Some("ann@example.com"));
        }
    }

    #[test]
    fn domains_go_over_the_wire_in_ascii_and_line_ends_never_do() {
        assert_eq!(wire_address("ann@müller.example").as_deref(), Some("ann@xn--mller-kva.example"));
        assert_eq!(wire_address("änn@example.org").as_deref(), Some("änn@example.org"));
        assert_eq!(wire_address("a> RCPT@example.org"), None);
        assert_eq!(wire_address("a\r\n@example.org"), None);
    }
}
