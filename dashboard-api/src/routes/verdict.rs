//! The verdict of one session as survey platforms read it from inside a survey: one flat object.
//!
//! Qualtrics' Web Service element maps members to embedded data, Decipher's `<logic uses="api.1">` reads them in Python 2:
//! so there are no objects, lists or nulls in it, and only ASCII if asked.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequestParts, Query, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, TimeDelta, Utc};
use schemas::ids::SessionId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::auth::{Allowed, MAX_TOKEN_SECONDS, ReadVerdicts, Reader, TOKEN_SECONDS, TokenBound};
use crate::error::ApiError;
use crate::openapi::{Invalid, Malformed, Refused, Unknown};
use crate::query::{Pairs, Parameters};
use crate::read::status::SessionState;
use crate::setup::AppState;
use crate::verdict::{RiskLevel, SessionClass, SessionStatus};

/// The verdict of one session, flat. What is not known yet is absent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct FlatVerdict {
    /// The session.
    session_id: Uuid,
    /// Its state; `pending` when nothing of it is stored yet.
    status: SessionStatus,
    /// Whether there is enough to go by: a method had enough data, or the session has ended with a verdict.
    ready: bool,
    /// Whether the verdict reaches the ruleset's threshold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    is_bot: Option<bool>,
    /// Calibrated probability that the session is automated, 0 to 1: the higher of verdict and findings about several
    /// sessions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    confidence: Option<f64>,
    /// The higher of the verdict's risk and that of the findings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    risk_level: Option<RiskLevel>,
    /// What the session looks like.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    class: Option<SessionClass>,
    /// What should happen by the verdict: `accept`, `review` or `exclude`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    action: Option<String>,
    /// Code of the strongest reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason_1: Option<String>,
    /// Code of the second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason_2: Option<String>,
    /// Code of the third.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason_3: Option<String>,
    /// Version of the ruleset that judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ruleset: Option<String>,
    /// Broker time of its last stored record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    updated_at: Option<DateTime<Utc>>,
}

impl FlatVerdict {
    fn of(session: SessionState) -> Self {
        let verdict = session.verdict;
        let sufficient = verdict
            .as_ref()
            .is_some_and(|verdict| verdict.data_sufficiency.sufficient);
        let reason = |place: usize| {
            let reasons = verdict.as_ref().map(|verdict| verdict.reasons.as_slice());
            let reason = reasons.unwrap_or_default().get(place);
            reason.map(|reason| reason.code.clone())
        };
        let reasons = [reason(0), reason(1), reason(2)];
        let [reason_1, reason_2, reason_3] = reasons;
        Self {
            session_id: session.session_id,
            status: session.status,
            ready: sufficient || session.is_final,
            is_bot: verdict.as_ref().map(|verdict| verdict.is_bot),
            confidence: session.effective_score,
            risk_level: session.effective_risk,
            class: verdict.as_ref().map(|verdict| verdict.class),
            reason_1,
            reason_2,
            reason_3,
            ruleset: verdict
                .as_ref()
                .map(|verdict| verdict.versions.ruleset.clone()),
            action: verdict.map(|verdict| verdict.recommended_action),
            updated_at: session.updated_at,
        }
    }
}

/// The verdict of one session as one flat object, for survey platforms. A key or a cookie reads any session of its
/// organisation; without them a query token from `POST /api/v1/verdict/tokens` does. Never put a key into an address.
#[utoipa::path(
    get,
    path = "/api/v1/verdict",
    tag = "detection",
    security(("bearer" = []), ("api_key" = []), ("cookie" = []), ("query_token" = [])),
    params(
        ("session_id" = String, Query, description = "The session's id"),
        ("token" = Option<String>, Query, description = "A query token, instead of a key in a header"),
        ("ascii" = Option<bool>, Query, description = "Whether the answer is pure ASCII, with escapes"),
    ),
    responses(
        (status = 200, body = FlatVerdict),
        Refused,
        Unknown,
        Invalid,
    )
)]
pub(crate) async fn verdict(
    State(state): State<AppState>,
    Query(pairs): Query<Pairs>,
    request: Request,
) -> Result<Response, ApiError> {
    let mut given = Parameters::new(pairs);
    let token = given.take("token", "a query token", |text| Some(text.to_owned()));
    let text = given.required("session_id", "the session's id");
    let ascii = given.take("ascii", "true or false", |text| text.parse().ok());
    let (organisation, bound) = match &token {
        Some(token) => state.gate().by_token(token, Utc::now())?,
        None => {
            let (mut parts, _) = request.into_parts();
            let reader = Reader::from_request_parts(&mut parts, &state).await?;
            (reader.organisation, TokenBound::Organisation)
        }
    };
    let text = given.finish(text)?.unwrap_or_default();
    let id = state.session(&organisation, &text)?;
    if matches!(&bound, TokenBound::Session(only) if *only != id) {
        return Err(ApiError::TokenBound);
    }
    let session = SessionState::read(state.database(), &organisation, id).await?;
    let is_elsewhere = |survey: &String| {
        session.status != SessionStatus::Pending && session.survey_id.as_ref() != Some(survey)
    };
    if matches!(&bound, TokenBound::Survey(survey) if is_elsewhere(survey)) {
        return Err(ApiError::TokenBound);
    }
    let flat = FlatVerdict::of(session);
    if ascii != Some(true) {
        return Ok(Json(flat).into_response());
    }
    let text = serde_json::to_string(&flat).map_err(|error| ApiError::StoredRow(error.into()))?;
    let kind = [(CONTENT_TYPE, "application/json")];
    Ok((kind, to_ascii(&text)).into_response())
}

