//! Settings of surveys, and the rulesets there are.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, Query, State};
use axum::http::header::{ETAG, IF_MATCH};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use control::Snapshot;
use deadpool_postgres::Transaction;
use runtime::problem::FieldError;
use schemas::ids::OrganisationId;
use schemas::session::MAX_NAME;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::auth::{Allowed, Reader, WriteSettings};
use crate::error::ApiError;
use crate::openapi::{Invalid, Malformed, ProblemDocument, Refused};
use crate::query::{Pairs, Parameters};
use crate::settings::rulesets::Rulesets;
use crate::settings::{Change, Expected, Publication, SettingsDocument, Stored, known_ruleset};
use crate::setup::AppState;

/// Most rulesets on a page.
const MAX_RULESETS: usize = 200;

/// Settings of a survey, and what its new sessions are judged by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct SettingsAnswer {
    /// The survey.
    survey_id: String,
    /// Counts the changes; 0 as long as there was none. The `ETag` begins with it.
    version: i64,
    /// What was settled.
    settings: SettingsDocument,
    /// Last change.
    updated_at: Option<DateTime<Utc>>,
    /// Who made it: id of a key, or `bootstrap`.
    updated_by: Option<String>,
    /// Whether the gateways know of it.
    publication: Publication,
    /// What sessions that begin now are judged by.
    in_force: InForce,
}

/// What sessions that begin now are judged by, as the control topic says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct InForce {
    /// Version of the ruleset.
    ruleset: String,
    /// Version of the model.
    model: String,
    /// The ruleset's thresholds by name; absent when this program does not know them.
    #[schema(value_type = Option<std::collections::BTreeMap<String, f64>>)]
    thresholds: Option<serde_json::Map<String, Value>>,
}

impl SettingsAnswer {
    fn of(survey: &str, stored: Option<Stored>, in_force: InForce) -> Self {
        let (version, publication) = stored.as_ref().map_or((0, Publication::NONE), |stored| {
            (stored.version, stored.publication)
        });
        Self {
            survey_id: survey.to_owned(),
            version,
            updated_at: stored.as_ref().map(|stored| stored.updated_at),
            updated_by: stored.as_ref().map(|stored| stored.updated_by.clone()),
            settings: stored.map(|stored| stored.settings).unwrap_or_default(),
            publication,
            in_force,
        }
    }

    /// The version stands first; the rest changes with everything else in the answer.
    fn into_response(self) -> Result<Response, ApiError> {
        let body = serde_json::to_vec(&self).map_err(|error| ApiError::StoredRow(error.into()))?;
        let hash = schemas::control::sha256_hex(&body);
        let tag = format!("\"{}.{}\"", self.version, &hash[..12]);
        let tag = HeaderValue::from_str(&tag).map_err(|error| ApiError::StoredRow(error.into()))?;
        Ok(([(ETAG, tag)], Json(self)).into_response())
    }
}

impl InForce {
    fn read(state: &Snapshot, organisation: &OrganisationId, survey: &str) -> Self {
        let versions = state.settled_versions(organisation, Some(survey));
        let ruleset = known_ruleset(state, &versions.ruleset).ok();
        Self {
            thresholds: ruleset.map(|ruleset| ruleset.thresholds.encode()),
            ruleset: versions.ruleset,
            model: versions.model,
        }
    }
}

/// The survey of a path: a name as platforms give them.
fn survey_name(path: Result<Path<String>, impl Sized>) -> Result<String, ApiError> {
    let name = path.ok().map(|Path(name)| name);
    let is_name = |name: &String| {
        (1..=MAX_NAME).contains(&name.chars().count()) && !name.chars().any(char::is_control)
    };
    name.filter(is_name).ok_or_else(|| {
        ApiError::InvalidParameters(vec![FieldError {
            pointer: "{survey}".to_owned(),
            code: "invalid".to_owned(),
            detail: "1 to 128 characters without control characters".to_owned(),
        }])
    })
}

/// What the control topic says; not before it has been read.
pub(super) fn control_state(state: &AppState) -> Result<Snapshot, ApiError> {
    if state.control().is_ready() {
        Ok(state.control().state())
    } else {
        Err(ApiError::KeysNotRead)
    }
}

