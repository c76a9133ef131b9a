//! The routes and what stands before them: a pure function of the state.
//!
//! Every route of the API comes from [`documented_routes`], which builds router and document from the
//! same list; only the web app and the document's own pages stand beside it.

use std::time::Instant;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderMap, HeaderName};
use axum::http::{HeaderValue, Method};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus::Registry;
use runtime::health::Health;
use runtime::problem::{ProblemCode, with_request_id};
use tower_http::CompressionLevel;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use utoipa_swagger_ui::{Config as SwaggerConfig, SwaggerUi, Url};

use crate::app;
use crate::conditional::conditional;
use crate::error::ApiError;
use crate::openapi;
use crate::routes::{
    app as app_facts, dashboard, detection, events, exports, integrations, letters, live, pipeline,
    preview, reviews, settings, sign_in, surveys, verdict,
};
use crate::setup::AppState;

/// Bytes from which on an answer is compressed: below, it fits one packet anyway.
const COMPRESSED_FROM: u64 = 1400;
/// The web app runs its own scripts, talks to its own origin (its WebSocket among it) and is never framed.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
    connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
/// Swagger UI sets styles of elements from its script and draws with data: images.
const DOCS_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The routes that the document describes.
pub(crate) fn documented_routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(openapi::base())
        .routes(routes!(app_facts::facts))
        .routes(routes!(detection::status))
        .routes(routes!(detection::ready_for_analysis))
        .routes(routes!(detection::analyze))
        .routes(routes!(verdict::verdict))
        .routes(routes!(verdict::make_token))
        .routes(routes!(dashboard::overview))
        .routes(routes!(dashboard::trend))
        .routes(routes!(dashboard::rates))
        .routes(routes!(dashboard::sessions))
        .routes(routes!(dashboard::details))
        .routes(routes!(events::events))
        .routes(routes!(events::pointer))
        .routes(routes!(events::typing))
        .routes(routes!(surveys::surveys))
        .routes(routes!(surveys::survey))
        .routes(routes!(surveys::timings))
        .routes(routes!(surveys::campaigns))
        .routes(routes!(surveys::campaign))
        .routes(routes!(surveys::similar))
        .routes(routes!(settings::read_settings, settings::write_settings))
        .routes(routes!(settings::rulesets))
        .routes(routes!(preview::preview))
        .routes(routes!(reviews::queue))
        .routes(routes!(reviews::trail, reviews::label))
        .routes(routes!(reviews::label_many))
        .routes(routes!(reviews::labels))
        .routes(routes!(pipeline::pipeline))
        .routes(routes!(letters::letters))
        .routes(routes!(letters::letter))
        .routes(routes!(letters::replay))
        .routes(routes!(integrations::status))
        .routes(routes!(integrations::deliveries))
        .routes(routes!(integrations::test))
        .routes(routes!(live::socket))
        .routes(routes!(live::stream))
        .routes(routes!(exports::sessions_csv))
        .routes(routes!(exports::sessions_json_lines))
        .routes(routes!(exports::sessions_parquet))
        .routes(routes!(exports::survey_report))
        .routes(routes!(sign_in::sign_in))
        .routes(routes!(sign_in::sign_out))
        .routes(routes!(sign_in::sign_in_by_link))
}

fn docs_routes() -> Router<AppState> {
    let urls = [
        Url::with_primary("API", "/openapi.json", true),
        Url::new("Ingest", "/openapi/ingest.json"),
    ];
    let config = SwaggerConfig::new(urls).persist_authorization(false);
    Router::from(SwaggerUi::new("/docs").config(config))
}

/// The API, the web app and the documents, with their middleware; no fallback, no health: mergeable with
/// another service's routes.
pub fn api_routes(state: AppState) -> Router {
    let (documented, document) = documented_routes().split_for_parts();
    let document = get(|| async move { axum::Json(document) });
    let routes = documented
        .merge(docs_routes())
        .route("/openapi.json", document)
        .method_not_allowed_fallback(|| async { ApiError::MethodNotAllowed });
    let pages = app::routes(state.app().clone())
        .method_not_allowed_fallback(|| async { ApiError::MethodNotAllowed });
    // The app's files are compressed once, when they are built, and have tags of their own.
    framed(written(routes).merge(pages), &state).with_state(state)
}

/// What is answered where nothing is: the app's page to a browser, a problem to a program. To be merged with the routes of
/// the whole process.
pub fn unknown_routes(state: AppState) -> Router {
    let unknown = async |State(state): State<AppState>, method: Method, headers: HeaderMap| {
        app::not_found(state.app(), &method, &headers)
    };
    let routes = Router::new().fallback(unknown);
    framed(routes, &state).with_state(state)
}

/// The whole service: [`api_routes`], `/health` and `/metrics`, and [`unknown_routes`] for everything else.
pub fn router(state: AppState, health: Health, registry: Registry) -> Router {
    api_routes(state.clone())
        .merge(runtime::health::router(health, registry))
        .merge(unknown_routes(state))
}

/// What every answer goes through, from the outside in: request id (so that every answer below carries it), measuring,
/// security headers (also on failures).
fn framed(routes: Router<AppState>, state: &AppState) -> Router<AppState> {
    routes
        .layer(from_fn(security_headers))
        .layer(from_fn_with_state(state.clone(), measure))
        .layer(from_fn(with_request_id))
}

/// What the answers of handlers go through, from the outside in: compression, conditional requests, panics to problems.
fn written(routes: Router<AppState>) -> Router<AppState> {
    routes
        .layer(CatchPanicLayer::custom(|_| {
            ApiError::Panicked.into_response()
        }))
        .layer(from_fn(conditional))
        .layer(compression())
}

/// Answers of some length are compressed as the client likes, quickly rather than well. Events of a stream must not wait in
/// a compressor, and files that are compressed already gain nothing.
fn compression() -> CompressionLayer<impl Predicate> {
    let predicate = SizeAbove::new(COMPRESSED_FROM)
        .and(NotForContentType::SSE)
        .and(NotForContentType::const_new(
            "application/vnd.apache.parquet",
        ))
        .and(NotForContentType::const_new("application/pdf"));
    CompressionLayer::new()
        .quality(CompressionLevel::Fastest)
        .compress_when(predicate)
}

async fn measure(State(state): State<AppState>, request: Request, next: Next) -> Response {
    // Templates only: a path of an unknown route is the client's text.
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("unmatched", |path| path.as_str())
        .to_owned();
    let method = match request.method().as_str() {
        method @ ("GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS") => method,
        _ => "other",
    }
    .to_owned();
    let begun = Instant::now();
    let response = next.run(request).await;
    let metrics = state.metrics();
    metrics
        .request_seconds
        .with_label_values(&[route.as_str(), &method, response.status().as_str()])
        .observe(begun.elapsed().as_secs_f64());
    if let Some(ProblemCode(code)) = response.extensions().get() {
        metrics.problems.with_label_values(&[*code]).inc();
    }
    response
}

async fn security_headers(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let policy = if path == "/docs" || path.starts_with("/docs/") {
        DOCS_POLICY
    } else {
        PAGE_POLICY
    };
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    set(headers, CONTENT_SECURITY_POLICY, policy);
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        (
            "permissions-policy",
            "camera=(), geolocation=(), microphone=()",
        ),
        // Browsers heed it over https only.
        ("strict-transport-security", "max-age=31536000"),
    ] {
        set(headers, HeaderName::from_static(name), value);
    }
    // Verdicts are nobody's cache's business; the app's files say otherwise themselves.
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.insert(name, HeaderValue::from_static(value));
}
