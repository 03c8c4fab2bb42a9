//! The message as written: headers and both bodies. Only ASCII, unless the recipient's own address is not.
//!
//! It says that a machine wrote it (RFC 3834) so that nobody's vacation notice answers it, and offers no one-click
//! unsubscribe: a mailbox that clicks such links by itself must not switch off a notice the law demands.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::fmt::rfc2822::DateTimePrinter;
use lettre::Address;
use lettre::message::header::{self, Header, HeaderName, HeaderValue, Headers};
use lettre::message::{Mailbox, Mailboxes};

use crate::domain::clock::Millis;
use crate::domain::message::{Body, Message};
use crate::providers::settings::Faults;

/// What the messages of a provider have in common.
pub(in crate::providers) struct Mail<'a> {
    pub from: &'a str,
    pub from_name: Option<&'a str>,
    pub reply_to: Option<&'a str>,
}

/// The message is not an email, or its address cannot be written in a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::providers) struct CannotWrite;

/// Writes messages.
pub(in crate::providers) struct Composer {
    from: Mailbox,
    /// The headers that are the same in every message.
    same: String,
    domain: String,
}

impl Composer {
    /// Reads the settings.
    pub(in crate::providers) fn build(mail: &Mail<'_>) -> Result<Self, Faults> {
        let parse = |what: &str, text: &str| {
            let address = wire_address(text).and_then(|a| a.parse::<Address>().ok());
            address.ok_or_else(|| Faults::one(what, "is not an email address; give one like incident@example.org"))
        };
        let from = parse("from", mail.from)?;
        let domain = from.domain().to_owned();
        let from = Mailbox::new(mail.from_name.map(display_name), from);
        let mut same = Headers::new();
        same.set(header::From::from(Mailboxes::from(from.clone())));
        if let Some(reply_to) = mail.reply_to {
            let address = parse("reply_to", reply_to)?;
            same.set(header::ReplyTo::from(Mailboxes::from(Mailbox::new(None, address))));
        }
        same.insert_raw(plain("Auto-Submitted", "auto-generated"));
        same.insert_raw(plain("X-Auto-Response-Suppress", "All"));
        same.set(header::MIME_VERSION_1_0);
        Ok(Self { from, same: same.to_string(), domain })
    }

    /// The sender's address.
    pub(in crate::providers) fn sender(&self) -> &str {
        self.from.email.as_ref()
    }

    /// Writes a message. The same message at the same time gives the same bytes.
    pub(in crate::providers) fn compose(&self, message: &Message, now: Millis) -> Result<Vec<u8>, CannotWrite> {
        let Body::Email { to, to_name, subject, text, html } = &message.body else { return Err(CannotWrite) };
        let address = wire_address(to.expose()).ok_or(CannotWrite)?;
        let name = to_name.as_ref().map(|n| display_name(n.expose())).filter(|n| !n.is_empty());
        // No two attempts have the same id, and nobody who writes a notice can guess one: it cannot occur in a body.
        let boundary = format!("candour-{}", message.attempt.0.simple());

        let mut written =
            String::with_capacity(self.same.len() + (text.expose().len() + html.expose().len()) * 5 / 4 + 1024);
        let line = |written: &mut String, parts: &[&str]| {
            parts.iter().chain(&["\r\n"]).for_each(|part| written.push_str(part));
        };
        line(&mut written, &["Date: ", &date(now).ok_or(CannotWrite)?]);
        written.push_str(&self.same);
        match name.as_deref() {
            None if is_plain_address(&address) => line(&mut written, &["To: ", &address]),
            Some(name) if is_plain_name(name, &address) => {
                line(&mut written, &["To: \"", name, "\" <", &address, ">"]);
            }
            _ => {
                let address = address.parse::<Address>().map_err(|_| CannotWrite)?;
                written.push_str(&as_header(header::To::from(Mailboxes::from(Mailbox::new(name, address)))));
            }
        }
        match subject.expose().as_str() {
            subject if is_plain_subject(subject) => line(&mut written, &["Subject: ", subject]),
            subject => written.push_str(&as_header(header::Subject::from(subject.to_owned()))),
        }
        line(&mut written, &["Message-ID: <", &message.message_id(&self.domain), ">"]);
        line(&mut written, &["Content-Language: ", &message.locale]);
        line(&mut written, &["Content-Type: multipart/alternative; boundary=\"", &boundary, "\"\r\n"]);
        for (kind, body) in [("text/plain", text.expose()), ("text/html", html.expose())] {
            line(&mut written, &["--", &boundary]);
            line(&mut written, &["Content-Type: ", kind, "; charset=utf-8"]);
            part(&mut written, body);
        }
        line(&mut written, &["--", &boundary, "--"]);
        Ok(written.into_bytes())
    }
}

