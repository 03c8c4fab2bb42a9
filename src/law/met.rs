//! Which duties are met, by the documents that went to authorities and by what was recorded as done, and since when.

use std::collections::BTreeMap;

use super::Rules;
use super::rule::ReportOf;
use crate::domain::clock::Millis;
use crate::domain::fulfilment::Fulfilment;
use crate::domain::report::{ReportKind, Submission};

impl Rules {
    /// When obligations were met by submitted documents, or by what was recorded as done, by their identifier: the first that
    /// counts does.
    ///
    /// What is only supplementary meets none that asks for a first or a last document, too. Where the law asks for nothing
    /// but a supplement, it is the supplement that meets it.
    #[must_use]
    pub fn met_by(&self, submissions: &[Submission], fulfilments: &[Fulfilment]) -> BTreeMap<String, Millis> {
        let mut met: BTreeMap<String, Millis> = BTreeMap::new();
        let done = fulfilments.iter().filter(|fulfilment| fulfilment.reversal.is_none());
        met.extend(done.map(|fulfilment| (fulfilment.obligation.clone(), fulfilment.done_at)));
        for Submission { obligation, kind, at } in submissions {
            if *kind != ReportKind::Supplementary || self.asks_for_a_supplement_only(obligation) {
                met.entry(obligation.clone()).and_modify(|first| *first = (*first).min(*at)).or_insert(*at);
            }
        }
        met
    }

    /// The report by which an obligation is met, if it is met by one.
    #[must_use]
    pub fn report_of(&self, obligation: &str) -> Option<&ReportOf> {
        let (jurisdiction, _) = obligation.split_once('/')?;
        let set = self.sets.values().find(|set| set.id.as_str() == jurisdiction)?;
        set.report_for(obligation).map(|(report, _)| report)
    }

    fn asks_for_a_supplement_only(&self, obligation: &str) -> bool {
        self.report_of(obligation)
            .is_some_and(|report| report.kinds.iter().all(|kind| *kind == ReportKind::Supplementary))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_supplement_meets_a_duty_that_asks_for_nothing_else() {
        let rules = Rules::embedded().unwrap();
        let submission =
            |obligation: &str, kind, at| Submission { obligation: obligation.to_owned(), kind, at: Millis(at) };
        let submissions = [
            submission("ch/complete-report-of-cyberattack", ReportKind::Supplementary, 7),
            submission("ch/complete-report-of-cyberattack", ReportKind::Supplementary, 5),
            submission("eu-gdpr/notify-authority", ReportKind::Supplementary, 3),
            submission("uk/notify-authority", ReportKind::Initial, 9),
            submission("xx/of-no-law", ReportKind::Supplementary, 3),
        ];
        let met = rules.met_by(&submissions, &[]);
        let expected = [("ch/complete-report-of-cyberattack", 5), ("uk/notify-authority", 9)];
        assert_eq!(met, expected.map(|(id, at)| (id.to_owned(), Millis(at))).into());
    }
}
