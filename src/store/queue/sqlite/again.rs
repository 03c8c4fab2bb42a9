//! Telling again for `SQLite`. There is one writer, so whoever is counted is moved.

use sqlx::SqliteConnection;

use super::json;
use crate::domain::campaign::Campaign;
use crate::domain::clock::Millis;
use crate::domain::id::CampaignId;
use crate::store::queue::again::{FurtherSteps, MoveAgain, Stood, reasons};
use crate::store::traits::{Again, Result};

/// Who is meant, and how they go on. The further steps are materialised, so that they get an index of their own.
macro_rules! meant {
    ($indexed:literal, $whom:literal) => {
        concat!(
            "WITH f AS MATERIALIZED (
    SELECT key, value AS steps FROM json_each($4)
), meant AS MATERIALIZED (
    SELECT $1 AS campaign, p.person_id AS person, p.state, COALESCE(people.jurisdiction, '') AS residence, f.steps AS further,
           CASE WHEN f.steps IS NOT NULL THEN length(p.cascade) / 2 WHEN p.reason = 'bad_address' THEN 0 ELSE p.place END AS place,
           EXISTS (
               SELECT 1 FROM campaigns c CROSS JOIN campaign_people e ON e.campaign_id = c.id AND e.person_id = p.person_id
               WHERE c.incident_id = $2 AND c.id <> $1
                 AND (e.state IN ('in_flight', 'reached', 'unknown') OR (e.state = 'pending' AND c.state <> 'cancelled'))
           ) AS others
    FROM campaign_people p ",
            $indexed,
            " CROSS JOIN people ON people.id = p.person_id
    LEFT JOIN f
        ON p.reason = 'bad_address' AND f.key = COALESCE(people.jurisdiction, '') || ' ' || people.reach || ' ' || p.cascade
    WHERE p.campaign_id = $1 AND ",
            $whom,
            ")"
        )
    };
}

macro_rules! count_again {
    ($indexed:literal, $whom:literal) => {
        concat!(
            "/* count_again */ ",
            meant!($indexed, $whom),
            "
SELECT state, residence, COUNT(*) FILTER (WHERE NOT others) AS moved, COUNT(*) FILTER (WHERE others) AS others
FROM meant GROUP BY state, residence"
        )
    };
}

macro_rules! move_again {
    ($indexed:literal, $whom:literal) => {
        concat!(
            "/* move_again */ ",
            meant!($indexed, $whom),
            "
UPDATE campaign_people
SET state = 'pending', reason = NULL, repeats = CASE meant.state WHEN 'unknown' THEN 1 ELSE 0 END,
    cascade = cascade || COALESCE(meant.further, ''), place = meant.place, tries = 0, slot = 0, due_at = $5,
    channel = CASE substr(cascade || COALESCE(meant.further, ''), meant.place * 2 + 1, 1)
        WHEN 'e' THEN 'email' WHEN 's' THEN 'sms' WHEN 'p' THEN 'push' WHEN 'l' THEN 'letter' ELSE 'voice' END
FROM meant WHERE campaign_id = meant.campaign AND person_id = meant.person AND NOT meant.others"
        )
    };
}

/// Counts and moves those who were given up on. Nobody else is read: left to itself, the planner walks over the whole campaign.
pub(super) const GIVEN_UP: [&str; 2] = [
    count_again!(
        "INDEXED BY campaign_people_unreachable",
        "p.state IN ('unreachable', 'announced') AND p.reason IN (SELECT value FROM json_each($3))"
    ),
    move_again!(
        "INDEXED BY campaign_people_unreachable",
        "p.state IN ('unreachable', 'announced') AND p.reason IN (SELECT value FROM json_each($3))"
    ),
];

const UNKNOWN: [&str; 2] = [count_again!("", "p.state = 'unknown'"), move_again!("", "p.state = 'unknown'")];

const COUNT_UNKNOWN: &str = "/* count_unknown */
SELECT COALESCE(people.jurisdiction, ''), COUNT(*)
FROM campaign_people p CROSS JOIN people ON people.id = p.person_id
WHERE p.campaign_id = $1 AND p.state = 'unknown' GROUP BY 1";

const TAKE_UNKNOWN: &str =
    "/* take_unknown */ UPDATE campaign_people SET state = 'reached' WHERE campaign_id = $1 AND state = 'unknown'";

impl MoveAgain for SqliteConnection {
    async fn move_again(
        &mut self,
        campaign: &Campaign,
        whom: Again,
        further: &FurtherSteps,
        now: Millis,
    ) -> Result<Vec<Stood>> {
        let (reasons, steps) = (json(&reasons(whom)), serde_json::json!(further).to_string());
        let mut stood = Vec::new();
        for [count, moving] in [GIVEN_UP].into_iter().chain(whom.unknown.then_some(UNKNOWN)) {
            let rows: Vec<Stood> = sqlx::query_as(count)
                .bind(campaign.id.0)
                .bind(campaign.incident.0)
                .bind(&reasons)
                .bind(&steps)
                .fetch_all(&mut *self)
                .await?;
            stood.extend(rows);
            sqlx::query(moving)
                .bind(campaign.id.0)
                .bind(campaign.incident.0)
                .bind(&reasons)
                .bind(&steps)
                .bind(now.0)
                .execute(&mut *self)
                .await?;
        }
        Ok(stood)
    }

    async fn take_unknown(&mut self, campaign: CampaignId) -> Result<Vec<(String, i64)>> {
        let stood = sqlx::query_as(COUNT_UNKNOWN).bind(campaign.0).fetch_all(&mut *self).await?;
        sqlx::query(TAKE_UNKNOWN).bind(campaign.0).execute(self).await?;
        Ok(stood)
    }
}
