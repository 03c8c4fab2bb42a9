//! What can be read about campaigns.

use std::str::FromStr;

use sqlx::FromRow;
use uuid::Uuid;

use super::campaign_rows::CampaignRow;
use crate::domain::attempt::UnreachableReason;
use crate::domain::campaign::{Campaign, Counts, PersonState};
use crate::domain::channel::Channel;
use crate::domain::clock::Millis;
use crate::domain::id::{AttemptId, CampaignId, IncidentId, PersonId};
use crate::domain::outcome::Outcome;
use crate::store::SqlStore;
use crate::store::db::reading;
use crate::store::error::StoreError;
use crate::store::rows::{jurisdiction, page, word};
use crate::store::traits::{AttemptRow, JurisdictionCounts, Page, Result, Tally};

/// A row of `attempts`, or an intent without an outcome yet, beside its person's state.
#[derive(Debug, FromRow)]
struct ListedRow {
    id: Uuid,
    person_id: Uuid,
    state: String,
    channel: String,
    provider: String,
    number: i64,
    repeats: i64,
    notice_hash: String,
    intended_at: i64,
    outcome: Option<String>,
    settled_at: Option<i64>,
    code: Option<String>,
    reference: Option<String>,
    receipt: Option<String>,
}

impl TryFrom<ListedRow> for AttemptRow {
    type Error = StoreError;
    fn try_from(row: ListedRow) -> Result<Self> {
        Ok(Self {
            id: AttemptId(row.id),
            person: PersonId(row.person_id),
            person_state: word("campaign_people", "state", PersonState::from_name(&row.state))?,
            channel: channel(&row.channel)?,
            provider: row.provider,
            number: row.number,
            repeats: row.repeats != 0,
            notice_hash: row.notice_hash,
            intended_at: Millis(row.intended_at),
            outcome: row.outcome.as_deref().map(outcome).transpose()?,
            settled_at: row.settled_at.map(Millis),
            code: row.code,
            reference: row.reference,
            receipt: row.receipt.as_deref().map(outcome).transpose()?,
        })
    }
}

/// A row of `campaign_jurisdictions`.
#[derive(Debug, FromRow)]
struct JurisdictionRow {
    jurisdiction: String,
    sealed: i64,
    reached: i64,
    unknown: i64,
    unreachable: i64,
    announced: i64,
    suppressed: i64,
}

impl TryFrom<JurisdictionRow> for JurisdictionCounts {
    type Error = StoreError;
    fn try_from(row: JurisdictionRow) -> Result<Self> {
        let elsewhere = row.reached + row.unknown + row.unreachable + row.announced + row.suppressed;
        Ok(Self {
            jurisdiction: jurisdiction(Some(row.jurisdiction))?,
            sealed: row.sealed,
            counts: Counts {
                pending: row.sealed - elsewhere,
                in_flight: 0,
                reached: row.reached,
                unknown: row.unknown,
                unreachable: row.unreachable,
                announced: row.announced,
                suppressed: row.suppressed,
            },
        })
    }
}

/// Reads a channel's column.
pub(super) fn channel(text: &str) -> Result<Channel> {
    word("attempts", "channel", Channel::from_str(text).ok())
}

/// Reads an outcome's column.
pub(super) fn outcome(text: &str) -> Result<Outcome> {
    word("attempts", "outcome", Outcome::from_str(text).ok())
}

impl SqlStore {
    pub(super) async fn list_campaigns(&self, incident: IncidentId) -> Result<Vec<Campaign>> {
        let rows: Vec<CampaignRow> = reading!(self, conn => {
            sqlx::query_as("/* list_campaigns */ SELECT * FROM campaigns WHERE incident_id = $1 ORDER BY id")
                .bind(incident.0)
                .fetch_all(conn)
                .await
        })?;
        rows.into_iter().map(Campaign::try_from).collect()
    }

    /// See `CampaignStore::running_campaigns`.
    pub(super) async fn list_running(&self) -> Result<Vec<Campaign>> {
        let rows: Vec<CampaignRow> = reading!(self, conn => {
            sqlx::query_as("/* list_running */ SELECT * FROM campaigns WHERE state = 'running' ORDER BY id")
                .fetch_all(conn)
                .await
        })?;
        let read = |row: CampaignRow| {
            let campaign = row.id();
            Campaign::try_from(row)
                .inspect_err(
                    |error| tracing::error!(%campaign, %error, "a campaign cannot be read and rests; the others go on"),
                )
                .ok()
        };
        Ok(rows.into_iter().filter_map(read).collect())
    }

