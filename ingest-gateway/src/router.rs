//! Routes and middleware.
//!
//! One middleware frames every request; in it, from the outside: request id, measuring, catching panics,
//! room for the request. The id is outermost because every problem carries it; measuring is outside of
//! what answers problems, so that all of them are counted. It is one because each costs boxes of its own.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures::FutureExt;
use prometheus::{IntGauge, Registry};
use runtime::health::{self, Health};
use runtime::problem::{ProblemCode, RequestId, in_context};

use crate::access_log::{self, Line};
use crate::edge;
use crate::error::IngestError;
use crate::routes::{bulk, complete, events, sessions};
use crate::sdk;
use crate::state::Gateway;
use crate::webhooks::routes as webhooks;

pub(crate) const SESSIONS: &str = "/api/v1/detection/sessions";
pub(crate) const EVENTS: &str = "/api/v1/detection/sessions/{id}/events";
pub(crate) const DATA: &str = "/api/v1/detection/sessions/{id}/data";
const COMPLETE: &str = "/api/v1/detection/sessions/{id}/complete";
pub(crate) const WEBHOOKS: &str = "/api/v1/integrations/webhooks/{platform}";
const BULK: &str = "/api/v1/events/bulk";
/// Where the gateway's OpenAPI document is.
pub const OPENAPI: &str = "/openapi/ingest.json";

/// The gateway's routes alone, without a fallback: for a process that serves others beside them.
pub fn api_routes(gateway: Arc<Gateway>) -> Router {
    let routes = Router::new()
        .route(SESSIONS, post(sessions::create).options(edge::options))
        .route(EVENTS, post(events::post).options(edge::options))
        .route(DATA, post(events::post).options(edge::options))
        .route(COMPLETE, post(complete::post).options(edge::options))
        .route(BULK, post(bulk::post))
        .route(WEBHOOKS, post(webhooks::post).get(webhooks::get))
        .merge(sdk::routes())
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
    routes.layer(from_fn_with_state(gateway, frame))
}

/// The label of a route: a closed set, never the path itself.
fn route_label(path: Option<&MatchedPath>) -> &'static str {
    match path.map(MatchedPath::as_str) {
        Some(SESSIONS) => "sessions",
        Some(EVENTS) => "events",
        Some(DATA) => "data",
        Some(COMPLETE) => "complete",
        Some(BULK) => "bulk",
        Some(WEBHOOKS) => "webhooks",
        Some(OPENAPI) => "openapi",
        Some(path) if path.starts_with(sdk::PREFIX) => "sdk",
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

async fn frame(State(gateway): State<Arc<Gateway>>, request: Request, next: Next) -> Response {
    in_context(request, |request| measure(gateway, request, next)).await
}

async fn measure(gateway: Arc<Gateway>, mut request: Request, next: Next) -> Response {
    let metrics = &gateway.metrics;
    let route = route_label(request.extensions().get::<MatchedPath>());
    request.extensions_mut().insert(RouteLabel(route));
    let _in_progress = InProgress::new(metrics.in_progress.clone());
    let method = request.method().clone();
    let request_bytes = access_log::announced_bytes(request.headers());
    let begun = Instant::now();
    let response = answer(&gateway, request, next).await;
    let duration = begun.elapsed();
    metrics
        .request_seconds
        .with_label_values(&[route])
        .observe(duration.as_secs_f64());
    let status = response.status();
    let labels = [route, status.as_str()];
    metrics.requests.with_label_values(&labels).inc();
    if let Some(ProblemCode(code)) = response.extensions().get() {
        metrics.problems.with_label_values(&[code]).inc();
    }
    if gateway.access_log.wants(status) {
        let request_id = RequestId::current();
        gateway.access_log.write(&Line {
            route,
            method: &method,
            status,
            duration,
            request_bytes,
            request_id: request_id.as_ref().map_or("", RequestId::as_str),
        });
    }
    response
}

/// The route's answer, if there is room for the request; a panic of it is a problem of ours.
async fn answer(gateway: &Gateway, request: Request, next: Next) -> Response {
    let Ok(_slot) = gateway.slots.try_acquire() else {
        return IngestError::Overloaded.into_response();
    };
    // What a panic leaves behind is dropped here; what requests share is locks of others and atomics.
    let answered = AssertUnwindSafe(next.run(request)).catch_unwind().await;
    answered.unwrap_or_else(answer_panic)
}

fn answer_panic(panic: Box<dyn Any + Send>) -> Response {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    tracing::error!(panic = text, "a request's handler panicked");
    IngestError::Internal.into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::{Body, to_bytes};
    use tower::ServiceExt;

    fn gateway() -> Arc<Gateway> {
        let settings = |name: &str| match name {
            "CANDOR_KAFKA_BROKERS" => Some("127.0.0.1:1".to_owned()),
            "CANDOR_SESSION_SECRET" => Some("0123456789abcdef".to_owned()),
            "CANDOR_INGEST_CONCURRENT_REQUESTS" => Some("1".to_owned()),
            _ => None,
        };
        let config = runtime::config::load_from(settings).unwrap().config;
        let parts = (control::Control::fixed([]), crate::state::Clock::default());
        let components = crate::setup(&config, parts, &Registry::new(), &Health::default());
        components.unwrap().gateway()
    }

    async fn ask(router: Router) -> (u16, Option<String>, serde_json::Value) {
        let request = Request::get("/").body(Body::empty()).unwrap();
        let (parts, body) = router.oneshot(request).await.unwrap().into_parts();
        let wait = parts.headers.get("retry-after");
        let wait = wait.map(|value| value.to_str().unwrap().to_owned());
        let body = to_bytes(body, 10_000).await.unwrap();
        (
            parts.status.as_u16(),
            wait,
            serde_json::from_slice(&body).unwrap(),
        )
    }

    #[tokio::test]
    async fn a_panic_is_a_problem_that_says_nothing_of_itself() {
        async fn broken() -> &'static str {
            panic!("the secret is 42")
        }
        let gateway = gateway();
        let routes = Router::new().route("/", get(broken));
        let (status, _, body) = ask(with_middleware(routes, Arc::clone(&gateway))).await;
        assert_eq!((status, &body["code"]), (500, &"internal".into()));
        assert!(
            body["request_id"].is_string() && !body.to_string().contains("secret"),
            "{body}"
        );
        let problems = gateway.metrics.problems.with_label_values(&["internal"]);
        assert_eq!((problems.get(), gateway.metrics.in_progress.get()), (1, 0));
    }

    #[tokio::test]
    async fn a_request_without_a_place_is_told_to_come_back() {
        let gateway = gateway();
        let routes = Router::new().route("/", get(|| async { Json("fine") }));
        let router = with_middleware(routes, Arc::clone(&gateway));
        let place = gateway.slots.try_acquire().unwrap();
        let (status, wait, body) = ask(router.clone()).await;
        assert_eq!((status, &body["code"]), (503, &"overloaded".into()));
        assert_eq!(wait.as_deref(), Some("1"));
        drop(place);
        assert_eq!(ask(router).await.0, 200);
    }
}
