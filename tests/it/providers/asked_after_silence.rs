//! Vendors that keep a list are asked about a message whose request got no answer: each finds ours and no other's, says that it
//! is not there, and takes nothing for an answer that is none.

use std::sync::Arc;

use candour::domain::channel::Channel;
use candour::domain::clock::Millis;
use candour::domain::message::Message;
use candour::domain::outcome::Outcome;
use candour::providers::{Inquiry, Provider, Told};

use crate::support::configured::provider;
use crate::support::http_stub::{HttpStub, Say, answer};
use crate::support::letters;
use crate::support::messages::{email, sms_saying};

const ID: &str = "018f0000-0000-7000-8000-000000000001";
const OTHER: &str = "018f0000-0000-7000-8000-000000000002";
/// 2026-11-22T10:00:00Z.
const AT: Millis = Millis(1_795_341_600_000);

/// A vendor that can be asked.
struct Vendor {
    settings: &'static str,
    /// The key of the address it is asked at.
    place: &'static str,
    /// The list with one message; `{id}` is the attempt's.
    list: &'static str,
    /// Its name and what became of it.
    found: (&'static str, Option<Outcome>),
    /// What the question has in its target.
    asks: &'static [&'static str],
    authorization: &'static str,
}

fn vendors() -> Vec<Vendor> {
    vec![
        Vendor {
            settings: "kind = 'twilio'\nname = 'v'\naccount_sid = 'AC00000000000000000000000000000001'\nauth_token = 'key'\nfrom = '+15005550006'",
            place: "base_url = '{url}'",
            list: r#"{"messages":[{"sid":"SM1","body":"words {id}","direction":"outbound-api","status":"delivered","error_code":null,
                      "date_created":"Sun, 22 Nov 2026 10:00:00 +0000"}]}"#,
            found: ("SM1", Some(Outcome::Delivered)),
            asks: &["/2010-04-01/Accounts/AC00000000000000000000000000000001/Messages.json?", "To=%2B14155550123"],
            authorization: "Basic QUMwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMTprZXk=",
        },
        Vendor {
            settings: "kind = 'messagebird'\nname = 'v'\naccess_key = 'key'\nsigning_key = 's'\nfrom = 'Candour'",
            place: "base_url = '{url}'",
            list: r#"{"items":[{"id":"mb1","reference":"{id}","recipients":{"items":[{"status":"sent","statusErrorCode":null}]}}]}"#,
            found: ("mb1", None),
            asks: &["/messages?recipient=14155550123&from=2026-11-22T09%3A59%3A00Z"],
            authorization: "AccessKey key",
        },
        Vendor {
            settings: "kind = 'vonage'\nname = 'v'\napi_key = 'abc'\napi_secret = 'key'\nreceipt_secret = 'r'\nfrom = 'Candour'",
            place: "reports_url = '{url}/v2/reports/records'",
            list: r#"{"records":[{"message_id":"vo1","client_ref":"{id}","status":"delivered","error_code":"0"}]}"#,
            found: ("vo1", Some(Outcome::Delivered)),
            asks: &["/v2/reports/records?account_id=abc&product=SMS&direction=outbound", "&client_ref="],
            authorization: "Basic YWJjOmtleQ==",
        },
        Vendor {
            settings: "kind = 'mailgun'\nname = 'v'\napi_key = 'key'\ndomain = 'mg.example.org'\nfrom = 'a@example.org'",
            place: "base_url = '{url}'",
            list: r#"{"items":[{"event":"opened","id":"e0"},
                      {"event":"accepted","id":"e1","user-variables":{"candour-attempt":"{id}"},"message":{"headers":{"message-id":"m1"}}},
                      {"event":"delivered","id":"e2","user-variables":{"candour-attempt":"{id}"},"message":{"headers":{"message-id":"m1"}}}]}"#,
            found: ("m1", Some(Outcome::Delivered)),
            asks: &["/v3/mg.example.org/events?begin=1795341540", "recipient=ann%40example.org"],
            authorization: "Basic YXBpOmtleQ==",
        },
        Vendor {
            settings: "kind = 'postmark'\nname = 'v'\nserver_token = 'key'\nfrom = 'a@example.org'",
            place: "base_url = '{url}'",
            list: r#"{"TotalCount":1,"Messages":[{"MessageID":"p1","Metadata":{"candour-attempt":"{id}"}}]}"#,
            found: ("p1", None),
            asks: &["/messages/outbound?count=20&offset=0&recipient=ann%40example.org"],
            authorization: "",
        },
        Vendor {
            settings: "kind = 'sendgrid'\nname = 'v'\napi_key = 'key'\nemail_activity = true\nfrom = 'a@example.org'",
            place: "base_url = '{url}'",
            list: r#"{"messages":[{"msg_id":"s1","status":"processed"}]}"#,
            found: ("s1", None),
            asks: &[
                "/v3/messages?limit=1&query=unique_args%5B%27candour-attempt%27%5D%3D%22018f0000-0000-7000-8000-000000000001%22",
            ],
            authorization: "Bearer key",
        },
        Vendor {
            settings: "kind = 'aliyun'\nname = 'v'\naccess_key_id = 'key'\naccess_key_secret = 's'\nsign_name = 'x'\nreceipt_secret = 'r'\ntemplates = { '*' = { code = 'SMS_1' } }",
            place: "base_url = '{url}'",
            list: r#"{"Code":"OK","TotalCount":"1","SmsSendDetailDTOs":{"SmsSendDetailDTO":[{"OutId":"{id}","SendStatus":3,"ErrCode":"DELIVERED",
                      "SendDate":"2026-11-22 18:00:00","PhoneNum":"14155550123"}]}}"#,
            found: (ID, Some(Outcome::Delivered)),
            asks: &["PhoneNumber=14155550123", "SendDate=20261122", "PageSize=50", "CurrentPage=1"],
            authorization: "",
        },
        Vendor {
            settings: "kind = 'lob'\nname = 'v'\napi_key = 'key'\nfrom = { name = 'X', address_line1 = '1 Elm St', address_city = 'Austin', address_state = 'TX', address_zip = '78701' }",
            place: "base_url = '{url}'",
            list: r#"{"data":[{"id":"ltr_1","metadata":{"attempt":"{id}"}}],"object":"list"}"#,
            found: ("ltr_1", None),
            asks: &["/v1/letters?limit=100&metadata%5Battempt%5D=018f0000-0000-7000-8000-000000000001"],
            authorization: "Basic a2V5Og==",
        },
        Vendor {
            settings: "kind = 'govuk_notify'\nname = 'v'\n\
                       api_key = 'k-26785a09-ab16-4eb0-8407-a37497a57506-3d844edf-8d35-48ac-975b-e847b4f122b0'\n\
                       sender.lines = ['Example', 'London']",
            place: "base_url = '{url}'",
            list: r#"{"notifications":[{"id":"n1","reference":"{id}","status":"received"}]}"#,
            found: ("n1", Some(Outcome::Accepted)),
            asks: &["/v2/notifications?template_type=letter&reference=018f0000-0000-7000-8000-000000000001"],
            authorization: "",
        },
    ]
}

