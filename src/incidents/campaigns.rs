//! Campaigns: proposed, approved by another, started, paused, resumed, cancelled, looked at.

use std::sync::Arc;

use serde_json::json;

use super::approval::{self, Approval};
use super::routing::ByLaw;
use super::{IncidentError, Incidents, Progress, entry};
use crate::domain::actor::Actor;
use crate::domain::campaign::{Campaign, CampaignAction, CampaignState, Counts, Priority};
use crate::domain::channel::Channel;
use crate::domain::id::{AttemptId, CampaignId, IncidentId};
use crate::domain::incident::IncidentState;
use crate::domain::plan::{CanaryStage, Plan};
use crate::domain::price::Price;
use crate::store::{Again, AttemptRow, JurisdictionCounts, Page, StoreError, Tally};

/// A campaign with what goes on in it.
#[derive(Clone, Debug)]
pub struct CampaignView {
    /// The campaign.
    pub campaign: Campaign,
    /// How far it is.
    pub progress: Progress,
    /// Attempts per channel, provider and outcome.
    pub tallies: Vec<Tally>,
    /// What these cost, by currency.
    pub spent: Vec<Price>,
    /// Where the people of each jurisdiction stand.
    pub jurisdictions: Vec<JurisdictionCounts>,
}

impl Incidents {
    /// Seals the population and proposes to send it the notice, as it reads over the facts of now.
    ///
    /// Goes through all people first: what a text uses and somebody lacks refuses the proposal. May take long.
    ///
    /// # Errors
    /// When the incident is not open, has no notice or nobody, the notice does not work for somebody, no provider carries
    /// any channel of its cascade, or another campaign of it is under way.
    pub async fn propose(
        &self,
        id: IncidentId,
        priority: Priority,
        plan: Plan,
        author: &Actor,
    ) -> Result<Campaign, IncidentError> {
        plan.check()?;
        let incident = self.store.incident(id).await?;
        if incident.state != IncidentState::Open {
            return Err(IncidentError::NotOpen(incident.state));
        }
        let mut notice = self.notice(id).await?;
        let compiled = self.renderer.compile(&notice.content, &incident.facts)?;
        self.rehearse(id, &notice.content, &compiled).await?;
        // Who has contact points only in channels that nobody carries ends unreachable, and so with the announcement.
        let (cascade, skipped): (Vec<Channel>, Vec<Channel>) =
            notice.content.cascade.iter().partition(|channel| self.channels.contains(channel));
        if cascade.is_empty() {
            return Err(IncidentError::NoProvider);
        }
        self.check_budget(&plan, &cascade)?;
        let by = author.to_ref();
        if notice.hash != compiled.hash() {
            // Facts or templates have changed since it was written: what is approved is how it reads now.
            notice = self.store_notice(&incident, notice.content, &compiled, notice.version, &by).await?;
        }
        let now = self.clock.now();
        let remedy_codes = compiled.has_remedy_codes();
        let campaign = Campaign {
            id: CampaignId::new(now, self.entropy.ten()),
            incident: id,
            notice: notice.id,
            notice_hash: notice.hash.clone(),
            state: CampaignState::Proposed,
            sealed: 0,
            population_hash: String::new(),
            counts: Counts::default(),
            repeated: 0,
            priority,
            plan,
            canary: plan.canary.map_or(CanaryStage::Over, |canary| CanaryStage::Telling(canary.people)),
            remedy_codes,
            author: by.clone(),
            approver: None,
            created_at: now,
            started_at: None,
            completed_at: None,
        };
        let detail = json!({ "campaign": campaign.id, "notice": notice.id, "notice_hash": notice.hash, "cascade": cascade, "skipped": skipped, "priority": priority, "plan": plan, "remedy_codes": remedy_codes });
        let audit = entry(id, now, &by, "campaign.proposed", detail);
        let routing = ByLaw::new(Arc::clone(&self.rules), incident.facts, now, cascade).with_codes_of(compiled);
        Ok(self.store.seal_campaign(&campaign, &routing, audit).await?)
    }

    /// Approves a campaign. Whoever approves confirms by name what the laws ask of the notice and only a reader can tell. A
    /// notice that surely lacks what the law demands, or has what it forbids, is approved only in spite of that, with a
    /// reason. All of it goes into the audit chain.
    ///
    /// # Errors
    /// When it is out of order, the approver is the author, the notice has such faults or something is not confirmed and no
    /// reason is given, or storage fails.
    pub async fn approve(&self, id: CampaignId, approval: &Approval, actor: &Actor) -> Result<Campaign, IncidentError> {
        let campaign = self.store.campaign(id).await?;
        let docket = self.store.docket(campaign.incident).await?;
        let notice = self.store.notice(campaign.notice).await?;
        // Who may not approve at all is told that first.
        self.may_act(&campaign, CampaignAction::Approve, actor).await?;
        let requirements = self.requirements_of(&docket, &notice.content, &notice.facts, None);
        let weighed = approval::weigh(approval, &requirements)?;
        self.act_with(&campaign, CampaignAction::Approve, actor, weighed).await
    }

    /// Applies an action of a person to a campaign, other than approving it.
    ///
    /// # Errors
    /// When it is out of order, the approver is the author, or storage fails.
    pub async fn act(&self, id: CampaignId, action: CampaignAction, actor: &Actor) -> Result<Campaign, IncidentError> {
        if action == CampaignAction::Approve {
            return self.approve(id, &Approval::default(), actor).await;
        }
        let campaign = self.store.campaign(id).await?;
        self.may_act(&campaign, action, actor).await?;
        self.act_with(&campaign, action, actor, json!({})).await
    }

