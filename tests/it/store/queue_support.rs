//! What tests of the queue share: a campaign with people, and the invariants that hold after every step.

use candour::domain::actor::ActorRef;
use candour::domain::announcement::{Announcement, AnnouncementState};
use candour::domain::attempt::{ChannelPolicy, Claimed, Settlement, UnknownPolicy, next};
use candour::domain::campaign::{Campaign, CampaignAction, CampaignState, Counts, Priority};
use candour::domain::channel::Channel;
use candour::domain::clock::Millis;
use candour::domain::id::{AttemptId, CampaignId, IncidentId, WorkerId};
use candour::domain::locale::Locale;
use candour::domain::notice::Notice;
use candour::domain::outcome::Outcome;
use candour::domain::person::PersonRecord;
use candour::domain::plan::{CanaryStage, Plan};
use candour::domain::queue::Queue;
use candour::domain::retry::RetryPolicy;
use candour::store::{
    Again, AnnouncementStore, CampaignStore, ClaimRequest, DeliveryStore, NoticeStore, PeopleStore, Result,
    SettleReport,
};
use serde_json::json;

use crate::support::stores::{World, operator};

/// When the tests' time begins: after every real time that identifiers are made from.
pub(crate) const T0: Millis = Millis(4_000_000_000_000);
/// A lease that ends long after the tests.
pub(crate) const FOREVER: Millis = Millis(9_000_000_000_000);

/// A record with so many addresses and phones.
pub(crate) fn reachable(reference: &str, emails: usize, phones: usize) -> PersonRecord {
    let emails: Vec<_> = (0..emails).map(|n| format!("{reference}.{n}@example.org")).collect();
    let phones: Vec<_> = (0..phones).map(|n| format!("+1415555{n:04}")).collect();
    serde_json::from_value(json!({ "ref": reference, "emails": emails, "phones": phones })).unwrap()
}

/// Three tries a minute apart; email is repeated when nobody knows, the rest is held.
pub(crate) fn policies() -> Vec<(Channel, ChannelPolicy)> {
    let retry = RetryPolicy { max_tries: 3, base_ms: 60_000, cap_ms: 600_000 };
    let policy = |unknown| ChannelPolicy {
        retry,
        unknown,
        unfound: UnknownPolicy::Repeat,
        pause_ms: 10_000,
        receipt_ms: None,
        quiet: None,
    };
    vec![(Channel::Email, policy(UnknownPolicy::Repeat)), (Channel::Sms, policy(UnknownPolicy::Hold))]
}

/// The channels of the tests' campaigns, in their order.
fn routing() -> Vec<Channel> {
    vec![Channel::Email, Channel::Sms]
}

/// The policy of a channel among [`policies`].
pub(crate) fn policy(channel: Channel) -> ChannelPolicy {
    policies().into_iter().find(|(named, _)| *named == channel).unwrap().1
}

/// The settlement that the engine would make of an outcome.
pub(crate) fn settlement(claimed: &Claimed, outcome: Outcome, now: Millis) -> Settlement {
    Settlement {
        attempt: claimed.attempt,
        person: claimed.person.id,
        jurisdiction: claimed.person.record.jurisdiction.clone(),
        intent: claimed.intent.clone(),
        outcome,
        code: Some(String::from("250 ok\0")),
        reference: Some(format!("ref-{}", claimed.attempt)),
        next: next(&claimed.progress, outcome, None, &policy(claimed.step.channel), now, 0.5),
    }
}

impl World {
    /// An incident with a notice and people.
    pub(crate) async fn incident_of(&self, people: Vec<PersonRecord>) -> (IncidentId, Notice) {
        let incident = self.incident().await.id;
        let texts = json!({ "what_happened": "w", "what_we_do": "w", "what_you_can_do": ["w"], "what_we_offer": "w" });
        let notice = Notice {
            id: self.id(),
            incident,
            version: 0,
            content: serde_json::from_value(json!({ "default_locale": "en", "texts": { "en": texts } })).unwrap(),
            facts: self.draft().facts,
            hash: String::from("the-hash"),
            created_at: self.now(),
        };
        let notice = self.store.put_notice(&notice, None, self.audit(incident, "notice.written")).await.unwrap();
        let ids = self.people_ids(people.len());
        self.store.import_people(incident, people, ids, self.now(), operator()).await.unwrap();
        (incident, notice)
    }

    /// Seals a campaign by email, then SMS.
    pub(crate) async fn seal(&self, incident: IncidentId, notice: &Notice) -> Result<Campaign> {
        self.seal_by(incident, notice, Plan::default(), &routing()).await
    }

    /// The same, by these channels only.
    pub(crate) async fn seal_through(
        &self,
        incident: IncidentId,
        notice: &Notice,
        channels: &[Channel],
    ) -> Result<Campaign> {
        self.seal_by(incident, notice, Plan::default(), channels).await
    }

