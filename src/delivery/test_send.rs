//! Test sends: the notice as it reads now, really sent to a few addresses of the operator's own, marked as a test.
//!
//! What is sent is about a made-up person. It goes past the queue and at once: no campaign, no person and no attempt in any
//! account, so that nothing here can count as telling somebody. The configuration lists who may be sent tests; whoever is not
//! on it is refused before anything leaves. The audit chain has what was intended and what came of it, without addresses.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::channels::{self, ComposeError, marked_as_test};
use crate::domain::actor::ActorRef;
use crate::domain::audit::AuditEntry;
use crate::domain::cascade::Step;
use crate::domain::channel::Channel;
use crate::domain::clock::{Clock, Entropy};
use crate::domain::contact::ContactPoint;
use crate::domain::id::{AttemptId, CampaignId, IncidentId, PersonId};
use crate::domain::jurisdiction::JurisdictionId;
use crate::domain::locale::Locale;
use crate::domain::message::Message;
use crate::domain::person::{Person, PersonRecord};
use crate::domain::sample;
use crate::domain::test_send::{Allowed, MAX_ADDRESSES};
use crate::providers::{Answer, Provider};
use crate::render::{CompiledNotice, RenderError, Renderer};
use crate::store::{Store, StoreError};

/// One address of a test.
#[derive(Clone, Debug)]
pub struct Addressee {
    /// Where to.
    pub to: ContactPoint,
    /// Through which provider, by its name; the first of the channel otherwise.
    pub provider: Option<String>,
}

/// What to send to whom.
#[derive(Clone, Debug)]
pub struct TestRequest {
    /// To whom.
    pub to: Vec<Addressee>,
    /// The made-up person's language.
    pub locale: Option<Locale>,
    /// The made-up person's residence.
    pub jurisdiction: Option<JurisdictionId>,
}

/// What came of one of them.
#[derive(Clone, Debug)]
pub struct Tested {
    /// Where to.
    pub to: ContactPoint,
    /// Through which provider.
    pub provider: String,
    /// What it answered.
    pub answer: Answer,
}

