//! Which language a reader gets: what the address asks for, then what the browser prefers, then what there is.

use axum::http::{HeaderMap, header};
use serde::Deserialize;

use crate::domain::locale::Locale;

/// Preferences of a browser that are looked at; more is no browser.
const MAX_PREFERENCES: usize = 16;

/// The query of a page.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct LangArg {
    lang: Option<String>,
}

/// What a reader wants, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    /// What the address asks for. It stays in the links of the page.
    pub explicit: Option<Locale>,
    /// What the browser prefers, most wanted first.
    pub preferred: Vec<Locale>,
}

impl Wanted {
    pub(super) fn of(query: &LangArg, headers: &HeaderMap) -> Self {
        let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or("");
        let explicit = query.lang.as_deref().and_then(|text| Locale::parse(text).ok());
        Self { explicit, preferred: preferences(accepted) }
    }

    /// The best of what there is: for each wanted locale itself, then ever more general ones.
    pub(super) fn choose<'a>(&self, there: impl Fn(&Locale) -> Option<&'a Locale>) -> Option<&'a Locale> {
        self.explicit.iter().chain(&self.preferred).flat_map(Locale::fallbacks).find_map(|locale| there(&locale))
    }

    /// The ending of links that keep the reader's choice.
    pub(super) fn query(&self) -> String {
        self.explicit.as_ref().map(|locale| format!("?lang={locale}")).unwrap_or_default()
    }
}

/// Reads `Accept-Language` (RFC 9110, section 12.5.4). What is not understood is passed over.
fn preferences(accepted: &str) -> Vec<Locale> {
    let mut ranges: Vec<(u16, Locale)> = accepted
        .split(',')
        .take(MAX_PREFERENCES)
        .filter_map(|range| {
            let (tag, parameters) = range.split_once(';').unwrap_or((range, ""));
            let weight = match parameters.trim() {
                "" => 1000,
                text => thousandths(text.strip_prefix("q=").or_else(|| text.strip_prefix("Q="))?.trim())?,
            };
            let locale = Locale::parse(tag).ok()?;
            (weight > 0).then_some((weight, locale))
        })
        .collect();
    ranges.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
    ranges.into_iter().map(|(_, locale)| locale).collect()
}

/// A weight like `0.8` in thousandths.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let fraction: u16 = format!("{fraction:0<3}").parse().ok()?;
    match whole {
        "0" => Some(fraction),
        "1" => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn locale(text: &str) -> Locale {
        Locale::parse(text).expect("a locale")
    }

    #[test]
    fn preferences_are_taken_in_order_of_weight() {
        let tags = |text| preferences(text).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(tags("de-CH, de;q=0.9, en;q=0.8, *;q=0.5"), ["de-CH", "de", "en"]);
        assert_eq!(tags("en;q=0.2,fr;q=0.75,zh-TW;q=1.0"), ["zh-TW", "fr", "en"]);
        assert_eq!(tags("en;q=0,;;;,!!,fr;q=7,de;q=0.12345"), Vec::<String>::new());
    }

    #[test]
    fn the_address_comes_before_the_browser_and_general_ones_stand_in() {
        let there = [locale("de"), locale("zh-Hant"), locale("en")];
        let choose = |explicit: Option<&str>, accepted: &str| {
            let wanted = Wanted { explicit: explicit.map(locale), preferred: preferences(accepted) };
            wanted.choose(|l| there.iter().find(|t| *t == l)).map(ToString::to_string)
        };
        assert_eq!(choose(Some("de-AT"), "en").as_deref(), Some("de"));
        assert_eq!(choose(None, "zh-HK,en;q=0.5").as_deref(), Some("zh-Hant"));
        assert_eq!(choose(None, "fr,en;q=0.5").as_deref(), Some("en"));
        assert_eq!(choose(Some("fr"), "de").as_deref(), Some("de"));
        assert_eq!(choose(None, "fr"), None);
    }
}
