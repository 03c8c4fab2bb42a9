//! Which of a vendor's approved templates stands for a text message, where the vendor carries no free text.
//!
//! The words were written and approved at the vendor; the settings name the template per language and which of the
//! message's fields fill its parameters. The notice's own text does not go out this way.

use std::collections::BTreeMap;

use super::Answer;
use crate::domain::message::{Body, Message};
use crate::domain::outcome::Outcome;

/// What to do about settings that name no template.
pub(super) const NONE: &str = "name one for each language that notices are sent in, or \"*\" for all";

/// The template for a locale: its own, else that of its language, else that under `*`.
pub(super) fn choose<'a, T>(templates: &'a BTreeMap<String, T>, locale: &str) -> Result<&'a T, Answer> {
    let mut tag = locale;
    loop {
        if let Some(template) = templates.get(tag) {
            return Ok(template);
        }
        match tag.rsplit_once('-') {
            Some((shorter, _)) => tag = shorter,
            None => break,
        }
    }
    templates.get("*").ok_or_else(|| Answer::of(Outcome::Misconfigured, "no-template-for-the-language"))
}

/// The value of a message's field, fit to fill a parameter.
pub(super) fn fill<'a>(message: &'a Message, field: &str) -> Result<&'a str, Answer> {
    let Body::Sms { fields, .. } = &message.body else {
        return Err(Answer::of(Outcome::Misconfigured, "wrong-channel"));
    };
    let value = fields.get(field).ok_or_else(|| Answer::of(Outcome::Rejected, "parameter-has-no-value"))?.expose();
    if is_address(value) {
        // The vendor would refuse it; addresses belong into the approved template.
        return Err(Answer::of(Outcome::Rejected, "parameter-is-an-address"));
    }
    Ok(value)
}

/// Whether a text is or holds a web address.
fn is_address(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    lower.contains("://") || lower.split_whitespace().any(|word| word.starts_with("www."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_template_is_chosen() {
        let templates: BTreeMap<String, u8> =
            [("zh-Hant", 1), ("zh", 2)].into_iter().map(|(tag, n)| (tag.to_owned(), n)).collect();
        assert_eq!(choose(&templates, "zh-Hant-HK"), Ok(&1));
        assert_eq!(choose(&templates, "zh-CN"), Ok(&2));
        assert_eq!(choose(&templates, "de").unwrap_err().outcome, Outcome::Misconfigured);
        let all = BTreeMap::from([(String::from("*"), 3)]);
        assert_eq!(choose(&all, "de"), Ok(&3));
    }

    #[test]
    fn addresses_are_found() {
        for text in ["https://example.org/n", "see www.example.org", "HTTP://X"] {
            assert!(is_address(text), "{text}");
        }
        assert!(!is_address("张三 2026-11-22"));
    }
}