    /// The same, held back by a plan.
    async fn seal_by(
        &self,
        incident: IncidentId,
        notice: &Notice,
        plan: Plan,
        channels: &[Channel],
    ) -> Result<Campaign> {
        let campaign = Campaign {
            id: self.id(),
            incident,
            notice: notice.id,
            notice_hash: notice.hash.clone(),
            state: CampaignState::Proposed,
            sealed: 0,
            population_hash: String::new(),
            counts: Counts::default(),
            repeated: 0,
            priority: Priority::Normal,
            plan,
            canary: CanaryStage::Over,
            remedy_codes: false,
            author: ActorRef(String::from("key:1:ann")),
            approver: None,
            created_at: T0,
            started_at: None,
            completed_at: None,
        };
        let audit = self.audit(incident, "campaign.proposed");
        self.store.seal_campaign(&campaign, &channels.to_vec(), audit).await
    }

    /// Has people told again, by email, then SMS.
    pub(crate) async fn tell_again(&self, campaign: &Campaign, whom: Again, now: Millis) -> Result<(Campaign, i64)> {
        let bob = ActorRef(String::from("key:2:bob"));
        self.store.tell_again(campaign.id, whom, &routing(), &bob, now, "why").await
    }

    /// Does something with a campaign as somebody who is not its author.
    pub(crate) async fn act(&self, campaign: &Campaign, action: CampaignAction) -> Result<Campaign> {
        let mut audit = self.audit(campaign.incident, "campaign.acted");
        audit.at = T0;
        self.store.act_on_campaign(campaign.id, action, &ActorRef(String::from("key:2:bob")), audit).await
    }

    /// A running campaign of people.
    pub(crate) async fn running(&self, people: Vec<PersonRecord>) -> Campaign {
        self.running_by(people, Plan::default()).await
    }

    /// The same, held back by a plan.
    pub(crate) async fn running_by(&self, people: Vec<PersonRecord>, plan: Plan) -> Campaign {
        let (incident, notice) = self.incident_of(people).await;
        let campaign = self.seal_by(incident, &notice, plan, &routing()).await.unwrap();
        self.act(&campaign, CampaignAction::Approve).await.unwrap();
        self.act(&campaign, CampaignAction::Start).await.unwrap()
    }

    /// Publishes an announcement.
    pub(crate) async fn announce(&self, incident: IncidentId) {
        let text = json!({
            "title": "t", "what_happened": "w", "what_we_do": "w", "what_you_can_do": ["1"], "what_we_offer": "o",
        });
        let draft = Announcement {
            id: self.id(),
            incident,
            slug: String::from("tape"),
            state: AnnouncementState::Draft,
            default_locale: Locale::parse("en").unwrap(),
            texts: serde_json::from_value(json!({ "en": text })).unwrap(),
            covers: 0,
            reasons: [].into(),
            author: ActorRef(String::from("key:1:ann")),
            publisher: None,
            created_at: T0,
            published_at: None,
            withdrawn_at: None,
            withdrawn_reason: None,
            updated_at: T0,
        };
        self.store.put_announcement(&draft, self.audit(incident, "announcement.drafted")).await.unwrap();
        let audit = self.audit(incident, "announcement.published");
        self.store.publish_announcement(draft.id, &operator(), T0, audit).await.unwrap();
    }

    /// A worker with a lease.
    pub(crate) async fn worker(&self, expires_at: Millis) -> WorkerId {
        let worker = self.id();
        self.store.register_worker(worker, "tests", T0, expires_at).await.unwrap();
        worker
    }

    /// Claims, with fresh attempts.
    pub(crate) async fn claim(
        &self,
        campaign: CampaignId,
        worker: WorkerId,
        channel: Channel,
        limit: u32,
        now: Millis,
    ) -> Result<Vec<Claimed>> {
        let attempts: Vec<AttemptId> = (0..limit).map(|_| self.id()).collect();
        let (queue, provider) = (Queue::of(channel), "relay".into());
        self.store.claim(ClaimRequest { worker, campaign, queue, provider, limit, now, attempts }).await
    }

    /// Settles all of them with one outcome.
    pub(crate) async fn settle_all(&self, worker: WorkerId, claimed: &[Claimed], outcome: Outcome) -> SettleReport {
        let settlements: Vec<_> = claimed.iter().map(|one| settlement(one, outcome, T0)).collect();
        self.store.settle(claimed[0].campaign, worker, &settlements, T0).await.unwrap()
    }

    /// Tells the store a receipt.
    pub(crate) async fn receipt(
        &self,
        key: &str,
        attempt: AttemptId,
        outcome: Option<Outcome>,
    ) -> candour::store::ReceiptEffect {
        self.store.apply_receipt("relay", key, attempt, outcome, Some("x"), &policies(), T0, 0.5).await.unwrap()
    }

