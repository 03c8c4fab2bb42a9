//! The rest of what the engine asks of its store: campaigns, notices, announcements, counts.

use async_trait::async_trait;
use candour::domain::actor::ActorRef;
use candour::domain::alarm::{Alarm, Cause};
use candour::domain::announcement::{Announcement, AnnouncementState};
use candour::domain::attempt::UnreachableReason;
use candour::domain::audit::AuditEntry;
use candour::domain::campaign::{Campaign, CampaignAction, CampaignState, Counts};
use candour::domain::cascade::Routing;
use candour::domain::clock::Millis;
use candour::domain::id::{AnnouncementId, AttemptId, CampaignId, IncidentId, NoticeId};
use candour::domain::limit::{Grant, Limit, LimitKind, Slots};
use candour::domain::locale::Locale;
use candour::domain::notice::Notice;
use candour::store::{
    Again, AlarmStore, AnnouncementStore, AttemptRow, CampaignStore, HealthStore, JurisdictionCounts, LimitStore,
    NoticeStore, Page, Result, StoreError, Tally,
};
use uuid::Uuid;

use super::cast;
use super::model::Model;
use super::store::{FaultyStore, not_here};

#[async_trait]
impl CampaignStore for FaultyStore {
    async fn seal_campaign(&self, _: &Campaign, _: &dyn Routing, _: AuditEntry) -> Result<Campaign> {
        Err(not_here("seal_campaign"))
    }

    async fn campaign(&self, id: CampaignId) -> Result<Campaign> {
        let read = move |model: &mut Model| {
            model.runs.get(&id).map(|run| run.campaign.clone()).ok_or(StoreError::NotFound("campaign"))
        };
        self.call("campaign", id.0, read).await
    }

    async fn campaigns(&self, _: IncidentId) -> Result<Vec<Campaign>> {
        Err(not_here("campaigns"))
    }

    async fn act_on_campaign(
        &self,
        id: CampaignId,
        action: CampaignAction,
        _actor: &ActorRef,
        _audit: AuditEntry,
    ) -> Result<Campaign> {
        self.call(action.as_str(), id.0, move |model| model.act(id, action)).await
    }

    async fn running_campaigns(&self) -> Result<Vec<Campaign>> {
        let read = |model: &mut Model| {
            let running = model.in_state(CampaignState::Running);
            Ok(running.iter().map(|id| model.runs[id].campaign.clone()).collect::<Vec<_>>())
        };
        let running = self.call("running", Uuid::nil(), read).await?;
        let events = &mut *self.world.events();
        let all: Vec<CampaignId> = events.model.runs.keys().copied().collect();
        let known: Vec<CampaignId> = running.iter().map(|campaign| campaign.id).collect();
        events.witness.told_running(&self.pulse, &all, &known);
        Ok(running)
    }

    async fn tell_again(
        &self,
        id: CampaignId,
        whom: Again,
        _routing: &dyn Routing,
        _actor: &ActorRef,
        now: Millis,
        _reason: &str,
    ) -> Result<(Campaign, i64)> {
        let tell = move |model: &mut Model| {
            let again = model.tell_again(id, whom, now)?;
            Ok((model.runs[&id].campaign.clone(), again))
        };
        self.call("tell again", id.0, tell).await
    }

    async fn take_unknown_as_reached(
        &self,
        id: CampaignId,
        _actor: &ActorRef,
        _now: Millis,
        _reason: &str,
    ) -> Result<(Campaign, i64)> {
        let take = move |model: &mut Model| {
            let taken = model.take_unknown_as_reached(id)?;
            Ok((model.runs[&id].campaign.clone(), taken))
        };
        self.call("take as reached", id.0, take).await
    }

    async fn jurisdiction_counts(&self, _: CampaignId) -> Result<Vec<JurisdictionCounts>> {
        Err(not_here("jurisdiction_counts"))
    }

    async fn attempts(&self, _: CampaignId, _: Option<AttemptId>, _: u32) -> Result<Page<AttemptRow>> {
        Err(not_here("attempts"))
    }

    async fn tallies(&self, _: CampaignId) -> Result<Vec<Tally>> {
        Err(not_here("tallies"))
    }

    async fn unreachable_reasons(&self, _: IncidentId) -> Result<Vec<(UnreachableReason, i64)>> {
        Err(not_here("unreachable_reasons"))
    }
}

#[async_trait]
impl LimitStore for FaultyStore {
    async fn limits(&self) -> Result<Vec<Limit>> {
        self.call("limits", Uuid::nil(), |model| Ok(model.list_limits())).await
    }

