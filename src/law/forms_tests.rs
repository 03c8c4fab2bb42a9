//! Whether the forms of reports fit the rules that they answer.

use super::{RuleSet, Rules};
use crate::law::wording::fill;

/// The rule sets whose reports are in the language of the rules themselves, so that words can be compared.
fn in_english(rules: &Rules) -> impl Iterator<Item = &RuleSet> {
    rules.sets.values().filter(|set| set.language.as_str() == "en")
}

#[test]
fn a_report_is_addressed_to_whom_the_duty_is_owed() {
    let rules = Rules::embedded().unwrap();
    let mut wrong = Vec::new();
    for set in in_english(&rules) {
        // Where each country is owed one, the country's authority stands in the place of the words.
        let rules = set.rules.iter().filter(|rule| rule.pending.is_none() && !rule.in_each_country);
        for (rule, report) in rules.filter_map(|rule| Some((rule, rule.report.as_ref()?))) {
            let addressee = set.form(&report.form).unwrap().addressee(set, None);
            let owed = fill(&rule.to, &[("authority", set.authority.name.clone())]);
            // The duty may say more, e.g. that the public reads it too.
            if !owed.starts_with(&addressee) {
                wrong.push(format!("{}/{}: owed to {owed}, addressed to {addressee}", set.id, rule.id));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
