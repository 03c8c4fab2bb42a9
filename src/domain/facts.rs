//! What is known of an incident: the body of the incident API, all parts optional but the title.
//!
//! Unknown fields are refused. Words come from [`super::vocabulary`]; an unknown one is refused with the nearest known.

use serde::{Deserialize, Serialize};

use super::clock::Millis;
use super::jurisdiction::JurisdictionId;
use super::vocabulary::{Cause, Circumstance, Consequence, DataCategory, Finding, HoldKind, Property, Risk, Trait};

/// Everything known of an incident.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IncidentFacts {
    /// Short name for the people who handle it.
    pub title: String,
    /// Who is responsible for the data.
    #[serde(default, skip_serializing_if = "is_default")]
    pub organisation: Organisation,
    /// The clock events.
    #[serde(default, skip_serializing_if = "is_default")]
    pub timeline: Timeline,
    /// What was touched.
    #[serde(default, skip_serializing_if = "is_default")]
    pub scope: Scope,
    /// What it may do to people.
    #[serde(default, skip_serializing_if = "is_default")]
    pub impact: Impact,
    /// What was and will be done, what people can do, what is offered.
    #[serde(default, skip_serializing_if = "is_default")]
    pub remediation: Remediation,
    /// Whom to ask.
    #[serde(default, skip_serializing_if = "is_default")]
    pub contact: Contact,
    /// What holds a notice back, or gives more time for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holds: Vec<Hold>,
}

/// A request or permission to tell people later, for one jurisdiction: each law has its own, none holds for all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Hold {
    /// The rule set whose notices it concerns.
    pub jurisdiction: JurisdictionId,
    /// On whose account.
    pub kind: HoldKind,
    /// When it was asked for.
    pub asked: Moment,
    /// When it ends.
    pub until: Moment,
    /// Whether it is in writing.
    #[serde(default, skip_serializing_if = "is_default")]
    pub written: bool,
    /// Who asked, and under which reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Who is responsible for the data.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Organisation {
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Country of establishment, ISO 3166-1 alpha-2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// What makes particular rules apply to it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub traits: Vec<Trait>,
}

/// A timestamp with its offset, kept as it was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, format = DateTime, example = "2026-11-20T22:10:00+08:00")]
pub struct Moment(String);

/// Why a text is not a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a time with offset like 2026-11-20T22:10:00+08:00")]
pub struct MomentError;

impl Moment {
    /// Parses RFC 3339. A time without offset is refused: deadlines depend on it.
    ///
    /// # Errors
    /// When the text is not RFC 3339 with an offset.
    pub fn parse(text: &str) -> Result<Self, MomentError> {
        let text = text.trim();
        let parsed: Result<jiff::Timestamp, _> = text.parse();
        if parsed.is_err() || text.contains('[') {
            return Err(MomentError);
        }
        Ok(Self(text.to_owned()))
    }

    /// The instant.
    ///
    /// # Panics
    /// Never: it was parsed when it was made.
    #[must_use]
    pub fn timestamp(&self) -> jiff::Timestamp {
        self.0.parse().expect("it was parsed when it was made")
    }

    /// The instant, as it is stored.
    #[must_use]
    pub fn millis(&self) -> Millis {
        self.timestamp().into()
    }