async fn at(vendor: &Vendor, say: Say) -> (HttpStub, Arc<dyn Provider>) {
    let stub = HttpStub::start(vec![say]).await;
    let place = vendor.place.replace("{url}", stub.url.as_str().trim_end_matches('/'));
    let provider = provider(&format!("{}\n{place}", vendor.settings));
    (stub, provider)
}

fn message(provider: &dyn Provider) -> Message {
    match provider.describe().channel {
        Channel::Email => email(1, "ann@example.org"),
        Channel::Letter => letters::letter_message(1, letters::berlin()),
        _ => sms_saying(1, "+14155550123", &format!("words {ID}")),
    }
}

async fn told(vendor: &Vendor, say: Say) -> Told {
    let (_stub, provider) = at(vendor, say).await;
    let message = message(provider.as_ref());
    provider.ask(&Inquiry { message: &message, from: AT, until: AT, now: AT }).await
}

#[tokio::test]
async fn a_message_that_was_taken_is_found_by_its_own_name() {
    for vendor in vendors() {
        let (stub, provider) = at(&vendor, answer(200, vendor.list.replace("{id}", ID))).await;
        assert!(provider.asking().is_some(), "{}", vendor.settings);
        let message = message(provider.as_ref());
        let told = provider.ask(&Inquiry { message: &message, from: AT, until: AT, now: AT }).await;
        let Told::Has(found) = told else { panic!("{}: {told:?}", vendor.settings) };
        let found: Vec<_> = found.iter().map(|one| (one.reference.as_str(), one.outcome)).collect();
        assert_eq!(found, [vendor.found], "{}", vendor.settings);
        let heard = stub.heard();
        assert_eq!(heard.len(), 1);
        for part in vendor.asks {
            assert!(heard[0].line.contains(part), "{part} is missing in {}", heard[0].line);
        }
        if !vendor.authorization.is_empty() {
            assert_eq!(heard[0].headers["authorization"], vendor.authorization);
        }
    }
}

#[tokio::test]
async fn anothers_message_is_not_ours() {
    // SendGrid's own search is by our name: it has nothing to mistake.
    for vendor in vendors().into_iter().filter(|vendor| !vendor.settings.contains("sendgrid")) {
        let told = told(&vendor, answer(200, vendor.list.replace("{id}", OTHER))).await;
        assert_eq!(told, Told::Has(Vec::new()), "{}", vendor.settings);
    }
}

