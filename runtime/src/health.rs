//! Health: liveness says the process answers, readiness whether to send it work, detail why not.
//!
//! Each part of a service registers a component and keeps it up or down. Readiness turns off first
//! when a shutdown begins, so that a load balancer looks elsewhere while requests finish.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use prometheus::{Encoder, Registry, TextEncoder};
use serde::Serialize;

/// State of one component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ComponentState {
    /// Not decided yet.
    Starting,
    /// Working.
    Up,
    /// Not working, and why; safe to show to an operator.
    Down {
        /// Why.
        reason: String,
    },
}

#[derive(Debug, Default)]
struct Inner {
    components: BTreeMap<&'static str, (ComponentState, bool)>,
    stopping: bool,
}

/// The health of a service; clones share it.
#[derive(Debug, Clone, Default)]
pub struct Health(Arc<Mutex<Inner>>);

/// One component's handle.
#[derive(Debug, Clone)]
pub struct Component {
    health: Health,
    name: &'static str,
}

impl Health {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Registers a component without which the service is not ready.
    pub fn required(&self, name: &'static str) -> Component {
        self.register(name, true)
    }

    /// Registers a component whose failure is shown, but does not stop work (INV-10).
    pub fn informative(&self, name: &'static str) -> Component {
        self.register(name, false)
    }

    fn register(&self, name: &'static str, required: bool) -> Component {
        self.inner()
            .components
            .insert(name, (ComponentState::Starting, required));
        Component {
            health: self.clone(),
            name,
        }
    }

    /// The state of a component, if there is one of that name.
    pub fn state(&self, name: &str) -> Option<ComponentState> {
        let inner = self.inner();
        let (state, _) = inner.components.get(name)?;
        Some(state.clone())
    }

    /// Readiness is over: the service is stopping.
    pub fn begin_shutdown(&self) {
        self.inner().stopping = true;
    }

    /// Whether the service wants work.
    pub fn is_ready(&self) -> bool {
        let inner = self.inner();
        let all_up = inner
            .components
            .values()
            .all(|(state, required)| !required || *state == ComponentState::Up);
        all_up && !inner.stopping
    }
}

impl Component {
    /// The component works.
    pub fn up(&self) {
        self.set(ComponentState::Up);
    }

    /// The component does not work.
    pub fn down(&self, reason: impl Into<String>) {
        self.set(ComponentState::Down {
            reason: reason.into(),
        });
    }

    /// Whether the component works.
    pub fn is_up(&self) -> bool {
        self.health.state(self.name) == Some(ComponentState::Up)
    }

    fn set(&self, state: ComponentState) {
        if let Some(entry) = self.health.inner().components.get_mut(self.name) {
            entry.0 = state;
        }
    }
}

#[derive(Clone)]
struct OpsState {
    health: Health,
    registry: Registry,
}

/// `/health/live`, `/health/ready`, `/health` and `/health/detailed`, `/metrics`.
pub fn router(health: Health, registry: Registry) -> Router {
    Router::new()
        .route("/health/live", get(|| async { (StatusCode::OK, "live\n") }))
        .route("/health/ready", get(ready))
        .route("/health", get(detailed))
        .route("/health/detailed", get(detailed))
        .route("/metrics", get(metrics))
        .with_state(OpsState { health, registry })
}

async fn ready(State(state): State<OpsState>) -> Response {
    if state.health.is_ready() {
        (StatusCode::OK, "ready\n").into_response()
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not ready\n").into_response()
    }
}

async fn detailed(State(state): State<OpsState>) -> Response {
    let ready = state.health.is_ready();
    let inner = state.health.inner();
    let components: BTreeMap<&str, &ComponentState> = inner
        .components
        .iter()
        .map(|(name, (component, _))| (*name, component))
        .collect();
    let body = serde_json::json!({
        "status": if ready { "ready" } else { "not_ready" },
        "stopping": inner.stopping,
        "components": components,
        "version": env!("CARGO_PKG_VERSION"),
    });
    let status = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(body)).into_response()
}

async fn metrics(State(state): State<OpsState>) -> Response {
    let mut text = Vec::new();
    match TextEncoder::new().encode(&state.registry.gather(), &mut text) {
        Ok(()) => ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::http::Request;
    use tower::ServiceExt;

    async fn status(router: &Router, path: &str) -> StatusCode {
        let request = Request::get(path).body(Body::empty()).unwrap();
        router.clone().oneshot(request).await.unwrap().status()
    }

    #[tokio::test]
    async fn readiness_follows_required_components_and_ends_with_shutdown() {
        let health = Health::default();
        let router = router(health.clone(), Registry::new());
        let (kafka, database) = (health.required("kafka"), health.informative("database"));
        assert_eq!(
            status(&router, "/health/ready").await,
            StatusCode::SERVICE_UNAVAILABLE
        );
        kafka.up();
        database.down("connection refused");
        assert_eq!(status(&router, "/health/ready").await, StatusCode::OK);
        kafka.down("no broker");
        assert_eq!(
            status(&router, "/health/detailed").await,
            StatusCode::SERVICE_UNAVAILABLE
        );
        kafka.up();
        health.begin_shutdown();
        assert_eq!(
            status(&router, "/health/ready").await,
            StatusCode::SERVICE_UNAVAILABLE
        );
        assert_eq!(status(&router, "/health/live").await, StatusCode::OK);
    }
}