    /// As it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Moment {
    type Error = MomentError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<Millis> for Moment {
    fn from(at: Millis) -> Self {
        Self(at.to_timestamp().to_string())
    }
}

impl From<Moment> for String {
    fn from(moment: Moment) -> Self {
        moment.0
    }
}

macro_rules! timeline {
    ($($(#[doc = $doc:literal])+ $name:ident),+ $(,)?) => {
        /// The clock events of an incident, each a time with offset. Rules start their deadlines from them.
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
        #[serde(deny_unknown_fields, default)]
        pub struct Timeline {
            $($(#[doc = $doc])+ #[serde(skip_serializing_if = "Option::is_none")] pub $name: Option<Moment>,)+
        }

        impl Timeline {
            /// Names of all events, in order.
            pub const EVENTS: &'static [&'static str] = &[$(stringify!($name)),+];

            /// What they mean, in the same order.
            pub const MEANINGS: &'static [&'static str] = &[$(concat!($($doc),+)),+];

            /// The event of a name; `None` also when no event has that name.
            #[must_use]
            pub fn event(&self, name: &str) -> Option<&Moment> {
                match name {
                    $(stringify!($name) => self.$name.as_ref(),)+
                    _ => None,
                }
            }

            /// Sets the event of a name; `false` when no event has that name.
            pub fn set(&mut self, name: &str, moment: Moment) -> bool {
                match name {
                    $(stringify!($name) => { self.$name = Some(moment); true })+
                    _ => false,
                }
            }
        }
    };
}

timeline! {
    /// It began.
    occurred_from,
    /// It ended.
    occurred_until,
    /// Reasonable grounds to suspect it.
    suspected,
    /// First technical notice.
    noticed,
    /// Known, or would have been known with reasonable diligence, to anyone of the organisation.
    discovered,
    /// Reasonable certainty that personal data are compromised.
    aware,
    /// Concluded that a breach occurred.
    determined_breach,
    /// Concluded that it meets a threshold for notification.
    determined_notifiable,
    /// Concluded that it is material to investors.
    determined_material,
    /// Stopped.
    contained,
    /// The processor told the controller.
    informed_by_processor,
    /// Individuals were told.
    individuals_notified,
    /// The authority was told.
    authority_notified,
    /// Handling finished.
    handling_closed,
    /// Concluded that no harm is likely.
    determined_no_harm,
    /// The US Department of Health was told.
    hhs_notified,
    /// A ransom was paid.
    ransom_paid,
}

/// What was touched.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Scope {
    /// Which properties of the data were lost.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub properties: Vec<Property>,
    /// What caused it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// Which categories of data were touched.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub data: Vec<DataCategory>,
    /// How the data was protected.
    #[serde(skip_serializing_if = "is_default")]
    pub protection: Protection,
    /// How many people, by jurisdiction of residence.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub affected: Vec<Affected>,
    /// Countries in which affected people live, ISO 3166-1 alpha-2, where one jurisdiction spans several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub countries: Vec<String>,
    /// What happened, or surely did not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub circumstances: Vec<Circumstance>,
    /// Whether the numbers are approximate.
    #[serde(skip_serializing_if = "is_default")]
    pub approximate: bool,
    /// Whether it still goes on.
    #[serde(skip_serializing_if = "is_default")]
    pub ongoing: bool,
}

/// How the data was protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Protection {
    /// Whether it is unintelligible to whoever got it, e.g. encrypted.
    pub unintelligible: bool,
    /// Whether the key may be compromised too.
    pub key_compromised: bool,
}

/// The people of one jurisdiction. A count that is not given is unknown, not zero.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Affected {
    /// Rule set of their residence.
    pub jurisdiction: JurisdictionId,
    /// Individuals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub individuals: Option<u64>,
    /// Records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub records: Option<u64>,
    /// Individuals who are minors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minors: Option<u64>,
    /// Individuals without a usable contact point.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uncontactable: Option<u64>,
}

/// What it may do to people.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Impact {
    /// Risk to their rights and freedoms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub risk: Option<Risk>,
    /// What was found on the harm to people.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    /// Likely consequences.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub consequences: Vec<Consequence>,
    /// In words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// What was and will be done, what people can do themselves, what is offered to them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Remediation {
    /// Done already.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub taken: Vec<String>,
    /// Will be done.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub planned: Vec<String>,
    /// What people can do.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub advice: Vec<String>,
    /// What they are offered.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub offered: Vec<String>,
    /// What it would cost to tell everybody one by one, in US dollars, where that was worked out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notice_cost_usd: Option<u64>,
}

/// Whom to ask: a contact of the organisation, printed in notices and reports.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Contact {
    /// Name of a person or office.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// E.g. `dpo`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Email address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Phone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Page with more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}
