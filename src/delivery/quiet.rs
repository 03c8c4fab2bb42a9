//! Quiet hours: whoever would be disturbed now is put off to their end, by the clock where the person is. For calls also the hours
//! in which a country wants its people called.
//!
//! Not where the law's deadline to tell them would pass meanwhile: then they are told at once, and the audit chain says so.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::tz::TimeZone;
use tokio::sync::Mutex;

use super::calling;
use super::claims::Work;
use super::engine::Shared;
use super::returns;
use crate::domain::actor::ActorRef;
use crate::domain::audit::AuditEntry;
use crate::domain::campaign::Campaign;
use crate::domain::channel::Channel;
use crate::domain::clock::Millis;
use crate::domain::contact::PhoneNumber;
use crate::domain::deadline::instant;
use crate::domain::id::{NoticeId, WorkerId};
use crate::domain::jurisdiction::JurisdictionId;
use crate::domain::obligation::{Duty, Force};
use crate::domain::person::PersonRecord;
use crate::domain::quiet::QuietHours;
use crate::law::Rules;
use crate::store::{Delay, EngineStore, StoreError};

/// The field of a person that names the zone they live in, as the IANA database spells it.
const ZONE_FIELD: &str = "time_zone";

/// Ends of quiet that are followed at most: a week of nights and mornings.
const LOOKS: usize = 16;

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

    /// The zones somebody may live in: their own, else that of the authority where they live, else those of the country of
    /// their number. None when nobody knows.
    fn zones(&self, record: &PersonRecord, number: Option<&PhoneNumber>) -> Vec<TimeZone> {
        let own = record.fields.get(ZONE_FIELD).and_then(|name| TimeZone::get(name.expose().trim()).ok());
        match own.or_else(|| self.rules.zone(record.jurisdiction.as_ref()?)) {
            Some(zone) => vec![zone],
            None => number.map(calling::zones).unwrap_or_default(),
        }
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

/// When somebody is disturbed no more by any of the clocks they may live by, if they would be now: outside their quiet hours
/// and, for a call, in an hour for calls.
fn disturbed_until(
    quiet: Option<QuietHours>,
    called: Option<&PhoneNumber>,
    now: Millis,
    zones: &[TimeZone],
) -> Option<Millis> {
    let mut free_at = now;
    // The end of one may lie within the other. Where they leave no hour at all, it is looked at again then.
    for _ in 0..LOOKS {
        let over_at = |zone| {
            let night = quiet.and_then(|quiet| quiet.over_at(free_at, zone));
            night.or_else(|| calling::opens_at(called?, free_at, zone))
        };
        match zones.iter().filter_map(over_at).max() {
            Some(later) if later > free_at => free_at = later,
            _ => break,
        }
    }
    (free_at > now).then_some(free_at)
}

/// Puts off whoever would be disturbed now. Returns the others; `None` when that cannot be told now, and all wait.
pub(super) async fn within_hours(
    shared: &Arc<Shared>,
    worker: WorkerId,
    quiet: Option<QuietHours>,
    campaign: &Campaign,
    work: Vec<Work>,
) -> Option<Vec<Work>> {
    let now = shared.clock.now();
    let nights = &shared.nights;
    let (mut free, mut late, mut put_off) = (Vec::with_capacity(work.len()), 0_usize, Vec::new());
    let due = match nights.due(shared.store.as_ref(), campaign).await {
        Ok(due) => due,
        Err(error) => {
            // Nobody is disturbed because the database is away.
            tracing::warn!(campaign = %campaign.id, %error, "deadlines cannot be read; people wait for it");
            hand_back(shared, worker, campaign, work);
            return None;
        }
    };
    for (notice, claimed) in work {
        let record = &claimed.person.record;
        let number = match claimed.step.channel {
            Channel::Sms | Channel::Voice => record.phones.get(usize::from(claimed.step.point)),
            _ => None,
        };
        let called = number.filter(|_| claimed.step.channel == Channel::Voice);
        let Some(end) = disturbed_until(quiet, called, now, &nights.zones(record, number)) else {
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
        let until = put_off.iter().map(|(until, _)| *until).collect();
        if shared.store.put_off(campaign.id, worker, until, Delay::Hour, now).await.is_err() {
            hand_back(shared, worker, campaign, put_off.into_iter().map(|(_, work)| work).collect());
        }
    }
    Some(free)
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

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn a_call_waits_for_the_end_of_the_night_and_then_for_the_hour_of_calls() {
        let at = |text: &str| Millis::from(text.parse::<Timestamp>().unwrap());
        let zone = [TimeZone::get("Europe/Paris").unwrap()];
        let night = QuietHours { from: "20:00".parse().unwrap(), until: "09:00".parse().unwrap() };
        let number = PhoneNumber::from_e164("+33612345678").unwrap();
        let friday = at("2026-11-20T19:30:00Z");
        let monday = Some(at("2026-11-23T09:00:00Z"));
        assert_eq!(disturbed_until(Some(night), Some(&number), friday, &zone), monday);
        assert_eq!(disturbed_until(None, Some(&number), friday, &zone), monday);
        assert_eq!(disturbed_until(Some(night), None, friday, &zone), Some(at("2026-11-21T08:00:00Z")));
        assert_eq!(disturbed_until(Some(night), Some(&number), at("2026-11-23T15:00:00Z"), &zone), None);
        // Nobody knows where in the United States: it must be day in New York and in Honolulu.
        let american = PhoneNumber::from_e164("+12025550155").unwrap();
        let early = at("2026-11-23T10:41:00Z");
        let zones = calling::zones(&american);
        assert_eq!(disturbed_until(None, Some(&american), early, &zones), Some(at("2026-11-23T18:00:00Z")));
        assert_eq!(disturbed_until(None, Some(&american), at("2026-11-23T19:00:00Z"), &zones), None);
        let never = QuietHours { from: "09:00".parse().unwrap(), until: "21:00".parse().unwrap() };
        let later = disturbed_until(Some(never), Some(&number), friday, &zone);
        assert!(later.is_some_and(|later| later > friday), "where no hour is left it is looked at again");
    }
}
