//! What law is encoded: the rule sets with their sources, and the words in which facts are told.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::api::ApiState;
use crate::api::extract::PathArg;
use crate::api::operation::READ;
use crate::api::problem::{Kind, Problem};
use crate::domain::jurisdiction::JurisdictionId;
use crate::law::vocabulary::Part;
use crate::law::{Applies, RuleSet, Status};

/// The operations of this file.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(one)).routes(routes!(vocabulary))
}

/// The rule sets.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Jurisdictions {
    /// In order of name.
    jurisdictions: Vec<Summary>,
}

/// A rule set in short.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = JurisdictionSummary)]
struct Summary {
    /// Its name in facts and imports.
    id: JurisdictionId,
    /// Its name for people.
    name: String,
    /// Whether it binds: `in_force`, or `voluntary`.
    status: &'static str,
    /// To whom it applies: `residents`, those listed under its name, or `organisations` of a kind.
    applies_to: &'static str,
    /// Who supervises.
    authority: String,
    /// Where that authority takes reports, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    authority_url: Option<String>,
    /// How many rules it has.
    rules: usize,
    /// How many of them rest on evidence that is no text: `secondary` or `general`.
    rules_on_weak_evidence: usize,
    /// Which state of the rules this is.
    rules_version: String,
    /// What is not verified or not covered.
    doubts: Vec<String>,
}

impl Summary {
    fn of(set: &RuleSet) -> Self {
        Self {
            id: set.id.clone(),
            name: set.name.clone(),
            status: match set.status {
                Status::InForce => "in_force",
                Status::Voluntary => "voluntary",
            },
            applies_to: match set.applies {
                Applies::Residents => "residents",
                Applies::Organisations(_) => "organisations",
            },
            authority: set.authority.name.clone(),
            authority_url: set.authority.url.clone(),
            rules: set.rules.len(),
            rules_on_weak_evidence: set.rules.iter().filter(|rule| rule.is_weak()).count(),
            rules_version: set.rules_version.clone(),
            doubts: set.doubts.clone(),
        }
    }
}

/// A rule set in full.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Jurisdiction {
    /// In short.
    #[serde(flatten)]
    summary: Summary,
    /// All of it, as it is encoded: rules, thresholds, deadlines, ways, forms, each rule with citation, source and evidence.
    #[schema(value_type = Object)]
    encoded: serde_json::Value,
}

/// The words in which facts are told.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Vocabulary {
    /// By part of the incident's body.
    parts: Vec<Part>,
}

/// List the rule sets
///
/// Which law is encoded, in which version, and how much of it stands on weak evidence.
#[utoipa::path(get, path = "/v1/jurisdictions", tag = "obligations", extensions(("x-roles" = json!(READ))),
    responses((status = 200, description = "The rule sets.", body = Jurisdictions)))]
async fn list(State(state): State<ApiState>) -> Json<Jurisdictions> {
    let rules = state.incidents.rules();
    let sets = rules.known().filter_map(|id| rules.jurisdiction(id));
    Json(Jurisdictions { jurisdictions: sets.map(Summary::of).collect() })
}

/// Read a rule set
///
/// All that is encoded of a jurisdiction, with the sources.
#[utoipa::path(get, path = "/v1/jurisdictions/{id}", tag = "obligations", extensions(("x-roles" = json!(READ))),
    params(("id" = JurisdictionId, Path, description = "The jurisdiction.")),
    responses((status = 200, description = "The rule set.", body = Jurisdiction)))]
async fn one(
    State(state): State<ApiState>,
    PathArg(id): PathArg<JurisdictionId>,
) -> Result<Json<Jurisdiction>, Problem> {
    let rules = state.incidents.rules();
    let missing = || Problem::new(Kind::NotFound, format!("There are no rules for {id}. /v1/jurisdictions lists all."));
    let set = rules.jurisdiction(&id).ok_or_else(missing)?;
    let encoded = rules.encoded(&id).ok_or_else(missing)?;
    Ok(Json(Jurisdiction { summary: Summary::of(set), encoded }))
}

/// List the words of facts
///
/// Each word that the facts of an incident may use, what it means, and which jurisdictions make something of it.
#[utoipa::path(get, path = "/v1/vocabulary", tag = "obligations", extensions(("x-roles" = json!(READ))),
    responses((status = 200, description = "The words.", body = Vocabulary)))]
async fn vocabulary(State(state): State<ApiState>) -> Json<Vocabulary> {
    Json(Vocabulary { parts: state.incidents.rules().vocabulary() })
}
