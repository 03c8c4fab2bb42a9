//! `/v1/incidents/{id}/notice/test`: the notice, really sent to addresses of the operator's own.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::api::ApiState;
use crate::api::auth::Caller;
use crate::api::body::JsonBody;
use crate::api::extract::{Belongs, PathArg};
use crate::api::operation::WORK;
use crate::api::problem::{Kind, Problem, sentence};
use crate::delivery::{Addressee, TestError, TestRequest, Tested};
use crate::domain::channel::Channel;
use crate::domain::id::IncidentId;
use crate::domain::jurisdiction::JurisdictionId;
use crate::domain::locale::Locale;
use crate::domain::outcome::Outcome;
use crate::domain::test_send::address;
use crate::incidents::IncidentError;

/// The operations of this file.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(send))
}

impl From<TestError> for Problem {
    fn from(error: TestError) -> Self {
        let text = error.to_string();
        match error {
            TestError::Store(error) => error.into(),
            TestError::NoNotice => IncidentError::NoNotice.into(),
            TestError::Notice(error) => IncidentError::Notice(error).into(),
            TestError::Compose(_) => Self::new(Kind::BadTemplate, sentence(&text)),
            TestError::Number => Self::field("to", text, "Name some of those who may be sent tests."),
            TestError::NotAllowed(place) => Self::field(
                format!("to[{place}].address"),
                "it is not among those that may be sent tests",
                "Name one of `test_sends.allow` in the configuration, or have the operator add this one.",
            ),
            TestError::NoProvider(place) => Self::field(
                format!("to[{place}]"),
                "no such provider carries messages to it",
                "Leave `provider` out or name one of this channel; configure one if there is none.",
            ),
        }
    }
}

/// What to send to whom.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct TestSend {
    /// To whom.
    #[schema(min_items = 1, max_items = 10)]
    to: Vec<TestAddress>,
    /// The made-up person's language; the notice's default otherwise.
    #[serde(default)]
    locale: Option<Locale>,
    /// The made-up person's residence, for notices that have variants.
    #[serde(default)]
    jurisdiction: Option<JurisdictionId>,
}

/// An address of a test.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct TestAddress {
    /// By which channel; not by letter, which is previewed.
    channel: Channel,
    /// An email address, a phone number in international form, or a push target.
    #[schema(example = "qa@example.org")]
    address: String,
    /// Through which provider, by its name in the configuration; the first of the channel otherwise.
    #[serde(default)]
    provider: Option<String>,
}

/// What came of a test.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct TestOutcomes {
    /// One for each address, in the order of the request.
    outcomes: Vec<TestOutcome>,
}

/// What came of one address.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct TestOutcome {
    /// By which channel.
    channel: Channel,
    /// Through which provider.
    provider: String,
    /// What its answer means.
    outcome: Outcome,
    /// Its code.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    /// Its own name for the message.
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
}

impl From<Tested> for TestOutcome {
    fn from(tested: Tested) -> Self {
        let Tested { to, provider, answer } = tested;
        let (outcome, code, reference) = (answer.outcome, answer.code, answer.reference);
        Self { channel: to.channel(), provider, outcome, code, reference }
    }
}

/// Send a test
///
/// The newest notice, as it reads over the facts of now for a made-up person, is really sent through the configured providers
/// to a few addresses of the operator's own, at once and before anything that waits. Each message says in its first words that it is
/// a test. Only addresses that the configuration lists (`test_sends.allow`) are sent to. No campaign counts it and nobody is told
/// by it; the audit chain has that it was done. Nothing is tried again: the answer says what each provider answered. A provider that
/// fills a template of the vendor's (Alibaba Cloud, Tencent Cloud) sends that one, which cannot be marked.
#[utoipa::path(post, path = "/v1/incidents/{id}/notice/test", tag = "notices",
    extensions(("x-roles" = json!(WORK)), ("x-streamed" = json!(true))),
    params(("id" = IncidentId, Path, description = "The incident.")), request_body = TestSend,
    responses((status = 200, description = "What came of each address.", body = TestOutcomes)))]
async fn send(
    State(state): State<ApiState>,
    Caller(actor): Caller,
    PathArg(id): PathArg<IncidentId>,
    JsonBody(test): JsonBody<TestSend>,
) -> Result<Response, Problem> {
    let mut to = Vec::with_capacity(test.to.len());
    for (place, one) in test.to.into_iter().enumerate() {
        if one.channel == Channel::Letter {
            let remedy = "Look at it: GET /v1/incidents/{id}/notice/preview?channel=letter.";
            return Err(Problem::field(format!("to[{place}].channel"), "a letter is not sent as a test", remedy));
        }
        let found = address(one.channel, &one.address)
            .map_err(|error| Problem::field(format!("to[{place}].address"), error.to_string(), "Correct it."))?;
        to.push(Addressee { to: found, provider: one.provider });
    }
    let request = TestRequest { to, locale: test.locale, jurisdiction: test.jurisdiction };
    let tested = state.tests.send(id, request, &actor.to_ref()).await?;
    let outcomes = tested.into_iter().map(TestOutcome::from).collect();
    Ok((Belongs(id), Json(TestOutcomes { outcomes })).into_response())
}
