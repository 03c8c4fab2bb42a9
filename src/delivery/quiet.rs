//! Quiet hours: whoever would be disturbed now is put off to their end, by the clock where the person is.
//!
//! Not where the law's deadline to tell them would pass meanwhile: then they are told at once, and the audit chain says so.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::tz::TimeZone;
use tokio::sync::Mutex;

use super::claims::Work;
use super::engine::Shared;
use super::returns;
use crate::domain::actor::ActorRef;
use crate::domain::audit::AuditEntry;
use crate::domain::campaign::Campaign;
use crate::domain::clock::Millis;
use crate::domain::deadline::instant;
use crate::domain::id::{NoticeId, WorkerId};
use crate::domain::jurisdiction::JurisdictionId;
use crate::domain::obligation::{Duty, Force};
use crate::domain::person::PersonRecord;
use crate::domain::quiet::QuietHours;
use crate::law::Rules;
use crate::store::{EngineStore, StoreError};

/// The field of a person that names the zone they live in, as the IANA database spells it.
const ZONE_FIELD: &str = "time_zone";

/// Deadlines to tell people by residence; those of laws that follow the organisation stand under the laws' own names.
type Due = BTreeMap<JurisdictionId, Vec<Millis>>;

/// What the law says about when.
pub(super) struct Nights {
    rules: Arc<Rules>,
    due: Mutex<HashMap<NoticeId, Arc<Due>>>,
}

impl Nights {
    pub(super) fn new(rules: Arc<Rules>) -> Self {
        Self { rules, due: Mutex::default() }
    }

    /// The zone somebody lives in: their own, else that of the authority where they live. `None` when nobody knows.
    fn zone(&self, record: &PersonRecord) -> Option<TimeZone> {
        let own = record.fields.get(ZONE_FIELD).and_then(|name| TimeZone::get(name.expose().trim()).ok());
        own.or_else(|| self.rules.zone(record.jurisdiction.as_ref()?))
    }

    /// The deadlines that follow from the facts the notice was written over.
    async fn due(&self, store: &dyn EngineStore, campaign: &Campaign) -> Result<Arc<Due>, StoreError> {
        let mut known = self.due.lock().await;
        if let Some(due) = known.get(&campaign.notice) {
            return Ok(Arc::clone(due));
        }
        let facts = store.notice(campaign.notice).await?.facts;
        let mut due = Due::new();
        for found in self.rules.obligations(&facts, &BTreeMap::new(), campaign.created_at) {
            if found.duty == Duty::NotifyIndividuals
                && found.force != Force::Review
                && let Some(at) = instant(&found)
            {
                due.entry(found.jurisdiction).or_default().push(at);
            }
        }
        let due = Arc::new(due);
        known.insert(campaign.notice, Arc::clone(&due));
        Ok(due)
    }

    /// Whether a deadline to tell somebody passes between two moments.
    fn passes(&self, due: &Due, residence: Option<&JurisdictionId>, from: Millis, until: Millis) -> bool {
        due.iter()
            .filter(|(law, _)| residence == Some(*law) || self.rules.residence(law).is_none())
            .flat_map(|(_, times)| times)
            .any(|at| (from..=until).contains(at))
    }
}

/// Puts off whoever would be disturbed now. Returns the others.
pub(super) async fn within_hours(
    shared: &Arc<Shared>,
    worker: WorkerId,
    quiet: QuietHours,
    campaign: &Campaign,
    work: Vec<Work>,
) -> Vec<Work> {
    let now = shared.clock.now();
    let nights = &shared.nights;
    let (mut free, mut late, mut put_off) = (Vec::with_capacity(work.len()), 0_usize, Vec::new());
    let due = match nights.due(shared.store.as_ref(), campaign).await {
        Ok(due) => due,
        Err(error) => {
            // Nobody is disturbed because the database is away.
            tracing::warn!(campaign = %campaign.id, %error, "deadlines cannot be read; people wait for it");
            hand_back(shared, worker, campaign, work);
            return Vec::new();
        }
    };
    for (notice, claimed) in work {
        let record = &claimed.person.record;
        let Some(end) = nights.zone(record).and_then(|zone| quiet.over_at(now, &zone)) else {
            free.push((notice, claimed));
            continue;
        };
        if nights.passes(&due, record.jurisdiction.as_ref(), now, end) {
            late += 1;
            free.push((notice, claimed));
        } else {
            put_off.push(((claimed.attempt, end), (notice, claimed)));
        }
    }
    if late > 0 {
        say(shared, campaign, late).await;
    }
    if !put_off.is_empty() {
        let slots = put_off.iter().map(|(slot, _)| *slot).collect();
        if shared.store.put_off(campaign.id, worker, slots, now).await.is_err() {
            hand_back(shared, worker, campaign, put_off.into_iter().map(|(_, work)| work).collect());
        }
    }
    free
}

/// The store is away: they are handed back once it is there again.
fn hand_back(shared: &Arc<Shared>, worker: WorkerId, campaign: &Campaign, work: Vec<Work>) {
    let attempts = work.into_iter().map(|(_, claimed)| claimed.attempt).collect();
    tokio::spawn(returns::hand_back(Arc::clone(shared), worker, campaign.id, attempts));
}

/// Says that people are disturbed, because the law's deadline leaves no other hour.
async fn say(shared: &Shared, campaign: &Campaign, people: usize) {
    tracing::warn!(campaign = %campaign.id, people, "people are told in their quiet hours: the deadline passes before these end");
    let entry = AuditEntry {
        incident: Some(campaign.incident),
        at: shared.clock.now(),
        actor: ActorRef::engine(),
        action: String::from("people.told_in_quiet_hours"),
        detail: serde_json::json!({ "campaign": campaign.id, "people": people }),
    };
    if let Err(error) = shared.store.note(entry).await {
        tracing::warn!(campaign = %campaign.id, %error, "this could not be written to the audit chain");
    }
}
