//! Signing a browser in and out: the secret key, or a short-lived link, becomes a cookie.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Query, State};
use axum::http::header::{HeaderMap, LOCATION, ORIGIN, SET_COOKIE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use chrono::Utc;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::page;
use crate::auth::{COOKIE_NAME, SIGN_IN_HOURS};
use crate::error::ApiError;
use crate::openapi::{Malformed, ProblemDocument};
use crate::query::Pairs;
use crate::setup::AppState;

/// What signs in.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignIn {
    /// The secret key.
    key: String,
}

impl std::fmt::Debug for SignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SignIn(***)")
    }
}

/// Exchanges the secret key for a cookie of twelve hours.
#[utoipa::path(
    post,
    path = "/api/v1/sign-in",
    tag = "sign-in",
    security(()),
    request_body = SignIn,
    responses(
        (status = 204, description = "Signed in", headers(("Set-Cookie" = String, description = "HttpOnly, SameSite=Strict"))),
        Malformed,
        (status = 401, body = ProblemDocument, content_type = "application/problem+json"),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn sign_in(
    State(state): State<AppState>,
    headers: HeaderMap,
    body: Result<Json<SignIn>, JsonRejection>,
) -> Result<Response, ApiError> {
    // A page of another site must not sign a reader in; a program sends no Origin.
    if headers.contains_key(ORIGIN) {
        state.gate().check_origin(&headers)?;
    }
    let Json(given) = body.map_err(|_| ApiError::MalformedBody)?;
    let outcome = state.gate().by_bootstrap_key(&given.key);
    count(&state, if outcome.is_ok() { "key" } else { "refused" });
    let cookie = state.gate().cookie(&outcome?, Utc::now());
    let set = set_cookie(&cookie, SIGN_IN_HOURS * 3600, is_https(&headers))?;
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, set)]).into_response())
}

/// Ends the sign-in of this browser.
#[utoipa::path(
    post,
    path = "/api/v1/sign-out",
    tag = "sign-in",
    security(()),
    responses(
        (status = 204, description = "Signed out"),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn sign_out(
    State(state): State<AppState>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    state.gate().check_origin(&headers)?;
    let set = set_cookie("", 0, is_https(&headers))?;
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, set)]).into_response())
}

/// Exchanges the token of a sign-in link for the cookie and goes on to the web app. Without a token it is the app's page.
#[utoipa::path(
    get,
    path = "/sign-in",
    tag = "sign-in",
    security(()),
    params(("token" = Option<String>, Query, description = "Works for ten minutes")),
    responses(
        (status = 200, description = "Without a token: the web app, which asks for the key", content_type = "text/html"),
        (status = 303, description = "To the web app: signed in, or with the sign-in form"),
    )
)]
pub(crate) async fn sign_in_by_link(
    State(state): State<AppState>,
    headers: HeaderMap,
    Query(pairs): Query<Pairs>,
) -> Result<Response, ApiError> {
    let now = Utc::now();
    let token = pairs.iter().find(|(name, _)| name == "token");
    let Some((_, token)) = token else {
        return Ok(page(state.app(), &headers));
    };
    let Some(organisation) = state.gate().by_link(token, now) else {
        count(&state, "link_refused");
        return Ok(redirect("/?sign-in=expired").into_response());
    };
    count(&state, "link");
    let cookie = state.gate().cookie(&organisation, now);
    let set = set_cookie(&cookie, SIGN_IN_HOURS * 3600, is_https(&headers))?;
    Ok(([(SET_COOKIE, set)], redirect("/")).into_response())
}

fn redirect(to: &'static str) -> impl IntoResponse {
    let location = [(LOCATION, HeaderValue::from_static(to))];
    (StatusCode::SEE_OTHER, location)
}

fn count(state: &AppState, outcome: &str) {
    let counter = &state.metrics().sign_ins;
    counter.with_label_values(&[outcome]).inc();
}

/// Whether the browser speaks https to the proxy before us. A lie only costs the liar its cookie.
fn is_https(headers: &HeaderMap) -> bool {
    headers
        .get("x-forwarded-proto")
        .is_some_and(|proto| proto.as_bytes().eq_ignore_ascii_case(b"https"))
}

fn set_cookie(value: &str, max_age: i64, https: bool) -> Result<HeaderValue, ApiError> {
    let secure = if https { "; Secure" } else { "" };
    let text = format!(
        "{COOKIE_NAME}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={max_age}{secure}"
    );
    let mut header =
        HeaderValue::from_str(&text).map_err(|error| ApiError::StoredRow(error.into()))?;
    header.set_sensitive(true);
    Ok(header)
}
