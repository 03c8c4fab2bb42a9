//! Channels: a person and a notice become a message to one contact point.

use std::collections::BTreeMap;

use candour::channels::{ComposeError, compose};
use candour::domain::cascade::Step;
use candour::domain::channel::Channel;
use candour::domain::clock::Millis;
use candour::domain::contact::{EmailAddress, PhoneNumber, PushTarget};
use candour::domain::facts::IncidentFacts;
use candour::domain::id::{AttemptId, CampaignId, PersonId};
use candour::domain::locale::Locale;
use candour::domain::message::Body;
use candour::domain::notice::{NoticeContent, NoticeTexts};
use candour::domain::person::{Person, PersonRecord};
use candour::domain::pii::Pii;
use candour::render::{CompiledNotice, RenderError, Renderer};

fn notice(what_happened: &str) -> CompiledNotice {
    let texts = NoticeTexts {
        subject: Some(String::from("About your data")),
        what_happened: what_happened.to_owned(),
        what_we_do: String::from("Done."),
        what_you_can_do: Vec::new(),
        what_we_offer: String::new(),
        short: Some(String::from("Your data was involved in an incident.")),
    };
    let en = Locale::parse("en").unwrap();
    let content = NoticeContent {
        template: String::from("standard"),
        default_locale: en.clone(),
        texts: BTreeMap::from([(en, texts)]),
        variants: Vec::new(),
        cascade: vec![Channel::Email, Channel::Sms, Channel::Push],
    };
    let facts: IncidentFacts = serde_json::from_value(serde_json::json!({
        "title": "t", "organisation": { "name": "Example" }, "contact": { "phone": "+41446681800" }
    }))
    .unwrap();
    Renderer::load(None).unwrap().compile(&content, &facts).unwrap()
}

fn person() -> Person {
    let emails = ["first@example.org", "second@example.org"].map(|text| EmailAddress::parse(text).unwrap());
    let record = PersonRecord {
        reference: Pii::new(String::from("R-1")),
        name: Some(Pii::new(String::from("Kim\r\nBcc: x@example.org"))),
        emails: emails.to_vec(),
        phones: vec![PhoneNumber::from_e164("+41446681801").unwrap()],
        pushes: vec![PushTarget::parse("fcm:token").unwrap()],
        locale: Some(Locale::parse("pt-BR").unwrap()),
        ..PersonRecord::default()
    };
    Person { id: PersonId::new(Millis(1), [1; 10]), record }
}

fn composed(notice: &CompiledNotice, channel: Channel, point: u8) -> Result<Body, ComposeError> {
    let (attempt, campaign) = (AttemptId::new(Millis(2), [2; 10]), CampaignId::new(Millis(3), [3; 10]));
    let person = person();
    let message = compose(notice, attempt, campaign, &person, Step { channel, point })?;
    assert_eq!((message.attempt, message.campaign, message.person), (attempt, campaign, person.id));
    assert_eq!(message.locale, "en", "the language of the texts, not the one wished for");
    Ok(message.body)
}

#[test]
fn a_step_names_the_contact_point() {
    let notice = notice("It happened.");
    for (point, expected) in [(0, "first@example.org"), (1, "second@example.org")] {
        let Body::Email { to, to_name, subject, text, html } = composed(&notice, Channel::Email, point).unwrap() else {
            panic!("no email")
        };
        assert_eq!(to.expose(), expected);
        assert_eq!(to_name.unwrap().expose(), "Kim Bcc: x@example.org", "one line in a header");
        assert_eq!(subject.expose(), "About your data");
        assert!(text.expose().contains("It happened.") && html.expose().contains("<p>It happened.</p>"));
    }
    let Body::Sms { to, text, .. } = composed(&notice, Channel::Sms, 0).unwrap() else { panic!("no SMS") };
    assert_eq!(to.expose(), "+41446681801");
    assert!(text.expose().starts_with("Example: Your data was involved in an incident. Details: +41446681800"));
    let Body::Push { title, text, url, .. } = composed(&notice, Channel::Push, 0).unwrap() else { panic!("no push") };
    assert_eq!(title.expose(), "Example");
    assert_eq!(text.expose(), "Your data was involved in an incident. Details: +41446681800");
    assert_eq!(url, None);
}

#[test]
fn what_cannot_be_composed_says_why() {
    let notice = notice("You had {{person.points}} points.");
    let missing = composed(&notice, Channel::Email, 0).unwrap_err();
    assert!(matches!(&missing, ComposeError::Render(RenderError::Missing { name, .. }) if name == "person.points"));
    assert_eq!(
        composed(&notice, Channel::Email, 2).unwrap_err(),
        ComposeError::NoContact { channel: Channel::Email, point: 2 }
    );
    assert_eq!(
        composed(&notice, Channel::Letter, 0).unwrap_err(),
        ComposeError::NoContact { channel: Channel::Letter, point: 0 }
    );
}
