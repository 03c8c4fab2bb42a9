//! Where a name cannot be the sender of a text message, by the table in `senders.toml`.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::domain::contact::PhoneNumber;
use crate::domain::outcome::Outcome;
use crate::providers::Answer;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    refused: Vec<Rule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    prefix: String,
    #[serde(default)]
    but: Vec<String>,
    #[expect(dead_code, reason = "the table explains itself to people; a rule without its source is refused")]
    source: String,
}

static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    let table: Table =
        toml::from_str(include_str!("senders.toml")).expect("the table is part of the program and a test reads it");
    table.refused
});

/// The answer for a message whose sender cannot be shown where it goes; nothing has been sent, and another channel is
/// tried. A number or short code as the sender goes everywhere as far as this table knows.
pub(in crate::providers) fn refusal(from: &str, to: &PhoneNumber) -> Option<Answer> {
    if !from.bytes().any(|b| b.is_ascii_alphabetic()) {
        return None;
    }
    let digits = to.expose().trim_start_matches('+');
    let within = |prefix: &String| digits.starts_with(prefix.as_str());
    let refused = RULES.iter().any(|rule| within(&rule.prefix) && !rule.but.iter().any(within));
    refused.then(|| Answer::of(Outcome::Rejected, "sender-name-not-carried-there"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_not_sent_where_it_is_not_carried() {
        let number = |text: &str| PhoneNumber::from_e164(text).unwrap();
        assert_eq!(refusal("Example", &number("+14155550123")).unwrap().outcome, Outcome::Rejected);
        assert_eq!(refusal("Example", &number("+18765550123")), None, "Jamaica");
        assert_eq!(refusal("Example", &number("+41790000000")), None);
        assert_eq!(refusal("+14155550100", &number("+14155550123")), None);
        assert_eq!(refusal("40404", &number("+14155550123")), None);
    }
}
