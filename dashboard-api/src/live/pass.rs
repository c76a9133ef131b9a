//! What let a watcher in, judged again while it stays.

use axum::extract::FromRequestParts;
use axum::http::header::{AUTHORIZATION, COOKIE, HeaderMap, HeaderName, HeaderValue, ORIGIN};
use axum::http::request::Parts;
use axum::http::{Method, Request};
use schemas::ids::OrganisationId;

use crate::auth::Reader;
use crate::error::ApiError;
use crate::setup::AppState;

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// A caller who may watch one organisation; an extractor. Where a browser shows a cookie, the page must be
/// one of this site's: unlike other reads, a WebSocket may be opened by any page.
#[derive(Debug, Clone)]
pub(crate) struct Pass {
    /// Whose messages it may see.
    pub(crate) organisation: OrganisationId,
    credentials: Vec<(HeaderName, HeaderValue)>,
}

impl Pass {
    /// Whether the caller would still be let in. What cannot be judged at the moment still holds.
    pub(crate) async fn holds(&self, state: &AppState) -> bool {
        let mut request = Request::new(());
        *request.method_mut() = Method::GET;
        request
            .headers_mut()
            .extend(self.credentials.iter().cloned());
        let (mut parts, ()) = request.into_parts();
        match Reader::from_request_parts(&mut parts, state).await {
            Ok(reader) => reader.organisation == self.organisation,
            Err(error) => error.is_temporary(),
        }
    }
}

impl FromRequestParts<AppState> for Pass {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let Reader { organisation, .. } = Reader::from_request_parts(parts, state).await?;
        let headers = &parts.headers;
        let shows_key = headers.contains_key(AUTHORIZATION) || headers.contains_key(API_KEY);
        let is_upgrade = headers.contains_key(axum::http::header::UPGRADE);
        // Browsers send no Origin with a GET of their own site; with a handshake they always do.
        if !shows_key && (is_upgrade || headers.contains_key(ORIGIN)) {
            state.gate().check_origin(headers)?;
        }
        Ok(Self {
            organisation,
            credentials: credentials(headers),
        })
    }
}

/// Copies, because the headers' own memory is that of the whole request.
fn credentials(headers: &HeaderMap) -> Vec<(HeaderName, HeaderValue)> {
    let mut found = Vec::new();
    for name in [AUTHORIZATION, API_KEY, COOKIE] {
        for value in headers.get_all(&name) {
            if let Ok(mut copy) = HeaderValue::from_bytes(value.as_bytes()) {
                copy.set_sensitive(true);
                found.push((name.clone(), copy));
            }
        }
    }
    found
}
