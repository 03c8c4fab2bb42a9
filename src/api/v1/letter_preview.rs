//! `GET /v1/incidents/{id}/notice/preview`: the letter of a notice as it would be printed.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::api::ApiState;
use crate::api::auth::Caller;
use crate::api::extract::{PathArg, QueryArgs};
use crate::api::operation::WORK;
use crate::api::problem::Problem;
use crate::domain::channel::Channel;
use crate::domain::id::{IncidentId, PersonId};
use crate::domain::locale::Locale;
use crate::incidents::PreviewRequest;
use crate::render::letter::{Form, address_lines};
use crate::render::pdf::{Stationery, letter_pdf};

/// The operations of this file.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(preview_letter))
}

/// Whose letter, and on which paper.
#[derive(Clone, Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct LetterArgs {
    /// Always `letter`; the other channels are previewed by `POST`.
    channel: Channel,
    /// A person of the incident; a made-up one otherwise. Masked as in the list of people.
    #[serde(default)]
    person: Option<PersonId>,
    /// Language; the person's own otherwise, or the notice's default.
    #[serde(default)]
    locale: Option<Locale>,
    /// `din5008_a`, `din5008_b`, `us_10`, `govuk_notify`, `pingen` or `lob`; `din5008_b` otherwise.
    #[serde(default)]
    form: Option<String>,
}

/// See the letter of the notice
///
/// As PDF, the way a printing house would get it, with the facts as they are now; only the sender's address is missing, which
/// the provider's configuration gives. Nothing is stored or sent. When a person is named, it shows personal data to approvers
/// and admins; for all other roles the person's name, address and values are masked.
#[utoipa::path(get, path = "/v1/incidents/{id}/notice/preview", tag = "notices", extensions(("x-roles" = json!(WORK))),
    params(("id" = IncidentId, Path, description = "The incident."), LetterArgs),
    responses((status = 200, description = "The letter.", body = Vec<u8>, content_type = "application/pdf")))]
async fn preview_letter(
    State(state): State<ApiState>,
    Caller(actor): Caller,
    PathArg(id): PathArg<IncidentId>,
    QueryArgs(args): QueryArgs<LetterArgs>,
) -> Result<Response, Problem> {
    if args.channel != Channel::Letter {
        let remedy = "Ask for channel=letter, or preview the other channels by POST.";
        return Err(Problem::field("channel", "only a letter is a page", remedy));
    }
    let form = Form::named(args.form.as_deref().unwrap_or("din5008_b"))
        .map_err(|reason| Problem::field("form", &reason, "Name one of these forms."))?;
    let masked = !actor.role.sees_people();
    let request = PreviewRequest { person: args.person, locale: args.locale, masked, ..PreviewRequest::default() };
    let preview = state.incidents.preview_letter(id, request).await?;
    let _turn = state.typesetting.acquire().await.map_err(|error| Problem::internal(&error))?;
    let (fonts, made_at) = (Arc::clone(&state.fonts), state.clock.now().to_rfc3339());
    let set = tokio::task::spawn_blocking(move || {
        let name = preview.to_name.as_ref().map(|name| name.expose().as_str());
        let recipient = address_lines(&preview.to, name, preview.from_country.as_deref());
        let on = Stationery { form, sender: &[], recipient: &recipient, date: &made_at[..10], made_at: &made_at };
        letter_pdf(&preview.letter, &on, &fonts)
    });
    let pdf = set.await.map_err(|error| Problem::internal(&error))??;
    let headers = [
        (header::CONTENT_TYPE, "application/pdf"),
        (header::CONTENT_DISPOSITION, "inline; filename=\"letter.pdf\""),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, pdf.bytes).into_response())
}
