//! Whether what people read has an element that a law demands: seen from facts and words, or left to a reader.

use std::collections::BTreeSet;

use crate::domain::channel::Channel;
use crate::domain::facts::{Contact, IncidentFacts};
use crate::domain::locale::Locale;
use crate::domain::notice::{NoticeContent, NoticeTexts};
use crate::domain::sample;
use crate::domain::variant::NoticeSection;
use crate::domain::vocabulary::HoldKind;
use crate::law::signs::{Fact, Groups, Premise, Sign};
use crate::render::{CompiledNotice, Rendered};

/// What is found of an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    /// The law asks for it only where something else is the case.
    NotApplicable,
    /// It is surely there.
    Present,
    /// Only a reader can tell.
    ToBeRead,
    /// It is surely not there.
    Missing,
}

/// A notice as some people read it.
pub(super) struct Version {
    /// Place of the variant; `None` for what all others read.
    pub(super) variant: Option<usize>,
    locale: Locale,
    texts: NoticeTexts,
    /// The words of the author, in lower case.
    words: String,
    /// The email with its frame, in lower case; `None` where it needs more of a person than a made-up one has.
    message: Option<String>,
}

impl Version {
    /// All versions of a notice. `compiled` frames them, where it could be compiled.
    pub(super) fn all(content: &NoticeContent, compiled: Option<&CompiledNotice>) -> Vec<Self> {
        let variants = std::iter::once(None).chain((0..content.variants.len()).map(Some));
        let versions = variants.flat_map(|variant| {
            let residence = variant.and_then(|place: usize| content.variants[place].jurisdictions.first().cloned());
            content.texts_of(variant).into_iter().map(move |(locale, texts)| {
                let person = sample::person(Some(locale.clone()), residence.clone());
                let email = compiled.and_then(|notice| notice.render_locale(Channel::Email, &locale, &person).ok());
                let message = email.and_then(|email| match email {
                    Rendered::Email { text, .. } => Some(text.expose().to_lowercase()),
                    _ => None,
                });
                Self { variant, locale, words: words(&texts), texts, message }
            })
        });
        versions.collect()
    }

    fn has(&self, section: NoticeSection) -> bool {
        let written = |text: &str| !text.trim().is_empty();
        match section {
            NoticeSection::Subject => self.texts.subject.as_deref().is_some_and(written),
            NoticeSection::WhatHappened => written(&self.texts.what_happened),
            NoticeSection::WhatWeDo => written(&self.texts.what_we_do),
            NoticeSection::WhatYouCanDo => self.texts.what_you_can_do.iter().any(|step| written(step)),
            NoticeSection::WhatWeOffer => written(&self.texts.what_we_offer),
            NoticeSection::Short => self.texts.short.as_deref().is_some_and(written),
        }
    }

    fn says(&self, groups: &Groups) -> bool {
        let says = |word: &String| self.message.as_ref().unwrap_or(&self.words).contains(word.as_str());
        groups.iter().all(|group| group.iter().any(says))
    }

    fn language(&self) -> &str {
        let tag = self.locale.as_str();
        tag.split_once('-').map_or(tag, |(language, _)| language)
    }
}

fn words(texts: &NoticeTexts) -> String {
    let parts = [&texts.what_happened, &texts.what_we_do, &texts.what_we_offer].into_iter();
    let parts = parts.chain(&texts.what_you_can_do).chain(&texts.subject).chain(&texts.short);
    parts.map(|part| part.to_lowercase()).collect::<Vec<_>>().join("\n")
}

/// What is found of an element that a law demands, in all the versions that people under this law read.
pub(super) fn demanded(sign: Option<&Sign>, facts: &IncidentFacts, versions: &[&Version]) -> Verdict {
    let Some(sign) = sign else { return Verdict::ToBeRead };
    if !is_asked(sign, facts, versions) {
        return Verdict::NotApplicable;
    }
    versions.iter().map(|version| in_version(sign, facts, version)).max().unwrap_or(Verdict::ToBeRead)
}