    async fn may_act(&self, campaign: &Campaign, action: CampaignAction, actor: &Actor) -> Result<(), IncidentError> {
        if campaign.state.after(action).is_none() {
            return Err(IncidentError::CampaignOutOfOrder { state: campaign.state, action });
        }
        if action == CampaignAction::Approve && actor.is(&campaign.author) {
            return Err(IncidentError::SecondPerson);
        }
        if matches!(action, CampaignAction::Approve | CampaignAction::Start | CampaignAction::Resume) {
            let state = self.store.incident(campaign.incident).await?.state;
            if state != IncidentState::Open {
                return Err(IncidentError::NotOpen(state));
            }
        }
        Ok(())
    }

    async fn act_with(
        &self,
        campaign: &Campaign,
        action: CampaignAction,
        actor: &Actor,
        more: serde_json::Value,
    ) -> Result<Campaign, IncidentError> {
        let by = actor.to_ref();
        let id = campaign.id;
        let mut detail = json!({ "campaign": id, "notice_hash": campaign.notice_hash, "sealed": campaign.sealed });
        if let (Some(detail), serde_json::Value::Object(more)) = (detail.as_object_mut(), more) {
            detail.extend(more);
        }
        let audit = entry(campaign.incident, self.clock.now(), &by, past(action), detail);
        match self.store.act_on_campaign(id, action, &by, audit).await {
            Err(StoreError::Conflict(_)) => {
                // Somebody, or the engine, was faster between our reading and writing.
                let state = self.store.campaign(id).await?.state;
                Err(IncidentError::CampaignOutOfOrder { state, action })
            }
            other => {
                let campaign = other?;
                // Who is paused or cancelled stops at once, too.
                (self.wake)();
                Ok(campaign)
            }
        }
    }

    /// Tells people again whom a campaign has given up on, or of whom nobody knows. Returns how many.
    ///
    /// # Errors
    /// When the campaign is not running, paused or completed, its incident is not open, or storage fails.
    pub async fn tell_again(
        &self,
        id: CampaignId,
        whom: Again,
        reason: &str,
        actor: &Actor,
    ) -> Result<(Campaign, i64), IncidentError> {
        let campaign = self.store.campaign(id).await?;
        let incident = self.store.incident(campaign.incident).await?;
        if incident.state != IncidentState::Open {
            return Err(IncidentError::NotOpen(incident.state));
        }
        let mut order = self.store.notice(campaign.notice).await?.content.cascade;
        order.retain(|channel| self.channels.contains(channel));
        let now = self.clock.now();
        let routing = ByLaw::new(Arc::clone(&self.rules), incident.facts, now, order);
        let told = self.store.tell_again(id, whom, &routing, &actor.to_ref(), now, reason).await?;
        (self.wake)();
        Ok(told)
    }

    /// Takes those of whom nobody knows as reached, because a person says so. Returns how many.
    ///
    /// # Errors
    /// When the campaign is not running, paused or completed, or storage fails.
    pub async fn take_unknown_as_reached(
        &self,
        id: CampaignId,
        reason: &str,
        actor: &Actor,
    ) -> Result<(Campaign, i64), IncidentError> {
        Ok(self.store.take_unknown_as_reached(id, &actor.to_ref(), self.clock.now(), reason).await?)
    }

    /// A campaign with its progress and tallies.
    ///
    /// # Errors
    /// When there is none, or storage fails.
    pub async fn campaign(&self, id: CampaignId) -> Result<CampaignView, IncidentError> {
        // At once: on a busy machine each is a wait for the processor.
        let (campaign, tallies, jurisdictions) =
            tokio::try_join!(self.store.campaign(id), self.store.tallies(id), self.store.jurisdiction_counts(id))?;
        let progress = self.meter.read(&campaign, self.clock.now());
        let spent = self.spent(&campaign, &tallies).await?;
        Ok(CampaignView { campaign, progress, tallies, spent, jurisdictions })
    }

    /// Only its progress: one row, whatever the size.
    ///
    /// # Errors
    /// When there is none, or storage fails.
    pub async fn progress(&self, id: CampaignId) -> Result<Progress, IncidentError> {
        let campaign = self.store.campaign(id).await?;
        Ok(self.meter.read(&campaign, self.clock.now()))
    }

    /// Campaigns of an incident, oldest first.
    ///
    /// # Errors
    /// When there is no such incident, or storage fails.
    pub async fn campaigns(&self, id: IncidentId) -> Result<Vec<(Campaign, Progress)>, IncidentError> {
        self.store.incident(id).await?;
        let campaigns = self.store.campaigns(id).await?;
        let now = self.clock.now();
        Ok(campaigns.into_iter().map(|campaign| (campaign.clone(), self.meter.read(&campaign, now))).collect())
    }

    /// Attempts of a campaign in order of identifier, after a cursor. No personal data.
    ///
    /// # Errors
    /// When there is no such campaign, or storage fails.
    pub async fn attempts(
        &self,
        id: CampaignId,
        after: Option<AttemptId>,
        limit: u32,
    ) -> Result<Page<AttemptRow>, IncidentError> {
        let (_, attempts) = tokio::try_join!(self.store.campaign(id), self.store.attempts(id, after, limit))?;
        Ok(attempts)
    }
}

const fn past(action: CampaignAction) -> &'static str {
    match action {
        CampaignAction::Approve => "campaign.approved",
        CampaignAction::Start => "campaign.started",
        CampaignAction::Pause => "campaign.paused",
        CampaignAction::Resume => "campaign.resumed",
        CampaignAction::Cancel => "campaign.cancelled",
    }
}
