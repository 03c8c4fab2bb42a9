//! The notice of an incident: written, read, previewed.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::api::ApiState;
use crate::api::auth::Caller;
use crate::api::body::JsonBody;
use crate::api::extract::{IfMatch, PathArg, QueryArgs, etag};
use crate::api::operation::{READ, WORK};
use crate::api::problem::{Kind, Problem, sentence};
use crate::domain::channel::Channel;
use crate::domain::id::{IncidentId, NoticeId, PersonId};
use crate::domain::jurisdiction::JurisdictionId;
use crate::domain::locale::Locale;
use crate::domain::notice::{Notice, NoticeContent};
use crate::domain::obligation::{Citation, Force};
use crate::domain::segments::{self, Encoding, Length};
use crate::incidents::{Confirmation, IncidentError, Incidents, Preview, PreviewRequest, Previews, Requirement};
use crate::render::{RenderError, Rendered};

/// The operations of this file.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(read, write)).routes(routes!(preview)).routes(routes!(check))
}

/// The problem for a template that does not work: which one, where, and what has no value.
pub(super) fn template_problem(error: &RenderError) -> Problem {
    let text = sentence(&error.to_string());
    let (field, remedy) = match error {
        RenderError::Syntax { template, .. } => (template.clone(), "Correct the template at this place."),
        RenderError::Missing { template, .. } => {
            (template.clone(), "Give the value, or ask for it with {{#if}} in the text.")
        }
        RenderError::Template { template, .. } => (template.clone(), "Correct the template."),
        RenderError::UnknownSet { .. } | RenderError::NoTemplate { .. } => {
            (String::from("template"), "Name a template set that exists.")
        }
        RenderError::DefaultLocale { .. } => {
            (String::from("default_locale"), "Choose one of the locales that have texts.")
        }
        RenderError::Variant { field, .. } => (field.clone(), "Correct the variant."),
        RenderError::Unreadable { .. } | RenderError::Stray { .. } | RenderError::Words { .. } => {
            return Problem::internal(&text);
        }
    };
    Problem::new(Kind::BadTemplate, text.clone()).with(field, text, remedy)
}

/// One version of a notice.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Notice)]
struct NoticeView {
    /// Identifier of the version.
    id: NoticeId,
    /// The incident.
    incident: IncidentId,
    /// Version, from 1.
    version: i64,
    /// Stands for the content, its frame and its facts; what is approved and what each attempt names.
    hash: String,
    /// When it was written.
    #[schema(format = DateTime)]
    created_at: String,
    /// The content.
    #[serde(flatten)]
    content: NoticeContent,
}

fn tagged(notice: Notice) -> Response {
    let tag = etag(notice.version);
    let view = NoticeView {
        id: notice.id,
        incident: notice.incident,
        version: notice.version,
        hash: notice.hash,
        created_at: notice.created_at.to_rfc3339(),
        content: notice.content,
    };
    ([(header::ETAG, tag)], Json(view)).into_response()
}

/// Read the notice
///
/// Its newest version.
#[utoipa::path(get, path = "/v1/incidents/{id}/notice", tag = "notices", extensions(("x-roles" = json!(READ))),
    params(("id" = IncidentId, Path, description = "The incident.")),
    responses((status = 200, description = "The newest version.", body = NoticeView,
        headers(("ETag" = String, description = "For `If-Match`.")))))]
async fn read(State(state): State<ApiState>, PathArg(id): PathArg<IncidentId>) -> Result<Response, Problem> {
    Ok(tagged(state.incidents.notice(id).await?))
}

/// Write the notice
///
/// Makes the next version; earlier ones stay as they are. It is compiled at once: a template that does not parse, or a
/// value that the facts do not give, refuses it. `If-Match` is needed once there is a version.
#[utoipa::path(put, path = "/v1/incidents/{id}/notice", tag = "notices", extensions(("x-roles" = json!(WORK))),
    params(("id" = IncidentId, Path, description = "The incident."),
        ("If-Match" = Option<String>, Header, description = "The `ETag` of the version that was read.")),
    request_body = NoticeContent,
    responses((status = 200, description = "The new version.", body = NoticeView,
        headers(("ETag" = String, description = "For `If-Match`.")))))]
async fn write(
    State(state): State<ApiState>,
    Caller(actor): Caller,
    PathArg(id): PathArg<IncidentId>,
    headers: HeaderMap,
    JsonBody(content): JsonBody<NoticeContent>,
) -> Result<Response, Problem> {
    let seen = match state.incidents.notice(id).await {
        Ok(current) => IfMatch::read(&headers)?.expect(current.version)?,
        Err(IncidentError::NoNotice) => 0,
        Err(error) => return Err(error.into()),
    };
    Ok(tagged(state.incidents.put_notice(id, content, seen, &actor.to_ref()).await?))
}

