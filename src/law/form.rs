//! The model of an authority's report: sections and fields in its order, and where each value comes from.

use serde::Deserialize;

use super::rule::RuleSet;
use super::wording::fill;

/// A report form.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Form {
    /// Its name in the rule file.
    pub id: String,
    /// Heading, in the report's language.
    pub title: String,
    /// The addressee, in the report's language; may name `{authority}`.
    pub authority: String,
    /// The sections.
    #[serde(rename = "section")]
    pub sections: Vec<Section>,
}

impl Form {
    /// The addressee by name: the authority of a country, the one to which the duty is or that of the establishment.
    #[must_use]
    pub fn addressee(&self, set: &RuleSet, country: Option<&str>) -> String {
        fill(&self.authority, &[("authority", set.authority_name(country).to_owned())])
    }

    /// The fields of all sections, in order.
    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        self.sections.iter().flat_map(|section| &section.fields)
    }
}

/// A group of fields.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// Heading, in the report's language.
    pub heading: String,
    /// The fields.
    pub fields: Vec<Field>,
}

/// One field.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Its name, stable across languages.
    pub key: String,
    /// Its label, in the report's language.
    pub label: String,
    /// Whether the authority insists on it.
    pub required: bool,
    /// Where its value comes from.
    pub from: Source,
    /// When the field is part of the report.
    #[serde(default)]
    pub only_when: Inclusion,
}

/// When a field is part of a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Inclusion {
    /// Always.
    #[default]
    Always,
    /// When the deadline has passed.
    Late,
}

/// Where the value of a field comes from.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Source {
    /// A path in the incident's body, e.g. `scope.data`.
    Fact(String),
    /// A value that is worked out, e.g. `computed.affected_individuals`.
    Computed(Computed),
    /// Words that are given with the report: the incident's body has no place for them.
    Answer,
}

