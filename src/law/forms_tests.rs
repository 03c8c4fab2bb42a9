//! Whether the forms of reports fit the rules that they answer.

use super::wording::fill;
use super::{Form, Inclusion, RuleSet, Rules};

/// Elements of `contents`, and the fields of a form that say them.
const SAID_IN: &[(&str, &[&str])] = &[
    ("accountability", &["accountability"]),
    ("advice", &["advice"]),
    ("categories_of_individuals", &["categories_of_people"]),
    ("cause", &["cause", "circumstances", "reasons"]),
    ("chronology", &["chronology"]),
    ("contact", &["contact"]),
    ("data_categories", &["data"]),
    ("data_protection_officer", &["contact"]),
    ("date_of_breach", &["period"]),
    ("date_of_determination", &["determined_at"]),
    ("date_of_discovery", &["discovered_at", "known_at", "noticed_at", "first_aware"]),
    ("date_of_notice", &["notified_at", "timing"]),
    ("distribution_of_notice", &["distribution"]),
    ("further_development", &["further_development"]),
    ("further_harm", &["secondary_damage"]),
    ("grade", &["level"]),
    ("identity_of_holder", &["holder"]),
    ("individuals_informed", &["individuals_told", "timing", "notification", "intimations", "response"]),
    ("law_enforcement_involved", &["law_enforcement"]),
    ("lessons", &["lessons"]),
    ("likely_consequences", &["consequences", "impact", "harm"]),
    ("material_impact", &["material_impact"]),
    ("measures_planned", &["measures_planned", "prevention"]),
    ("measures_taken", &["measures_taken"]),
    ("monetary_impact", &["monetary_impact"]),
    ("names_of_residents", &["names_of_residents"]),
    ("nature_of_breach", &["nature", "circumstances", "outline"]),
    ("number_of_individuals", &["individuals"]),
    ("number_of_minors", &["minors"]),
    ("number_of_records", &["records"]),
    ("organisation", &["organisation_name"]),
    ("other_authorities", &["others"]),
    ("period_of_exposure", &["period"]),
    ("place", &["place"]),
    ("plan_for_individuals", &["plan"]),
    ("publication", &["publication"]),
    ("ransom", &["ransom"]),
    ("reasons_for_delay", &["reasons_for_delay"]),
    ("reasons_for_no_notice", &["reasons"]),
    ("remedies_offered", &["offered"]),
    ("sample_of_notice", &["sample_of_notice"]),
    ("scene_protection", &["scene_protection"]),
    ("scope_and_timing", &["scope"]),
    ("security_measures", &["security"]),
    ("security_programme", &["security_programme"]),
    ("service_provider", &["service_provider"]),
    ("source_of_breach", &["who"]),
    ("support_needed", &["support_needed"]),
    ("system_affected", &["system_affected"]),
    ("traces", &["traces"]),
];

/// Where the label of a field asks for an element that has no field of its own: jurisdiction, element, field.
const SAID_BESIDE: [(&str, &str, &str); 2] = [("br", "cause", "nature"), ("ch", "effects_of_breach", "nature")];

/// Whether a form has a field for an element.
fn asks_for(set: &RuleSet, form: &Form, element: &str) -> bool {
    let own = SAID_IN.iter().filter(|(name, _)| *name == element).flat_map(|(_, keys)| keys.iter().copied());
    let beside = SAID_BESIDE.iter().filter(|(id, name, _)| set.id.as_str() == *id && *name == element);
    let keys: Vec<&str> = own.chain(beside.map(|(_, _, key)| *key)).collect();
    // Why a report is late is asked only then; everything else always.
    let in_force = |only_when| only_when == Inclusion::Always || element == "reasons_for_delay";
    form.fields().any(|field| keys.contains(&field.key.as_str()) && in_force(field.only_when))
}

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

#[test]
fn a_form_asks_for_all_that_the_duty_wants_in_the_report() {
    let rules = Rules::embedded().unwrap();
    let mut missing = Vec::new();
    for set in rules.sets.values() {
        for (rule, report) in set.rules.iter().filter_map(|rule| Some((rule, rule.report.as_ref()?))) {
            let form = set.form(&report.form).unwrap();
            let lacking = rule.contents.iter().filter(|element| !asks_for(set, form, element));
            missing.extend(lacking.map(|element| format!("{}/{}: {element} in {}", set.id, rule.id, form.id)));
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}