/// The longest header line that is written without the library, which folds longer ones (RFC 5322 section 2.1.1).
const HEADER_LINE: usize = 76;

fn is_plain_address(address: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'+' | b'-' | b'@');
    address.len() + "To: ".len() <= HEADER_LINE && address.bytes().all(is_plain)
}

/// A name of letters and digits, which stands in quotes as it is (RFC 5322 section 3.2.4).
fn is_plain_name(name: &str, address: &str) -> bool {
    name.split(' ').all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric()))
        && is_plain_address(address)
        && "To: \"\" <>".len() + name.len() + address.len() <= HEADER_LINE
}

fn is_plain_subject(subject: &str) -> bool {
    let is_trim = !subject.is_empty() && !subject.starts_with(' ') && !subject.ends_with(' ');
    is_trim
        && "Subject: ".len() + subject.len() <= HEADER_LINE
        && subject.bytes().all(|b| matches!(b, b' '..=b'~'))
        && !subject.contains("=?")
}

/// A time as RFC 5322 section 3.3 has it, which is that of HTTP (RFC 9110 section 5.6.7) with another word for the zone.
/// `None` for times that have no such form.
fn date(at: Millis) -> Option<String> {
    let http = DateTimePrinter::new().timestamp_to_rfc9110_string(&at.to_timestamp()).ok()?;
    Some(http.replace("GMT", "+0000"))
}

/// One header, encoded and folded by the library.
fn as_header(header: impl Header) -> String {
    let mut headers = Headers::new();
    headers.set(header);
    headers.to_string()
}

/// The longest line that goes as it is, in bytes: below the 998 of RFC 5322 section 2.1.1.
const LONGEST_LINE: usize = 900;

/// The rest of a part: as it is where that is ASCII in lines that every server carries, else in the more compact of
/// quoted-printable and base64, in lines of at most 76 characters.
fn part(written: &mut String, text: &str) {
    let foreign = text.bytes().filter(|b| !b.is_ascii()).count();
    if foreign == 0 && text.split('\n').all(|line| line.len() <= LONGEST_LINE) && !has_controls(text) {
        written.push_str("Content-Transfer-Encoding: 7bit\r\n\r\n");
        for line in text.split('\n') {
            written.push_str(line);
            written.push_str("\r\n");
        }
        return;
    }
    if foreign * 6 > text.len() {
        written.push_str("Content-Transfer-Encoding: base64\r\n\r\n");
        let whole = text.replace("\r\n", "\n").replace('\n', "\r\n");
        for line in whole.as_bytes().chunks(BASE64_LINE) {
            BASE64.encode_string(line, written);
            written.push_str("\r\n");
        }
    } else {
        written.push_str("Content-Transfer-Encoding: quoted-printable\r\n\r\n");
        for line in text.split('\n') {
            let line = line.strip_suffix('\r').unwrap_or(line);
            if is_plain_line(line) {
                written.push_str(line);
            } else {
                written.push_str(&quoted_printable::encode_to_str(line));
            }
            written.push_str("\r\n");
        }
    }
}

/// Whether quoted-printable leaves a line as it is (RFC 2045 section 6.7).
fn is_plain_line(line: &str) -> bool {
    line.len() <= 76 && !line.ends_with(' ') && line.bytes().all(|b| matches!(b, b' '..=b'~') && b != b'=')
}

