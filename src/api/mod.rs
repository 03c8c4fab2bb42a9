//! The JSON API: conventions once, in the files beside this one, and one file per thing under [`v1`].
//!
//! Guarantees: every operation of `/v1` declares in the `OpenAPI` document who may call it, and exactly that is enforced;
//! every refusal is a problem; bodies are bounded; nothing of a body is logged. Never decides anything about an
//! incident: handlers translate, features decide.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::Uri;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;

use crate::access::Access;
use crate::alarms::Alarms;
use crate::announcements::Announcements;
use crate::config::Http;
use crate::deadlines::Deadlines;
use crate::delivery;
use crate::domain::clock::{Clock, Entropy};
use crate::evidence::Evidence;
use crate::incidents::Incidents;
use crate::intake::Intake;
use crate::people::People;
use crate::remedies::Remedies;
use crate::render::pdf::Fonts;
use crate::reports::Reports;
use crate::retention::Retention;
use crate::store::Store;
use crate::telemetry::Metrics;

pub mod auth;
pub mod body;
pub mod extract;
pub mod health;
pub mod idempotency;
pub mod merge_patch;
pub mod openapi;
pub mod operation;
pub mod page;
pub mod problem;
pub mod receipts;
pub mod request;
pub mod v1;

use problem::{Kind, Problem};

/// What handlers work with: the features and the little they need besides.
#[derive(Clone)]
pub struct ApiState {
    /// Storage, for idempotency, health and plain reads that no feature adds anything to.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Keys.
    pub access: Arc<Access>,
    /// Incidents, their notices and campaigns.
    pub incidents: Arc<Incidents>,
    /// Deadlines of all incidents.
    pub deadlines: Arc<Deadlines>,
    /// Alarms.
    pub alarms: Arc<Alarms>,
    /// Rates that people set.
    pub rates: Arc<delivery::Limits>,
    /// Tests of notices.
    pub tests: Arc<delivery::TestSends>,
    /// Rehearsals.
    pub rehearsals: Arc<delivery::Rehearsals>,
    /// Affected people.
    pub people: Arc<People>,
    /// Pools of remedy codes.
    pub remedies: Arc<Remedies>,
    /// Public notices.
    pub announcements: Arc<Announcements>,
    /// Reports to authorities.
    pub reports: Arc<Reports>,
    /// How many reports are typeset at once.
    pub typesetting: Arc<Semaphore>,
    /// Alert hooks.
    pub intake: Arc<Intake>,
    /// Proof.
    pub evidence: Arc<Evidence>,
    /// The end of personal data.
    pub retention: Arc<Retention>,
    /// Providers' callbacks.
    pub receipts: Arc<dyn receipts::ReceiptSink>,
    /// Where the service is reached from outside, without a slash at the end, e.g. `https://candour.example.org`.
    pub public_url: Arc<str>,
    /// Metrics.
    pub metrics: Arc<Metrics>,
    /// Faces for PDF beside those in the binary.
    pub fonts: Arc<Fonts>,
    /// What a request may take.
    pub limits: Limits,
    /// Cancelled when the process shuts down: not ready any more, open streams end.
    pub shutdown: CancellationToken,
}

/// What a request may take. Streamed ones have limits of their own.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Largest body, in bytes.
    pub body_bytes: usize,
    /// Longest time until the answer.
    pub time: Duration,
    /// Largest answer that is kept whole under an `Idempotency-Key`, in bytes.
    pub answer_bytes: usize,
}

impl Limits {
    /// As configured.
    #[must_use]
    pub fn of(http: &Http) -> Self {
        let time = Duration::from_secs(http.request_timeout_seconds);
        Self { body_bytes: http.max_body_bytes, time, ..Self::default() }
    }
}

impl Default for Limits {
    /// Two mebibytes, half a minute, four mebibytes.
    fn default() -> Self {
        Self { body_bytes: 2 * 1024 * 1024, time: Duration::from_secs(30), answer_bytes: 4 * 1024 * 1024 }
    }
}

/// The whole API: `/v1`, health, the document and its viewer. It brings the fallback for addresses that do not exist,
/// so other routers can be merged into it as long as they bring none.
///
/// # Panics
/// When an operation does not declare its roles: a mistake in the program, which a test finds first.
pub fn router(state: ApiState) -> Router {
    let (operations, document) = openapi::routes().split_for_parts();
    let document = openapi::complete(document);
    let declared = operation::Operations::read(&document)
        .unwrap_or_else(|undeclared| panic!("the API is not complete: {undeclared}"));
    let gate = auth::Gate { state: state.clone(), operations: Arc::new(declared) };
    let routes = operations
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn_with_state(gate, auth::gate))
        .merge(openapi::served(&document))
        .fallback(nothing_here);
    dressed(routes, &state).with_state(state)
}

/// Gives a router what every request gets: an identifier, its line in the log, safe headers, a problem in place of a panic.
pub fn dressed<S: Clone + Send + Sync + 'static>(routes: Router<S>, state: &ApiState) -> Router<S> {
    routes.layer(CatchPanicLayer::custom(panicked)).layer(from_fn_with_state(state.clone(), request::observe))
}

/// The answer where nothing is.
pub async fn nothing_here(uri: Uri) -> Problem {
    let hint = if uri.path().starts_with("/v1") { " /openapi.json lists all addresses." } else { "" };
    Problem::new(Kind::NotFound, format!("There is nothing at this address.{hint}"))
}

async fn wrong_method() -> Problem {
    Problem::new(Kind::MethodNotAllowed, "This address has other methods; see Allow and /openapi.json.")
}

fn panicked(cause: Box<dyn std::any::Any + Send + 'static>) -> Response {
    // The panic hook has logged the text; it stays there.
    drop(cause);
    Problem::internal(&"a handler panicked").into_response()
}
