//! The intake of bounces: each message that came to a bounce address, as it came, from the door for bounce mail or posted by a
//! mail server over HTTP.
//!
//! Whoever posts shows a secret of the bounce addresses (`Authorization: Bearer`); the bounce must carry the signed token
//! of an attempt: in the address it came to, else in the Original-Envelope-Id, a header of the returned message
//! (`X-Candour-Attempt`) or anywhere else. An identifier without a signature (a Message-ID) is not enough: whoever has seen
//! one could have a person's address marked dead. A complaint (ARF, RFC 5965) says that the person has the message. A delivery
//! report (RFC 3464, RFC 6533) says by its Action whether this is final and by its Status what it means: a message that
//! expired is `failed` with a Status of class 4. Everything else that comes to such an address (vacation notices, answers)
//! changes nothing; mail to no address of ours is a report with a signed token, or none of ours.

use std::sync::Arc;

use mail_parser::{Message, MessageParser, MimeHeaders, PartType};
use sha2::{Digest, Sha256};

use super::replies;
use super::reply::parse_enhanced;
use super::verp::Verp;
use crate::domain::id::AttemptId;
use crate::domain::outcome::Outcome;
use crate::providers::protocol::shown;
use crate::providers::{MAIL_TO_NOBODY, ReceiptError, ReceiptEvent, ReceiptRequest};

/// The intake.
pub(super) struct Intake {
    verp: Arc<Verp>,
}

impl Intake {
    /// The intake of these bounce addresses; whoever posts shows one of their secrets.
    pub(super) const fn new(verp: Arc<Verp>) -> Self {
        Self { verp }
    }

    /// Reads one bounce.
    pub(super) fn read(&self, request: &ReceiptRequest) -> Result<Vec<ReceiptEvent>, ReceiptError> {
        let to_nobody = request.url == MAIL_TO_NOBODY;
        let attempt = match request.url.strip_prefix("mailto:") {
            Some(_) if to_nobody => Some(self.verp.find(&request.body).ok_or(ReceiptError::Forged)?),
            Some(address) => Some(self.verp.of_address(address).ok_or(ReceiptError::Forged)?),
            None if shown::bearer(request, self.verp.secrets()) => None,
            None => return Err(ReceiptError::Forged),
        };
        let message =
            MessageParser::new().parse(&request.body[..]).ok_or(ReceiptError::Malformed("not a mail message"))?;
        let complaint = part(&message, &["feedback-report"]);
        let Some(report) = part(&message, &["delivery-status", "global-delivery-status"]).or_else(|| complaint.clone())
        else {
            // Where all kinds of mail may come to, people look at what is no report.
            return if to_nobody { Err(ReceiptError::Malformed("it is no report")) } else { Ok(Vec::new()) };
        };
        let attempt = attempt.or_else(|| self.verp.find(&request.body));
        let attempt = attempt.ok_or(ReceiptError::Malformed("it names no bounce address of ours"))?;
        if complaint.is_some() {
            return complained(attempt, &report);
        }
        let groups = groups(&report);
        let failed = |group: &&Vec<(String, String)>| field(group, "action").is_some_and(|a| a == "failed");
        // One message has one recipient; an alias may have made several of it, and one failure is a failure.
        let recipients = groups.get(1..).unwrap_or_default();
        let group = recipients.iter().find(failed).or_else(|| recipients.first());
        let group = group.ok_or(ReceiptError::Malformed("the report names no recipient"))?;
        let action = field(group, "action").ok_or(ReceiptError::Malformed("the report has no Action"))?;
        let status = field(group, "status").as_deref().and_then(|s| parse_enhanced(s.split_whitespace().next()?));
        let status = status.ok_or(ReceiptError::Malformed("the report has no Status"))?;
        let (outcome, code) = match action.as_str() {
            "failed" => {
                let answer = replies::read_failed(status).answer();
                (Some(answer.outcome), answer.code.unwrap_or_default())
            }
            "delivered" => (Some(Outcome::Delivered), dotted(status)),
            // On its way, or passed on to where no report will come from.
            "delayed" | "relayed" | "expanded" => (None, dotted(status)),
            _ => return Err(ReceiptError::Malformed("the report's Action is none of RFC 3464")),
        };
        let key = hex::encode(&Sha256::digest(report.as_bytes())[..16]);
        Ok(vec![ReceiptEvent { attempt, key, outcome, code: Some(format!("{action} {code}")) }])
    }
}

