//! What differs between two answers of the rules, and why: after the facts changed, or the rules did.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::domain::obligation::Obligation;

/// What became of one obligation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Change {
    /// The obligation.
    pub id: String,
    /// What happened to it.
    pub what: What,
    /// Why, or what of it is different, in words.
    pub why: Vec<String>,
}

/// What happened to an obligation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// It is new.
    Appeared,
    /// It no longer applies.
    Gone,
    /// It still applies, differently.
    Altered,
}

/// What differs between two answers; nothing for what is the same in both. States are left out: that time passes is no
/// change of the law or of the facts.
#[must_use]
pub fn between(before: &[Obligation], after: &[Obligation]) -> Vec<Change> {
    let earlier: BTreeMap<&str, &Obligation> = before.iter().map(|o| (o.id.as_str(), o)).collect();
    let later: BTreeMap<&str, &Obligation> = after.iter().map(|o| (o.id.as_str(), o)).collect();
    let mut changes = Vec::new();
    for new in after {
        match earlier.get(new.id.as_str()) {
            None => changes.push(change(new, What::Appeared, vec![new.because.clone()])),
            Some(old) => {
                let why = differences(old, new);
                if !why.is_empty() {
                    changes.push(change(new, What::Altered, why));
                }
            }
        }
    }
    let gone = before.iter().filter(|old| !later.contains_key(old.id.as_str()));
    changes.extend(gone.map(|old| change(old, What::Gone, vec![format!("it applied because: {}", old.because)])));
    changes
}

fn change(of: &Obligation, what: What, why: Vec<String>) -> Change {
    Change { id: of.id.clone(), what, why }
}

fn differences(old: &Obligation, new: &Obligation) -> Vec<String> {
    let mut found = Vec::new();
    let mut say = |what: &str, before: &str, after: &str| {
        if before != after {
            found.push(format!("{what}: {before} -> {after}"));
        }
    };
    let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| String::from("none"));
    say("force", &word(&old.force), &word(&new.force));
    say("because", &old.because, &new.because);
    say("deadline", &or_none(&old.deadline.at), &or_none(&new.deadline.at));
    say("clock", &or_none(&old.deadline.starts), &or_none(&new.deadline.starts));
    say("in words", &old.deadline.text, &new.deadline.text);
    say("to", &old.to, &new.to);
    say("held until", &or_none(&old.details.held_until), &or_none(&new.details.held_until));
    say("must contain", &old.contents.join(", "), &new.contents.join(", "));
    say("must not contain", &old.details.must_not_contain.join(", "), &new.details.must_not_contain.join(", "));
    say("after", &old.not_before.join(", "), &new.not_before.join(", "));
    say("rules", &old.rules_version, &new.rules_version);
    found
}

fn word<T: Serialize>(value: &T) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::domain::clock::Millis;
    use crate::domain::facts::IncidentFacts;
    use crate::law::Rules;

    fn obligations(rules: &Rules, individuals: u64, discovered: &str) -> Vec<Obligation> {
        let facts: IncidentFacts = serde_json::from_value(serde_json::json!({
            "title": "x",
            "timeline": { "discovered": discovered },
            "scope": { "properties": ["confidentiality"], "data": ["name", "social_security_number"],
                "affected": [{ "jurisdiction": "us-fl", "individuals": individuals, "uncontactable": 0 }] },
        }))
        .unwrap();
        rules.obligations(&facts, &BTreeMap::new(), Millis(0))
    }

    #[test]
    fn what_grew_appears_and_what_moved_is_altered_with_both_numbers() {
        let rules = Rules::embedded().unwrap();
        let few = obligations(&rules, 499, "2026-11-01T12:00:00-05:00");
        let many = obligations(&rules, 500, "2026-11-01T12:00:00-05:00");
        assert!(between(&few, &few).is_empty());
        let grown = between(&few, &many);
        let appeared = grown.iter().find(|change| change.id == "us-fl/notify-legal-affairs").unwrap();
        assert_eq!(
            (appeared.what, appeared.why.as_slice()),
            (What::Appeared, &[String::from("500 individuals >= 500")][..])
        );
        let shrunk = between(&many, &few);
        assert!(shrunk.iter().any(|c| c.id == "us-fl/notify-legal-affairs" && c.what == What::Gone), "{shrunk:?}");
        let later = between(&many, &obligations(&rules, 500, "2026-11-02T12:00:00-05:00"));
        let told = later.iter().find(|change| change.id == "us-fl/notify-individuals").unwrap();
        assert_eq!(told.what, What::Altered);
        assert_eq!(told.why, ["deadline: 2026-12-01T23:59:59-05:00 -> 2026-12-02T23:59:59-05:00"]);
    }

    #[test]
    fn newer_rules_say_what_they_change() {
        let rules = Rules::embedded().unwrap();
        let text = super::super::embedded::FILES.iter().find(|(name, _)| *name == "us-fl.toml").unwrap().1;
        let newer = text.replacen("amount = 30", "amount = 20", 1).replace("2026-11-22.1", "2027-01-01.1");
        let newer = Rules::load(&[("us-fl.toml", &newer)]).unwrap();
        let facts = "2026-11-01T12:00:00-05:00";
        let changes = between(&obligations(&rules, 10, facts), &obligations(&newer, 10, facts));
        assert_eq!(changes.len(), 1, "{changes:?}");
        assert!(changes[0].why.contains(&String::from("rules: 2026-11-22.1 -> 2027-01-01.1")), "{changes:?}");
    }
}
