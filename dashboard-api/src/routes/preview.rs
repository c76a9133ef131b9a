//! What another ruleset would have said of stored sessions.

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use chrono::Utc;
use serde_json::Value;

use super::settings::control_state;
use crate::auth::Reader;
use crate::error::ApiError;
use crate::openapi::{Invalid, Malformed, Refused};
use crate::preview::{PreviewAnswer, PreviewBody, PreviewQuery};
use crate::setup::AppState;

/// Judges the newest stored sessions again, by another ruleset, and says what would change. Changes
/// nothing. Sessions whose stored events do not give their stored verdict are left out and counted.
#[utoipa::path(
    post,
    path = "/api/v1/rulesets/preview",
    tag = "settings",
    request_body = PreviewBody,
    responses(
        (status = 200, body = PreviewAnswer),
        Refused,
        Malformed,
        Invalid,
    )
)]
pub(crate) async fn preview(
    State(state): State<AppState>,
    Reader { organisation }: Reader,
    body: Result<Json<Value>, JsonRejection>,
) -> Result<Json<PreviewAnswer>, ApiError> {
    let Json(body) = body.map_err(|_| ApiError::MalformedBody)?;
    let known = control_state(&state)?;
    let query = PreviewQuery::read(&body, (&known, &organisation), Utc::now())?;
    let previews = state.previews();
    let answer = previews.run(state.database(), (known, &organisation), query);
    answer.await.map(Json)
}
