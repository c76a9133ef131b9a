//! Which pages may call, and which may read the answer (CORS, per key).
//!
//! A page shows a publishable key, and that key's origins decide. A preflight carries no key, so it is
//! allowed when any active publishable key admits the page; the request itself is judged by its own key.
//! An ingest token proves its session, wherever it is used; its organisation's keys decide only whether the
//! page may read the answer. A secret key in a page is a leak, not a use: it is refused there, so that the
//! mistake shows on the first try and not in somebody else's hands.
//!
//! Origins bind browsers only. A script sends any `Origin` it likes: what stops it from beginning sessions
//! is limits and detection, not this file. Credentials in the sense of CORS (cookies) are never allowed,
//! and no answer here depends on one.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use chrono::{DateTime, Utc};
use control::ControlState;
use schemas::control::{ApiKeyRecord, KeyKind};
use schemas::ids::OrganisationId;

/// What pages may send.
const ALLOW_HEADERS: &str =
    "authorization, content-encoding, content-type, idempotency-key, traceparent, x-api-key";
/// What pages may read beside the body.
const EXPOSE_HEADERS: &str = "ratelimit-limit, ratelimit-policy, ratelimit-remaining, ratelimit-reset, retry-after, x-request-id";
/// Seconds a browser remembers a preflight; Chromium takes no more.
const MAX_AGE: &str = "7200";
/// Longest origin that is looked at: a scheme, a host name, a port.
const MAX_ORIGIN: usize = 300;
const REQUEST_METHOD: HeaderName = header::ACCESS_CONTROL_REQUEST_METHOD;

/// Why a page is turned away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PageError {
    /// No key admits the page, or the request names no page where its key wants one of some.
    #[error("the page's origin is not admitted")]
    OriginRefused,
    /// A secret key came from a page.
    #[error("a secret key was used in a browser")]
    SecretKeyInBrowser,
}

/// Who shows which credential, as far as pages are concerned.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Holder<'a> {
    /// A key of either kind.
    Key(&'a ApiKeyRecord),
    /// A token of a session of this organisation.
    Token(&'a OrganisationId),
}

/// What one request's page may see.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Cors {
    /// The page, when it may read the answer.
    reader: Option<HeaderValue>,
    /// Answers to callers with secret keys say nothing of pages.
    silent: bool,
}

impl Cors {
    /// Before the caller is known: whoever any key admits may read why it is refused.
    pub(crate) fn of(headers: &HeaderMap, state: &ControlState, now: DateTime<Utc>) -> Self {
        let reader = origin(headers).filter(|(_, text)| state.any_origin_allows(text, now));
        Self {
            reader: reader.map(|(value, _)| value.clone()),
            silent: false,
        }
    }

    /// Judges the page by the caller's credential.
    ///
    /// # Errors
    /// [`PageError`]; what it allows the page to read stands all the same.
    pub(crate) fn judge(
        &mut self,
        headers: &HeaderMap,
        holder: Holder<'_>,
        (state, now): (&ControlState, DateTime<Utc>),
    ) -> Result<(), PageError> {
        let page = origin(headers);
        match holder {
            Holder::Key(key) if key.kind == KeyKind::Secret => {
                (self.reader, self.silent) = (None, true);
                let from_page = headers.contains_key(header::ORIGIN) && !is_own(headers);
                (!from_page)
                    .then_some(())
                    .ok_or(PageError::SecretKeyInBrowser)
            }
            Holder::Key(key) => {
                let admits = |text| key.origins.iter().any(|origin| origin.as_str() == text);
                let admitted = key.origins.is_empty() || page.is_some_and(|(_, text)| admits(text));
                self.reader = page.filter(|_| admitted).map(|(value, _)| value.clone());
                admitted.then_some(()).ok_or(PageError::OriginRefused)
            }
            Holder::Token(organisation) => {
                let admits = |text| state.origins_allow(organisation, text, now);
                let reader = page.filter(|(_, text)| admits(text));
                self.reader = reader.map(|(value, _)| value.clone());
                Ok(())
            }
        }
    }

