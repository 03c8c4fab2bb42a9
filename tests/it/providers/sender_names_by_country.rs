//! A name as the sender is refused for the countries of the table, whose numbers an independent library tells.

use std::collections::BTreeSet;
use std::sync::Arc;

use candour::domain::outcome::Outcome;
use candour::providers::Provider;
use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat, PhoneNumberType};

use crate::support::configured::provider;
use crate::support::messages::sms;
use crate::support::north_america::area_codes;

/// Where no name is carried.
const REFUSED: [&str; 20] = [
    "BE", "BS", "CA", "CL", "CN", "CO", "CR", "DO", "EC", "GU", "HU", "KR", "KY", "MY", "NZ", "PR", "PY", "US", "UY",
    "ZA",
];

/// A provider that would ask somebody who is not there.
fn named() -> Arc<dyn Provider> {
    provider(
        "kind = 'vonage'\nname = 'vonage'\napi_key = 'k'\napi_secret = 's'\nfrom = 'Example'\nreceipt_secret = 'r'\n\
         base_url = 'http://127.0.0.1:1'",
    )
}

async fn is_refused(provider: &dyn Provider, to: &str) -> bool {
    let answer = provider.send(&sms(1, to), candour::domain::clock::Millis(0)).await;
    match (answer.outcome, answer.code.as_deref()) {
        (Outcome::Rejected, Some("sender-name-not-carried-there")) => true,
        (Outcome::Retry, _) => false,
        _ => panic!("{to}: {answer:?}"),
    }
}

#[tokio::test]
async fn under_plus_one_each_area_code_follows_its_country() {
    let provider = named();
    let mut wrong = Vec::new();
    for (area, (region, number)) in area_codes() {
        if is_refused(provider.as_ref(), number.expose()).await != REFUSED.contains(&region.as_str()) {
            wrong.push(format!("{area} ({region})"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn mobile_numbers_of_the_world_are_refused_where_no_name_is_carried() {
    let (provider, mut refused) = (named(), BTreeSet::new());
    for region in PHONE_NUMBER_UTIL.get_supported_regions() {
        let Ok(number) = PHONE_NUMBER_UTIL.get_example_number_for_type_and_region(region, PhoneNumberType::Mobile)
        else {
            continue;
        };
        let number = PHONE_NUMBER_UTIL.format(&number, PhoneNumberFormat::E164).into_owned();
        if is_refused(provider.as_ref(), &number).await {
            refused.insert(region.to_string());
        }
    }
    assert_eq!(refused, REFUSED.map(String::from).into());
}

#[tokio::test]
async fn no_provider_that_sends_from_a_name_sends_it_where_none_is_carried() {
    for own in [
        "kind = 'vonage'\napi_key = 'k'\napi_secret = 's'\nreceipt_secret = 'r'",
        "kind = 'twilio'\naccount_sid = 'AC00000000000000000000000000000001'\nauth_token = 't'",
        "kind = 'messagebird'\naccess_key = 'k'\nsigning_key = 's'",
    ] {
        let of = |from: &str| provider(&format!("{own}\nname = 'v'\nfrom = '{from}'\nbase_url = 'http://127.0.0.1:1'"));
        for (from, to, refused) in [
            ("Example", "+14155550123", true),
            ("Example", "+16135550123", true),
            ("Example", "+41790000000", false),
            ("+15005550006", "+14155550123", false),
        ] {
            assert_eq!(is_refused(of(from).as_ref(), to).await, refused, "{own}: {from} to {to}");
        }
    }
}

#[test]
fn a_vendor_that_takes_another_sender_by_itself_is_remarked_on() {
    let sns = |more: &str| {
        let keys = "access_key_id = 'k'\nsecret_access_key = 's'";
        provider(&format!("kind = 'sns'\nname = 'sns'\nregion = 'eu-west-1'\n{keys}\n{more}")).remarks()
    };
    assert!(sns("sender_id = 'Example'")[0].contains("Chile"));
    assert_eq!(sns("sender_id = 'Example'\nonly_to = ['+49']"), Vec::<String>::new());
    assert_eq!(sns(""), Vec::<String>::new());
}
