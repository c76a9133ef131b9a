//! `POST` and `GET /api/v1/integrations/webhooks/{platform}`: what platforms call.
//!
//! Order: the address is not refused, the integration is known, the body is read (256 KiB), the sender is
//! proved, the integration's bucket is not empty, the notice is no repetition, the end of the session is
//! acknowledged, the notice is acknowledged. Who is turned away before its proof pays from the bucket of
//! its address. A `GET` is a platform's look whether somebody is there, except that a Decipher survey may
//! send its notice that way. Answers are ASCII: surveys read them with Python 2.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Uri, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use control::ControlState;
use schemas::control::{Integration, IntegrationId, IntegrationPlatform};
use schemas::ids::OrganisationId;
use serde::Serialize;
use utoipa::ToSchema;

use super::decipher::{BodyForm, Parameters};
use super::form::Form;
use super::notice::{Naming, Notice};
use super::settle::{Proved, settle};
use super::{WebhookError, generic, qualtrics};
use crate::auth::{Credential, Need};
use crate::body::Expected;
use crate::edge::Edge;
use crate::error::IngestError;
use crate::routes::{SessionPath, session_text};
use crate::state::Gateway;
use crate::trace::traceparent;

/// Most bytes of a webhook. Platforms send one or two kilobytes.
pub(crate) const BODY_LIMIT: usize = 256 << 10;

const FORM: &str = "application/x-www-form-urlencoded";
const FORM_TYPES: &[&str] = &[FORM];
const JSON_TYPES: &[&str] = &["application/json"];
const EITHER_TYPE: &[&str] = &[FORM, "application/json"];

/// What became of a webhook.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Taken {
    /// Always `accepted`.
    pub(super) status: &'static str,
    /// `session_completed`, `noted`, or `unmatched`: it tells the end of a response and names no session of the organisation.
    pub(super) outcome: &'static str,
    /// Whether it had been taken before.
    pub(super) duplicate: bool,
    /// The notice's id in the log; the same for a repetition.
    pub(super) notice_id: String,
}

/// Somebody is there.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Ready {
    /// Always `ready`.
    status: &'static str,
    /// The platform of the address.
    platform: &'static str,
}

/// The answer to a GET.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum Looked {
    /// It was a look.
    Ready(Ready),
    /// It was a survey's notice.
    #[expect(dead_code, reason = "describes an answer that POST's handler makes")]
    Taken(Taken),
}

/// A Qualtrics event, or the parameters of a Decipher survey.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WebhookForm {
    /// Qualtrics: the event's name.
    #[serde(rename = "Topic")]
    topic: Option<String>,
    /// Qualtrics: HMAC-SHA-512 of `MSG`, lower-case hexadecimal.
    #[serde(rename = "HMAC")]
    hmac: Option<String>,
    /// Qualtrics: the event as JSON.
    #[serde(rename = "MSG")]
    msg: Option<String>,
    /// Decipher: the session's id.
    session_id: Option<String>,
    /// Decipher: `qualified`, `complete`, `terminated`, `overquota`, `partial`, or 1 to 4.
    status: Option<String>,
}