#[tokio::test]
async fn a_message_of_another_hour_or_of_somebody_who_wrote_is_not_ours() {
    let vendor = &vendors()[0];
    let list = vendor.list.replace("{id}", ID);
    for other in
        [list.replace("10:00:00", "11:00:00"), list.replace("outbound-api", "inbound"), list.replace("2026", "soon")]
    {
        assert_eq!(told(vendor, answer(200, other)).await, Told::Has(Vec::new()));
    }
}

#[tokio::test]
async fn a_message_without_its_words_may_be_ours() {
    let vendor = &vendors()[0];
    let redacted = vendor.list.replace("words {id}", "");
    assert_eq!(told(vendor, answer(200, redacted.clone())).await, Told::Nothing(String::from("redacted")));
    let of_another_hour = redacted.replace("10:00:00", "11:00:00");
    assert_eq!(told(vendor, answer(200, of_another_hour)).await, Told::Has(Vec::new()));
    // Ours is there, whatever the other was.
    let ours = vendor.list.replace("{id}", ID);
    let both = ours.replacen("]}", &format!(",{}", redacted.trim_start_matches(r#"{"messages":["#)), 1);
    assert!(matches!(told(vendor, answer(200, both)).await, Told::Has(found) if found.len() == 1));
}

#[tokio::test]
async fn no_answer_and_nonsense_are_no_answer() {
    for vendor in vendors() {
        let nothing = |told: &Told| matches!(told, Told::Nothing(_));
        for say in [
            answer(401, "{}"),
            answer(429, ""),
            answer(503, "<html>"),
            answer(200, "<html>"),
            answer(200, "{}"),
            Say::Nothing,
        ] {
            let told = told(&vendor, say.clone()).await;
            assert!(nothing(&told), "{}: {say:?} {told:?}", vendor.settings);
        }
    }
}

#[tokio::test]
async fn postmark_is_asked_for_details_where_its_list_has_no_metadata() {
    let vendor = vendors().into_iter().find(|vendor| vendor.settings.contains("postmark")).unwrap();
    let stub = HttpStub::start(vec![
        answer(200, r#"{"TotalCount":2,"Messages":[{"MessageID":"p2"},{"MessageID":"p1"}]}"#),
        answer(200, format!(r#"{{"MessageID":"p2","Metadata":{{"candour-attempt":"{OTHER}"}}}}"#)),
        answer(200, format!(r#"{{"MessageID":"p1","Metadata":{{"candour-attempt":"{ID}"}}}}"#)),
    ])
    .await;
    let place = vendor.place.replace("{url}", stub.url.as_str().trim_end_matches('/'));
    let provider = provider(&format!("{}\n{place}", vendor.settings));
    let message = message(provider.as_ref());
    let told = provider.ask(&Inquiry { message: &message, from: AT, until: AT, now: AT }).await;
    assert!(matches!(&told, Told::Has(found) if found.len() == 1 && found[0].reference == "p1"), "{told:?}");
    let lines: Vec<_> = stub.heard().into_iter().map(|heard| heard.line).collect();
    assert_eq!(lines[1..], ["GET /messages/outbound/p2/details", "GET /messages/outbound/p1/details"]);
}

#[tokio::test]
async fn who_cannot_be_asked_says_so() {
    for settings in [
        "kind = 'vonage'\nname = 'v'\napi_key = 'abc'\napi_secret = 'key'\nreceipt_secret = 'r'\nfrom = 'Candour'",
        "kind = 'sendgrid'\nname = 'v'\napi_key = 'key'\nfrom = 'a@example.org'",
        "kind = 'ses'\nname = 'v'\nregion = 'eu-west-1'\naccess_key_id = 'A'\nsecret_access_key = 'key'\nfrom = 'a@example.org'",
    ] {
        assert!(provider(settings).asking().is_none(), "{settings}");
    }
}

#[tokio::test]
async fn alibaba_cloud_is_asked_for_both_days_around_chinas_midnight() {
    let vendor = vendors().into_iter().find(|vendor| vendor.settings.contains("aliyun")).unwrap();
    let empty = r#"{"Code":"OK","TotalCount":"0","SmsSendDetailDTOs":{"SmsSendDetailDTO":[]}}"#;
    let stub = HttpStub::start(vec![answer(200, empty), answer(200, vendor.list.replace("{id}", ID))]).await;
    let place = vendor.place.replace("{url}", stub.url.as_str().trim_end_matches('/'));
    let provider = provider(&format!("{}\n{place}", vendor.settings));
    let message = message(provider.as_ref());
    // 2026-11-22T15:59:30Z is half a minute before it.
    let at = Millis(AT.0 + 6 * 3_600_000 - 30_000);
    let told = provider.ask(&Inquiry { message: &message, from: at, until: at, now: at }).await;
    assert!(matches!(&told, Told::Has(found) if found.len() == 1), "{told:?}");
    let heard = stub.heard();
    assert_eq!(heard.len(), 2);
    assert!(heard[0].line.contains("SendDate=20261122") && heard[1].line.contains("SendDate=20261123"), "{heard:?}");
}
