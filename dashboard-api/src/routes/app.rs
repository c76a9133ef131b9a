//! What the web app has to know before it shows anything.

use axum::Json;
use axum::extract::State;
use chrono::Utc;
use schemas::control::Scope;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::{Allowed, ReadVerdicts};
use crate::integrations::KeyHint;
use crate::openapi::Refused;
use crate::setup::AppState;

/// Who is signed in, and where things are.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AppFacts {
    /// Version of the program.
    version: &'static str,
    /// The organisation whose rows the caller sees.
    organisation: String,
    /// What trails call the caller: the id of its key, or `bootstrap`.
    actor: String,
    /// What the caller may do, by the names of scopes.
    scopes: Vec<&'static str>,
    /// Where respondents' browsers and survey platforms reach the gateway; absent when no setting says so.
    gateway_url: Option<String>,
    /// Publishable keys of the organisation that are accepted now: never their texts, which are known only to who made them.
    /// Absent until the control topic has been read.
    publishable_keys: Option<Vec<KeyHint>>,
}

/// The version, who the caller is and what it may do, and where the gateway is.
#[utoipa::path(
    get,
    path = "/api/v1/app",
    tag = "dashboard",
    operation_id = "app_facts",
    responses(
        (status = 200, body = AppFacts),
        Refused,
    )
)]
pub(crate) async fn facts(
    State(state): State<AppState>,
    caller: Allowed<ReadVerdicts>,
) -> Json<AppFacts> {
    let control = state.control();
    let keys = |organisation| KeyHint::publishable(&control.state(), organisation, Utc::now());
    Json(AppFacts {
        version: env!("CARGO_PKG_VERSION"),
        organisation: caller.organisation.to_string(),
        actor: caller.actor.clone(),
        scopes: caller.scopes.iter().copied().map(Scope::as_str).collect(),
        gateway_url: state.gateway_address().map(str::to_owned),
        publishable_keys: control.is_ready().then(|| keys(&caller.organisation)),
    })
}
