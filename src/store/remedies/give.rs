//! Giving codes to a few people while their campaign runs: those whose text has a code in it since their record was completed.

use std::collections::BTreeMap;

use super::assign::AssignCodes as _;
use super::pool::{PoolRows as _, entry};
use super::{CodeStatements as _, SealedCodes};
use crate::domain::actor::ActorRef;
use crate::domain::clock::Millis;
use crate::domain::id::{IncidentId, PersonId};
use crate::domain::remedy::RemedyCode;
use crate::store::SqlStore;
use crate::store::audit::AppendAudit as _;
use crate::store::db::writing;
use crate::store::incidents::IncidentRows as _;
use crate::store::keys::KeyRows as _;
use crate::store::traits::Result;

impl SqlStore {
    /// See `DeliveryStore::give_codes`.
    pub(in crate::store) async fn give(
        &self,
        incident: IncidentId,
        people: &[PersonId],
        now: Millis,
    ) -> Result<BTreeMap<PersonId, RemedyCode>> {
        let (key, codes): (_, SealedCodes) = writing!(self, tx => {
            // Whoever seals a population or takes codes back holds it, too.
            tx.lock_incident(incident).await?;
            let key = self.sealer.incident_key(incident, &tx.wrapped_key(incident).await?)?;
            let given = i64::try_from(tx.assign_listed(incident, people, now).await?).unwrap_or(0);
            let codes = tx.codes_of(people).await?;
            if given > 0 {
                tx.shift_pool(incident, given, 0, 0).await?;
                let detail = serde_json::json!({ "assigned": given });
                tx.append_audit(&entry(incident, now, &ActorRef::engine(), "remedy_codes.assigned", detail)).await?;
            }
            Ok((key, codes))
        })?;
        let code = |person: &PersonId| Ok(codes.open(*person, &key)?.map(|code| (*person, code)));
        people.iter().filter_map(|person| code(person).transpose()).collect()
    }
}
