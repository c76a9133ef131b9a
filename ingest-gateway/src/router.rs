//! Routes and middleware.
//!
//! Order of the middleware, from the outside: request id, measuring, catching panics, room for the
//! request. The id is outermost because every problem carries it; measuring is outside of what answers
//! problems, so that all of them are counted.

use std::any::Any;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use prometheus::{IntGauge, Registry};
use runtime::health::{self, Health};
use runtime::problem::{ProblemCode, with_request_id};
use tower_http::catch_panic::CatchPanicLayer;

use crate::error::IngestError;
use crate::routes::{complete, events, sessions};
use crate::state::Gateway;

const SESSIONS: &str = "/api/v1/detection/sessions";
const EVENTS: &str = "/api/v1/detection/sessions/{id}/events";
const DATA: &str = "/api/v1/detection/sessions/{id}/data";
const COMPLETE: &str = "/api/v1/detection/sessions/{id}/complete";
/// Where the gateway's OpenAPI document is.
pub const OPENAPI: &str = "/openapi/ingest.json";

/// The gateway's routes alone, without a fallback: for a process that serves others beside them.
pub fn api_routes(gateway: Arc<Gateway>) -> Router {
    let routes = Router::new()
        .route(SESSIONS, post(sessions::create))
        .route(EVENTS, post(events::post))
        .route(DATA, post(events::post))
        .route(COMPLETE, post(complete::post))
        .route(OPENAPI, get(|| async { Json(crate::openapi::document()) }))
        .method_not_allowed_fallback(|| async { IngestError::MethodNotAllowed })
        .with_state(Arc::clone(&gateway));
    with_middleware(routes, gateway)
}

/// Everything the gateway serves as a process of its own: its routes, `/health*`, `/metrics`, and a
/// problem for any other path.
pub fn router(gateway: Arc<Gateway>, health: Health, registry: Registry) -> Router {
    let unknown = Router::new().fallback(|| async { IngestError::UnknownRoute });
    api_routes(Arc::clone(&gateway))
        .merge(health::router(health, registry))
        .merge(with_middleware(unknown, gateway))
}

fn with_middleware(routes: Router, gateway: Arc<Gateway>) -> Router {
    routes
        .layer(from_fn_with_state(Arc::clone(&gateway), take_slot))
        .layer(CatchPanicLayer::custom(answer_panic))
        .layer(from_fn_with_state(gateway, measure))
        .layer(from_fn(with_request_id))
}

/// The label of a route: a closed set, never the path itself.
fn route_label(path: Option<&MatchedPath>) -> &'static str {
    match path.map(MatchedPath::as_str) {
        Some(SESSIONS) => "sessions",
        Some(EVENTS) => "events",
        Some(DATA) => "data",
        Some(COMPLETE) => "complete",
        Some(OPENAPI) => "openapi",
        _ => "unknown",
    }
}

/// The route of a request, an extension of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RouteLabel(pub(crate) &'static str);

/// One more request in progress, until dropped: also when the client leaves before the answer.
struct InProgress(IntGauge);

impl InProgress {
    fn new(gauge: IntGauge) -> Self {
        gauge.inc();
        Self(gauge)
    }
}

impl Drop for InProgress {
    fn drop(&mut self) {
        self.0.dec();
    }
}

async fn measure(
    State(gateway): State<Arc<Gateway>>,
    mut request: Request,
    next: Next,
) -> Response {
    let metrics = &gateway.metrics;
    let route = route_label(request.extensions().get::<MatchedPath>());
    request.extensions_mut().insert(RouteLabel(route));
    let _in_progress = InProgress::new(metrics.in_progress.clone());
    let begun = Instant::now();
    let response = next.run(request).await;
    let seconds = begun.elapsed().as_secs_f64();
    metrics
        .request_seconds
        .with_label_values(&[route])
        .observe(seconds);
    let status = response.status();
    let labels = [route, status.as_str()];
    metrics.requests.with_label_values(&labels).inc();
    if let Some(ProblemCode(code)) = response.extensions().get() {
        metrics.problems.with_label_values(&[code]).inc();
    }
    response
}

async fn take_slot(State(gateway): State<Arc<Gateway>>, request: Request, next: Next) -> Response {
    match gateway.slots.try_acquire() {
        Ok(_slot) => next.run(request).await,
        Err(_) => IngestError::Overloaded.into_response(),
    }
}

fn answer_panic(panic: Box<dyn Any + Send>) -> Response {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    tracing::error!(panic = text, "a request's handler panicked");
    IngestError::Internal.into_response()
}
