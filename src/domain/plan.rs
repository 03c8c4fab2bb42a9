//! What holds a campaign back: approved with it, and kept by the engine.

use serde::{Deserialize, Serialize};

use super::price::Price;

/// What a campaign is held to, beyond who is told what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Plan {
    /// A few people are told first, and the others only when that went well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub canary: Option<Canary>,
    /// The most that its messages may cost, at the prices in the configuration: before it is exceeded, the campaign pauses.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "250.00 EUR")]
    pub budget: Option<Price>,
}

/// Those who are told first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Canary {
    /// How many attempts are made before the others wait. Those that no provider carries do not count.
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub people: u32,
    /// How long bounces and receipts of them are waited for after the last was made, in minutes.
    #[schema(minimum = 0, maximum = 10_080)]
    pub watch_minutes: u32,
    /// The campaign pauses when more than so many in a hundred attempts failed for good: a dead address, a refusal.
    #[schema(minimum = 0, maximum = 100)]
    pub failing_percent: u32,
}

/// Why a plan makes no sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// The canary's number of people.
    #[error("a canary is 1 to 1000000 people")]
    People,
    /// The canary's wait.
    #[error("a canary is watched for 0 to 10080 minutes, which is a week")]
    Watch,
    /// The budget's currency.
    #[error(
        "no provider has a price in the budget's currency, or one has a price in another; a budget cannot be kept then"
    )]
    Currency,
    /// The canary's limit.
    #[error("the limit is 0 to 100 percent")]
    Percent,
}

impl PlanError {
    /// The field at fault.
    #[must_use]
    pub const fn field(self) -> &'static str {
        match self {
            Self::People => "plan.canary.people",
            Self::Watch => "plan.canary.watch_minutes",
            Self::Currency => "plan.budget",
            Self::Percent => "plan.canary.failing_percent",
        }
    }
}

impl Plan {
    /// Whether it can be kept.
    ///
    /// # Errors
    /// What makes no sense.
    pub fn check(&self) -> Result<(), PlanError> {
        let Some(canary) = &self.canary else { return Ok(()) };
        if !(1..=1_000_000).contains(&canary.people) {
            return Err(PlanError::People);
        }
        if canary.watch_minutes > 10_080 {
            return Err(PlanError::Watch);
        }
        if canary.failing_percent > 100 { Err(PlanError::Percent) } else { Ok(()) }
    }
}

/// How far a canary is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CanaryStage {
    /// So many attempts may still be made.
    Telling(u32),
    /// All were made, the last at this moment, and what becomes of them is waited for.
    Watched(super::clock::Millis),
    /// The others are told, or there never was one.
    Over,
}

/// Attempts of a campaign, and those that failed for good by now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Failing {
    /// All.
    pub attempts: i64,
    /// Of them, those whose outcome or receipt says that the address is dead or the message refused.
    pub failed: i64,
}

impl Canary {
    /// Whether so many failures are too many.
    #[must_use]
    pub const fn is_failing(&self, found: Failing) -> bool {
        found.failed * 100 > found.attempts * self.failing_percent as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_the_share_is_too_many_and_the_share_itself_is_not() {
        let canary = Canary { people: 100, watch_minutes: 5, failing_percent: 5 };
        assert!(!canary.is_failing(Failing { attempts: 100, failed: 5 }));
        assert!(canary.is_failing(Failing { attempts: 100, failed: 6 }));
        assert!(!canary.is_failing(Failing::default()), "nobody failed of nobody");
        let strict = Canary { failing_percent: 0, ..canary };
        assert!(strict.is_failing(Failing { attempts: 1_000, failed: 1 }));
    }

    #[test]
    fn a_plan_that_cannot_be_kept_names_the_field() {
        let plan = |people, watch_minutes, failing_percent| Plan {
            canary: Some(Canary { people, watch_minutes, failing_percent }),
            ..Plan::default()
        };
        assert_eq!(plan(1, 0, 0).check(), Ok(()));
        assert_eq!(Plan::default().check(), Ok(()));
        let fields = [plan(0, 0, 0), plan(1, 10_081, 0), plan(1, 0, 101)].map(|p| p.check().unwrap_err().field());
        assert_eq!(fields, ["plan.canary.people", "plan.canary.watch_minutes", "plan.canary.failing_percent"]);
    }
}
