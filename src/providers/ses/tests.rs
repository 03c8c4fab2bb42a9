//! Answers and events, without a network.

use bytes::Bytes;
use reqwest::header::HeaderMap;

use super::*;
use crate::providers::protocol::sns::Notification;

const ATTEMPT_ID: &str = "018f0000-0000-7000-8000-000000000001";

fn answer(status: u16, kind: &str, body: &str) -> Answer {
    let mut headers = HeaderMap::new();
    if !kind.is_empty() {
        headers.insert("x-amzn-errortype", kind.parse().unwrap());
    }
    read_answer(&HttpReply { status, headers, body: Bytes::copy_from_slice(body.as_bytes()) }, Millis(0))
}

#[test]
fn answers_become_outcomes() {
    let sent = answer(200, "", r#"{"MessageId":"0102"}"#);
    assert_eq!((sent.outcome, sent.reference.as_deref()), (Outcome::Accepted, Some("0102")));
    for (status, kind, body, outcome) in [
        (200, "", "<html>hello</html>", Outcome::Unknown),
        (429, "TooManyRequestsException", "", Outcome::Throttled),
        (400, "ThrottlingException:http://x/", r#"{"message":"Maximum sending rate exceeded."}"#, Outcome::Throttled),
        (400, "", r#"{"__type":"com.amazonaws.ses#AccountSuspendedException"}"#, Outcome::Misconfigured),
        (400, "MessageRejected", r#"{"message":"Email address is not verified."}"#, Outcome::Misconfigured),
        (400, "MessageRejected", r#"{"message":"Virus"}"#, Outcome::Rejected),
        (403, "", "<Response><Error><Code>SignatureDoesNotMatch</Code></Error></Response>", Outcome::Misconfigured),
        (500, "InternalFailure", "", Outcome::Retry),
        (502, "", "<html>bad gateway</html>", Outcome::Unknown),
        (400, "SomethingNew", "", Outcome::Rejected),
        (302, "", "", Outcome::Misconfigured),
    ] {
        assert_eq!(answer(status, kind, body).outcome, outcome, "{status} {kind} {body}");
    }
    assert_eq!(answer(400, "SomethingNew", "").code.as_deref(), Some("unlisted SomethingNew"));
}

fn event(kind: &str, more: &str) -> Vec<ReceiptEvent> {
    let mail = if kind == "eventType" {
        format!(r#"{{"messageId":"1","tags":{{"{ATTEMPT}":["{ATTEMPT_ID}"],"ses:from-domain":["x"]}}}}"#)
    } else {
        format!(r#"{{"messageId":"1","headers":[{{"name":"x-CANDOUR-attempt","value":"{ATTEMPT_ID}"}}]}}"#)
    };
    let message = format!(r#"{{"{kind}":{more},"mail":{mail},"new":1}}"#);
    events::read(&Notification { id: String::from("n1"), message }).unwrap()
}

#[test]
fn both_forms_of_event_name_their_attempt_and_what_became_of_it() {
    let bounce = |kind: &str, sub: &str, status: &str| {
        format!(
            r#""Bounce","bounce":{{"bounceType":"{kind}","bounceSubType":"{sub}","bouncedRecipients":[{{"emailAddress":"a@b.example"{status}}}]}}"#
        )
    };
    for (more, outcome) in [
        (bounce("Permanent", "General", r#","status":"5.1.1""#), Some(Outcome::BadAddress)),
        (bounce("Permanent", "General", ""), Some(Outcome::BadAddress)),
        (bounce("Permanent", "General", r#","status":"5.7.1""#), Some(Outcome::Rejected)),
        (bounce("Permanent", "OnAccountSuppressionList", ""), Some(Outcome::Rejected)),
        (bounce("Transient", "MailboxFull", ""), Some(Outcome::Rejected)),
        (bounce("Transient", "General", ""), None),
        (bounce("Transient", "General", r#","action":"failed""#), Some(Outcome::Rejected)),
        (bounce("Transient", "General", r#","status":"4.4.7""#), Some(Outcome::Rejected)),
        (bounce("Undetermined", "Undetermined", ""), Some(Outcome::Rejected)),
        (bounce("Permanent", "SomethingNew", ""), Some(Outcome::Rejected)),
        (String::from(r#""Delivery","delivery":{"recipients":["a@b.example"]}"#), Some(Outcome::Delivered)),
        (String::from(r#""Complaint","complaint":{"complaintSubType":null}"#), Some(Outcome::Delivered)),
        (
            String::from(r#""Complaint","complaint":{"complaintSubType":"OnAccountSuppressionList"}"#),
            Some(Outcome::Rejected),
        ),
        (String::from(r#""DeliveryDelay""#), None),
        (String::from(r#""SomethingNew""#), None),
    ] {
        for kind in ["eventType", "notificationType"] {
            let events = event(kind, &more);
            assert_eq!(events.len(), 1, "{more}");
            assert_eq!((events[0].attempt.to_string().as_str(), events[0].outcome), (ATTEMPT_ID, outcome), "{more}");
            assert!(!events[0].code.as_deref().unwrap().contains('@'));
        }
    }
}

#[test]
fn mail_of_others_through_the_account_is_nothing_and_nonsense_is_malformed() {
    let read = |message: &str| events::read(&Notification { id: String::new(), message: message.to_owned() });
    assert_eq!(read(r#"{"eventType":"Bounce","mail":{}}"#), Ok(Vec::new()));
    assert!(matches!(read("{}"), Err(ReceiptError::Malformed(_))));
    assert_eq!(read("Successfully validated SNS topic for Amazon SES event publishing."), Ok(Vec::new()));
}