/// The same JSON with every other character as an escape: outside of strings JSON is ASCII anyway.
fn to_ascii(text: &str) -> String {
    let mut ascii = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_ascii() {
            ascii.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                ascii.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    ascii
}

/// What a query token shall read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TokenRequest {
    /// This session only.
    #[serde(default)]
    session_id: Option<String>,
    /// The sessions of this survey only.
    #[serde(default)]
    survey_id: Option<String>,
    /// How long it works, seconds: 60 to 86,400; 900 if absent.
    #[serde(default)]
    seconds: Option<i64>,
}

/// A query token.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct QueryToken {
    /// Give it as `token` to `GET /api/v1/verdict`.
    token: String,
    /// When it ends; earlier if the key that made it ends.
    expires_at: DateTime<Utc>,
}

/// Makes a query token for `GET /api/v1/verdict`: for a survey platform that cannot send a header.
#[utoipa::path(
    post,
    path = "/api/v1/verdict/tokens",
    tag = "detection",
    request_body = TokenRequest,
    responses(
        (status = 201, body = QueryToken),
        Refused,
        Malformed,
        Unknown,
        Invalid,
    )
)]
pub(crate) async fn make_token(
    State(state): State<AppState>,
    caller: Allowed<ReadVerdicts>,
    body: Result<Json<TokenRequest>, JsonRejection>,
) -> Result<Response, ApiError> {
    let Json(request) = body.map_err(|_| ApiError::MalformedBody)?;
    let bound = request.bound(&state, &caller.organisation)?;
    let life = request.life()?;
    let (token, expires_at) = state
        .gate()
        .verdict_token(&caller, &bound, Utc::now(), life);
    let answer = QueryToken { token, expires_at };
    Ok((axum::http::StatusCode::CREATED, Json(answer)).into_response())
}

impl TokenRequest {
    fn bound(
        &self,
        state: &AppState,
        organisation: &schemas::ids::OrganisationId,
    ) -> Result<TokenBound, ApiError> {
        match (&self.session_id, &self.survey_id) {
            (None, None) => Ok(TokenBound::Organisation),
            (Some(id), None) => {
                let id: SessionId = state.session(organisation, id)?;
                Ok(TokenBound::Session(id))
            }
            (None, Some(survey)) => crate::query::text_filter(survey)
                .filter(|survey| !survey.is_empty())
                .map(TokenBound::Survey)
                .ok_or_else(|| wrong("/survey_id", crate::query::TEXT)),
            (Some(_), Some(_)) => Err(wrong("/survey_id", "give either session_id or survey_id")),
        }
    }

    fn life(&self) -> Result<TimeDelta, ApiError> {
        let seconds = self.seconds.unwrap_or(TOKEN_SECONDS);
        if (60..=MAX_TOKEN_SECONDS).contains(&seconds) {
            Ok(TimeDelta::seconds(seconds))
        } else {
            Err(wrong("/seconds", "60 to 86400"))
        }
    }
}

fn wrong(pointer: &str, detail: &str) -> ApiError {
    ApiError::InvalidParameters(vec![runtime::problem::FieldError {
        pointer: pointer.to_owned(),
        code: "invalid".to_owned(),
        detail: detail.to_owned(),
    }])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ascii_says_the_same() {
        let text = r#"{"ruleset":"grün-🙂"}"#;
        let ascii = to_ascii(text);
        assert!(ascii.is_ascii(), "{ascii}");
        let same = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(same(&ascii), same(text));
    }
}
