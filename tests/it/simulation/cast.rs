//! Who and what is in a run before it begins: campaigns, their people, the notice.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use candour::domain::actor::ActorRef;
use candour::domain::campaign::{Campaign, CampaignState, Counts};
use candour::domain::channel::Channel;
use candour::domain::clock::{Clock, Millis};
use candour::domain::id::{CampaignId, IncidentId, NoticeId, PersonId};
use candour::domain::notice::Notice;
use candour::domain::person::Person;
use candour::law::Rules;
use candour::providers::Provider;
use candour::render::Renderer;
use candour::telemetry::Metrics;
use serde_json::json;
use uuid::Uuid;

use super::model::{Run, Standing};
use super::scenario::Scenario;

/// The incident of all campaigns.
pub(crate) const INCIDENT: IncidentId = IncidentId(Uuid::from_u128(0x1_0000));

/// The templates, loaded once for all runs: every life compiles them anew, so the longest are made short.
/// The law, of which simulated people ask nothing.
pub(crate) static RULES: LazyLock<Arc<Rules>> = LazyLock::new(|| Arc::new(Rules::embedded().unwrap()));

pub(crate) static RENDERER: LazyLock<Arc<Renderer>> = LazyLock::new(|| {
    let directory = tempfile::tempdir().unwrap();
    let set = directory.path().join("notices/standard");
    std::fs::create_dir_all(&set).unwrap();
    for (name, text) in
        [("email.html.hbs", "<p>{{body.what_happened}}</p>"), ("email.txt.hbs", "{{body.what_happened}}")]
    {
        std::fs::write(set.join(name), text).unwrap();
    }
    Arc::new(Renderer::load(Some(directory.path())).unwrap())
});

/// The notice of all campaigns, with the hash it compiles to.
static NOTICE: LazyLock<Notice> = LazyLock::new(|| {
    let texts = json!({ "what_happened": "A tape was lost.", "what_we_do": "We look for it.",
        "subject": "Your data", "what_you_can_do": ["Wait."], "what_we_offer": "Help.", "short": "A tape with your data was lost." });
    let content = json!({ "default_locale": "en", "texts": { "en": texts }, "cascade": ["sms", "push", "email"] });
    let facts =
        json!({ "title": "Tape", "organisation": { "name": "Example" }, "contact": { "phone": "+41446681800" } });
    let mut notice = Notice {
        id: NoticeId(Uuid::nil()),
        incident: INCIDENT,
        version: 1,
        content: serde_json::from_value(content).unwrap(),
        facts: serde_json::from_value(facts).unwrap(),
        hash: String::new(),
        created_at: Millis(0),
    };
    RENDERER.compile(&notice.content, &notice.facts).unwrap().hash().clone_into(&mut notice.hash);
    notice
});

/// The notice under an identifier.
pub(crate) fn notice(id: NoticeId) -> Notice {
    Notice { id, ..NOTICE.clone() }
}

/// The campaign of a number.
pub(crate) fn campaign_id(number: usize) -> CampaignId {
    CampaignId(Uuid::from_u128(0x2_0000 + number as u128))
}

/// The campaigns of a scenario, approved and not started.
pub(crate) fn runs(scenario: &Scenario) -> Vec<Run> {
    let mut runs = Vec::new();
    for (number, planned) in scenario.campaigns.iter().enumerate() {
        let person = |(nth, record): (usize, &_)| Person {
            id: PersonId(Uuid::from_u128(0x3_0000 + 0x100 * number as u128 + nth as u128)),
            record: Clone::clone(record),
        };
        let standing = |person: Person| (person.id, Standing::new(person, &scenario.order));
        let people: BTreeMap<_, _> = planned.people.iter().enumerate().map(person).map(standing).collect();
        let mut counts = Counts::default();
        for one in people.values() {
            *counts.get_mut(one.state) += 1;
        }
        let hash = if planned.changed { String::from("another") } else { NOTICE.hash.clone() };
        let campaign = Campaign {
            id: campaign_id(number),
            incident: INCIDENT,
            notice: NoticeId(Uuid::from_u128(0x4_0000 + u128::from(planned.changed))),
            notice_hash: hash,
            state: CampaignState::Approved,
            sealed: counts.total(),
            population_hash: String::new(),
            counts,
            repeated: 0,
            priority: planned.priority,
            plan: candour::domain::plan::Plan::default(),
            canary: candour::domain::plan::CanaryStage::Over,
            remedy_codes: false,
            author: ActorRef::operator(),
            approver: None,
            created_at: Millis(0),
            started_at: None,
            completed_at: None,
        };
        runs.push(Run { campaign, people, slot_round: 1 });
    }
    runs
}

/// What the engine is given of the house's furniture.
pub(crate) fn metrics(providers: &[Arc<dyn Provider>]) -> Arc<Metrics> {
    let names = providers.iter().map(|p| (p.describe().name.as_str(), p.describe().channel));
    Arc::new(Metrics::new::<'_>(names.collect::<Vec<(&str, Channel)>>()))
}

/// The time of a clock, as `Arc<dyn Clock>` wants it.
pub(crate) fn clock<C: Clock>(clock: &Arc<C>) -> Arc<dyn Clock> {
    Arc::clone(clock) as _
}
