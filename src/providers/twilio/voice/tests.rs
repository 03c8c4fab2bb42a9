//! Calls, without a network: what is said when, and what it means.

use super::*;
use crate::domain::locale::Locale;
use crate::domain::pii::Pii;
use crate::providers::twilio::sign_callback;
use crate::system::System;

const SID: &str = "AC00000000000000000000000000000000";
const ATTEMPT: &str = "018f0000-0000-7000-8000-000000000001";

fn provider() -> TwilioVoiceProvider {
    let settings: TwilioVoiceSettings =
        toml::from_str(&format!("account_sid = '{SID}'\nauth_token = 'token'\nfrom = '+15005550006'")).unwrap();
    let around = Surroundings::for_tests(Arc::new(System));
    TwilioVoiceProvider::build(&Common::named("calls"), &settings, &around).unwrap()
}

fn said(tag: &str) -> Speech {
    let text = |part: &str| Pii::new(format!("{part}-{tag}"));
    Speech {
        locale: Locale::parse(tag).unwrap(),
        greeting: text("greeting"),
        message: text("message"),
        choices: text("choices"),
        offer: text("offer"),
        machine: text("machine"),
        farewell: text("farewell"),
    }
}

struct Call {
    provider: TwilioVoiceProvider,
    url: String,
}

impl Call {
    fn begin() -> Self {
        let provider = provider();
        let script = Script { speech: said("de"), other: Some(said("en")) };
        let url = provider.address(&script, ATTEMPT.parse().unwrap()).unwrap();
        assert!(!url.contains("message"), "sealed");
        Self { provider, url }
    }

    /// Tells the provider, signed as Twilio does, and follows the action of the answer.
    fn tell(&mut self, fields: &[(&str, &str)]) -> (Vec<ReceiptEvent>, String) {
        let mut form = vec![("AccountSid", SID), ("CallSid", "CA1"), ("CallStatus", "in-progress")];
        form.extend(fields);
        let owned: Vec<_> = form.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        let signature = sign_callback("token", &self.url, &owned);
        let request = ReceiptRequest {
            url: self.url.clone(),
            headers: [(String::from("x-twilio-signature"), signature)].into(),
            body: url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&form).finish().into(),
            now: Millis(0),
        };
        let events = self.provider.read(&request).unwrap();
        let reply = self.provider.reply(&request).unwrap();
        assert!(reply.content_type.starts_with("text/xml"));
        let body = String::from_utf8(reply.body.to_vec()).unwrap();
        if let Some((_, rest)) = body.split_once("action=\"") {
            self.url = rest.split('"').next().unwrap().replace("&amp;", "&");
        }
        (events, body)
    }
}

#[test]
fn a_person_hears_it_in_the_language_chosen_and_confirms() {
    let mut call = Call::begin();
    let (events, body) = call.tell(&[("AnsweredBy", "human")]);
    assert!(
        events.is_empty() && body.contains("greeting-de") && body.contains("language=\"en-US\">offer-en"),
        "{body}"
    );
    assert!(!body.contains("message"), "nothing of the matter before the person has said to be the person: {body}");
    let (events, body) = call.tell(&[("Digits", "9")]);
    assert!(events.is_empty() && body.contains("greeting-en") && body.contains("offer-de"), "{body}");
    let (events, body) = call.tell(&[("Digits", "1")]);
    assert!(events.is_empty() && body.contains("message-en") && body.contains("choices-en"), "{body}");
    let (events, body) = call.tell(&[("Digits", "2")]);
    assert!(events.is_empty() && body.contains("message-en"), "{body}");
    let (_, body) = call.tell(&[("Digits", "9")]);
    assert!(body.contains("message-de"), "{body}");
    let (events, body) = call.tell(&[("Digits", "1")]);
    assert!(body.contains("farewell-de") && body.contains("<Hangup/>") && !body.contains("<Gather"), "{body}");
    let expected = ReceiptEvent {
        attempt: ATTEMPT.parse().unwrap(),
        key: String::from("CA1:confirmed"),
        outcome: Some(Outcome::Delivered),
        code: Some(String::from("confirmed")),
    };
    assert_eq!(events, [expected]);
}

#[test]
fn a_machine_gets_a_number_to_call_and_the_person_another_call() {
    for by in ["machine_start", "machine_end_beep", "fax"] {
        let (events, body) = Call::begin().tell(&[("AnsweredBy", by)]);
        assert_eq!(events[0].outcome, Some(Outcome::Retry));
        assert!(body.contains("machine-de") && !body.contains("message") && !body.contains("greeting"), "{body}");
    }
    let (events, body) = Call::begin().tell(&[("AnsweredBy", "unknown")]);
    assert!(events.is_empty() && body.contains("greeting-de"), "whoever is not known is asked");
}

#[test]
fn whoever_presses_nothing_hears_the_number_only() {
    let (_, body) = Call::begin().tell(&[]);
    let after = body.split("</Gather>").nth(1).unwrap();
    assert!(after.contains("machine-de") && after.ends_with("<Hangup/></Response>"), "{body}");
    let mut call = Call::begin();
    call.tell(&[]);
    let (events, body) = call.tell(&[("Digits", "5")]);
    assert!(events.is_empty() && body.contains("greeting-de"), "another key asks again");
}

#[test]
fn the_end_of_a_call_says_what_became_of_it() {
    for (status, sip, outcome) in [
        ("completed", "200", None),
        ("busy", "486", Some(Outcome::Retry)),
        ("no-answer", "487", Some(Outcome::Retry)),
        ("failed", "404", Some(Outcome::BadAddress)),
        ("failed", "503", Some(Outcome::Retry)),
        ("failed", "999", Some(Outcome::Rejected)),
        ("canceled", "", Some(Outcome::Rejected)),
    ] {
        let provider = provider();
        let url = format!("{}?attempt={ATTEMPT}&step=status", provider.receipts);
        let form = [("AccountSid", SID), ("CallSid", "CA1"), ("CallStatus", status), ("SipResponseCode", sip)];
        let owned: Vec<_> = form.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        let mut request = ReceiptRequest {
            headers: [(String::from("x-twilio-signature"), sign_callback("token", &url, &owned))].into(),
            url,
            body: url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&form).finish().into(),
            now: Millis(0),
        };
        assert_eq!(provider.read(&request).unwrap()[0].outcome, outcome, "{status} {sip}");
        assert_eq!(provider.reply(&request), None);
        request.headers.clear();
        assert_eq!(provider.read(&request), Err(ReceiptError::Forged));
    }
}

#[test]
fn a_script_too_long_for_two_languages_goes_in_one() {
    let provider = provider();
    let long = |seed: u32| {
        // Hard to compress, as other languages are.
        let text =
            (0..1_200).map(|n: u32| char::from_u32(0x4e00 + (n.wrapping_mul(2_654_435_761 + seed) >> 19)).unwrap());
        Speech { message: Pii::new(text.collect()), ..said("zh-Hans") }
    };
    let attempt = ATTEMPT.parse().unwrap();
    let both = provider.address(&Script { speech: long(0), other: Some(long(7)) }, attempt);
    let one = provider.address(&Script { speech: said("de"), other: Some(long(0)) }, attempt);
    for url in both.iter().chain(&one) {
        assert!(url.len() <= LONGEST_ADDRESS);
    }
    assert!(one.is_some());
}