/// What to preview. All parts are optional.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
struct PreviewBody {
    /// Content that is not written yet; the newest version otherwise.
    content: Option<NoticeContent>,
    /// A person of the incident; a made-up one otherwise. Masked as in the list of people.
    person: Option<PersonId>,
    /// Language; the person's own otherwise, or the notice's default.
    locale: Option<Locale>,
    /// Residence; the person's own otherwise, or every one that the incident names.
    jurisdiction: Option<JurisdictionId>,
    /// Only this channel; all of the cascade otherwise.
    channel: Option<Channel>,
}

/// Which laws' demands.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct CheckArgs {
    /// Only of this residence; of all that the incident names otherwise.
    jurisdiction: Option<JurisdictionId>,
}

/// What the laws ask of the notice, held against it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct NoticeCheck {
    /// Whether a campaign with it can be approved without saying why it is approved in spite of something.
    fit: bool,
    /// What only a reader can tell of what is mandatory: whoever approves confirms it by name.
    to_confirm: Vec<ConfirmationView>,
    /// One for each obligation to tell individuals that is not waived.
    requirements: Vec<RequirementView>,
}

/// What whoever approves is asked to confirm.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Confirmation)]
struct ConfirmationView {
    /// The element.
    element: String,
    /// What it means.
    meaning: &'static str,
    /// Whether it must not be there (`confirmed_absent`), rather than be there (`confirmed`).
    absent: bool,
    /// The obligations that ask for it.
    obligations: Vec<String>,
}

impl From<Confirmation> for ConfirmationView {
    fn from(one: Confirmation) -> Self {
        let Confirmation { element, meaning, absent, obligations } = one;
        Self { element, meaning, absent, obligations }
    }
}

/// Check the notice
///
/// The newest version against what each law demands of a notice to individuals and what it forbids. Only what facts and
/// texts surely show is judged `present`, `missing` or `forbidden`; the rest is `to_be_read` by a person, and confirmed by name
/// when a campaign is approved. Each law is held against what the people under it read, variants included.
#[utoipa::path(get, path = "/v1/incidents/{id}/notice/check", tag = "notices", extensions(("x-roles" = json!(READ))),
    params(("id" = IncidentId, Path, description = "The incident."), CheckArgs),
    responses((status = 200, description = "The check.", body = NoticeCheck)))]
async fn check(
    State(state): State<ApiState>,
    PathArg(id): PathArg<IncidentId>,
    QueryArgs(args): QueryArgs<CheckArgs>,
) -> Result<Json<NoticeCheck>, Problem> {
    let requirements = state.incidents.check_notice(id, args.jurisdiction.as_ref()).await?;
    let fit = !requirements.iter().any(Requirement::stands_in_the_way);
    let to_confirm = Incidents::to_confirm(&requirements).into_iter().map(ConfirmationView::from).collect();
    Ok(Json(NoticeCheck {
        fit,
        to_confirm,
        requirements: requirements.into_iter().map(RequirementView::from).collect(),
    }))
}

/// How a notice would look.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct PreviewAnswer {
    /// Stands for what was previewed; a campaign proposed now would carry it.
    hash: String,
    /// Place of the variant that people of this residence read, from 0; absent where they read what all others do.
    #[serde(skip_serializing_if = "Option::is_none")]
    variant: Option<usize>,
    /// Whether the person's own values are masked, because the key's role may not see them. Lengths and costs are then those
    /// of the masked text.
    masked: bool,
    /// Per channel.
    previews: Vec<ChannelPreview>,
    /// What the laws ask of a notice to individuals.
    requirements: Vec<RequirementView>,
}

/// How a notice would look over one channel.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ChannelPreview {
    /// The channel.
    channel: Channel,
    /// The locale of the texts that were used.
    locale: Locale,
    /// Subject of an email.
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    /// Title of a push message or a letter.
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    /// Plain text. Of a letter, what it says (the `GET` of this address has it on paper); of a call, what is spoken.
    text: String,
    /// The same in HTML.
    #[serde(skip_serializing_if = "Option::is_none")]
    html: Option<String>,
    /// Page that a push message opens.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    /// How a text message travels.
    #[serde(skip_serializing_if = "Option::is_none")]
    travels: Option<SmsView>,
    /// What the channel's first provider takes for it, where the configuration says so, e.g. `0.015 USD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    cost: Option<String>,
}