/// Bytes that make a line of 76 characters (RFC 2045 section 6.8).
const BASE64_LINE: usize = 57;

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
pub(in crate::providers) fn wire_address(address: &str) -> Option<String> {
    let (local, domain) = address.rsplit_once('@')?;
    if is_plain_domain(domain) && is_plain_address(local) {
        return Some(address.to_owned());
    }
    let domain = match url::Host::parse(domain).ok()? {
        url::Host::Domain(domain) => domain,
        url::Host::Ipv4(_) | url::Host::Ipv6(_) => return None,
    };
    let safe =
        !local.is_empty() && !local.chars().any(|c| c.is_control() || c.is_whitespace() || matches!(c, '<' | '>'));
    safe.then(|| format!("{local}@{domain}"))
}

/// A domain that is in its ASCII form as it stands, and no address of four numbers.
fn is_plain_domain(domain: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with("xn--")
            && label.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))
    };
    let is_name = domain.rsplit('.').next().is_some_and(|last| last.bytes().all(|b| b.is_ascii_lowercase()));
    is_name && domain.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::contact::EmailAddress;
    use crate::domain::id::{AttemptId, CampaignId, PersonId};
    use crate::domain::pii::Pii;
    use lettre::message::header::ContentTransferEncoding;
    use mail_parser::{MessageParser, MimeHeaders};
    use std::time::{Duration, SystemTime};

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
        let mail =
            Mail { from: "notices@example.org", from_name: Some("Müller & Co"), reply_to: Some("help@example.org") };
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

    proptest::proptest! {
        #[test]
        fn what_is_plain_is_what_the_library_would_write(
            name in "[A-Za-z0-9]{1,9}( [A-Za-z0-9]{1,9}){1,4}", subject in "[ -~]{1,70}",
            address in "[a-z0-9._+-]{1,20}@[a-z0-9]{1,20}\\.[a-z]{2,5}", now in 0_u64..4_000_000_000_000,
        ) {
            if is_plain_name(&name, &address) && let Ok(parsed) = address.parse::<Address>() {
                let to = header::To::from(Mailboxes::from(Mailbox::new(Some(name.clone()), parsed)));
                proptest::prop_assert_eq!(as_header(to), format!("To: \"{name}\" <{address}>\r\n"));
            }
            if is_plain_subject(&subject) {
                let written = format!("Subject: {subject}\r\n");
                proptest::prop_assert_eq!(as_header(header::Subject::from(subject)), written);
            }
            proptest::prop_assert_eq!(wire_address(&address), Some(address));
            let at = SystemTime::UNIX_EPOCH + Duration::from_millis(now);
            let written = format!("Date: {}\r\n", date(Millis(i64::try_from(now).unwrap())).unwrap());
            proptest::prop_assert_eq!(as_header(header::Date::new(at)), written);
        }
    }

    proptest::proptest! {
        #[test]
        fn a_part_is_encoded_as_the_library_would(text in "([ -~äß的\t]{0,90}\n){0,5}[ -~äß的]{0,90}") {
            let mut written = String::new();
            part(&mut written, &text);
            let (header, body) = written.split_once("\r\n\r\n").unwrap();
            let encoding = match header.rsplit(' ').next().unwrap() {
                "7bit" => return Ok(()),
                "base64" => ContentTransferEncoding::Base64,
                _ => ContentTransferEncoding::QuotedPrintable,
            };
            let library = lettre::message::Body::new_with_encoding(text, encoding).unwrap().into_vec();
            let library = String::from_utf8(library).unwrap();
            proptest::prop_assert_eq!(body.trim_end_matches("\r\n"), library.trim_end_matches("\r\n"));
        }
    }

    #[test]
    fn domains_go_over_the_wire_in_ascii_and_line_ends_never_do() {
        assert_eq!(wire_address("ann@müller.example").as_deref(), Some("ann@xn--mller-kva.example"));
        assert_eq!(wire_address("ann@EXAMPLE.org").as_deref(), Some("ann@example.org"));
        assert_eq!(wire_address("ann@127.0.0.1"), None);
        assert_eq!(wire_address("ann@1.2.3.0x4"), None);
        assert_eq!(wire_address("änn@example.org").as_deref(), Some("änn@example.org"));
        assert_eq!(wire_address("a> RCPT@example.org"), None);
        assert_eq!(wire_address("a\r\n@example.org"), None);
    }
}