/// Why nothing was sent.
#[derive(Debug, thiserror::Error)]
pub enum TestError {
    /// Storage.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is nothing to send.
    #[error("the incident has no notice yet")]
    NoNotice,
    /// The notice does not work.
    #[error(transparent)]
    Notice(#[from] RenderError),
    /// A message cannot be made.
    #[error(transparent)]
    Compose(#[from] ComposeError),
    /// Nobody, or more than a test is for.
    #[error("a test goes to 1 to {MAX_ADDRESSES} addresses")]
    Number,
    /// The configuration does not list it. The place in the request.
    #[error("address {0} is not among those that may be sent tests")]
    NotAllowed(usize),
    /// No provider carries it. The place in the request.
    #[error("no such provider carries messages to address {0}")]
    NoProvider(usize),
}

/// Sends tests.
pub struct TestSends {
    store: Arc<dyn Store>,
    providers: Vec<Arc<dyn Provider>>,
    renderer: Arc<Renderer>,
    allowed: Vec<Allowed>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl TestSends {
    /// Over a store with its clock and randomness; `allowed` are those who may be sent tests.
    #[must_use]
    pub fn new(
        (store, clock, entropy): (Arc<dyn Store>, Arc<dyn Clock>, Arc<dyn Entropy>),
        providers: Vec<Arc<dyn Provider>>,
        renderer: Arc<Renderer>,
        allowed: Vec<Allowed>,
    ) -> Self {
        Self { store, providers, renderer, allowed, clock, entropy }
    }

    /// Sends the incident's newest notice, over the facts of now, to each of these addresses at once. What a provider answers is
    /// no error. Nothing is tried again.
    ///
    /// # Errors
    /// When an address may not be sent tests, no provider carries it, there is no notice or it does not work for the made-up
    /// person, or storage fails. Nothing has left then.
    pub async fn send(
        &self,
        incident: IncidentId,
        request: TestRequest,
        actor: &ActorRef,
    ) -> Result<Vec<Tested>, TestError> {
        let facts = self.store.incident(incident).await?.facts;
        if !(1..=MAX_ADDRESSES).contains(&request.to.len()) {
            return Err(TestError::Number);
        }
        let forbidden = |one: &Addressee| !self.allowed.iter().any(|allowed| allowed.lets(&one.to));
        if let Some(place) = request.to.iter().position(forbidden) {
            return Err(TestError::NotAllowed(place));
        }
        let notice = match self.store.latest_notice(incident).await {
            Err(StoreError::NotFound(_)) => return Err(TestError::NoNotice),
            other => other?,
        };
        let compiled = self.renderer.compile(&notice.content, &facts)?;
        let mut sendings: Vec<(Message, Arc<dyn Provider>)> = Vec::with_capacity(request.to.len());
        for (place, one) in request.to.iter().enumerate() {
            let message = self.message(&compiled, &request, &one.to)?;
            let named = |provider: &&Arc<dyn Provider>| {
                one.provider.as_ref().is_none_or(|name| *name == provider.describe().name)
            };
            let to = message.body.contact();
            let mut fitting = self.providers.iter().filter(named).filter(|provider| provider.describe().carries(&to));
            let provider = fitting.next().ok_or(TestError::NoProvider(place))?;
            sendings.push((message, Arc::clone(provider)));
        }
        let detail =
            json!({ "notice_hash": compiled.hash(), "channels": per(sendings.iter().map(|(m, _)| channel(m))) });
        self.note(incident, actor, "notice.test_intended", detail).await?;
        let now = self.clock.now();
        let answers = join_all(sendings.iter().map(|(message, provider)| provider.send(message, now))).await;
        let outcomes = per(answers.iter().map(|answer| answer.outcome.as_str()));
        let detail = json!({ "notice_hash": compiled.hash(), "outcomes": outcomes });
        self.note(incident, actor, "notice.test_sent", detail).await?;
        let tested = request.to.into_iter().zip(sendings).zip(answers).map(|((one, (_, provider)), answer)| Tested {
            to: one.to,
            provider: provider.describe().name.clone(),
            answer,
        });
        Ok(tested.collect())
    }

    fn message(
        &self,
        notice: &CompiledNotice,
        request: &TestRequest,
        to: &ContactPoint,
    ) -> Result<Message, ComposeError> {
        let sample = sample::person(request.locale.clone(), request.jurisdiction.clone());
        let nowhere = PersonRecord { emails: Vec::new(), phones: Vec::new(), pushes: Vec::new(), ..sample };
        let (channel, record) = match to.clone() {
            ContactPoint::Email(to) => (Channel::Email, PersonRecord { emails: vec![to], ..nowhere }),
            ContactPoint::Sms(to) => (Channel::Sms, PersonRecord { phones: vec![to], ..nowhere }),
            ContactPoint::Voice(to) => (Channel::Voice, PersonRecord { phones: vec![to], ..nowhere }),
            ContactPoint::Push(to) => (Channel::Push, PersonRecord { pushes: vec![to], ..nowhere }),
            ContactPoint::Letter(_) => return Err(ComposeError::NoContact { channel: Channel::Letter, point: 0 }),
        };
        let now = self.clock.now();
        let person = Person { id: PersonId::new(now, self.entropy.ten()), record };
        let (attempt, campaign) = (AttemptId::new(now, self.entropy.ten()), CampaignId::new(now, self.entropy.ten()));
        channels::compose(notice, attempt, campaign, &person, Step { channel, point: 0 }).map(marked_as_test)
    }

    async fn note(
        &self,
        incident: IncidentId,
        actor: &ActorRef,
        action: &str,
        detail: Value,
    ) -> Result<(), StoreError> {
        let (at, actor, action) = (self.clock.now(), actor.clone(), action.to_owned());
        self.store.note(AuditEntry { incident: Some(incident), at, actor, action, detail }).await
    }
}

fn channel(message: &Message) -> &'static str {
    message.body.contact().channel().as_str()
}

/// How many of each.
fn per<'a>(words: impl Iterator<Item = &'a str>) -> BTreeMap<&'a str, u32> {
    let mut numbers = BTreeMap::new();
    for word in words {
        *numbers.entry(word).or_default() += 1;
    }
    numbers
}