/// How a text message travels. Another person's values may make it longer.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct SmsView {
    /// In which encoding; one letter outside the default alphabet makes the whole text `ucs2`.
    encoding: Encoding,
    /// Units of the encoding.
    units: usize,
    /// Messages that carry the text, of which each costs.
    segments: usize,
}

/// What a law asks of a notice to individuals.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct RequirementView {
    /// The obligation.
    obligation: String,
    /// Its rule set.
    jurisdiction: JurisdictionId,
    /// How strongly.
    force: Force,
    /// Elements the notice must have.
    contents: Vec<String>,
    /// Of these, what the incident does not say yet.
    missing: Vec<String>,
    /// Of `contents`, what they surely give.
    present: Vec<String>,
    /// Of `contents`, what only a reader can judge.
    to_be_read: Vec<String>,
    /// Of `contents`, what the law asks for only where something is the case that is not.
    not_applicable: Vec<String>,
    /// Elements that the notice must not have.
    must_not_contain: Vec<String>,
    /// Of these, what it surely has.
    forbidden: Vec<String>,
    /// Of these, what only a reader can tell not to be there.
    absence_to_be_read: Vec<String>,
    /// Where it comes from.
    citation: Vec<Citation>,
}

impl From<Requirement> for RequirementView {
    fn from(requirement: Requirement) -> Self {
        Self {
            obligation: requirement.obligation,
            jurisdiction: requirement.jurisdiction,
            force: requirement.force,
            contents: requirement.contents,
            missing: requirement.missing,
            present: requirement.present,
            to_be_read: requirement.to_be_read,
            not_applicable: requirement.not_applicable,
            must_not_contain: requirement.must_not_contain,
            forbidden: requirement.forbidden,
            absence_to_be_read: requirement.absence_to_be_read,
            citation: requirement.citation,
        }
    }
}

fn priced(preview: &Preview) -> ChannelPreview {
    let cost = preview.cost.map(|price| price.to_string());
    ChannelPreview { cost, ..shown(preview.channel, &preview.rendered) }
}

fn shown(channel: Channel, rendered: &Rendered) -> ChannelPreview {
    let locale = rendered.locale().clone();
    let bare = ChannelPreview {
        channel,
        locale,
        subject: None,
        title: None,
        text: String::new(),
        html: None,
        url: None,
        travels: None,
        cost: None,
    };
    match rendered {
        Rendered::Email { subject, text, html, .. } => ChannelPreview {
            subject: Some(subject.expose().clone()),
            text: text.expose().clone(),
            html: Some(html.expose().clone()),
            ..bare
        },
        Rendered::Sms { text, .. } => {
            let Length { encoding, units, segments } = segments::measure(text.expose());
            let travels = Some(SmsView { encoding, units, segments });
            ChannelPreview { text: text.expose().clone(), travels, ..bare }
        }
        Rendered::Push { title, text, url, .. } => ChannelPreview {
            title: Some(title.expose().clone()),
            text: text.expose().clone(),
            url: url.clone(),
            ..bare
        },
        Rendered::Letter(letter) => {
            ChannelPreview { title: Some(letter.title.expose().clone()), text: letter.plain().expose().clone(), ..bare }
        }
        Rendered::Voice(script) => ChannelPreview { text: script.plain().expose().clone(), ..bare },
    }
}

/// Preview the notice
///
/// For any locale, jurisdiction, channel and person, with the facts as they are now. A value that is missing is
/// refused by name. Nothing is stored or sent. When a person is named, the answer has personal data for approvers and admins;
/// for all other roles the person's values are masked.
#[utoipa::path(post, path = "/v1/incidents/{id}/notice/preview", tag = "notices",
    extensions(("x-roles" = json!(WORK)), ("x-idempotency" = json!("natural"))),
    params(("id" = IncidentId, Path, description = "The incident.")), request_body = PreviewBody,
    responses((status = 200, description = "The previews.", body = PreviewAnswer)))]
async fn preview(
    State(state): State<ApiState>,
    Caller(actor): Caller,
    PathArg(id): PathArg<IncidentId>,
    JsonBody(body): JsonBody<PreviewBody>,
) -> Result<Json<PreviewAnswer>, Problem> {
    let masked = body.person.is_some() && !actor.role.sees_people();
    let request = PreviewRequest {
        content: body.content,
        person: body.person,
        locale: body.locale,
        jurisdiction: body.jurisdiction,
        channel: body.channel,
        masked,
    };
    let Previews { hash, variant, previews, requirements } = state.incidents.preview(id, request).await?;
    Ok(Json(PreviewAnswer {
        hash,
        variant,
        masked,
        previews: previews.iter().map(priced).collect(),
        requirements: requirements.into_iter().map(RequirementView::from).collect(),
    }))
}
