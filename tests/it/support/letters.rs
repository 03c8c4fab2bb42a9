//! Letters of a made-up incident.

use candour::domain::channel::Channel;
use candour::domain::contact::PostalAddress;
use candour::domain::letter::{Letter, Script};
use candour::domain::locale::Locale;
use candour::domain::message::{Body, Message};
use candour::domain::person::PersonRecord;
use candour::domain::pii::Pii;
use candour::render::{CompiledNotice, Rendered, Renderer};
use serde_json::{Value, json};

use super::messages::message;

/// What the author wrote, in each language that there are words for.
fn texts(tag: &str) -> Value {
    let chinese = json!({
        "what_happened": "11月14日，一份备份磁带在运输途中遗失。\n\n磁带未加密，其中有会员的姓名、地址和健康信息。",
        "what_we_do": "我们已报警，正在与运输公司一起寻找。所有备份今后都会加密。",
        "what_you_can_do": ["留意以我们名义打来的电话。", "更换您在我们网站上使用的密码。"],
        "what_we_offer": "我们为您支付一年的信用监测费用。",
    });
    let german = json!({
        "what_happened": "Am 14. November ging ein Band mit einer Datensicherung auf dem Transportweg verloren.\n\nEs war nicht \
            verschlüsselt und enthielt Namen, Anschriften und Gesundheitsdaten unserer Mitglieder.",
        "what_we_do": "Wir haben Anzeige erstattet und suchen mit dem Transportunternehmen nach dem Band. Alle Sicherungen \
            werden von nun an verschlüsselt.",
        "what_you_can_do": ["Achten Sie auf Anrufe in unserem Namen.", "Ändern Sie Ihr Passwort auf unserer Website."],
        "what_we_offer": "Wir bezahlen Ihnen ein Jahr lang eine Überwachung Ihrer Kreditauskunft.",
    });
    let english = json!({
        "what_happened": "On 14 November a tape with a backup was lost on its way to the archive.\n\nIt was not encrypted \
            and held names, addresses and health information of our members.",
        "what_we_do": "We have told the police and are searching with the carrier. All backups are encrypted from now on.",
        "what_you_can_do": ["Be wary of calls in our name.", "Change the password that you use on our website."],
        "what_we_offer": "We pay for a year of credit monitoring.",
    });
    match tag {
        "de" => german,
        tag if tag.starts_with("zh") => chinese,
        _ => english,
    }
}

/// A notice in some languages, the first being the default.
pub fn notice(tags: &[&str]) -> CompiledNotice {
    let facts = json!({
        "title": "Tape",
        "organisation": { "name": "Example Library", "country": "DE" },
        "timeline": { "occurred_from": "2026-11-14T09:00:00+01:00", "discovered": "2026-11-20T22:10:00+01:00" },
        "scope": { "data": ["name", "postal_address", "health"] },
        "contact": { "name": "Privacy Office", "phone": "+49 30 1234567", "email": "privacy@example.org",
            "url": "https://example.org/incident" },
    });
    let texts: Value = tags.iter().map(|tag| ((*tag).to_owned(), texts(tag))).collect::<serde_json::Map<_, _>>().into();
    let content = json!({ "default_locale": tags[0], "texts": texts, "cascade": ["letter", "voice"] });
    let facts = serde_json::from_value(facts).unwrap();
    Renderer::load(None).unwrap().compile(&serde_json::from_value(content).unwrap(), &facts).unwrap()
}

/// Somebody of that name who reads that language.
pub fn reader(name: &str, tag: &str) -> PersonRecord {
    PersonRecord {
        reference: pii("R-1001"),
        name: (!name.is_empty()).then(|| pii(name)),
        locale: Some(Locale::parse(tag).unwrap()),
        ..PersonRecord::default()
    }
}

/// The letter in one language.
pub fn letter(name: &str, tag: &str) -> Letter {
    match notice(&[tag]).render(Channel::Letter, &reader(name, tag)).unwrap() {
        Rendered::Letter(letter) => letter,
        other => panic!("no letter: {other:?}"),
    }
}

/// What a call says, in German and in English.
pub fn script(name: &str) -> Script {
    match notice(&["en", "de"]).render(Channel::Voice, &reader(name, "de")).unwrap() {
        Rendered::Voice(script) => *script,
        other => panic!("no call: {other:?}"),
    }
}

/// An address.
pub fn address(country: &str, lines: &[&str], city: &str, region: &str, postcode: &str) -> PostalAddress {
    let some = |text: &str| (!text.is_empty()).then(|| pii(text));
    PostalAddress {
        lines: lines.iter().map(|line| pii(line)).collect(),
        city: some(city),
        region: some(region),
        postcode: some(postcode),
        country: (!country.is_empty()).then(|| country.to_owned()),
    }
}

/// The address of a letter to Berlin.
pub fn berlin() -> PostalAddress {
    address("DE", &["Lindenallee 5", "Hinterhaus"], "Berlin", "", "10115")
}

/// A letter of the attempt with that number.
pub fn letter_message(number: u128, to: PostalAddress) -> Message {
    let letter = Box::new(letter("Erika Mustermann", "de"));
    message(number, Body::Letter { to, to_name: Some(pii("Erika Mustermann")), letter })
}

fn pii(text: &str) -> Pii<String> {
    Pii::new(text.to_owned())
}
