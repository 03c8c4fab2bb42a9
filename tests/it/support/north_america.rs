//! Whose the area codes of +1 are, by the metadata of Google's libphonenumber.

use std::collections::BTreeMap;

use candour::domain::contact::PhoneNumber as E164;
use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumber};

/// Exchanges to try: some countries have given out few.
const EXCHANGES: [u64; 12] = [200, 223, 234, 285, 322, 345, 456, 555, 567, 678, 789, 922];

/// Each area code that the library knows, with the code of its country (ISO 3166-1) and a number of it.
pub fn area_codes() -> BTreeMap<u64, (String, E164)> {
    (200..=999).filter_map(|area| Some((area, known(area)?))).collect()
}

fn known(area: u64) -> Option<(String, E164)> {
    EXCHANGES.iter().find_map(|exchange| {
        let national_number = area * 10_000_000 + exchange * 10_000 + 1234;
        let number = PhoneNumber { country_code: 1, national_number, ..PhoneNumber::default() };
        let region = PHONE_NUMBER_UTIL.get_region_for_number(&number)?;
        Some((region.to_string(), E164::from_e164(&format!("+1{national_number}")).unwrap()))
    })
}