    /// The counts of a campaign.
    pub(crate) async fn counts(&self, campaign: CampaignId) -> Counts {
        self.store.campaign(campaign).await.unwrap().counts
    }

    /// What must hold between any two operations, looked up behind the store's back.
    pub(crate) async fn assert_consistent(&self) {
        for (broken, what) in INVARIANTS {
            assert_eq!(self.number(broken).await, 0, "{what}");
        }
    }
}

const INVARIANTS: [(&str, &str); 7] = [
    (
        "SELECT COUNT(*) FROM campaigns c WHERE \
         c.pending <> (SELECT COUNT(*) FROM campaign_people p WHERE p.campaign_id = c.id AND p.state = 'pending') OR \
         c.in_flight <> (SELECT COUNT(*) FROM campaign_people p WHERE p.campaign_id = c.id AND p.state = 'in_flight') OR \
         c.reached <> (SELECT COUNT(*) FROM campaign_people p WHERE p.campaign_id = c.id AND p.state = 'reached') OR \
         c.unknown <> (SELECT COUNT(*) FROM campaign_people p WHERE p.campaign_id = c.id AND p.state = 'unknown') OR \
         c.unreachable <> (SELECT COUNT(*) FROM campaign_people p WHERE p.campaign_id = c.id AND p.state = 'unreachable') OR \
         c.announced <> (SELECT COUNT(*) FROM campaign_people p WHERE p.campaign_id = c.id AND p.state = 'announced') OR \
         c.suppressed <> (SELECT COUNT(*) FROM campaign_people p WHERE p.campaign_id = c.id AND p.state = 'suppressed') OR \
         c.repeated <> (SELECT COUNT(*) FROM attempts a WHERE a.campaign_id = c.id AND a.repeats = 1) \
            + (SELECT COUNT(*) FROM campaign_people p WHERE p.campaign_id = c.id AND p.state = 'in_flight' AND p.repeats = 1)",
        "counts are those of the rows",
    ),
    (
        "SELECT COUNT(*) FROM campaign_people p LEFT JOIN attempts a ON a.id = p.attempt_id WHERE p.state = 'in_flight' \
         AND (p.worker_id IS NULL OR p.provider IS NULL OR p.intended_at IS NULL OR p.attempt_id IS NULL OR a.id IS NOT NULL)",
        "whoever is in flight has an intent, and it has no outcome",
    ),
    (
        "SELECT COUNT(*) FROM campaign_people WHERE state <> 'in_flight' \
         AND (worker_id IS NOT NULL OR provider IS NOT NULL OR intended_at IS NOT NULL)",
        "nobody else has an intent",
    ),
    (
        "SELECT COUNT(*) FROM campaign_jurisdictions j \
         WHERE (j.sealed, j.reached, j.unknown, j.unreachable, j.announced, j.suppressed) <> ( \
             SELECT COUNT(*), COALESCE(SUM(CASE WHEN p.state = 'reached' THEN 1 END), 0), \
                    COALESCE(SUM(CASE WHEN p.state = 'unknown' THEN 1 END), 0), \
                    COALESCE(SUM(CASE WHEN p.state = 'unreachable' THEN 1 END), 0), \
                    COALESCE(SUM(CASE WHEN p.state = 'announced' THEN 1 END), 0), \
                    COALESCE(SUM(CASE WHEN p.state = 'suppressed' THEN 1 END), 0) \
             FROM campaign_people p JOIN people ON people.id = p.person_id \
             WHERE p.campaign_id = j.campaign_id AND COALESCE(people.jurisdiction, '') = j.jurisdiction)",
        "counts of jurisdictions are those of the rows",
    ),
    (
        "SELECT COUNT(*) FROM campaigns c WHERE c.sealed <> (SELECT COALESCE(CAST(SUM(j.sealed) AS BIGINT), 0) \
         FROM campaign_jurisdictions j WHERE j.campaign_id = c.id)",
        "each of the sealed is counted in a jurisdiction",
    ),
    (
        "SELECT COUNT(*) FROM campaign_people p WHERE p.attempts <> (SELECT COUNT(*) FROM attempts a \
         WHERE a.campaign_id = p.campaign_id AND a.person_id = p.person_id)",
        "attempts are numbered by how many there are",
    ),
    (
        "SELECT (SELECT COUNT(*) FROM attempts) \
         - (SELECT COALESCE(CAST(SUM(attempts) AS BIGINT), 0) FROM tallies) \
         + (SELECT COUNT(*) FROM tallies t WHERE t.attempts <> (SELECT COUNT(*) FROM attempts a \
            WHERE a.campaign_id = t.campaign_id AND a.channel = t.channel AND a.provider = t.provider \
            AND a.outcome = t.outcome))",
        "tallies are attempts by outcome",
    ),
];
