//! Telling again for `PostgreSQL`. People come and go while it runs, so one statement locks whom it means, moves them, and says
//! from where.

use sqlx::PgConnection;

use crate::domain::campaign::Campaign;
use crate::domain::clock::Millis;
use crate::domain::id::CampaignId;
use crate::store::queue::again::{FurtherSteps, MoveAgain, Stood, reasons};
use crate::store::traits::{Again, Result};

// The further steps are looked up by key, in an object that is read once: how many there are of them, and what the planner takes
// those who are meant for, does not matter then.
macro_rules! move_again {
    ($whom:literal) => {
        concat!(
            "/* move_again */
WITH meant AS (
    SELECT p.person_id, p.state, COALESCE(people.jurisdiction, '') AS residence, f.further,
           CASE WHEN f.further IS NOT NULL THEN length(p.cascade) / 2 WHEN p.reason = 'bad_address' THEN 0 ELSE p.place END AS place,
           EXISTS (
               SELECT 1 FROM campaigns c JOIN campaign_people e ON e.campaign_id = c.id
               WHERE c.incident_id = $2 AND c.id <> $1 AND e.person_id = p.person_id
                 AND (e.state IN ('in_flight', 'reached', 'unknown') OR (e.state = 'pending' AND c.state <> 'cancelled'))
           ) AS others
    FROM campaign_people p JOIN people ON people.id = p.person_id
    CROSS JOIN LATERAL (
        SELECT CASE p.reason WHEN 'bad_address' THEN
            (SELECT $4::text::jsonb) ->> (COALESCE(people.jurisdiction, '') || ' ' || people.reach || ' ' || p.cascade) END AS further
    ) AS f
    WHERE p.campaign_id = $1 AND ",
            $whom,
            "
    ORDER BY p.person_id
    FOR UPDATE OF p
), moved AS (
    UPDATE campaign_people p
    SET state = 'pending', reason = NULL, repeats = CASE meant.state WHEN 'unknown' THEN 1 ELSE 0 END,
        cascade = p.cascade || COALESCE(meant.further, ''), place = meant.place, tries = 0, slot = 0, due_at = $5,
        channel = CASE substr(p.cascade || COALESCE(meant.further, ''), CAST(meant.place AS INTEGER) * 2 + 1, 1)
            WHEN 'e' THEN 'email' WHEN 's' THEN 'sms' WHEN 'p' THEN 'push' WHEN 'l' THEN 'letter' ELSE 'voice' END
    FROM meant WHERE p.campaign_id = $1 AND p.person_id = meant.person_id AND NOT meant.others
)
SELECT state, residence, COUNT(*) FILTER (WHERE NOT others) AS moved, COUNT(*) FILTER (WHERE others) AS others
FROM meant GROUP BY state, residence"
        )
    };
}

const GIVEN_UP: &str = move_again!("p.state IN ('unreachable', 'announced') AND p.reason = ANY($3)");

const UNKNOWN: &str = move_again!("p.state = 'unknown'");

const TAKE_UNKNOWN: &str = "/* take_unknown */
WITH moved AS (
    UPDATE campaign_people SET state = 'reached' WHERE campaign_id = $1 AND state = 'unknown' RETURNING person_id
)
SELECT COALESCE(people.jurisdiction, ''), COUNT(*) FROM moved JOIN people ON people.id = moved.person_id GROUP BY 1";

impl MoveAgain for PgConnection {
    async fn move_again(
        &mut self,
        campaign: &Campaign,
        whom: Again,
        further: &FurtherSteps,
        now: Millis,
    ) -> Result<Vec<Stood>> {
        let steps = serde_json::json!(further).to_string();
        let mut stood = Vec::new();
        for statement in [GIVEN_UP].into_iter().chain(whom.unknown.then_some(UNKNOWN)) {
            let rows: Vec<Stood> = sqlx::query_as(statement)
                .bind(campaign.id.0)
                .bind(campaign.incident.0)
                .bind(reasons(whom))
                .bind(&steps)
                .bind(now.0)
                .fetch_all(&mut *self)
                .await?;
            stood.extend(rows);
        }
        Ok(stood)
    }

    async fn take_unknown(&mut self, campaign: CampaignId) -> Result<Vec<(String, i64)>> {
        Ok(sqlx::query_as(TAKE_UNKNOWN).bind(campaign.0).fetch_all(self).await?)
    }
}