    /// Puts what the browser needs into an answer, good or bad.
    pub(crate) fn write(self, headers: &mut HeaderMap) {
        if self.silent {
            return;
        }
        headers.append(header::VARY, HeaderValue::from_static("origin"));
        if let Some(origin) = self.reader {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            let exposed = HeaderValue::from_static(EXPOSE_HEADERS);
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
        }
    }
}

/// Whether an `OPTIONS` request is a browser's question before a request.
pub(crate) fn is_preflight(headers: &HeaderMap) -> bool {
    headers.contains_key(header::ORIGIN) && headers.contains_key(REQUEST_METHOD)
}

/// Answers a preflight of a route that takes `POST`.
///
/// # Errors
/// [`PageError::OriginRefused`] when no active publishable key admits the page. The answer must not carry
/// [`Cors`], or the page would be told that it may go on.
pub(crate) fn preflight(
    headers: &HeaderMap,
    state: &ControlState,
    now: DateTime<Utc>,
) -> Result<Response, PageError> {
    let admitted = origin(headers).filter(|(_, text)| state.any_origin_allows(text, now));
    let (origin, _) = admitted.ok_or(PageError::OriginRefused)?;
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let answer = response.headers_mut();
    answer.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    for (name, value) in [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "POST"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, ALLOW_HEADERS),
        (header::ACCESS_CONTROL_MAX_AGE, MAX_AGE),
        (header::VARY, "origin"),
    ] {
        answer.insert(name, HeaderValue::from_static(value));
    }
    Ok(response)
}

/// The page's origin, when it is there once and readable. `null` (a file, a sandboxed frame) is one that
/// only keys without origins admit.
fn origin(headers: &HeaderMap) -> Option<(&HeaderValue, &str)> {
    let mut values = headers.get_all(header::ORIGIN).iter();
    let value = values.next()?;
    let text = value.to_str().ok()?;
    let usable = values.next().is_none() && !text.is_empty() && text.len() <= MAX_ORIGIN;
    usable.then_some((value, text))
}

