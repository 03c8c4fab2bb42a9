//! The lines of an address, in the order of its country.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::domain::contact::PostalAddress;
use crate::domain::pii::Pii;
use crate::render::one_line;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    default: Form,
    countries: Vec<Countries>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Countries {
    codes: Vec<String>,
    latin: Vec<String>,
    #[serde(default)]
    native: Option<Vec<String>>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    latin: Vec<String>,
    #[serde(default)]
    native: Option<Vec<String>>,
}

struct Forms {
    default: Form,
    countries: BTreeMap<String, Form>,
}

static FORMS: LazyLock<Forms> = LazyLock::new(|| {
    let table: Table =
        toml::from_str(include_str!("addresses.toml")).expect("the table is part of the program and a test reads it");
    let countries = table.countries.into_iter().flat_map(|group| {
        let form = Form { latin: group.latin, native: group.native };
        group.codes.into_iter().map(move |code| (code, form.clone()))
    });
    Forms { default: table.default, countries: countries.collect() }
});

static COUNTRIES: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    toml::from_str(include_str!("countries.toml")).expect("the table is part of the program and a test reads it")
});

/// The lines of an address, the recipient's name included. The country stands on the last line, in capitals, unless it is
/// `from`, the country of posting.
#[must_use]
pub fn address_lines(to: &PostalAddress, name: Option<&str>, from: Option<&str>) -> Vec<String> {
    let text = |part: &Option<Pii<String>>| part.as_ref().map(|part| one_line(part.expose())).unwrap_or_default();
    let values = Values {
        name: name.map(one_line).unwrap_or_default(),
        lines: to.lines.iter().map(|line| one_line(line.expose())).filter(|line| !line.is_empty()).collect(),
        city: text(&to.city),
        region: text(&to.region),
        postcode: text(&to.postcode),
    };
    let form = to.country.as_ref().and_then(|code| FORMS.countries.get(code)).unwrap_or(&FORMS.default);
    // The name may be in another script than the address; where the letter goes decides.
    let native =
        form.native.as_ref().filter(|_| values.lines.iter().chain([&values.city]).any(|text| is_east_asian(text)));
    let mut lines: Vec<String> = native.unwrap_or(&form.latin).iter().flat_map(|line| values.fill(line)).collect();
    if let Some(country) = to.country.as_deref().filter(|country| Some(*country) != from) {
        lines.push(country_name(country).to_uppercase());
    }
    lines
}

/// The name of a country for an address from abroad; an unknown code stands for itself.
#[must_use]
pub fn country_name(code: &str) -> &str {
    COUNTRIES.get(code).map_or(code, String::as_str)
}

struct Values {
    name: String,
    lines: Vec<String>,
    city: String,
    region: String,
    postcode: String,
}

impl Values {
    fn fill(&self, pattern: &str) -> Vec<String> {
        if pattern == "{lines}" {
            return self.lines.clone();
        }
        let mut line = String::new();
        let mut rest = pattern;
        let mut first = true;
        while let Some(open) = rest.find('{') {
            let close = rest[open..].find('}').map_or(rest.len() - 1, |at| open + at);
            let value = self.value(&rest[open + 1..close]);
            if !value.is_empty() {
                // What stands before a value is written between two, or where the line begins with it.
                if first || !line.is_empty() {
                    line.push_str(&rest[..open]);
                }
                line.push_str(value);
            }
            rest = &rest[close + 1..];
            first = false;
        }
        if line.is_empty() {
            return Vec::new();
        }
        line.push_str(rest);
        vec![line]
    }

    fn value(&self, name: &str) -> &str {
        match name {
            "name" => &self.name,
            "city" => &self.city,
            "region" => &self.region,
            "postcode" => &self.postcode,
            _ => "",
        }
    }
}

/// Whether a text has characters of Chinese, Japanese or Korean.
fn is_east_asian(text: &str) -> bool {
    text.chars().any(|c| matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(country: &str, lines: &[&str], city: &str, region: &str, postcode: &str) -> PostalAddress {
        let pii = |text: &str| Pii::new(text.to_owned());
        let some = |text: &str| (!text.is_empty()).then(|| pii(text));
        PostalAddress {
            lines: lines.iter().map(|line| pii(line)).collect(),
            city: some(city),
            region: some(region),
            postcode: some(postcode),
            country: some(country).map(|code| code.expose().clone()),
        }
    }

    fn lines(to: &PostalAddress, name: &str, from: &str) -> Vec<String> {
        address_lines(to, Some(name), Some(from))
    }

    #[test]
    fn each_country_has_its_order() {
        let berlin = address("DE", &["Lindenallee 5"], "Berlin", "BE", "10115");
        assert_eq!(lines(&berlin, "Erika Mustermann", "DE"), ["Erika Mustermann", "Lindenallee 5", "10115 Berlin"]);
        let austin = address("US", &["12 Elm St", "Apt 3"], "Austin", "TX", "78701");
        assert_eq!(lines(&austin, "Alex", "US"), ["Alex", "12 Elm St", "Apt 3", "Austin TX 78701"]);
        let leeds = address("GB", &["1 High Street"], "Leeds", "", "LS1 1UR");
        assert_eq!(lines(&leeds, "Sam", "GB"), ["Sam", "1 High Street", "Leeds", "LS1 1UR"]);
        let tokyo = address("JP", &["神南1-2-3"], "渋谷区", "東京都", "150-0041");
        assert_eq!(lines(&tokyo, "山田花子", "JP"), ["〒150-0041", "東京都渋谷区", "神南1-2-3", "山田花子 様"]);
        let romanised = address("JP", &["1-2-3 Jinnan"], "Shibuya-ku", "Tokyo", "150-0041");
        assert_eq!(
            lines(&romanised, "Hanako Yamada", "DE"),
            ["Hanako Yamada", "1-2-3 Jinnan", "Shibuya-ku, Tokyo 150-0041", "JAPAN"]
        );
        let beijing = address("CN", &["建国路1号"], "北京市", "", "100020");
        assert_eq!(lines(&beijing, "陈小明", "CN"), ["100020", "北京市", "建国路1号", "陈小明 收"]);
    }

    #[test]
    fn what_is_missing_leaves_no_trace() {
        let bare = address("MX", &["Calle 1"], "", "JAL", "");
        assert_eq!(lines(&bare, "", "DE"), ["Calle 1", "JAL", "MEXICO"]);
        let nowhere = address("", &["Calle 1"], "Town", "", "");
        assert_eq!(lines(&nowhere, "A\r\nB", "DE"), ["A B", "Calle 1", "Town"]);
        assert_eq!(address_lines(&PostalAddress::default(), None, None), [""; 0]);
    }

    #[test]
    fn every_code_of_the_table_is_a_country_once() {
        let table: Table = toml::from_str(include_str!("addresses.toml")).unwrap();
        let codes: Vec<_> = table.countries.iter().flat_map(|group| &group.codes).collect();
        assert_eq!(codes.len(), FORMS.countries.len(), "a code stands twice");
        assert!(codes.iter().all(|code| COUNTRIES.contains_key(code.as_str())));
        assert_eq!(country_name("DE"), "Germany");
        assert_eq!(country_name("ZZ"), "ZZ");
    }
}
