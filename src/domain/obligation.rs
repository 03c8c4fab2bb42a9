//! One duty that a jurisdiction's rules put on an incident.

use serde::{Deserialize, Serialize};

use super::clock::Millis;
use super::jurisdiction::JurisdictionId;

/// What must be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Duty {
    /// Tell the individuals.
    NotifyIndividuals,
    /// Tell an authority.
    NotifyAuthority,
    /// Bring an authority up to date, or close the case with it.
    ReportFollowUp,
    /// Announce in public, in place of or beside individual notice.
    Announce,
    /// Tell consumer reporting agencies.
    NotifyCreditBureaus,
    /// Tell whoever is responsible for the data, as one who processes it for them.
    NotifyController,
    /// Keep a record.
    KeepRecord,
    /// Find out whether it must be notified.
    Assess,
    /// Offer people a service, e.g. credit monitoring.
    OfferServices,
    /// Tell other organisations that can lessen the harm.
    NotifyOthers,
}

impl Duty {
    /// In words, for people.
    #[must_use]
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::NotifyIndividuals => "Notify individuals",
            Self::NotifyAuthority => "Notify an authority",
            Self::ReportFollowUp => "Report follow-up",
            Self::Announce => "Announce in public",
            Self::NotifyCreditBureaus => "Notify consumer reporting agencies",
            Self::NotifyController => "Notify the controller",
            Self::KeepRecord => "Keep a record",
            Self::Assess => "Find out whether it must be notified",
            Self::OfferServices => "Offer people a service",
            Self::NotifyOthers => "Notify other organisations",
        }
    }

    /// Whether it is done by a document that goes to an authority.
    #[must_use]
    pub const fn is_to_authority(self) -> bool {
        matches!(self, Self::NotifyAuthority | Self::ReportFollowUp)
    }
}

/// How strongly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Force {
    /// The law demands it.
    Mandatory,
    /// Guidance asks for it.
    Recommended,
    /// The facts do not decide it; a person must.
    Review,
}

impl Force {
    /// In words for people.
    #[must_use]
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Mandatory => "mandatory",
            Self::Recommended => "recommended",
            Self::Review => "to be reviewed: the facts do not decide it",
        }
    }
}

/// What a deadline rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeadlineKind {
    /// A number in the law.
    Statutory,
    /// A number in guidance only.
    Guidance,
    /// No number: the law says "without undue delay" or the like, and none is invented.
    None,
}

/// Where a duty stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ObligationState {
    /// To be done.
    Open,
    /// Done.
    Met,
    /// To be done, and the deadline has passed.
    Overdue,
    /// Decided not to be done, with a reason.
    Waived,
}

/// By when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Deadline {
    /// RFC 3339 with the offset of the authority's zone; `None` where the law has no number or the clock has not started.
    pub at: Option<String>,
    /// What it rests on.
    pub kind: DeadlineKind,
    /// In words.
    pub text: String,
    /// The timeline event that starts the clock, if one does.
    pub starts: Option<String>,
    /// When the clock began, where it has: by that event, or by the report that says the same of one authority.
    #[serde(skip)]
    pub began: Option<Millis>,
}

impl Deadline {
    /// Whether the time is over. A deadline is written to the second and holds through that second, so that a day ends
    /// at 23:59:59 and not one second before its end. Without a time nothing is ever over.
    #[must_use]
    pub fn has_passed(&self, now: Millis) -> bool {
        self.at
            .as_deref()
            .and_then(|at| at.parse::<jiff::Timestamp>().ok())
            .is_some_and(|at| now.to_timestamp().as_second() > at.as_second())
    }
}

/// Where a rule comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Citation {
    /// The provision, e.g. `Cal. Civ. Code 1798.82(f)`.
    pub text: String,
    /// What was read to encode it.
    pub source: String,
    /// How well that was verified: `primary`, `quoted`, `secondary` or `general`.
    pub evidence: String,
}

/// One duty of one incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Obligation {
    /// `JURISDICTION/RULE`, stable.
    pub id: String,
    /// The rule set.
    pub jurisdiction: JurisdictionId,
    /// What.
    pub duty: Duty,
    /// To whom.
    pub to: String,
    /// How strongly.
    pub force: Force,
    /// Why it applies, with the numbers.
    pub because: String,
    /// By when.
    pub deadline: Deadline,
    /// Obligations that must be met first.
    pub not_before: Vec<String>,
    /// What it must contain: names of elements.
    pub contents: Vec<String>,
    /// Where it comes from.
    pub citation: Vec<Citation>,
    /// Version of the rules that produced it.
    pub rules_version: String,
    /// Where it stands.
    pub state: ObligationState,
    /// What else the rule says.
    #[serde(flatten)]
    pub details: Details,
}

/// What a rule says beside what, to whom, by when and why.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct Details {
    /// What it must not contain: names of elements.
    pub must_not_contain: Vec<String>,
    /// How long what is done must last: a posting, a toll-free number, a record, a service.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lasts: Vec<Lasting>,
    /// Until when it is held back, RFC 3339, where a hold in the facts counts under this law.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_until: Option<String>,
    /// The weakest of the evidence that its citations rest on.
    pub evidence: String,
    /// What to know beside: relief, doubts about the source, holds that do not count.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// How long something must last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Lasting {
    /// What: `website_posting`, `toll_free_number`, `record`, `service`.
    pub what: String,
    /// How long.
    pub amount: u32,
    /// In which unit.
    pub unit: LastingUnit,
}

/// Units of what must last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LastingUnit {
    /// Days.
    Days,
    /// Months of the calendar.
    Months,
    /// Years.
    Years,
}
