//! Messages to made-up people.

use candour::domain::contact::{EmailAddress, PhoneNumber, PushTarget};
use candour::domain::id::{AttemptId, CampaignId, PersonId};
use candour::domain::message::{Body, Message};
use candour::domain::pii::Pii;

/// A message of the attempt with that number.
pub fn message(number: u128, body: Body) -> Message {
    Message {
        attempt: AttemptId(uuid::Uuid::from_u128(0x018f_0000_0000_7000_8000_0000_0000_0000 + number)),
        campaign: CampaignId(uuid::Uuid::from_u128(2)),
        person: PersonId(uuid::Uuid::from_u128(number)),
        locale: String::from("de"),
        body,
    }
}

/// An email.
pub fn email(number: u128, to: &str) -> Message {
    let body = Body::Email {
        to: EmailAddress::parse(to).unwrap(),
        to_name: Some(pii("Änne Müller")),
        subject: pii("Ihre persönlichen Daten"),
        text: pii("Guten Tag,\n.Punkt am Zeilenanfang\nÜber Ihre Daten.\n"),
        html: pii("<p>Über Ihre Daten.</p>"),
    };
    message(number, body)
}

/// A text message.
pub fn sms(number: u128, to: &str) -> Message {
    message(
        number,
        Body::Sms {
            to: PhoneNumber::from_e164(to).unwrap(),
            text: pii("Über Ihre Daten: example.org/n"),
            fields: [(String::from("name"), pii("Änne Müller")), (String::from("ref"), pii("A-1"))].into(),
        },
    )
}

/// A text message that says something else.
pub fn sms_saying(number: u128, to: &str, words: &str) -> Message {
    let mut message = sms(number, to);
    if let Body::Sms { text, .. } = &mut message.body {
        *text = pii(words);
    }
    message
}

/// A phone call, in German and English.
pub fn call(number: u128, to: &str) -> Message {
    let script = Box::new(super::letters::script("Änne Müller"));
    message(number, Body::Voice { to: PhoneNumber::from_e164(to).unwrap(), script })
}

/// A push message.
pub fn push(number: u128, to: &str) -> Message {
    let to = PushTarget::parse(to).unwrap();
    let url = Some(String::from("https://example.org/notices/a"));
    message(number, Body::Push { to, title: pii("Wichtige Nachricht"), text: pii("Bitte öffnen"), url })
}

fn pii(text: &str) -> Pii<String> {
    Pii::new(text.to_owned())
}
