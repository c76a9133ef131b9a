//! One session for a survey platform: its state, whether it can be judged, and a verdict now.
//!
//! An id that was minted for the caller's organisation is never answered 404: what the gateway has
//! acknowledged may not be stored yet, and then the session is `pending`.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemas::ids::{OrganisationId, SessionId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::analysis::Requested;
use crate::auth::ReadableSession;
use crate::error::ApiError;
use crate::openapi::{Refused, Unknown};
use crate::read::status::SessionState;
use crate::setup::AppState;
use crate::verdict::{SessionStatus, Verdict};

async fn stored(
    state: &AppState,
    organisation: &OrganisationId,
    id: SessionId,
) -> Result<SessionState, ApiError> {
    SessionState::read(state.database(), organisation, id).await
}

/// State of a session, with its latest stored verdict.
#[utoipa::path(
    get,
    path = "/api/v1/detection/sessions/{id}/status",
    operation_id = "session_status",
    tag = "detection",
    params(("id" = String, Path, description = "The session's id")),
    responses(
        (status = 200, body = SessionState),
        Refused,
        Unknown,
    )
)]
pub(crate) async fn status(
    State(state): State<AppState>,
    ReadableSession { organisation, id }: ReadableSession,
) -> Result<Json<SessionState>, ApiError> {
    stored(&state, &organisation, id).await.map(Json)
}

/// Whether a session can be judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Readiness {
    /// The session.
    session_id: Uuid,
    /// Its state.
    status: SessionStatus,
    /// Whether at least one method has enough data, or the session has ended.
    ready: bool,
    /// Why, or why not.
    reason: ReadinessReason,
    /// Events that are judged so far.
    event_count: i64,
    /// Methods that have enough data.
    judged: Vec<String>,
    /// Methods that have seen something, but too little.
    too_little: Vec<String>,
}

/// Why a session can be judged, or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ReadinessReason {
    /// Nothing of it is stored yet.
    Pending,
    /// Its events say too little so far.
    TooLittleData,
    /// At least one method has enough.
    Sufficient,
    /// It has ended: what there is, is judged.
    Ended,
}

/// Whether a session can be judged.
#[utoipa::path(
    get,
    path = "/api/v1/detection/sessions/{id}/ready-for-analysis",
    tag = "detection",
    params(("id" = String, Path, description = "The session's id")),
    responses(
        (status = 200, body = Readiness),
        Refused,
        Unknown,
    )
)]
pub(crate) async fn ready_for_analysis(
    State(state): State<AppState>,
    ReadableSession { organisation, id }: ReadableSession,
) -> Result<Json<Readiness>, ApiError> {
    let session = stored(&state, &organisation, id).await?;
    let data = session.verdict.map(|verdict| verdict.data_sufficiency);
    let reason = match (session.status, &data) {
        (SessionStatus::Pending, _) => ReadinessReason::Pending,
        _ if session.is_final => ReadinessReason::Ended,
        (_, Some(data)) if data.sufficient => ReadinessReason::Sufficient,
        _ => ReadinessReason::TooLittleData,
    };
    let (judged, too_little) = data
        .map(|data| (data.judged, data.too_little))
        .unwrap_or_default();
    Ok(Json(Readiness {
        session_id: session.session_id,
        status: session.status,
        ready: matches!(reason, ReadinessReason::Sufficient | ReadinessReason::Ended),
        reason,
        event_count: session.event_count,
        judged,
        too_little,
    }))
}

/// A verdict that was asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct AnalysisAnswer {
    /// The session.
    session_id: Uuid,
    /// State of the judged window.
    status: SessionStatus,
    /// Whether the session is closed, so that the verdict stays.
    is_final: bool,
    /// The request, when the detector was asked; absent when the stored final verdict answers.
    request_id: Option<String>,
    /// The verdict; absent when the detector has not seen the session's records.
    verdict: Option<Verdict>,
}

/// A verdict that is on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct AnalysisPending {
    /// The session.
    session_id: Uuid,
    /// The request; the stored verdict will carry it.
    request_id: String,
    /// Where to ask for the verdict.
    poll: String,
}

/// A verdict now. Asks the detector and waits for a moment; a closed session's stored verdict answers at
/// once. Past the wait the answer is 202: the verdict will be found at `poll`.
#[utoipa::path(
    post,
    path = "/api/v1/detection/sessions/{id}/analyze",
    tag = "detection",
    params(("id" = String, Path, description = "The session's id")),
    responses(
        (status = 200, body = AnalysisAnswer),
        (status = 202, body = AnalysisPending, headers(("Retry-After" = u32, description = "Seconds to wait"))),
        Refused,
        Unknown,
    )
)]
pub(crate) async fn analyze(
    State(state): State<AppState>,
    ReadableSession { organisation, id }: ReadableSession,
) -> Result<Response, ApiError> {
    let session = stored(&state, &organisation, id).await?;
    if session.is_final {
        state.analysis().count_stored();
        let answer = AnalysisAnswer {
            session_id: session.session_id,
            status: session.status,
            is_final: true,
            request_id: None,
            verdict: session.verdict,
        };
        return Ok(Json(answer).into_response());
    }
    match state.analysis().request(&organisation, id).await? {
        Requested::Answered { request_id, record } => {
            let answer = AnalysisAnswer {
                session_id: id.uuid(),
                status: SessionStatus::stored(record.status.as_str())?,
                is_final: record.revision.phase == schemas::verdict::Phase::Final,
                request_id: Some(request_id),
                verdict: Verdict::of_record(&record)?,
            };
            Ok(Json(answer).into_response())
        }
        Requested::Published { request_id } => {
            let answer = AnalysisPending {
                session_id: id.uuid(),
                request_id,
                poll: format!("/api/v1/detection/sessions/{id}/status"),
            };
            let retry = [(header::RETRY_AFTER, HeaderValue::from_static("1"))];
            Ok((StatusCode::ACCEPTED, retry, Json(answer)).into_response())
        }
    }
}
