//! Deadlines in people's hands: lists, calendars, reminders.

mod calendar;
mod completed;
mod feeds;
mod left_behind;
mod list;
mod metrics;
mod once;
mod other_provider;
mod program;
mod refused;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use candour::deadlines::{Deadlines, Reminders};
use candour::domain::clock::{Clock, Millis};
use candour::domain::contact::EmailAddress;
use candour::domain::id::IncidentId;
use candour::domain::incident::Incident;
use candour::law::Rules;
use candour::providers::Provider;
use candour::providers::http::{Http, Reach};
use candour::responders::{Responders, Settings, Signer};
use candour::store::IncidentStore;
use candour::system::System;
use candour::telemetry::Metrics;
use serde_json::json;
use url::Url;

use crate::support::configured::provider;
use crate::support::recording_sink::RecordingSink;
use crate::support::stores::World;

/// What signs the calls of these tests.
pub(crate) const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

/// A clock that stands until it is set.
pub(crate) struct Hand(AtomicI64);

impl Hand {
    pub(crate) fn at(rfc3339: &str) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(instant(rfc3339).0)))
    }

    pub(crate) fn set(&self, rfc3339: &str) {
        self.0.store(instant(rfc3339).0, Ordering::SeqCst);
    }
}

impl Clock for Hand {
    fn now(&self) -> Millis {
        Millis(self.0.load(Ordering::SeqCst))
    }
}

pub(crate) fn instant(rfc3339: &str) -> Millis {
    rfc3339.parse::<jiff::Timestamp>().unwrap().into()
}

/// The deadlines over a test's store.
fn deadlines(world: &World, clock: Arc<dyn Clock>) -> Deadlines {
    let rules = Arc::new(Rules::embedded().unwrap());
    Deadlines::new((world.store.clone(), clock, Arc::new(System)), rules, "https://candour.example.org")
}

/// Whoever reminds: one process's worth of it.
fn reminders(world: &World, clock: &Arc<Hand>, mail: Option<&RecordingSink>, webhook: Option<&Url>) -> Reminders {
    let responders = responders(mail.map(|sink| relay(sink, "mail")).into_iter().collect(), webhook);
    Reminders::new(deadlines(world, clock.clone()), Arc::new(Metrics::new([])), responders)
}

/// Those who are told: a mailbox that these providers carry mail to, and a system.
pub(crate) fn responders(mail: Vec<Arc<dyn Provider>>, webhook: Option<&Url>) -> Arc<Responders> {
    let settings = Settings {
        email: vec![EmailAddress::parse("duty@example.org").unwrap()],
        mail,
        webhooks: webhook.into_iter().cloned().collect(),
        signer: Some(Signer::parse(SECRET).unwrap()),
    };
    Arc::new(Responders::new(Http::new(Reach::Anywhere).unwrap(), settings))
}

/// A provider of this name that hands mail to the sink.
pub(crate) fn relay(sink: &RecordingSink, name: &str) -> Arc<dyn Provider> {
    provider(&format!(
        "kind = 'smtp'\nname = '{name}'\nhost = '{}'\nport = {}\ntls = 'none'\nfrom = 'incident@example.org'",
        sink.address.ip(),
        sink.address.port()
    ))
}

/// An incident under the GDPR of which somebody became aware then: its authority is to be told within 72 hours.
async fn incident(world: &World, title: &str, aware: &str) -> IncidentId {
    let facts = json!({
        "title": title,
        "organisation": { "name": "Nordwind", "country": "DE" },
        "timeline": { "aware": aware },
        "scope": { "properties": ["confidentiality"], "data": ["name"],
            "affected": [{ "jurisdiction": "eu-gdpr", "individuals": 1200 }] },
        "impact": { "risk": "risk" },
    });
    let incident = Incident { facts: serde_json::from_value(facts).unwrap(), ..world.draft() };
    world.store.create_incident(&incident, world.audit(incident.id, "incident.filed")).await.unwrap();
    incident.id
}