    async fn set_limit(&self, limit: &Limit, _: AuditEntry) -> Result<()> {
        let limit = limit.clone();
        let set = move |model: &mut Model| {
            model.set_limit(&limit);
            Ok(())
        };
        self.call("set limit", Uuid::nil(), set).await
    }

    async fn remove_limit(&self, kind: LimitKind, name: &str, audit: AuditEntry) -> Result<()> {
        let name = name.to_owned();
        self.call("remove limit", Uuid::nil(), move |model| model.remove_limit(kind, &name, audit.at)).await
    }

    async fn take_tokens(
        &self,
        kind: LimitKind,
        name: &str,
        configured: f64,
        wanted: u32,
        now: Millis,
    ) -> Result<Grant> {
        let name = name.to_owned();
        let take = move |model: &mut Model| Ok(model.take_tokens(kind, &name, configured, wanted, now));
        self.call("tokens", Uuid::nil(), take).await
    }

    async fn take_slots(&self, domain: &str, number: u32, now: Millis) -> Result<Option<Slots>> {
        let domain = domain.to_owned();
        let take = move |model: &mut Model| Ok(model.take_slots(&domain, number, now));
        self.call("slots", Uuid::nil(), take).await
    }

    async fn free_slots(&self, now: Millis) -> Result<u64> {
        self.call("free slots", Uuid::nil(), move |model| Ok(model.free_slots(now))).await
    }
}

#[async_trait]
impl AlarmStore for FaultyStore {
    async fn raise_alarm(&self, alarm: &Alarm, still: Millis, _: AuditEntry) -> Result<bool> {
        let alarm = alarm.clone();
        let raise = move |model: &mut Model| Ok(model.raise_alarm(alarm, still));
        self.call("raise alarm", Uuid::nil(), raise).await
    }

    async fn end_alarm(&self, cause: Cause, subject: &str, seen_by: Millis, _: AuditEntry) -> Result<bool> {
        let subject = subject.to_owned();
        let end = move |model: &mut Model| Ok(model.end_alarm(cause, &subject, seen_by));
        self.call("end alarm", Uuid::nil(), end).await
    }
}

#[async_trait]
impl NoticeStore for FaultyStore {
    async fn put_notice(&self, _: &Notice, _: Option<i64>, _: AuditEntry) -> Result<Notice> {
        Err(not_here("put_notice"))
    }

    async fn latest_notice(&self, _: IncidentId) -> Result<Notice> {
        Err(not_here("latest_notice"))
    }

    async fn notice(&self, id: NoticeId) -> Result<Notice> {
        self.call("notice", id.0, move |_| Ok(cast::notice(id))).await
    }
}

#[async_trait]
impl AnnouncementStore for FaultyStore {
    async fn put_announcement(&self, _: &Announcement, _: AuditEntry) -> Result<Announcement> {
        Err(not_here("put_announcement"))
    }

    async fn public_announcement(&self, _: &str) -> Result<Announcement> {
        Err(not_here("public_announcement"))
    }

    async fn announcement(&self, _: IncidentId) -> Result<Announcement> {
        Err(not_here("announcement"))
    }

    async fn public_announcements(&self, _limit: u32) -> Result<Vec<Announcement>> {
        let read = |model: &mut Model| Ok(model.announced.then(published).into_iter().collect());
        self.call("announcements", Uuid::nil(), read).await
    }

    async fn publish_announcement(
        &self,
        _: AnnouncementId,
        _: &ActorRef,
        _: Millis,
        _: AuditEntry,
    ) -> Result<Announcement> {
        Err(not_here("publish_announcement"))
    }

    async fn withdraw_announcement(
        &self,
        _: AnnouncementId,
        _: &str,
        _: Millis,
        _: AuditEntry,
    ) -> Result<Announcement> {
        Err(not_here("withdraw_announcement"))
    }
}

fn published() -> Announcement {
    Announcement {
        id: AnnouncementId(Uuid::from_u128(1)),
        incident: cast::INCIDENT,
        slug: String::from("announcement"),
        state: AnnouncementState::Published,
        default_locale: Locale::parse("en").unwrap(),
        texts: std::collections::BTreeMap::new(),
        covers: 0,
        reasons: std::collections::BTreeMap::new(),
        author: ActorRef::operator(),
        publisher: Some(ActorRef::operator()),
        created_at: Millis(0),
        published_at: Some(Millis(0)),
        withdrawn_at: None,
        withdrawn_reason: None,
        updated_at: Millis(0),
    }
}

#[async_trait]
impl HealthStore for FaultyStore {
    async fn ping(&self) -> Result<()> {
        Err(not_here("ping"))
    }

    async fn campaign_counts(&self) -> Result<Counts> {
        self.call("counts", Uuid::nil(), |model| Ok(model.counts())).await
    }
}
