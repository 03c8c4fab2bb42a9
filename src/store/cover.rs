//! Unreachable people and the announcement that stands in for them.
//!
//! Both steps go campaign by campaign in order of identifier, people before counts, as every other operation that moves
//! people does, so that two of them wait for each other instead of for ever.

use uuid::Uuid;

use super::db::on_both_connections;
use super::traits::Result;
use crate::domain::id::IncidentId;

/// Moving an incident's people between unreachable and announced inside an operation.
pub(in crate::store) trait Cover {
    /// Moves unreachable people of all the incident's campaigns to announced; returns how many places in campaigns moved.
    fn cover(&mut self, incident: IncidentId) -> impl Future<Output = Result<i64>> + Send;
    /// Moves announced people back to unreachable; returns how many places in campaigns moved.
    fn uncover(&mut self, incident: IncidentId) -> impl Future<Output = Result<i64>> + Send;
    /// How many different people of the incident are announced and have been told by no campaign.
    fn announced_people(&mut self, incident: IncidentId) -> impl Future<Output = Result<i64>> + Send;
}

on_both_connections!(Cover {
    async fn cover(&mut self, incident: IncidentId) -> Result<i64> {
        let campaigns: Vec<Uuid> =
            sqlx::query_scalar("/* cover */ SELECT id FROM campaigns WHERE incident_id = $1 ORDER BY id")
                .bind(incident.0)
                .fetch_all(&mut *self)
                .await?;
        let mut all = 0;
        for campaign in campaigns {
            let moved = sqlx::query(
                "/* cover */ UPDATE campaign_people SET state = 'announced' WHERE campaign_id = $1 AND state = 'unreachable'",
            )
            .bind(campaign)
            .execute(&mut *self)
            .await?
            .rows_affected()
            .cast_signed();
            if moved > 0 {
                sqlx::query(
                    "/* cover */ UPDATE campaigns SET unreachable = unreachable - $2, announced = announced + $2 WHERE id = $1",
                )
                .bind(campaign)
                .bind(moved)
                .execute(&mut *self)
                .await?;
                sqlx::query(
                    "/* cover */ UPDATE campaign_jurisdictions SET announced = announced + unreachable, unreachable = 0 \
                     WHERE campaign_id = $1",
                )
                .bind(campaign)
                .execute(&mut *self)
                .await?;
            }
            all += moved;
        }
        Ok(all)
    }

    async fn uncover(&mut self, incident: IncidentId) -> Result<i64> {
        let campaigns: Vec<Uuid> =
            sqlx::query_scalar("/* uncover */ SELECT id FROM campaigns WHERE incident_id = $1 ORDER BY id")
                .bind(incident.0)
                .fetch_all(&mut *self)
                .await?;
        let mut all = 0;
        for campaign in campaigns {
            let moved = sqlx::query(
                "/* uncover */ UPDATE campaign_people SET state = 'unreachable' WHERE campaign_id = $1 AND state = 'announced'",
            )
            .bind(campaign)
            .execute(&mut *self)
            .await?
            .rows_affected()
            .cast_signed();
            if moved > 0 {
                sqlx::query(
                    "/* uncover */ UPDATE campaigns SET announced = announced - $2, unreachable = unreachable + $2 WHERE id = $1",
                )
                .bind(campaign)
                .bind(moved)
                .execute(&mut *self)
                .await?;
                sqlx::query(
                    "/* uncover */ UPDATE campaign_jurisdictions SET unreachable = unreachable + announced, announced = 0 \
                     WHERE campaign_id = $1",
                )
                .bind(campaign)
                .execute(&mut *self)
                .await?;
            }
            all += moved;
        }
        Ok(all)
    }

    async fn announced_people(&mut self, incident: IncidentId) -> Result<i64> {
        Ok(sqlx::query_scalar(
            "/* announced_people */ SELECT COUNT(DISTINCT p.person_id) FROM campaigns c \
             JOIN campaign_people p ON p.campaign_id = c.id AND p.state = 'announced' WHERE c.incident_id = $1 \
             AND NOT EXISTS (SELECT 1 FROM campaigns d JOIN campaign_people o ON o.campaign_id = d.id AND o.person_id = p.person_id \
                 WHERE d.incident_id = $1 AND o.state = 'reached')",
        )
        .bind(incident.0)
        .fetch_one(&mut *self)
        .await?)
    }
});
