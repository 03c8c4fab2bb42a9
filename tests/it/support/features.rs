//! Features over a test's store.

use std::sync::Arc;

use candour::announcements::Announcements;
use candour::domain::actor::{Actor, Role};
use candour::domain::campaign::{Campaign, CampaignState, Counts, Priority};
use candour::domain::channel::Channel;
use candour::domain::id::IncidentId;
use candour::domain::incident::{Incident, IncidentState};
use candour::domain::jurisdiction::JurisdictionId;
use candour::domain::notice::Notice;
use candour::evidence::Evidence;
use candour::intake::Intake;
use candour::people::{ImportLimits, People};
use candour::render::Renderer;
use candour::retention::Retention;
use candour::store::{CampaignStore, IncidentStore, NoticeStore, PeopleStore, SqlStore, Store};
use candour::system::System;
use serde_json::json;

use super::stores::{World, operator, record};

/// Importing, in small chunks so that a short file has several.
pub(crate) fn people(store: &Arc<SqlStore>) -> People {
    let known = Arc::new(|id: &JurisdictionId| matches!(id.as_str(), "eu-gdpr" | "us-ca"));
    let limits = ImportLimits { chunk: 100, ..ImportLimits::default() };
    People::new(Arc::clone(store) as Arc<dyn Store>, Arc::new(System), Arc::new(System), known, limits)
}

impl World {
    /// Announcing.
    pub(crate) fn announcements(&self) -> Announcements {
        let renderer = Renderer::load(None).unwrap();
        Announcements::new(self.store.clone(), Arc::new(System), Arc::new(System), Arc::new(renderer), true)
    }

    /// Alert hooks.
    pub(crate) fn intake(&self) -> Intake {
        Intake::new(self.store.clone(), Arc::new(System), Arc::new(System))
    }

    /// Proof.
    pub(crate) fn evidence(&self) -> Evidence {
        Evidence::new(self.store.clone(), Arc::new(System))
    }

    /// The end of personal data.
    pub(crate) fn retention(&self) -> Retention {
        Retention::new(self.store.clone(), Arc::new(System))
    }

    /// Somebody with a key.
    pub(crate) fn somebody(&self, name: &str, role: Role) -> Actor {
        Actor { key: self.id(), name: name.to_owned(), role }
    }

    /// An open incident with an organisation and a contact.
    pub(crate) async fn open_incident(&self) -> Incident {
        let facts = json!({
            "title": "Backup tape lost",
            "organisation": { "name": "Example & Sons", "country": "DE" },
            "contact": { "name": "Privacy office", "email": "privacy@example.org", "url": "https://example.org/help" },
        });
        let incident = Incident { facts: serde_json::from_value(facts).unwrap(), ..self.draft() };
        self.store.create_incident(&incident, self.audit(incident.id, "incident.filed")).await.unwrap();
        self.to_state(incident.id, IncidentState::Draft, IncidentState::Open).await
    }

    /// Moves an incident.
    pub(crate) async fn to_state(&self, id: IncidentId, from: IncidentState, to: IncidentState) -> Incident {
        self.store.move_incident(id, from, to, self.audit(id, "incident.moved")).await.unwrap()
    }

    /// Gives an incident a notice with these texts.
    pub(crate) async fn notice(&self, incident: &Incident, texts: serde_json::Value) -> Notice {
        let content = json!({ "default_locale": "en", "texts": texts });
        let notice = Notice {
            id: self.id(),
            incident: incident.id,
            version: 1,
            content: serde_json::from_value(content).unwrap(),
            facts: incident.facts.clone(),
            hash: self.now().0.to_string(),
            created_at: self.now(),
        };
        self.store.put_notice(&notice, None, self.audit(incident.id, "notice.written")).await.unwrap()
    }

    /// Imports one person with an address and some without any, and seals a campaign: the latter are unreachable.
    pub(crate) async fn unreachable_people(&self, incident: &Incident, notice: &Notice, count: usize) -> Campaign {
        let mut records = vec![record("reachable", Some("a@example.org"))];
        records.extend((0..count).map(|i| record(&format!("lost-{i}"), None)));
        let ids = self.people_ids(records.len());
        self.store.import_people(incident.id, records, ids, self.now(), operator()).await.unwrap();
        let campaign = Campaign {
            id: self.id(),
            incident: incident.id,
            notice: notice.id,
            notice_hash: notice.hash.clone(),
            state: CampaignState::Proposed,
            sealed: 0,
            population_hash: String::new(),
            counts: Counts::default(),
            repeated: 0,
            priority: Priority::Normal,
            plan: candour::domain::plan::Plan::default(),
            canary: candour::domain::plan::CanaryStage::Over,
            remedy_codes: false,
            author: operator(),
            approver: None,
            created_at: self.now(),
            started_at: None,
            completed_at: None,
        };
        let audit = self.audit(incident.id, "campaign.proposed");
        self.store.seal_campaign(&campaign, &vec![Channel::Email], audit).await.unwrap()
    }
}

/// Texts of a notice in one language.
pub(crate) fn texts(mark: &str) -> serde_json::Value {
    json!({
        "subject": format!("{mark}: {{{{organisation.name}}}}"),
        "what_happened": format!("{mark} happened.\n\nA tape of {{{{organisation.name}}}} was lost."),
        "what_we_do": "We searched.",
        "what_you_can_do": ["Change your password.", "Watch your account."],
        "what_we_offer": "Help by phone.",
    })
}
