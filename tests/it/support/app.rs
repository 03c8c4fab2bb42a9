//! The whole API over a test's own store, on a port of its own, with a key for each role.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use candour::access::Access;
use candour::alarms::Alarms;
use candour::api::receipts::{ReceiptFailure, ReceiptSink};
use candour::api::{self, ApiState};
use candour::deadlines::Deadlines;
use candour::delivery::{EngineSettings, Limits, Rehearsals, TestSends};
use candour::domain::actor::{ActorRef, Role};
use candour::domain::channel::Channel;
use candour::domain::clock::{Clock, Entropy};
use candour::domain::destination::Destinations;
use candour::domain::jurisdiction::JurisdictionId;
use candour::incidents::Incidents;
use candour::incidents::forecast::Carrier;
use candour::law::Rules;
use candour::people::{ImportLimits, People};
use candour::providers::http::{Http, Reach};
use candour::providers::{ReceiptError, ReceiptReply, ReceiptRequest};
use candour::remedies::Remedies;
use candour::render::Renderer;
use candour::reports::Reports;
use candour::responders::{self, Responders};
use candour::store::Store;
use candour::system::System;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::Value;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::stores::World;

/// A running API.
pub(crate) struct TestApp {
    /// The store below it.
    pub(crate) world: World,
    /// What handlers work with.
    pub(crate) state: ApiState,
    /// `http://127.0.0.1:PORT`.
    pub(crate) base: String,
    keys: BTreeMap<Role, String>,
    client: reqwest::Client,
}

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Status.
    pub(crate) status: StatusCode,
    /// Headers.
    pub(crate) headers: HeaderMap,
    /// Body as it came.
    pub(crate) text: String,
    /// Body as JSON; null where it is none.
    pub(crate) json: Value,
}

/// Providers' callbacks in tests: provider `ok` takes everything, each other one refuses in its own way.
struct Receipts;

#[async_trait]
impl ReceiptSink for Receipts {
    async fn receive(&self, provider: &str, request: ReceiptRequest) -> Result<Option<ReceiptReply>, ReceiptFailure> {
        match provider {
            "ok" if request.url == "https://candour.example.org/v1/receipts/ok?a=1" => Ok(None),
            "strict" => Ok(Some(ReceiptReply { content_type: "application/json", body: r#"{"code":0}"#.into() })),
            "talks" => Ok(Some(ReceiptReply { content_type: "text/xml", body: "<Response/>".into() })),
            "late" => Err(ReceiptFailure::NotYetKnown),
            "ok" => Err(ReceiptError::Malformed("the address is not the public one").into()),
            "forged" => Err(ReceiptError::Forged.into()),
            "busy" => Err(ReceiptFailure::Overloaded),
            "silent" => Err(ReceiptError::Unsupported.into()),
            _ => Err(ReceiptFailure::NoSuchProvider),
        }
    }
}

impl TestApp {
    /// Starts it over a store.
    pub(crate) async fn start(world: &World) -> Self {
        let carrier = |name: &str, channel, rate, price: &str| {
            let (name, price) = (name.to_owned(), Some(price.parse().unwrap()));
            Carrier { name, channel, rate, concurrency: 8, price, destinations: Destinations::default() }
        };
        let carriers = vec![
            carrier("relay", Channel::Email, Some(100.0), "0.001 USD"),
            carrier("sms", Channel::Sms, Some(1.0), "0.0075 USD"),
        ];
        Self::carried_by(world, carriers).await
    }

    /// The same with providers of the test's own, as estimates know them.
    pub(crate) async fn carried_by(world: &World, carriers: Vec<Carrier>) -> Self {
        let store: Arc<dyn Store> = Arc::clone(&world.store) as Arc<dyn Store>;
        let (clock, entropy) = (Arc::new(System), Arc::new(System));
        let rules = Arc::new(Rules::embedded().unwrap());
        let renderer = Arc::new(Renderer::load(None).unwrap());
        let access = Arc::new(Access::new(store.clone(), clock.clone(), entropy.clone()));
        let base: (Arc<dyn Store>, Arc<dyn Clock>, Arc<dyn Entropy>) = (store.clone(), clock.clone(), entropy.clone());
        let incidents =
            Incidents::new(base.clone(), Arc::clone(&rules), Arc::clone(&renderer), carriers, Arc::new(|| ()));
        let reports = Reports::new(store.clone(), clock.clone(), entropy.clone(), Arc::clone(&rules));
        let deadlines = Deadlines::new(base.clone(), Arc::clone(&rules), "https://candour.example.org");
        let for_rehearsals = Arc::clone(&rules);
        let settings = EngineSettings {
            worker_name: String::from("tests"),
            lease_ms: 60_000,
            heartbeat_ms: 1000,
            poll_ms: 20,
            batch: 100,
            policies: Vec::new(),
            ask_after_ms: 1000,
            ask_until_ms: 60_000,
            alone: true,
        };
        let known = Arc::new(move |id: &JurisdictionId| rules.residence(id).is_some());
        let people = People::new(store.clone(), clock.clone(), entropy.clone(), known, ImportLimits::default());
        let rates = Limits::new(store.clone(), vec![String::from("relay")], clock.clone(), Arc::new(|| ()));
        let settings_of_nobody =
            responders::Settings { email: Vec::new(), mail: Vec::new(), webhooks: Vec::new(), signer: None };
        let nobody = Responders::new(Http::new(Reach::Anywhere).unwrap(), settings_of_nobody);
        let (metrics, public_url) = (Arc::new(candour::telemetry::Metrics::new([])), "https://candour.example.org");
        let alarms = Alarms::new(base.clone(), Arc::clone(&metrics), Arc::new(nobody), Vec::new(), public_url);
        let state = ApiState {
            alarms: Arc::new(alarms),
            people: Arc::new(people),
            deadlines: Arc::new(deadlines),
            rates: Arc::new(rates),
            rehearsals: Arc::new(Rehearsals::new(
                base.clone(),
                Arc::clone(&renderer),
                Arc::clone(&for_rehearsals),
                Vec::new(),
                settings,
            )),
            tests: Arc::new(TestSends::new(base.clone(), Vec::new(), Arc::clone(&renderer), Vec::new())),
            remedies: Arc::new(Remedies::new(store.clone(), clock.clone())),
            reports: Arc::new(reports),
            typesetting: Arc::new(Semaphore::new(2)),
            fonts: Arc::new(candour::render::pdf::Fonts::new(None)),
            limits: candour::api::Limits {
                body_bytes: 1024 * 1024,
                answer_bytes: 64 * 1024,
                ..candour::api::Limits::default()
            },
            announcements: Arc::new(world.announcements()),
            intake: Arc::new(world.intake()),
            evidence: Arc::new(world.evidence()),
            retention: Arc::new(world.retention()),
            store,
            clock,
            entropy,
            access: Arc::clone(&access),
            incidents: Arc::new(incidents),
            receipts: Arc::new(Receipts),
            public_url: Arc::from(public_url),
            metrics,
            shutdown: CancellationToken::new(),
        };
        let mut keys = BTreeMap::new();
        for role in Role::ALL {
            let issued = access.issue(&format!("a {role}"), role, &ActorRef::operator()).await.unwrap();
            keys.insert(role, issued.secret);
        }
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let router = api::router(state.clone());
        let shutdown = state.shutdown.clone();
        tokio::spawn(
            async move { axum::serve(listener, router).with_graceful_shutdown(shutdown.cancelled_owned()).await },
        );
        Self { world: world.clone(), state, base, keys, client: candour::providers::http::loopback_client().unwrap() }
    }

    /// The key of a role.
    pub(crate) fn key(&self, role: Role) -> &str {
        &self.keys[&role]
    }

    /// A request, with the key of a role or none.
    pub(crate) fn request(&self, method: Method, path: &str, role: Option<Role>) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.base));
        match role {
            Some(role) => request.header(AUTHORIZATION, format!("Bearer {}", self.key(role))),
            None => request,
        }
    }

