//! `/v1/incidents/{id}/severity`: ENISA's score with its working, as advice.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::api::ApiState;
use crate::api::extract::{PathArg, QueryArgs};
use crate::api::operation::READ;
use crate::api::problem::{Kind, Problem};
use crate::domain::id::IncidentId;
use crate::incidents::severity::{
    ADVICE, Alteration, Class, Identification, Knowledge, Outage, Recipients, SOURCE, Severity, Step,
};

/// The operations of this file.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(read))
}

/// What is known beyond the facts. What is left out is assumed, to the worse side.
#[derive(Clone, Copy, Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct KnowledgeArgs {
    /// Column of ENISA's table for simple data: 1 no aggravating factor, 2 profiling or social and financial status,
    /// 3 assumptions on sensitive matters, 4 critical for the safety of vulnerable people.
    #[param(minimum = 1, maximum = 4)]
    simple: Option<u32>,
    /// The same for behavioural data: 1 little insight or public, 2 no factor, 3 a profile, 4 one based on sensitive data.
    #[param(minimum = 1, maximum = 4)]
    behavioural: Option<u32>,
    /// The same for financial data: 1 no real insight, 2 some, 3 no factor, 4 enough for fraud or a profile.
    #[param(minimum = 1, maximum = 4)]
    financial: Option<u32>,
    /// The same for sensitive data: 1 no substantial insight or public, 2 general assumptions, 3 assumptions on sensitive
    /// matters, 4 nothing that lessens it.
    #[param(minimum = 1, maximum = 4)]
    sensitive: Option<u32>,
    /// How easily people can be told from the data.
    #[param(inline)]
    identification: Option<Identification>,
    /// Who has got the data.
    #[param(inline)]
    recipients: Option<Recipients>,
    /// What became of data that was changed.
    #[param(inline)]
    alteration: Option<Alteration>,
    /// What became of data that could not be used.
    #[param(inline)]
    outage: Option<Outage>,
}

impl KnowledgeArgs {
    fn checked(self) -> Result<Knowledge, Problem> {
        let columns = [
            ("simple", self.simple),
            ("behavioural", self.behavioural),
            ("financial", self.financial),
            ("sensitive", self.sensitive),
        ];
        if let Some((name, _)) = columns.into_iter().find(|(_, column)| column.is_some_and(|c| !(1..=4).contains(&c))) {
            return Err(Problem::new(Kind::BadAddress, format!("`{name}` is out of range.")).with(
                name,
                "the table has four columns",
                "Give 1 to 4, or leave it out.",
            ));
        }
        Ok(Knowledge {
            simple: self.simple,
            behavioural: self.behavioural,
            financial: self.financial,
            sensitive: self.sensitive,
            identification: self.identification,
            recipients: self.recipients,
            alteration: self.alteration,
            outage: self.outage,
        })
    }
}

/// The severity with its working.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Severity)]
struct SeverityView {
    /// What this is, and what it is not.
    advice: &'static str,
    /// Where the method comes from.
    source: &'static str,
    /// The score; absent while it cannot be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<f64>,
    /// Its class: low below 2, medium from 2, high from 3, very high from 4.
    #[serde(skip_serializing_if = "Option::is_none")]
    class: Option<Class>,
    /// The calculation in figures.
    #[serde(skip_serializing_if = "Option::is_none")]
    formula: Option<String>,
    /// Context of the data (DPC): one step for each kind of data; the highest counts.
    context: Vec<Step>,
    /// Ease of identification (EI).
    identification: Step,
    /// Circumstances of the breach (CB), which add up.
    circumstances: Vec<Step>,
    /// What ENISA asks to mention beside the score.
    flags: Vec<String>,
    /// Facts that are missing for a score.
    missing: Vec<&'static str>,
}

impl From<Severity> for SeverityView {
    fn from(found: Severity) -> Self {
        Self {
            advice: ADVICE,
            source: SOURCE,
            score: found.score.map(|(score, _)| score),
            class: found.score.map(|(_, class)| class),
            formula: found.formula,
            context: found.context,
            identification: found.identification,
            circumstances: found.circumstances,
            flags: found.flags,
            missing: found.missing,
        }
    }
}

/// Score an incident's severity
///
/// ENISA's methodology, with its working shown, as advice: it decides no duty. What the facts do not say is assumed to the
/// worse side and marked so; the parameters say what is known better. Nothing is stored.
#[utoipa::path(get, path = "/v1/incidents/{id}/severity", tag = "incidents", extensions(("x-roles" = json!(READ))),
    params(("id" = IncidentId, Path, description = "The incident."), KnowledgeArgs),
    responses((status = 200, description = "The severity.", body = SeverityView)))]
async fn read(
    State(state): State<ApiState>,
    PathArg(id): PathArg<IncidentId>,
    QueryArgs(args): QueryArgs<KnowledgeArgs>,
) -> Result<Json<SeverityView>, Problem> {
    let knowledge = args.checked()?;
    Ok(Json(state.incidents.severity(id, &knowledge).await?.into()))
}
