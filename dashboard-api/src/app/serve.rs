//! The routes of the app's files and pages.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue, IF_NONE_MATCH,
    VARY,
};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::files::{App, File};
use super::negotiate::{Encoding, encoding, prefers_html};
use crate::conditional::names;
use crate::error::ApiError;

/// First segments of the addresses of the app's pages. `sign-in` is one as well: its route is beside that of sign-in links.
const PAGES: [&str; 9] = [
    "overview",
    "sessions",
    "surveys",
    "review",
    "integrations",
    "pipeline",
    "playground",
    "quick-start",
    "settings",
];
/// What never changes under its name is not asked for again.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// To be kept, and asked about each time.
const ASK: &str = "no-cache";

/// The files of the app, and its page at each of its addresses.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>(app: App) -> Router<S> {
    let mut routes = Router::new()
        .route("/", get(index))
        .route("/assets/{*name}", get(asset));
    for segment in PAGES {
        routes = routes
            .route(&format!("/{segment}"), get(index))
            .route(&format!("/{segment}/"), get(index))
            .route(&format!("/{segment}/{{*rest}}"), get(index));
    }
    routes.with_state(app)
}

async fn index(State(app): State<App>, headers: HeaderMap) -> Response {
    page(&app, &headers)
}

async fn asset(
    State(app): State<App>,
    Path(name): Path<String>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    match app.asset(&name) {
        Some(file) => answer(file, StatusCode::OK, &headers),
        None => not_found(&app, &method, &headers),
    }
}

/// The page, or how to build it.
pub(crate) fn page(app: &App, headers: &HeaderMap) -> Response {
    answer(app.index(), StatusCode::OK, headers)
}

/// The answer to an address that nobody knows: the page for a browser, which says so itself, and a problem for all others.
pub(crate) fn not_found(app: &App, method: &Method, headers: &HeaderMap) -> Response {
    let is_reading = matches!(*method, Method::GET | Method::HEAD);
    if is_reading && app.is_built() && prefers_html(headers) {
        answer(app.index(), StatusCode::NOT_FOUND, headers)
    } else {
        ApiError::NotFound.into_response()
    }
}

/// A file in the form that the client likes best, or word that it has it already. A tag names the file in one of its forms:
/// a strong one stands for bytes.
fn answer(file: &File, status: StatusCode, headers: &HeaderMap) -> Response {
    let (encoding, bytes) = form(file, headers);
    let tag = match encoding.name() {
        None => file.tag.clone(),
        Some(name) => format!("{}-{name}", file.tag),
    };
    let known = headers
        .get(IF_NONE_MATCH)
        .filter(|_| status == StatusCode::OK);
    let mut response = if known.is_some_and(|known| names(known, &tag)) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let kind = [(CONTENT_TYPE, HeaderValue::from_static(file.content_type))];
        let mut response = (status, kind, Body::from(bytes)).into_response();
        if let Some(name) = encoding.name() {
            let name = HeaderValue::from_static(name);
            response.headers_mut().insert(CONTENT_ENCODING, name);
        }
        response
    };
    let keep = if file.is_hashed { FOR_EVER } else { ASK };
    let answered = response.headers_mut();
    answered.insert(CACHE_CONTROL, HeaderValue::from_static(keep));
    answered.insert(VARY, vary(status));
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{tag}\"")) {
        answered.insert(ETAG, tag);
    }
    response
}

/// What the answer depends on: where nothing is, also on whether a page is wanted.
fn vary(status: StatusCode) -> HeaderValue {
    HeaderValue::from_static(match status {
        StatusCode::NOT_FOUND => "accept, accept-encoding",
        _ => "accept-encoding",
    })
}

fn form(file: &File, headers: &HeaderMap) -> (Encoding, Bytes) {
    let forms = [
        (Encoding::Brotli, &file.brotli),
        (Encoding::Gzip, &file.gzip),
    ];
    let mut there: Vec<Encoding> = forms
        .iter()
        .filter(|(_, bytes)| bytes.is_some())
        .map(|(encoding, _)| *encoding)
        .collect();
    there.push(Encoding::Identity);
    let chosen = encoding(headers, &there);
    let compressed = forms.into_iter().find(|(encoding, _)| *encoding == chosen);
    let bytes = compressed.and_then(|(_, bytes)| bytes.clone());
    (chosen, bytes.unwrap_or_else(|| file.plain.clone()))
}