/// Takes a survey platform's webhook.
///
/// Qualtrics signs with HMAC-SHA-512, generic senders as Standard Webhooks 1.0.0 asks, Decipher surveys show a key or token. A completed response that names a session ends it.
#[utoipa::path(
    post,
    path = "/api/v1/integrations/webhooks/{platform}",
    operation_id = "post_webhook",
    tag = "integrations",
    params(
        ("platform" = String, Path, description = "`qualtrics`, `decipher` or `generic`"),
        ("integration" = Option<String>, Query, description = "The integration; may be left out while the platform has one"),
    ),
    request_body(content((inline(WebhookForm) = "application/x-www-form-urlencoded"), (Object = "application/json")), description = "As the platform sends it; at most 256 KiB"),
    responses(
        (status = 200, description = "The broker has acknowledged it, now or before", body = Taken),
        (status = "4XX", description = "Nothing was stored", body = crate::openapi::ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Not acknowledged; send it again after `Retry-After`", body = crate::openapi::ProblemBody, content_type = "application/problem+json"),
    ),
    security((), ("secret_key" = []), ("ingest_token" = [])),
)]
pub(crate) async fn post(
    State(gateway): State<Arc<Gateway>>,
    path: SessionPath,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let mut edge = Edge::of(&gateway, &parts);
    let Ok(platform) = session_text(&path).parse() else {
        return edge.answer(Err::<Response, _>(IngestError::UnknownRoute));
    };
    let taken = receive(&gateway, &mut edge, platform, (&parts, body)).await;
    gateway.metrics.webhooks.count(platform, &taken);
    edge.answer(taken.map(Json))
}

/// Answers a platform's look whether somebody is there.
///
/// A Decipher survey may send its notice this way: then it is taken as by POST.
#[utoipa::path(
    get,
    path = "/api/v1/integrations/webhooks/{platform}",
    operation_id = "look_at_webhook",
    tag = "integrations",
    params(
        ("platform" = String, Path, description = "`qualtrics`, `decipher` or `generic`"),
        ("integration" = Option<String>, Query, description = "The integration; may be left out while the platform has one"),
    ),
    responses(
        (status = 200, description = "Somebody is there; or the survey's notice was taken", body = Looked),
        (status = "4XX", description = "Nothing was stored", body = crate::openapi::ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Not acknowledged; send it again after `Retry-After`", body = crate::openapi::ProblemBody, content_type = "application/problem+json"),
    ),
    security((), ("secret_key" = []), ("ingest_token" = [])),
)]
pub(crate) async fn get(
    state: State<Arc<Gateway>>,
    path: SessionPath,
    request: Request,
) -> Response {
    let Ok(platform) = session_text(&path).parse::<IntegrationPlatform>() else {
        return IngestError::UnknownRoute.into_response();
    };
    if platform == IntegrationPlatform::Decipher && !is_look(request.method(), request.uri()) {
        return post(state, path, request).await;
    }
    let ready = Ready {
        status: "ready",
        platform: platform.as_str(),
    };
    Json(Looked::Ready(ready)).into_response()
}

/// Whether a request without a body says nothing. A HEAD comes this way, too, and must not do anything.
fn is_look(method: &Method, uri: &Uri) -> bool {
    let parameters = || Parameters::read(uri.query(), (BodyForm::Json, b""));
    *method != Method::GET || parameters().is_ok_and(|parameters| parameters.is_empty())
}

async fn receive(
    gateway: &Gateway,
    edge: &mut Edge<'_>,
    platform: IntegrationPlatform,
    request: (&Parts, Body),
) -> Result<Taken, IngestError> {
    let traceparent = traceparent(&request.0.headers);
    let (integration, notice) = match platform {
        IntegrationPlatform::Decipher => called(gateway, edge, request).await?,
        IntegrationPlatform::Qualtrics | IntegrationPlatform::Generic => {
            signed(gateway, edge, platform, request).await?
        }
    };
    let proved = Proved {
        integration,
        notice,
        now: edge.now,
        traceparent,
    };
    settle(gateway, proved).await
}

/// A notice that its sender has signed.
async fn signed(
    gateway: &Gateway,
    edge: &mut Edge<'_>,
    platform: IntegrationPlatform,
    (parts, body): (&Parts, Body),
) -> Result<(Arc<Integration>, Notice), IngestError> {
    let integration = edge.admit_platform(|state| {
        let named = named_integration(parts.uri.query())?;
        find(state, (platform, None), named)
    })?;
    let is_form = platform == IntegrationPlatform::Qualtrics;
    let types = if is_form { FORM_TYPES } else { JSON_TYPES };
    let limit = BODY_LIMIT;
    let expected = Expected { types, limit };
    let received = gateway
        .bodies
        .read_as(&parts.headers, body, expected)
        .await?;
    let secrets = gateway.webhooks.open(&integration)?;
    let read = if is_form {
        qualtrics::read(&received.bytes, &secrets)
    } else {
        generic::read(&parts.headers, &received.bytes, &secrets, edge.now)
    };
    let notice = read.map_err(|error| edge.turn_away(error.into()))?;
    edge.take_integration(&integration)?;
    Ok((integration, notice))
}

