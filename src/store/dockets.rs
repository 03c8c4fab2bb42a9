//! Where the duties of incidents stand.

use std::collections::BTreeMap;

use async_trait::async_trait;
use sqlx::FromRow;
use uuid::Uuid;

use super::SqlStore;
use super::db::reading;
use super::error::StoreError;
use super::incidents::IncidentRows;
use super::rows::IncidentRow;
use super::traits::{Docket, DocketStore, Result};
use crate::domain::clock::Millis;
use crate::domain::id::IncidentId;
use crate::domain::incident::Incident;

#[derive(Debug, FromRow)]
struct MetRow {
    incident_id: Uuid,
    obligation: String,
    at: i64,
}

/// What was met, by incident. What is only supplementary meets nothing.
fn by_incident(rows: Vec<MetRow>) -> BTreeMap<IncidentId, BTreeMap<String, Millis>> {
    let mut met: BTreeMap<IncidentId, BTreeMap<String, Millis>> = BTreeMap::new();
    for row in rows {
        met.entry(IncidentId(row.incident_id)).or_default().insert(row.obligation, Millis(row.at));
    }
    met
}

#[async_trait]
impl DocketStore for SqlStore {
    async fn dockets(&self) -> Result<Vec<Docket>> {
        let (incidents, met) = reading!(self, conn => {
            let incidents: Vec<IncidentRow> = sqlx::query_as(
                "/* dockets */ SELECT id, state, facts, version, people, created_at, updated_at \
                 FROM incidents WHERE state IN ('draft', 'open') ORDER BY id",
            )
            .fetch_all(&mut *conn)
            .await?;
            let met: Vec<MetRow> = sqlx::query_as(
                "/* dockets */ SELECT r.incident_id, r.obligation, MIN(r.submitted_at) AS at \
                 FROM reports r JOIN incidents i ON i.id = r.incident_id \
                 WHERE i.state IN ('draft', 'open') AND r.submitted_at IS NOT NULL AND r.kind <> 'supplementary' \
                 GROUP BY r.incident_id, r.obligation",
            )
            .fetch_all(&mut *conn)
            .await?;
            Ok::<_, StoreError>((incidents, met))
        })?;
        let mut met = by_incident(met);
        let docket = |row: IncidentRow| {
            let incident = Incident::try_from(row)?;
            let met = met.remove(&incident.id).unwrap_or_default();
            Ok(Docket { incident, met })
        };
        incidents.into_iter().map(docket).collect()
    }

    async fn docket(&self, id: IncidentId) -> Result<Docket> {
        let (incident, met) = reading!(self, conn => {
            let incident = conn.read_incident(id).await?;
            let met: Vec<MetRow> = sqlx::query_as(
                "/* docket */ SELECT incident_id, obligation, MIN(submitted_at) AS at FROM reports \
                 WHERE incident_id = $1 AND submitted_at IS NOT NULL AND kind <> 'supplementary' \
                 GROUP BY incident_id, obligation",
            )
            .bind(id.0)
            .fetch_all(&mut *conn)
            .await?;
            Ok::<_, StoreError>((incident, met))
        })?;
        let met = by_incident(met).remove(&id).unwrap_or_default();
        Ok(Docket { incident, met })
    }
}
