//! By what a notice shows that it has an element which a law demands or forbids; the list is `signs.toml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::embedded;
use crate::domain::variant::NoticeSection;
use crate::domain::vocabulary::DataCategory;

/// The list. A test reads the file.
static ALL: LazyLock<BTreeMap<String, Sign>> =
    LazyLock::new(|| toml::from_str(include_str!("signs.toml")).expect("a test reads the embedded file"));

/// The elements with their meanings. A test reads the file.
static MEANINGS: LazyLock<BTreeMap<String, String>> =
    LazyLock::new(|| toml::from_str(embedded::ELEMENTS.1).expect("a test reads the embedded file"));

/// Of each of these lists one must be there.
pub type Groups = Vec<Vec<String>>;

/// By what an element shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sign {
    /// Asked only where one of these was touched.
    pub only_if_data_any: Vec<DataCategory>,
    /// Asked only where the facts say so.
    pub only_if: Option<Premise>,
    /// Given by the facts, which the frame prints.
    pub fact: Option<Fact>,
    /// Said in this section.
    pub section: Option<NoticeSection>,
    /// Words in any language, in lower case.
    pub needs: Groups,
    /// Words in one language, in lower case.
    pub needs_in: BTreeMap<String, Groups>,
    /// What the whole message says in one language, in lower case.
    pub message_in: BTreeMap<String, Vec<String>>,
    /// Whether a person must read it even where nothing is seen to be missing.
    pub read: bool,
}

/// What the facts must say for an element to be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Premise {
    /// Law enforcement asked to wait.
    Held,
    /// Something is offered.
    Offered,
}

/// What the facts give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// Categories of data.
    Data,
    /// When it happened, at least one end of it.
    Occurred,
    /// From when until when, or that it still goes on.
    Span,
    /// When it was found.
    Discovered,
    /// A way to ask.
    Contact,
    /// A toll-free number of North America.
    TollFree,
    /// The organisation's name.
    Organisation,
    /// A number of people.
    Count,
}

/// By what an element shows; `None` for one of an override that nobody has described: only a reader can tell.
#[must_use]
pub fn sign(element: &str) -> Option<&'static Sign> {
    ALL.get(element)
}

/// What an element means; `None` when there is none of this name.
#[must_use]
pub fn meaning(element: &str) -> Option<&'static str> {
    MEANINGS.get(element).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::Rules;
    use super::*;
    use crate::domain::obligation::Duty;

    #[test]
    fn each_element_of_a_notice_to_individuals_has_its_sign() {
        let rules = Rules::embedded().unwrap();
        let sets = rules.known().filter_map(|id| rules.jurisdiction(id));
        let notices = sets.flat_map(|set| &set.rules).filter(|rule| rule.duty == Duty::NotifyIndividuals);
        let asked: BTreeSet<&str> =
            notices.flat_map(|rule| rule.contents.iter().chain(&rule.must_not_contain)).map(String::as_str).collect();
        assert!(asked.len() > 45, "{}", asked.len());
        let without: Vec<&&str> = asked.iter().filter(|element| sign(element).is_none()).collect();
        assert!(without.is_empty(), "{without:?}");
        for (element, sign) in ALL.iter() {
            assert!(meaning(element).is_some(), "{element} is no element");
            assert_ne!(*sign, Sign::default(), "{element} shows by nothing");
            let words = sign.needs.iter().chain(sign.needs_in.values().flatten()).flatten();
            let words = words.chain(sign.message_in.values().flatten());
            words.for_each(|word| assert_eq!(*word, word.to_lowercase(), "{element}"));
        }
    }
}