    pub(super) async fn list_attempts(
        &self,
        campaign: CampaignId,
        after: Option<AttemptId>,
        limit: u32,
    ) -> Result<Page<AttemptRow>> {
        // From one to the next: asked for a page, PostgreSQL reads and sorts all attempts of a campaign that has begun since the
        // table was last analysed, for it takes them for few. Few are in flight, and the index of those finds them; but on
        // PostgreSQL it holds those who were, too, until it is vacuumed, and is walked no further than a full page of settled
        // ones goes. The campaign is asked for in words that no index answers: by the key of all its people SQLite would read
        // each of them.
        let rows: Vec<ListedRow> = reading!(self, conn => {
            sqlx::query_as(
                "/* list_attempts */ WITH RECURSIVE next (id, nth) AS ( \
                     SELECT (SELECT id FROM attempts WHERE campaign_id = $1 AND id > $2 ORDER BY id LIMIT 1), 1 \
                     UNION ALL \
                     SELECT (SELECT a.id FROM attempts a WHERE a.campaign_id = $1 AND a.id > next.id ORDER BY a.id LIMIT 1), \
                            nth + 1 \
                     FROM next WHERE next.id IS NOT NULL AND nth < $3 \
                 ), settled AS MATERIALIZED ( \
                     SELECT a.id, a.person_id, p.state, a.channel, a.provider, a.number, a.repeats, a.intended_at, \
                            a.outcome, a.settled_at, a.code, a.reference, a.receipt \
                     FROM next JOIN attempts a ON a.id = next.id \
                     JOIN campaign_people p ON p.campaign_id = a.campaign_id AND p.person_id = a.person_id \
                 ), in_flight AS MATERIALIZED ( \
                     SELECT attempt_id, person_id, state, channel, provider, attempts + 1, repeats, intended_at, \
                            CAST(NULL AS TEXT), CAST(NULL AS BIGINT), CAST(NULL AS TEXT), CAST(NULL AS TEXT), \
                            CAST(NULL AS TEXT) \
                     FROM campaign_people \
                     WHERE attempt_id > $2 AND attempt_id < COALESCE((SELECT id FROM settled ORDER BY id LIMIT 1 OFFSET $3 - 1), $4) \
                         AND state = 'in_flight' AND CASE WHEN campaign_id = $1 THEN 1 ELSE 0 END = 1 \
                     ORDER BY attempt_id LIMIT $3 \
                 ) \
                 SELECT l.*, c.notice_hash FROM (SELECT * FROM settled UNION ALL SELECT * FROM in_flight) AS l \
                 CROSS JOIN campaigns c WHERE c.id = $1 ORDER BY l.id LIMIT $3",
            )
            .bind(campaign.0)
            .bind(after.map_or(Uuid::nil(), |id| id.0))
            .bind(i64::from(limit) + 1)
            .bind(Uuid::max())
            .fetch_all(conn)
            .await
        })?;
        page(rows, limit, AttemptRow::try_from)
    }

    pub(super) async fn list_tallies(&self, campaign: CampaignId) -> Result<Vec<Tally>> {
        let rows: Vec<(String, String, String, i64)> = reading!(self, conn => {
            sqlx::query_as(
                "/* list_tallies */ SELECT channel, provider, outcome, attempts FROM tallies WHERE campaign_id = $1 \
                 ORDER BY channel, provider, outcome",
            )
            .bind(campaign.0)
            .fetch_all(conn)
            .await
        })?;
        let tally = |(named, provider, word, attempts): (String, String, String, i64)| {
            Ok(Tally { channel: channel(&named)?, provider, outcome: outcome(&word)?, attempts })
        };
        rows.into_iter().map(tally).collect()
    }

    pub(super) async fn list_jurisdictions(&self, campaign: CampaignId) -> Result<Vec<JurisdictionCounts>> {
        let rows: Vec<JurisdictionRow> = reading!(self, conn => {
            sqlx::query_as(
                "/* list_jurisdictions */ SELECT jurisdiction, sealed, reached, unknown, unreachable, announced, suppressed \
                 FROM campaign_jurisdictions WHERE campaign_id = $1 ORDER BY jurisdiction",
            )
            .bind(campaign.0)
            .fetch_all(conn)
            .await
        })?;
        rows.into_iter().map(JurisdictionCounts::try_from).collect()
    }

    /// A person counts once, with the newest campaign that could not reach them, and not at all if another has.
    pub(super) async fn count_reasons(&self, incident: IncidentId) -> Result<Vec<(UnreachableReason, i64)>> {
        let rows: Vec<(String, i64)> = reading!(self, conn => {
            sqlx::query_as(
                "/* count_reasons */ SELECT p.reason, COUNT(*) \
                 FROM campaigns c JOIN campaign_people p ON p.campaign_id = c.id \
                 WHERE c.incident_id = $1 AND p.state IN ('unreachable', 'announced') AND p.reason IS NOT NULL \
                 AND NOT EXISTS ( \
                     SELECT 1 FROM campaigns d JOIN campaign_people o ON o.campaign_id = d.id \
                     WHERE d.incident_id = $1 AND d.id <> c.id AND o.person_id = p.person_id \
                     AND (o.state = 'reached' OR (d.id > c.id AND o.state IN ('unreachable', 'announced')))) \
                 GROUP BY p.reason ORDER BY p.reason",
            )
            .bind(incident.0)
            .fetch_all(conn)
            .await
        })?;
        let read = |(reason, people): (String, i64)| {
            Ok((word("campaign_people", "reason", UnreachableReason::from_name(&reason))?, people))
        };
        rows.into_iter().map(read).collect()
    }
}