/// Settings of a survey; of one that has none, those of its organisation are in force.
#[utoipa::path(
    get,
    path = "/api/v1/surveys/{survey}/settings",
    tag = "settings",
    params(("survey" = String, Path, description = "The platform's name of the survey")),
    responses(
        (status = 200, body = SettingsAnswer, headers(("ETag" = String, description = "Give it as If-Match when changing"))),
        Refused,
        Invalid,
    )
)]
pub(crate) async fn read_settings(
    State(state): State<AppState>,
    Reader { organisation }: Reader,
    path: Result<Path<String>, axum::extract::rejection::PathRejection>,
) -> Result<Response, ApiError> {
    let survey = survey_name(path)?;
    answer(&state, &organisation, &survey).await
}

async fn answer(
    state: &AppState,
    organisation: &OrganisationId,
    survey: &str,
) -> Result<Response, ApiError> {
    let read = async |transaction: &Transaction<'_>| Stored::read(transaction, survey).await;
    let stored = state.database().read_primary(organisation, read).await?;
    let in_force = InForce::read(&control_state(state)?, organisation, survey);
    SettingsAnswer::of(survey, stored, in_force).into_response()
}

/// Replaces the settings of a survey. Sessions that begin after the gateways have heard of it are judged
/// by them; those that have begun keep what they began with. Send the `ETag` of the settings that were
/// seen as `If-Match`.
#[utoipa::path(
    put,
    path = "/api/v1/surveys/{survey}/settings",
    tag = "settings",
    params(
        ("survey" = String, Path, description = "The platform's name of the survey"),
        ("If-Match" = String, Header, description = "`ETag` of the settings that are replaced, or *"),
    ),
    request_body = SettingsDocument,
    responses(
        (status = 200, body = SettingsAnswer, headers(("ETag" = String, description = "Of the new settings"))),
        Refused,
        Malformed,
        Invalid,
        (status = 412, body = ProblemDocument, content_type = "application/problem+json"),
        (status = 428, body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn write_settings(
    State(state): State<AppState>,
    caller: Allowed<WriteSettings>,
    path: Result<Path<String>, axum::extract::rejection::PathRejection>,
    headers: HeaderMap,
    body: Result<Json<Value>, JsonRejection>,
) -> Result<Response, ApiError> {
    let survey = survey_name(path)?;
    let expected = expected(&headers)?;
    let Json(body) = body.map_err(|_| ApiError::MalformedBody)?;
    let known = control_state(&state)?;
    let (settings, derived) = SettingsDocument::read(&body, &known, &caller.organisation)?;
    let change = Change {
        caller: &caller,
        survey: &survey,
        expected,
        settings: &settings,
        derived: &derived,
        at: Utc::now(),
    };
    let make = async |transaction: &Transaction<'_>| change.make(transaction).await;
    state.database().write(&caller.organisation, make).await?;
    state.relay().wake();
    answer(&state, &caller.organisation, &survey).await
}

/// The version of an `If-Match`: what its tag begins with.
fn expected(headers: &HeaderMap) -> Result<Expected, ApiError> {
    let given = headers
        .get(IF_MATCH)
        .ok_or(ApiError::PreconditionRequired)?;
    let given = given.to_str().unwrap_or_default().trim();
    if given == "*" {
        return Ok(Expected::Any);
    }
    // A proxy that compresses makes a tag weak.
    let tag = given.strip_prefix("W/").unwrap_or(given);
    let tag = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"'));
    let version = tag.and_then(|tag| tag.split('.').next()?.parse().ok());
    let version = version.filter(|version| *version >= 0);
    // A tag that is none of ours matches nothing.
    version
        .map(Expected::Version)
        .ok_or(ApiError::PreconditionFailed)
}

/// The rulesets of the deployment, and which surveys of the organisation are judged by which.
#[utoipa::path(
    get,
    path = "/api/v1/rulesets",
    tag = "settings",
    params(
        ("limit" = Option<usize>, Query, minimum = 1, maximum = 200, description = "Rulesets on a page; 100 when not given"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
    ),
    responses(
        (status = 200, body = Rulesets),
        Refused,
        Invalid,
    )
)]
pub(crate) async fn rulesets(
    State(state): State<AppState>,
    Reader { organisation }: Reader,
    Query(pairs): Query<Pairs>,
) -> Result<Json<Rulesets>, ApiError> {
    let mut given = Parameters::new(pairs);
    let limit = given.limit("limit", MAX_RULESETS).unwrap_or(100);
    let after = given.take("cursor", "the next_cursor of a page", |text| {
        schemas::event::field::is_identifier(text).then(|| text.to_owned())
    });
    let (limit, after) = given.finish((limit, after))?;
    let known = control_state(&state)?;
    Ok(Json(Rulesets::list(
        &known,
        &organisation,
        (after.as_deref(), limit),
    )))
}