/// Whether the page was served from where the request goes: an operator's console, not a survey.
fn is_own(headers: &HeaderMap) -> bool {
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let authority = origin(headers).and_then(|(_, text)| Some(text.split_once("://")?.1));
    host.zip(authority)
        .is_some_and(|(host, authority)| host.eq_ignore_ascii_case(authority))
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemas::control::ControlRecord;

    const PAGE: &str = "https://surveys.example.com";
    const OTHER: &str = "https://other.example.net";

    fn key(kind: &str, id: char, organisation: &str, origins: &[&str]) -> ApiKeyRecord {
        let value = serde_json::json!({
            "id": format!("key_{}", String::from(id).repeat(16)), "organisation": organisation,
            "kind": kind, "mode": "live", "hash": format!("{:02x}", id as u32).repeat(32),
            "hint": "abcd", "origins": origins, "created_at": "2026-01-01T00:00:00Z",
        });
        serde_json::from_value(value).unwrap()
    }

    fn state(keys: &[&ApiKeyRecord]) -> ControlState {
        ControlState::of(keys.iter().map(|key| ControlRecord::ApiKey((*key).clone())))
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pairs = pairs.iter();
        pairs
            .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()))
            .collect()
    }

    fn from(origin: &str) -> HeaderMap {
        headers(&[
            ("origin", origin),
            ("access-control-request-method", "POST"),
            ("host", "api.example.com"),
        ])
    }

    fn allowed(cors: Cors) -> Option<String> {
        let mut headers = HeaderMap::new();
        cors.write(&mut headers);
        let value = headers.get("access-control-allow-origin")?;
        assert_eq!(headers["vary"], "origin");
        assert_eq!(headers["access-control-expose-headers"], EXPOSE_HEADERS);
        Some(value.to_str().unwrap().to_owned())
    }

    fn judge(
        state: &ControlState,
        headers: &HeaderMap,
        holder: Holder<'_>,
    ) -> (Result<(), PageError>, Option<String>) {
        let now = Utc::now();
        let mut cors = Cors::of(headers, state, now);
        let verdict = cors.judge(headers, holder, (state, now));
        (verdict, allowed(cors))
    }

    #[test]
    fn a_preflight_passes_when_some_active_key_admits_the_page() {
        let now = Utc::now();
        let listed = key("publishable", 'a', "acme", &[PAGE]);
        let state = state(&[&listed, &key("secret", 'b', "acme", &[])]);
        let answer = preflight(&from(PAGE), &state, now).unwrap();
        assert_eq!(answer.status(), 204);
        assert_eq!(answer.headers()["access-control-allow-origin"], PAGE);
        assert_eq!(answer.headers()["access-control-max-age"], "7200");
        assert_eq!(answer.headers()["vary"], "origin");
        assert!(
            !answer
                .headers()
                .contains_key("access-control-allow-credentials")
        );
        for refused in [
            OTHER,
            "null",
            "https://surveys.example.com.evil.example",
            "http://surveys.example.com",
        ] {
            let outcome = preflight(&from(refused), &state, now);
            assert_eq!(outcome.unwrap_err(), PageError::OriginRefused, "{refused}");
        }
        assert!(preflight(&headers(&[]), &state, now).is_err());
    }

    #[test]
    fn a_publishable_key_serves_its_own_pages_and_no_others() {
        let listed = key("publishable", 'a', "acme", &[PAGE]);
        let elsewhere = key("publishable", 'b', "other", &[OTHER]);
        let state = state(&[&listed, &elsewhere]);
        let holder = Holder::Key(&listed);
        assert_eq!(
            judge(&state, &from(PAGE), holder),
            (Ok(()), Some(PAGE.to_owned()))
        );
        let refused = (Err(PageError::OriginRefused), None);
        assert_eq!(
            judge(&state, &from(OTHER), holder),
            refused,
            "another key's page"
        );
        assert_eq!(
            judge(&state, &headers(&[]), holder),
            refused,
            "no page at all"
        );
        let mut twice = from(PAGE);
        twice.append("origin", OTHER.parse().unwrap());
        assert_eq!(judge(&state, &twice, holder), refused, "two pages");
    }

    #[test]
    fn a_key_without_origins_serves_every_page_and_programs() {
        let open = key("publishable", 'a', "acme", &[]);
        let state = state(&[&open]);
        let holder = Holder::Key(&open);
        assert_eq!(
            judge(&state, &from(OTHER), holder),
            (Ok(()), Some(OTHER.to_owned()))
        );
        assert_eq!(
            judge(&state, &from("null"), holder),
            (Ok(()), Some("null".to_owned()))
        );
        assert_eq!(judge(&state, &headers(&[]), holder), (Ok(()), None));
    }

    #[test]
    fn a_token_is_good_anywhere_and_readable_on_its_organisations_pages() {
        let (acme, other) = (
            key("publishable", 'a', "acme", &[PAGE]),
            key("publishable", 'b', "other", &[OTHER]),
        );
        let state = state(&[&acme, &other]);
        let holder = Holder::Token(&acme.organisation);
        assert_eq!(
            judge(&state, &from(PAGE), holder),
            (Ok(()), Some(PAGE.to_owned()))
        );
        assert_eq!(judge(&state, &from(OTHER), holder), (Ok(()), None));
    }

    #[test]
    fn a_secret_key_is_refused_in_a_page_and_its_answers_name_no_page() {
        let (secret, open) = (
            key("secret", 'a', "acme", &[]),
            key("publishable", 'b', "acme", &[]),
        );
        let state = state(&[&secret, &open]);
        let holder = Holder::Key(&secret);
        let refused = (Err(PageError::SecretKeyInBrowser), None);
        assert_eq!(judge(&state, &from(PAGE), holder), refused);
        assert_eq!(judge(&state, &from("null"), holder), refused);
        assert_eq!(judge(&state, &headers(&[]), holder), (Ok(()), None));
        let console = from("https://api.example.com");
        assert_eq!(
            judge(&state, &console, holder),
            (Ok(()), None),
            "an operator's console"
        );
    }

    #[test]
    fn a_refusal_before_the_caller_is_known_can_be_read_by_admitted_pages() {
        let state = state(&[&key("publishable", 'a', "acme", &[PAGE])]);
        let now = Utc::now();
        assert_eq!(
            allowed(Cors::of(&from(PAGE), &state, now)),
            Some(PAGE.to_owned())
        );
        assert_eq!(allowed(Cors::of(&from(OTHER), &state, now)), None);
    }
}