/// What is found of an element that a law forbids: whether any version surely has it.
pub(super) fn forbidden(sign: Option<&Sign>, facts: &IncidentFacts, versions: &[&Version]) -> bool {
    let has = |sign: &Sign, version: &Version| match (sign.fact, sign.section) {
        (Some(fact), _) => given(fact, facts, version) == Some(true),
        (None, Some(section)) => version.has(section),
        (None, None) => false,
    };
    sign.is_some_and(|sign| versions.iter().any(|version| has(sign, version)))
}

fn is_asked(sign: &Sign, facts: &IncidentFacts, versions: &[&Version]) -> bool {
    let data = &facts.scope.data;
    // As long as nobody knows what was touched, it is asked for.
    let touched = sign.only_if_data_any.is_empty()
        || data.is_empty()
        || sign.only_if_data_any.iter().any(|wanted| data.contains(wanted));
    touched
        && match sign.only_if {
            None => true,
            Some(Premise::Held) => facts.holds.iter().any(|hold| hold.kind == HoldKind::LawEnforcement),
            Some(Premise::Offered) => {
                !facts.remediation.offered.is_empty()
                    || versions.iter().any(|version| version.has(NoticeSection::WhatWeOffer))
            }
        }
}

fn in_version(sign: &Sign, facts: &IncidentFacts, version: &Version) -> Verdict {
    let mut found = if sign.read { Verdict::ToBeRead } else { Verdict::Present };
    let mut see = |verdict: Verdict| found = found.max(verdict);
    match sign.fact.map(|fact| given(fact, facts, version)) {
        // A number that stands there shows itself.
        Some(Some(true)) if sign.fact == Some(Fact::Count) => return Verdict::Present,
        None | Some(Some(true)) => {}
        Some(Some(false)) => see(Verdict::Missing),
        Some(None) => see(Verdict::ToBeRead),
    }
    if sign.section.is_some_and(|section| !version.has(section)) || !version.says(&sign.needs) {
        see(Verdict::Missing);
    }
    if !sign.needs_in.is_empty() {
        let there = sign.needs_in.get(version.language()).map(|groups| version.says(groups));
        see(there.map_or(Verdict::ToBeRead, |there| if there { Verdict::Present } else { Verdict::Missing }));
    }
    if !sign.message_in.is_empty() {
        let wanted = sign.message_in.get(version.language());
        see(match (wanted, &version.message) {
            (Some(wanted), Some(message)) if wanted.iter().all(|word| message.contains(word.as_str())) => {
                Verdict::Present
            }
            (Some(_), Some(_)) => Verdict::Missing,
            _ => Verdict::ToBeRead,
        });
    }
    found
}

/// Whether the facts give something; `None` where they do not tell.
fn given(fact: Fact, facts: &IncidentFacts, version: &Version) -> Option<bool> {
    let (timeline, contact) = (&facts.timeline, &facts.contact);
    Some(match fact {
        Fact::Data => !facts.scope.data.is_empty(),
        Fact::Occurred => timeline.occurred_from.is_some() || timeline.occurred_until.is_some(),
        Fact::Span => timeline.occurred_from.is_some() && (timeline.occurred_until.is_some() || facts.scope.ongoing),
        Fact::Discovered => timeline.discovered.is_some(),
        Fact::Contact => contact.email.is_some() || contact.phone.is_some() || contact.url.is_some(),
        Fact::TollFree => is_toll_free(contact) && (contact.email.is_some() || contact.url.is_some()),
        Fact::Organisation => facts.organisation.name.is_some(),
        Fact::Count => {
            let numbers = numbers(&version.words);
            let counts: Vec<u64> = facts.scope.affected.iter().filter_map(|affected| affected.individuals).collect();
            let total = counts.iter().fold(0_u64, |sum, count| sum.saturating_add(*count));
            // Small numbers stand in dates and steps, too.
            let known = counts.iter().chain([&total]).filter(|count| **count >= 10);
            return known.into_iter().any(|count| numbers.contains(count)).then_some(true);
        }
    })
}