    /// Reads, as an auditor.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        send(self.request(Method::GET, path, Some(Role::Auditor))).await
    }

    /// Posts JSON, as a role.
    pub(crate) async fn post(&self, role: Role, path: &str, body: &Value) -> Answer {
        send(self.request(Method::POST, path, Some(role)).json(body)).await
    }

    /// Posts nothing, as a role.
    pub(crate) async fn act(&self, role: Role, path: &str) -> Answer {
        send(self.request(Method::POST, path, Some(role))).await
    }

    /// Approves a campaign, as a role, with everything confirmed that only a reader can tell.
    pub(crate) async fn approve(&self, role: Role, campaign: &str) -> Answer {
        let incident = self.get(&format!("/v1/campaigns/{campaign}")).await.json["incident"].clone();
        let incident = incident.as_str().expect("the campaign's incident");
        let check = self.get(&format!("/v1/incidents/{incident}/notice/check")).await.json;
        let asked = |absent: bool| -> Vec<&Value> {
            let asked = check["to_confirm"].as_array().into_iter().flatten();
            asked.filter(|one| one["absent"] == absent).map(|one| &one["element"]).collect()
        };
        let approval = serde_json::json!({ "confirmed": asked(false), "confirmed_absent": asked(true) });
        self.post(role, &format!("/v1/campaigns/{campaign}/approve"), &approval).await
    }

    /// Files an incident, as a responder; its identifier.
    pub(crate) async fn file(&self, body: &Value) -> String {
        let answer = self.post(Role::Responder, "/v1/incidents", body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
        answer.json["id"].as_str().unwrap().to_owned()
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.state.shutdown.cancel();
    }
}

/// Sends a request and reads the answer.
pub(crate) async fn send(request: RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let text = response.text().await.unwrap();
    let json = serde_json::from_str(&text).unwrap_or(Value::Null);
    Answer { status, headers, text, json }
}

impl Answer {
    /// A header as text; empty where it is missing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Checks that this is a problem of a status and kind; returns it for more.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16, kind: &str) -> &Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        assert_eq!(self.header(CONTENT_TYPE.as_str()), "application/problem+json", "{}", self.text);
        assert_eq!(self.json["type"], format!("https://candour.example/problems/{kind}"), "{}", self.text);
        assert_eq!(self.json["status"], status);
        let instance = self.json["instance"].as_str().unwrap();
        assert_eq!(instance.strip_prefix("urn:uuid:").unwrap(), self.header("x-request-id"));
        &self.json
    }

    /// Checks that this is a problem about a field; returns the field's reason and remedy together.
    #[track_caller]
    pub(crate) fn at_fault(&self, status: u16, kind: &str, field: &str) -> String {
        let errors = self.problem(status, kind)["errors"].as_array().cloned().unwrap_or_default();
        let found = errors.iter().find(|error| error["field"] == field);
        let found = found.unwrap_or_else(|| panic!("no {field:?} in {}", self.text));
        format!("{} {}", found["reason"].as_str().unwrap(), found["remedy"].as_str().unwrap())
    }
}
