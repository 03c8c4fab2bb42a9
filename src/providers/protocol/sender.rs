//! What becomes of a name as the sender of a text message, by the table in `senders.toml`.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::domain::contact::PhoneNumber;
use crate::domain::destination::Destinations;
use crate::domain::outcome::Outcome;
use crate::providers::Answer;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    country: Vec<Country>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Country {
    name: String,
    prefixes: Vec<String>,
    names: Names,
    #[expect(dead_code, reason = "the table explains itself to people; a rule without its source is refused")]
    source: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Names {
    Carried,
    Registered,
    NotCarried,
}

static TABLE: LazyLock<Vec<Country>> = LazyLock::new(|| {
    let table: Table =
        toml::from_str(include_str!("senders.toml")).expect("the table is part of the program and a test reads it");
    table.country
});

/// The country of the longest prefix that a number, or the beginning of one, begins with.
fn country(number: &str) -> Option<&'static Country> {
    let digits = number.trim_start_matches('+');
    let prefixes = TABLE.iter().flat_map(|country| country.prefixes.iter().map(move |prefix| (prefix, country)));
    let within = prefixes.filter(|(prefix, _)| digits.starts_with(prefix.as_str()));
    within.max_by_key(|(prefix, _)| prefix.len()).map(|(_, country)| country)
}

fn is_name(from: &str) -> bool {
    from.bytes().any(|b| b.is_ascii_alphabetic())
}

/// The answer for a message whose sender cannot be shown where it goes; nothing has been sent, and another channel is
/// tried. A number or short code as the sender goes everywhere as far as this table knows.
pub(in crate::providers) fn refusal(from: &str, to: &PhoneNumber) -> Option<Answer> {
    let refused = is_name(from) && country(to.expose()).is_some_and(|country| country.names == Names::NotCarried);
    refused.then(|| Answer::of(Outcome::Rejected, "sender-name-not-carried-there"))
}

/// What to know of a provider that sends to these from a name or a number: nothing, unless it is a name.
pub(in crate::providers) fn remarks(from: &str, destinations: &Destinations) -> Vec<String> {
    if !is_name(from) {
        return Vec::new();
    }
    let served = |country: &Country| {
        let beginnings = country.prefixes.iter().any(|prefix| destinations.carry(&format!("+{prefix}")));
        beginnings || destinations.only.iter().filter_map(|only| self::country(only)).any(|of| of.name == country.name)
    };
    let of = |names| {
        let of = TABLE.iter().filter(|country| country.names == names && served(country));
        of.map(|country| country.name.as_str()).collect::<Vec<_>>().join(", ")
    };
    let (dropped, registered) = (of(Names::NotCarried), of(Names::Registered));
    let dropped = (!dropped.is_empty()).then(|| {
        format!(
            "a name as the sender, here {from}, is not carried to {dropped}: for these let another provider send from a number \
             (only_to there, not_to here)"
        )
    });
    let registered = (!registered.is_empty()).then(|| {
        format!("only registered names are carried to {registered}: have {from} registered there before you need it")
    });
    dropped.into_iter().chain(registered).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_not_sent_where_it_is_not_carried() {
        let number = |text: &str| PhoneNumber::from_e164(text).unwrap();
        assert_eq!(refusal("Example", &number("+14155550123")).unwrap().outcome, Outcome::Rejected);
        assert_eq!(refusal("Example", &number("+3225550123")).unwrap().outcome, Outcome::Rejected, "Belgium");
        assert_eq!(refusal("Example", &number("+18765550123")), None, "Jamaica");
        assert_eq!(refusal("Example", &number("+41790000000")), None);
        assert_eq!(refusal("Example", &number("+6591234567")), None, "Singapore wants it registered");
        assert_eq!(refusal("+14155550100", &number("+14155550123")), None);
        assert_eq!(refusal("40404", &number("+14155550123")), None);
    }

    #[test]
    fn every_prefix_stands_once() {
        let mut prefixes: Vec<_> = TABLE.iter().flat_map(|country| &country.prefixes).collect();
        prefixes.sort();
        assert!(prefixes.windows(2).all(|pair| pair[0] != pair[1]), "{prefixes:?}");
    }

    #[test]
    fn whoever_sends_from_a_name_is_told_where_that_is_no_use_and_where_it_must_be_registered() {
        let only = |beginning: &str| remarks("Example", &Destinations::only(beginning));
        let everywhere = remarks("Example", &Destinations::default());
        assert!(everywhere[0].contains("South Africa, South Korea") && !everywhere[0].contains("Singapore"));
        assert!(everywhere[1].contains("Saudi Arabia, Singapore") && !everywhere[1].contains("Kazakhstan"));
        assert_eq!(remarks("+14155550100", &Destinations::default()), Vec::<String>::new());
        assert_eq!(only("+49"), Vec::<String>::new());
        assert_eq!(only("+1876"), Vec::<String>::new(), "Jamaica alone");
        assert!(only("+1415")[0].contains("the United States"));
        assert!(only("+65")[0].starts_with("only registered names are carried to Singapore: "));
        let not = Destinations { only: Vec::new(), not: vec![String::from("+1"), String::from("+7")] };
        let told = remarks("Example", &not);
        assert!(!told[0].contains("the United States") && !told[1].contains("Russia"), "{told:?}");
    }
}
