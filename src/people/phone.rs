//! Phone numbers of the import, by the numbering plans of the world.

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumber as Number, PhoneNumberFormat, Region};

use super::reject::Reason;
use crate::domain::contact::PhoneNumber;

/// Reads a number as people write it. National form needs the country of the row; international form (`+` or the
/// country's own prefix for calls abroad) does not. The number must be valid by its country's plan.
pub(super) fn parse(text: &str, country: Option<&str>) -> Result<PhoneNumber, Reason> {
    if let Some(number) = as_it_stands(text)
        && PHONE_NUMBER_UTIL.is_valid_number(&number)
    {
        return PhoneNumber::from_e164(text).map_err(|_| Reason::Phone);
    }
    // The library forgives words around a number and spells letters as digits; in an import either is a slip.
    if text.bytes().any(|b| b.is_ascii_alphabetic() || b == b';') {
        return Err(Reason::Phone);
    }
    if country.is_none() && !text.starts_with(['+', '\u{ff0b}']) {
        return Err(Reason::PhoneNeedsCountry);
    }
    let region = country.and_then(|code| Region::from_code(code).ok());
    let number = PHONE_NUMBER_UTIL.parse(text, region).map_err(|_| Reason::Phone)?;
    if number.extension.is_some() || !PHONE_NUMBER_UTIL.is_valid_number(&number) {
        return Err(Reason::Phone);
    }
    PhoneNumber::from_e164(&PHONE_NUMBER_UTIL.format(&number, PhoneNumberFormat::E164)).map_err(|_| Reason::Phone)
}

/// The number that a text in E.164 form (`+`, country calling code, digits, nothing else) stands for, for the library to
/// check. Saves its search for blanks, brackets, extensions and national prefixes where there is nothing to search, which is
/// most of what a number costs. `None` where the text has another form.
fn as_it_stands(text: &str) -> Option<Number> {
    let digits = text.strip_prefix('+')?;
    if !(7..=15).contains(&digits.len()) || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    // No calling code is the beginning of another (ITU-T E.164, annex D).
    let (code, national) = (1..=3).find_map(|length| {
        let (code, national) = digits.split_at(length);
        let code = code.parse().ok()?;
        PHONE_NUMBER_UTIL.get_region_for_country_code(code).map(|_| (code, national))
    })?;
    // Zeros that belong to the number, as in Italy, would be lost in an integer.
    let zeros = national.bytes().take_while(|b| *b == b'0').count().min(national.len() - 1);
    Some(Number {
        country_code: code,
        national_number: national.parse().ok()?,
        italian_leading_zero: (zeros > 0).then_some(true),
        number_of_leading_zeros: (zeros > 1).then(|| i32::try_from(zeros).ok()).flatten(),
        ..Number::default()
    })
}

#[cfg(test)]
mod tests {
    use rlibphonenumber::PhoneNumberType;

    use super::*;

    fn e164(text: &str, country: Option<&str>) -> Result<String, Reason> {
        parse(text, country).map(|n| n.expose().to_owned())
    }

    #[test]
    fn national_forms_are_read_by_the_country_of_the_row() {
        assert_eq!(e164("030 901820", Some("DE")).as_deref(), Ok("+4930901820"));
        assert_eq!(e164("(415) 555-2671", Some("US")).as_deref(), Ok("+14155552671"));
        assert_eq!(e164("138 0013 8000", Some("CN")).as_deref(), Ok("+8613800138000"));
        assert_eq!(e164("00 49 30 901820", Some("FR")).as_deref(), Ok("+4930901820"));
        assert_eq!(e164("+852 2345 6789", None).as_deref(), Ok("+85223456789"));
    }

    #[test]
    fn what_no_plan_knows_is_refused() {
        assert_eq!(e164("030 901820", None), Err(Reason::PhoneNeedsCountry));
        for bad in ["+1 555", "+999 12345678", "+1-800-FLOWERS", "+4930901820 ext. 7", "+4930901820;ext=7", "+", "12"] {
            assert_eq!(e164(bad, Some("US")), Err(Reason::Phone), "{bad}");
        }
        for bad in ["+10000000000", "+49000000000", "+99912345678", "+0493090182", "+4930", "+1234567890123456"] {
            assert_eq!(e164(bad, None), Err(Reason::Phone), "{bad}");
        }
    }

    #[test]
    fn a_number_that_stands_as_it_is_sent_is_the_one_that_the_library_reads() {
        let kinds = [PhoneNumberType::FixedLine, PhoneNumberType::Mobile, PhoneNumberType::TollFree];
        let mut seen = 0;
        for region in PHONE_NUMBER_UTIL.get_supported_regions() {
            for kind in kinds {
                let Ok(example) = PHONE_NUMBER_UTIL.get_example_number_for_type_and_region(region, kind) else {
                    continue;
                };
                let text = PHONE_NUMBER_UTIL.format(&example, PhoneNumberFormat::E164).into_owned();
                let read = PHONE_NUMBER_UTIL.parse(&text, None).expect("an example is a number");
                // Belarus has numbers that begin like its prefix for calls at home; those the library cuts short.
                if PHONE_NUMBER_UTIL.is_valid_number(&read) {
                    assert_eq!(as_it_stands(&text), Some(read), "{text}");
                    assert_eq!(e164(&text, Some("DE")), Ok(text.clone()));
                    seen += 1;
                }
            }
        }
        assert!(seen > 400, "only {seen} examples");
    }

    #[test]
    fn zeros_that_belong_to_a_number_stay() {
        assert_eq!(e164("+390612345678", None).as_deref(), Ok("+390612345678"));
        assert_eq!(e164("06 1234 5678", Some("IT")).as_deref(), Ok("+390612345678"));
    }
}
