//! Phone numbers of the import, by the numbering plans of the world.

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat, Region};

use super::reject::Reason;
use crate::domain::contact::PhoneNumber;

/// Reads a number as people write it. National form needs the country of the row; international form (`+` or the
/// country's own prefix for calls abroad) does not. The number must be valid by its country's plan.
pub(super) fn parse(text: &str, country: Option<&str>) -> Result<PhoneNumber, Reason> {
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

#[cfg(test)]
mod tests {
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
    }
}
