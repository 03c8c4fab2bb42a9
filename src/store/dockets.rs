//! Where the duties of incidents stand.

use std::collections::BTreeMap;

use async_trait::async_trait;
use sqlx::FromRow;
use uuid::Uuid;

use super::SqlStore;
use super::db::{on_both_connections, reading};
use super::error::StoreError;
use super::fulfilments::FulfilmentRow;
use super::incidents::IncidentRows;
use super::rows::{IncidentRow, word};
use super::traits::{Docket, DocketStore, Result};
use super::waivers::WaiverRow;
use crate::domain::clock::Millis;
use crate::domain::fulfilment::Fulfilment;
use crate::domain::id::IncidentId;
use crate::domain::incident::Incident;
use crate::domain::report::{ReportKind, Submission};
use crate::domain::waiver::Waiver;

#[derive(Debug, FromRow)]
struct SubmissionRow {
    incident_id: Uuid,
    obligation: String,
    kind: String,
    at: i64,
}

impl TryFrom<SubmissionRow> for Submission {
    type Error = StoreError;
    fn try_from(row: SubmissionRow) -> Result<Self> {
        let kind = word("reports", "kind", ReportKind::from_name(&row.kind))?;
        Ok(Self { obligation: row.obligation, kind, at: Millis(row.at) })
    }
}

/// What was submitted and decided, by incident.
#[derive(Default)]
struct Standing {
    submissions: BTreeMap<IncidentId, Vec<Submission>>,
    waivers: BTreeMap<IncidentId, Vec<Waiver>>,
    fulfilments: BTreeMap<IncidentId, Vec<Fulfilment>>,
}

impl Standing {
    fn of(submissions: Vec<SubmissionRow>, waivers: Vec<WaiverRow>, fulfilments: Vec<FulfilmentRow>) -> Result<Self> {
        let mut standing = Self::default();
        for row in submissions {
            let of_incident = standing.submissions.entry(IncidentId(row.incident_id)).or_default();
            of_incident.push(row.try_into()?);
        }
        for row in waivers {
            let waiver = Waiver::try_from(row)?;
            standing.waivers.entry(waiver.incident).or_default().push(waiver);
        }
        for row in fulfilments {
            let fulfilment = Fulfilment::from(row);
            standing.fulfilments.entry(fulfilment.incident).or_default().push(fulfilment);
        }
        Ok(standing)
    }

    fn docket(&mut self, incident: Incident) -> Docket {
        let submissions = self.submissions.remove(&incident.id).unwrap_or_default();
        let waivers = self.waivers.remove(&incident.id).unwrap_or_default();
        let fulfilments = self.fulfilments.remove(&incident.id).unwrap_or_default();
        Docket { incident, submissions, waivers, fulfilments }
    }
}

/// Reading dockets on a connection.
trait DocketRows {
    /// What was submitted and decided of the incidents that are being handled, or of all.
    fn standing(&mut self, all: bool) -> impl Future<Output = Result<Standing>> + Send;
    /// The incidents that are being handled, or all, oldest first.
    fn incidents_of(&mut self, all: bool) -> impl Future<Output = Result<Vec<IncidentRow>>> + Send;
}

on_both_connections!(DocketRows {
    async fn standing(&mut self, all: bool) -> Result<Standing> {
        let submissions = sqlx::query_as(
            "/* standing */ SELECT r.incident_id, r.obligation, r.kind, MIN(r.submitted_at) AS at \
             FROM reports r JOIN incidents i ON i.id = r.incident_id \
             WHERE (i.state IN ('draft', 'open') OR $1 = 1) AND r.submitted_at IS NOT NULL \
             GROUP BY r.incident_id, r.obligation, r.kind",
        )
        .bind(i64::from(all))
        .fetch_all(&mut *self)
        .await?;
        let waivers = sqlx::query_as(
            "/* standing */ SELECT w.* FROM waivers w JOIN incidents i ON i.id = w.incident_id \
             WHERE i.state IN ('draft', 'open') OR $1 = 1 ORDER BY w.id",
        )
        .bind(i64::from(all))
        .fetch_all(&mut *self)
        .await?;
        let fulfilments = sqlx::query_as(
            "/* standing */ SELECT f.* FROM fulfilments f JOIN incidents i ON i.id = f.incident_id \
             WHERE i.state IN ('draft', 'open') OR $1 = 1 ORDER BY f.id",
        )
        .bind(i64::from(all))
        .fetch_all(&mut *self)
        .await?;
        Standing::of(submissions, waivers, fulfilments)
    }

    async fn incidents_of(&mut self, all: bool) -> Result<Vec<IncidentRow>> {
        let rows = sqlx::query_as(
            "/* incidents_of */ SELECT id, state, facts, version, people, created_at, updated_at \
             FROM incidents WHERE state IN ('draft', 'open') OR $1 = 1 ORDER BY id",
        )
        .bind(i64::from(all))
        .fetch_all(&mut *self)
        .await?;
        Ok(rows)
    }
});

impl SqlStore {
    async fn read_dockets(&self, all: bool) -> Result<Vec<Docket>> {
        let (incidents, mut standing) = reading!(self, conn => {
            let incidents = conn.incidents_of(all).await?;
            Ok::<_, StoreError>((incidents, conn.standing(all).await?))
        })?;
        incidents.into_iter().map(|row| Ok(standing.docket(Incident::try_from(row)?))).collect()
    }
}

#[async_trait]
impl DocketStore for SqlStore {
    async fn dockets(&self) -> Result<Vec<Docket>> {
        self.read_dockets(false).await
    }

    async fn all_dockets(&self) -> Result<Vec<Docket>> {
        self.read_dockets(true).await
    }

    async fn docket(&self, id: IncidentId) -> Result<Docket> {
        let (incident, submissions, waivers, fulfilments) = reading!(self, conn => {
            let incident = conn.read_incident(id).await?;
            let submissions: Vec<SubmissionRow> = sqlx::query_as(
                "/* docket */ SELECT incident_id, obligation, kind, MIN(submitted_at) AS at FROM reports \
                 WHERE incident_id = $1 AND submitted_at IS NOT NULL \
                 GROUP BY incident_id, obligation, kind",
            )
            .bind(id.0)
            .fetch_all(&mut *conn)
            .await?;
            let waivers: Vec<WaiverRow> = sqlx::query_as("/* docket */ SELECT * FROM waivers WHERE incident_id = $1 ORDER BY id")
                .bind(id.0)
                .fetch_all(&mut *conn)
                .await?;
            let fulfilments: Vec<FulfilmentRow> =
                sqlx::query_as("/* docket */ SELECT * FROM fulfilments WHERE incident_id = $1 ORDER BY id")
                    .bind(id.0)
                    .fetch_all(&mut *conn)
                    .await?;
            Ok::<_, StoreError>((incident, submissions, waivers, fulfilments))
        })?;
        Ok(Standing::of(submissions, waivers, fulfilments)?.docket(incident))
    }
}