fn dotted((class, subject, detail): (u8, u16, u16)) -> String {
    format!("{class}.{subject}.{detail}")
}

/// What a complaint says: whoever complains has the message. Reports of other kinds change nothing.
fn complained(attempt: AttemptId, report: &str) -> Result<Vec<ReceiptEvent>, ReceiptError> {
    let kind = groups(report).first().and_then(|group| field(group, "feedback-type"));
    let kind = kind.ok_or(ReceiptError::Malformed("the report has no Feedback-Type"))?;
    let known = ["abuse", "fraud", "virus", "other", "not-spam"].contains(&kind.as_str());
    let (outcome, kind) = match (known, kind.as_str()) {
        (true, "not-spam") | (false, _) => (None, if known { kind.as_str() } else { "unlisted" }),
        (true, kind) => (Some(Outcome::Delivered), kind),
    };
    let key = hex::encode(&Sha256::digest(report.as_bytes())[..16]);
    Ok(vec![ReceiptEvent { attempt, key, outcome, code: Some(format!("complaint {kind}")) }])
}

/// The machine-readable part of a report: `message/` and one of these.
fn part(message: &Message<'_>, kinds: &[&str]) -> Option<String> {
    let part = message.parts.iter().find(|part| {
        part.content_type().is_some_and(|t| {
            t.ctype().eq_ignore_ascii_case("message")
                && t.subtype().is_some_and(|s| kinds.iter().any(|kind| s.eq_ignore_ascii_case(kind)))
        })
    })?;
    match &part.body {
        PartType::Text(text) => Some(text.to_string()),
        PartType::Binary(bytes) | PartType::InlineBinary(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        _ => None,
    }
}

/// The groups of fields: the message's, then one per recipient. Names and values of interest are in lower case.
fn groups(report: &str) -> Vec<Vec<(String, String)>> {
    let mut groups: Vec<Vec<(String, String)>> = Vec::new();
    let mut open = false;
    for line in report.lines() {
        if line.trim().is_empty() {
            open = false;
        } else if let (true, Some(last)) = (line.starts_with([' ', '\t']), groups.last_mut().and_then(|g| g.last_mut()))
        {
            last.1.push(' ');
            last.1.push_str(line.trim());
        } else if let Some((name, value)) = line.split_once(':') {
            if !open {
                groups.push(Vec::new());
                open = true;
            }
            if let Some(group) = groups.last_mut() {
                group.push((name.trim().to_ascii_lowercase(), value.trim().to_ascii_lowercase()));
            }
        }
    }
    groups
}

fn field(group: &[(String, String)], name: &str) -> Option<String> {
    group.iter().find(|(n, _)| n == name).map(|(_, value)| value.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;
    use crate::domain::clock::Millis;

    const NEW: &str = "a secret of some length";
    const OLD: &str = "the one from before it";

    fn intake() -> (Intake, Arc<Verp>) {
        let secrets = [NEW, OLD].map(Secret::new).to_vec();
        let verp = Arc::new(Verp::build("bounces.example.org", secrets).unwrap());
        (Intake::new(Arc::clone(&verp)), verp)
    }

    fn attempt() -> AttemptId {
        AttemptId::new(Millis(1_800_000_000_000), [7; 10])
    }

    fn request(token: &str, body: String) -> ReceiptRequest {
        ReceiptRequest {
            url: String::from("https://candour.example.org/v1/receipts/relay"),
            headers: [(String::from("authorization"), format!("Bearer {token}"))].into(),
            body: body.into(),
            now: Millis(0),
        }
    }

    fn report(to: &str, action: &str, status: &str) -> String {
        format!(
            "From: MAILER-DAEMON@mail.example.net\r\nTo: {to}\r\nSubject: Undelivered\r\nAuto-Submitted: auto-replied\r\n\
             MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n\r\n\
             --b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n\
             --b\r\nContent-Type: message/delivery-status\r\n\r\n\
             Reporting-MTA: dns; mail.example.net\r\nArrival-Date: Sun, 22 Nov 2026 08:00:00 +0000\r\n\r\n\
             Final-Recipient: rfc822; ann@example.com\r\nAction: {action}\r\nStatus: {status}\r\n\
             Diagnostic-Code: smtp; 550 5.1.1 <ann@example.com>:\r\n    no such user\r\n\r\n\
             --b\r\nContent-Type: text/rfc822-headers\r\n\r\nSubject: x\r\n\r\n--b--\r\n"
        )
    }

    fn read(action: &str, status: &str) -> Result<Vec<ReceiptEvent>, ReceiptError> {
        let (intake, verp) = intake();
        intake.read(&request(NEW, report(&verp.address(attempt()), action, status)))
    }

    #[test]
    fn a_failure_names_its_attempt_and_what_it_means() {
        let events = read("failed", "5.1.1").unwrap();
        assert_eq!(events.len(), 1);
        assert_eq!((events[0].attempt, events[0].outcome), (attempt(), Some(Outcome::BadAddress)));
        assert_eq!(events[0].code.as_deref(), Some("failed 5.1.1"));
    }

    #[test]
    fn finality_comes_from_the_action_and_not_from_the_status() {
        assert_eq!(read("failed", "4.4.1").unwrap()[0].outcome, Some(Outcome::Rejected));
        assert_eq!(read("delayed", "4.4.1").unwrap()[0].outcome, None);
        assert_eq!(read("relayed", "2.0.0").unwrap()[0].outcome, None);
        assert_eq!(read("delivered", "2.0.0").unwrap()[0].outcome, Some(Outcome::Delivered));
    }

    #[test]
    fn the_same_report_twice_is_one_event_and_another_is_another() {
        assert_eq!(read("failed", "5.1.1").unwrap()[0].key, read("failed", "5.1.1").unwrap()[0].key);
        assert_ne!(read("failed", "5.1.1").unwrap()[0].key, read("delayed", "4.4.1").unwrap()[0].key);
    }

    #[test]
    fn nobody_without_the_token_is_believed_and_both_tokens_of_a_rotation_are() {
        let (intake, verp) = intake();
        let body = report(&verp.address(attempt()), "failed", "5.1.1");
        assert_eq!(intake.read(&request("wrong", body.clone())), Err(ReceiptError::Forged));
        assert!(intake.read(&request(OLD, body.clone())).is_ok());
        let mut bare = request(NEW, body);
        bare.headers.clear();
        assert_eq!(intake.read(&bare), Err(ReceiptError::Forged));
    }

    #[test]
    fn a_bounce_without_a_signed_address_of_ours_is_refused() {
        let (intake, _) = intake();
        let body = report(
            "bounce+00000000000000000000000000000000aaaaaaaaaaaaaaaaaaaa@bounces.example.org",
            "failed",
            "5.1.1",
        );
        assert!(matches!(intake.read(&request(NEW, body)), Err(ReceiptError::Malformed(_))));
    }

    #[test]
    fn a_vacation_notice_changes_nothing() {
        let (intake, verp) = intake();
        let body = format!(
            "To: {}\r\nAuto-Submitted: auto-replied\r\nSubject: Away\r\n\r\nBack on Monday.\r\n",
            verp.address(attempt())
        );
        assert_eq!(intake.read(&request(NEW, body)), Ok(Vec::new()));
    }

    fn mailed(body: String, address: &str) -> Result<Vec<ReceiptEvent>, ReceiptError> {
        let (intake, _) = intake();
        let mut request = request("none", body);
        request.headers.clear();
        request.url = format!("mailto:{address}");
        intake.read(&request)
    }

    #[test]
    fn mail_to_a_signed_address_needs_no_more_and_to_another_is_forged() {
        let (_, verp) = intake();
        let address = verp.address(attempt());
        let events = mailed(report("postmaster@example.net", "failed", "5.1.1"), &address).unwrap();
        assert_eq!((events[0].attempt, events[0].outcome), (attempt(), Some(Outcome::BadAddress)));
        let other = address.replace("bounces.example.org", "example.net");
        let forged = address.replace("bounce+", "bounce+0");
        for address in [other.as_str(), forged.as_str(), "bounce+@bounces.example.org", "a"] {
            let read = mailed(report(&verp.address(attempt()), "failed", "5.1.1"), address);
            assert_eq!(read, Err(ReceiptError::Forged), "{address}");
        }
    }

    #[test]
    fn mail_to_nobody_is_believed_for_the_signature_in_it_and_for_nothing_else() {
        let (_, verp) = intake();
        let unsigned = report("bounces@example.net", "failed", "5.1.1");
        let with = |field: &str| unsigned.replace("Subject: x", &format!("{field}\r\nSubject: x"));
        let token = verp.token(attempt());
        let events = mailed(with(&format!("X-Candour-Attempt: {token}")), "").unwrap();
        assert_eq!((events[0].attempt, events[0].outcome), (attempt(), Some(Outcome::BadAddress)));
        let in_report = format!("Original-Envelope-Id: {token}\r\nArrival-Date");
        assert_eq!(mailed(unsigned.replace("Arrival-Date", &in_report), "").unwrap()[0].attempt, attempt());
        let forged = format!("X-Candour-Attempt: {}{}", attempt().0.simple(), "a".repeat(20));
        for body in [unsigned.clone(), with(&forged), with(&format!("X-Candour-Attempt: {}", attempt().0.simple()))] {
            assert_eq!(mailed(body, ""), Err(ReceiptError::Forged));
        }
        let reply = format!("To: bounces@example.net\r\nSubject: Re: x\r\n\r\n> X-Candour-Attempt: {token}\r\n");
        assert!(matches!(mailed(reply, ""), Err(ReceiptError::Malformed(_))));
    }

    #[test]
    fn the_signed_envelope_identifier_is_enough_and_one_without_a_signature_is_not() {
        let (intake, verp) = intake();
        let with = |id: String| {
            let body = report("postmaster@example.net", "failed", "5.1.1");
            let body = body.replace("Arrival-Date", &format!("Original-Envelope-Id: {id}\r\nArrival-Date"));
            intake.read(&request(NEW, body))
        };
        assert_eq!(with(verp.token(attempt())).unwrap()[0].attempt, attempt());
        assert!(matches!(with(attempt().0.simple().to_string()), Err(ReceiptError::Malformed(_))));
    }

    #[test]
    fn a_complaint_says_that_the_message_has_arrived() {
        let (intake, verp) = intake();
        let read = |kind: &str| {
            let body = format!(
                "From: fbl@mail.example.net\r\nTo: {}\r\nMIME-Version: 1.0\r\n\
                 Content-Type: multipart/report; report-type=feedback-report; boundary=\"b\"\r\n\r\n\
                 --b\r\nContent-Type: text/plain\r\n\r\nA complaint.\r\n\
                 --b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: {kind}\r\nUser-Agent: X/1\r\nVersion: 1\r\n\r\n\
                 --b\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\nx\r\n--b--\r\n",
                verp.address(attempt())
            );
            let event = intake.read(&request(NEW, body)).unwrap().remove(0);
            (event.outcome, event.code.unwrap())
        };
        assert_eq!(read("abuse"), (Some(Outcome::Delivered), String::from("complaint abuse")));
        assert_eq!(read("not-spam"), (None, String::from("complaint not-spam")));
        assert_eq!(read("something"), (None, String::from("complaint unlisted")));
    }
}