/// Whether the phone number is one of those that cost nothing in North America: 800 and its successors.
fn is_toll_free(contact: &Contact) -> bool {
    let digits: String = contact.phone.iter().flat_map(|phone| phone.chars()).filter(char::is_ascii_digit).collect();
    let national = digits.strip_prefix('1').unwrap_or(&digits);
    national.len() == 10
        && ["800", "833", "844", "855", "866", "877", "888"].iter().any(|code| national.starts_with(code))
}

/// The numbers in a text, those with separators between thousands as one.
fn numbers(text: &str) -> BTreeSet<u64> {
    let mut found = BTreeSet::new();
    let mut number = String::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let between = matches!(c, ',' | '.' | '\'' | '’' | '\u{a0}' | '\u{202f}') && !number.is_empty();
        if c.is_ascii_digit() {
            number.push(c);
        } else if !(between && rest.peek().is_some_and(char::is_ascii_digit)) {
            found.extend(number.parse::<u64>().ok());
            number.clear();
        }
    }
    found.extend(number.parse::<u64>().ok());
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::law::signs::sign;

    fn version(locale: &str, words: &str) -> Version {
        let texts: NoticeTexts = serde_json::from_value(serde_json::json!({
            "what_happened": words, "what_we_do": "", "what_you_can_do": [], "what_we_offer": "" }))
        .unwrap();
        let words = self::words(&texts);
        Version { variant: None, locale: Locale::parse(locale).unwrap(), texts, words, message: None }
    }

    fn facts(json: serde_json::Value) -> IncidentFacts {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn words_whose_absence_shows_are_looked_for_and_what_is_there_is_read() {
        let facts = facts(serde_json::json!({ "title": "x", "scope": { "data": ["social_security_number"] } }));
        let of = |element: &str, locale: &str, words: &str| demanded(sign(element), &facts, &[&version(locale, words)]);
        assert_eq!(of("credit_agencies_contacts", "es", "Equifax, Experian"), Verdict::Missing);
        assert_eq!(of("credit_agencies_contacts", "es", "Equifax, Experian, TransUnion"), Verdict::ToBeRead);
        assert_eq!(of("security_freeze", "en", "Call us."), Verdict::Missing);
        // In a language for which nobody has listed words only a reader can tell.
        assert_eq!(of("security_freeze", "es", "Llame."), Verdict::ToBeRead);
        assert_eq!(of("change_password_if_credentials", "en", ""), Verdict::NotApplicable);
        assert_eq!(of("plain_language", "en", ""), Verdict::ToBeRead);
        // One language in which it is missing is enough.
        let both = [version("en", "a freeze"), version("en-GB", "nothing")];
        assert_eq!(demanded(sign("security_freeze"), &facts, &[&both[0], &both[1]]), Verdict::Missing);
    }

    #[test]
    fn a_number_of_people_shows_in_any_way_of_writing_it() {
        let facts = facts(serde_json::json!({ "title": "x", "scope": { "affected": [
            { "jurisdiction": "us-ma", "individuals": 1200 }, { "jurisdiction": "us-ca", "individuals": 3 }] } }));
        let has = |words: &str| forbidden(sign("number_of_individuals"), &facts, &[&version("en", words)]);
        for words in ["1200 people", "about 1,200.", "1 203 is not, 1.203 is", "1’203"] {
            assert!(has(words), "{words}");
        }
        for words in ["12 00", "11200", "3 steps", "1,2 and 00"] {
            assert!(!has(words), "{words}");
        }
    }

    #[test]
    fn a_toll_free_number_is_one() {
        let toll_free = |phone: &str| is_toll_free(&Contact { phone: Some(phone.to_owned()), ..Contact::default() });
        assert!(toll_free("+1 (888) 555-0100") && toll_free("800-555-0100"));
        assert!(!toll_free("+1 617 555 0100") && !toll_free("+49 800 5550100"));
    }
}
