//! How the pipeline is doing.

use axum::Json;
use axum::extract::State;
use chrono::Utc;

use crate::auth::Reader;
use crate::openapi::Refused;
use crate::pipeline::PipelineReport;
use crate::setup::AppState;

/// Lag and workers: how far each consumer group is behind, and who works in it.
///
/// The cluster is looked at every two seconds while somebody asks. Without it the last figures are answered, with their age and a `problem`.
#[utoipa::path(
    get,
    path = "/api/v1/pipeline",
    tag = "operations",
    responses(
        (status = 200, body = PipelineReport),
        Refused,
    )
)]
pub(crate) async fn pipeline(State(state): State<AppState>, _: Reader) -> Json<PipelineReport> {
    let known = state.pipeline().ask().await;
    Json(PipelineReport::of(
        &known,
        state.is_database_up(),
        Utc::now(),
    ))
}