/// A notice whose sender has shown a key or a token.
async fn called(
    gateway: &Gateway,
    edge: &mut Edge<'_>,
    (parts, body): (&Parts, Body),
) -> Result<(Arc<Integration>, Notice), IngestError> {
    let caller = edge.admit(parts, Need::SendWebhook)?;
    let named = named_integration(parts.uri.query())?;
    let platform = IntegrationPlatform::Decipher;
    let integration = find(edge.state(), (platform, Some(&caller.organisation)), named)?;
    let body = read_call(gateway, parts, body).await?;
    let form = body_form(&parts.headers);
    let parameters = Parameters::read(parts.uri.query(), (form, &body))?;
    let notice = match caller.credential {
        Credential::Token(session) => {
            let session = session.to_string();
            let notice = parameters.into_notice(Some(&session))?;
            if let Naming::Id { text, .. } = &notice.naming {
                caller.session(text, &gateway.secret)?;
            }
            notice
        }
        Credential::Secret(_) | Credential::Publishable(_) => parameters.into_notice(None)?,
    };
    Ok((integration, notice))
}

async fn read_call(gateway: &Gateway, parts: &Parts, body: Body) -> Result<Bytes, IngestError> {
    // The body of a GET means nothing, and has no type.
    if parts.method != Method::POST {
        return Ok(Bytes::new());
    }
    let expected = Expected {
        types: EITHER_TYPE,
        limit: BODY_LIMIT,
    };
    let received = gateway
        .bodies
        .read_as(&parts.headers, body, expected)
        .await?;
    Ok(received.bytes)
}

fn body_form(headers: &HeaderMap) -> BodyForm {
    let media_type = headers.get(header::CONTENT_TYPE);
    let media_type = media_type
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let is_form = media_type
        .get(..FORM.len())
        .is_some_and(|kind| kind.eq_ignore_ascii_case(FORM));
    if is_form {
        BodyForm::Form
    } else {
        BodyForm::Json
    }
}

/// The integration that the address names, if it names one.
fn named_integration(query: Option<&str>) -> Result<Option<IntegrationId>, WebhookError> {
    let query = Form::parse(query.unwrap_or_default().as_bytes())?;
    let Some(text) = query.get("integration") else {
        return Ok(None);
    };
    let id = std::str::from_utf8(text)
        .ok()
        .and_then(|text| text.parse().ok());
    id.map(Some).ok_or(WebhookError::UnknownIntegration)
}

/// The integration of the platform, and of the organisation if the caller is known to be of one: the one
/// that is named, else the only one.
fn find(
    state: &ControlState,
    (platform, organisation): (IntegrationPlatform, Option<&OrganisationId>),
    named: Option<IntegrationId>,
) -> Result<Arc<Integration>, WebhookError> {
    let fits = |found: &&Arc<Integration>| {
        found.platform == platform && organisation.is_none_or(|ours| found.organisation == *ours)
    };
    if let Some(id) = named {
        let found = state.integration(&id).filter(fits);
        return found.cloned().ok_or(WebhookError::UnknownIntegration);
    }
    let mut all = state.integrations(platform).filter(fits);
    match (all.next(), all.next()) {
        (Some(only), None) => Ok(Arc::clone(only)),
        (Some(_), Some(_)) => Err(WebhookError::IntegrationRequired),
        (None, _) => Err(WebhookError::UnknownIntegration),
    }
}