macro_rules! computed {
    ($($(#[$doc:meta])* $variant:ident = $word:literal from $place:literal),+ $(,)?) => {
        /// Values that are worked out from the facts, the obligation or the delivery.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Computed {
            $($(#[$doc])* $variant,)+
        }

        impl Computed {
            /// All of them, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name, as rule files spell it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// Where what it is worked out from is given: a path in the incident's body, or a call.
            #[must_use]
            pub const fn where_to_give(self) -> &'static str {
                match self { $(Self::$variant => $place,)+ }
            }
        }
    };
}

computed! {
    /// Individuals of the jurisdiction.
    AffectedIndividuals = "affected_individuals" from "scope.affected.individuals",
    /// Records of them.
    AffectedRecords = "affected_records" from "scope.affected.records",
    /// Minors among them.
    AffectedMinors = "affected_minors" from "scope.affected.minors",
    /// Individuals of all jurisdictions.
    AffectedTotal = "affected_total" from "scope.affected.individuals",
    /// The other jurisdictions whose people are touched.
    OtherJurisdictions = "other_jurisdictions" from "scope.affected",
    /// The grade, where the jurisdiction has grades.
    Level = "level" from "scope.affected.individuals",
    /// From when until when it happened.
    Period = "period" from "timeline.occurred_from",
    /// Whether the data was unintelligible and the key safe.
    Protection = "protection" from "scope.protection.unintelligible",
    /// Name and role of whom to ask, and how to reach them.
    Contact = "contact" from "contact",
    /// When individuals were first told, or that they have not been.
    IndividualsTold = "individuals_told" from "timeline.individuals_notified",
    /// People told so far, of all jurisdictions.
    PeopleTold = "people_told" from "POST /v1/incidents/{id}/campaigns",
    /// People who could not be reached so far.
    PeopleUnreachable = "people_unreachable" from "POST /v1/incidents/{id}/campaigns",
    /// People for whom a public announcement stands in.
    PeopleAnnounced = "people_announced" from "POST /v1/incidents/{id}/announcement",
    /// Which of the authority's documents this is.
    ReportKind = "report_kind" from "kind",
}

/// Paths in the incident's body from which a field may take its value. A test proves that each exists.
pub(super) const FACT_PATHS: &[&str] = &[
    "title",
    "organisation.name",
    "organisation.country",
    "organisation.traits",
    "timeline.occurred_from",
    "timeline.occurred_until",
    "timeline.suspected",
    "timeline.noticed",
    "timeline.discovered",
    "timeline.aware",
    "timeline.determined_breach",
    "timeline.determined_notifiable",
    "timeline.determined_material",
    "timeline.contained",
    "timeline.informed_by_processor",
    "timeline.individuals_notified",
    "timeline.authority_notified",
    "timeline.handling_closed",
    "timeline.ransom_paid",
    "scope.properties",
    "scope.cause",
    "scope.data",
    "scope.approximate",
    "scope.ongoing",
    "impact.risk",
    "impact.consequences",
    "impact.description",
    "remediation.taken",
    "remediation.planned",
    "remediation.advice",
    "remediation.offered",
    "contact.name",
    "contact.role",
    "contact.email",
    "contact.phone",
    "contact.url",
];

impl TryFrom<String> for Source {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        if text == "answer" {
            return Ok(Self::Answer);
        }
        if let Some(name) = text.strip_prefix("computed.") {
            let found = Computed::ALL.iter().copied().find(|c| c.as_str() == name);
            return found.map(Self::Computed).ok_or_else(|| format!("nothing is worked out under the name {text:?}"));
        }
        if FACT_PATHS.contains(&text.as_str()) {
            return Ok(Self::Fact(text));
        }
        Err(format!("{text:?} is no path in the incident's body, no \"computed.\" value and not \"answer\""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::facts::IncidentFacts;

    const FULL: &str = r#"{
        "title": "t", "organisation": {"name": "n", "country": "DE", "traits": ["processor"]},
        "timeline": {"occurred_from": "2026-01-01T00:00:00Z", "occurred_until": "2026-01-01T00:00:00Z",
            "suspected": "2026-01-01T00:00:00Z", "noticed": "2026-01-01T00:00:00Z", "discovered": "2026-01-01T00:00:00Z",
            "aware": "2026-01-01T00:00:00Z", "determined_breach": "2026-01-01T00:00:00Z",
            "determined_notifiable": "2026-01-01T00:00:00Z", "determined_material": "2026-01-01T00:00:00Z",
            "contained": "2026-01-01T00:00:00Z", "informed_by_processor": "2026-01-01T00:00:00Z",
            "individuals_notified": "2026-01-01T00:00:00Z", "authority_notified": "2026-01-01T00:00:00Z",
            "handling_closed": "2026-01-01T00:00:00Z", "ransom_paid": "2026-01-01T00:00:00Z"},
        "scope": {"properties": ["integrity"], "cause": "unknown", "data": ["name"], "approximate": true, "ongoing": true},
        "impact": {"risk": "high", "consequences": ["fraud"], "description": "d"},
        "remediation": {"taken": ["a"], "planned": ["b"], "advice": ["c"], "offered": ["d"]},
        "contact": {"name": "n", "role": "dpo", "email": "e", "phone": "p", "url": "u"}}"#;

    #[test]
    fn every_path_exists_in_the_incidents_body() {
        let facts: IncidentFacts = serde_json::from_str(FULL).expect("the sample is sound");
        let value = serde_json::to_value(facts).expect("facts are JSON");
        for path in FACT_PATHS {
            let pointer = format!("/{}", path.replace('.', "/"));
            assert!(value.pointer(&pointer).is_some(), "{path}");
        }
    }

    #[test]
    fn a_source_that_nothing_gives_is_refused() {
        for text in ["scope.affected", "computed.nothing", "impact", "answers"] {
            assert!(Source::try_from(String::from(text)).is_err(), "{text}");
        }
        assert_eq!(Source::try_from(String::from("computed.level")), Ok(Source::Computed(Computed::Level)));
    }
}
