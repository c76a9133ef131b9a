//! Errors of HTTP as RFC 9457 `application/problem+json`, and the request id that goes with them.
//!
//! Every service answers failures in one form: `{type, title, status, detail, instance, code,
//! request_id, errors[]}`. `code` is stable and what clients match on; `title` is one sentence per
//! code; `detail` is about this request. Nothing internal may be put into any of them.
//!
//! [`with_request_id`] is the outermost middleware: it makes the id (or takes a usable `X-Request-Id`
//! of the client), keeps it and the path for the problems made below it, and returns it as
//! `X-Request-Id`. Which failures exist, and how they are logged, is decided by the services.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::Json;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// Content type of problems.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// The header that carries the request id, both ways.
pub const REQUEST_ID_HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// Longest request id that is taken from a client.
const MAX_REQUEST_ID: usize = 64;

#[derive(Debug, Clone)]
struct Context {
    request_id: RequestId,
    path: String,
}

tokio::task_local! {
    static CONTEXT: Context;
}

/// The id of a request; also an extension of the request, for handlers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(String);

impl RequestId {
    /// The id as text: at most 64 characters of `A-Za-z0-9_.:-`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id of the request that the current task answers; `None` outside [`with_request_id`].
    pub fn current() -> Option<Self> {
        CONTEXT.try_with(|context| context.request_id.clone()).ok()
    }

    fn of(request: &Request) -> Self {
        let given = request
            .headers()
            .get(REQUEST_ID_HEADER)
            .and_then(|value| value.to_str().ok())
            .filter(|text| is_usable(text));
        match given {
            Some(text) => Self(text.to_owned()),
            None => Self(format!("{:032x}", rand::random::<u128>())),
        }
    }
}

/// Ids end in logs, so nothing but identifier characters is taken over.
fn is_usable(text: &str) -> bool {
    let allowed = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'.' | b':' | b'-');
    !text.is_empty() && text.len() <= MAX_REQUEST_ID && text.bytes().all(allowed)
}

/// Middleware: gives the request its id. Put it outside of everything that may answer a problem.
pub async fn with_request_id(request: Request, next: Next) -> Response {
    in_context(request, |request| next.run(request)).await
}

/// Gives the request its id and answers it in its context: for a middleware that does more than that.
pub async fn in_context<Answer: Future<Output = Response>>(
    mut request: Request,
    answer: impl FnOnce(Request) -> Answer,
) -> Response {
    let request_id = RequestId::of(&request);
    request.extensions_mut().insert(request_id.clone());
    let context = Context {
        request_id: request_id.clone(),
        path: request.uri().path().to_owned(),
    };
    let mut response = CONTEXT.scope(context, answer(request)).await;
    if let Ok(value) = HeaderValue::from_str(request_id.as_str()) {
        response.headers_mut().insert(REQUEST_ID_HEADER, value);
    }
    response
}

/// One member of the request that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// Where: a JSON pointer into the body (`/events/3`), or `?name` for a query parameter.
    pub pointer: String,
    /// What kind of mistake; stable.
    pub code: String,
    /// A sentence about it.
    pub detail: String,
}

/// A failure as it is told to a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    title: &'static str,
    detail: Option<String>,
    errors: Vec<FieldError>,
    retry_after: Option<Duration>,
    challenge: Option<&'static str>,
    extensions: BTreeMap<&'static str, serde_json::Value>,
}

/// The code of a problem, an extension of its response: for metrics and logs of middleware.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProblemCode(pub &'static str);

#[derive(Serialize)]
struct Body<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<String>,
    code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    #[serde(skip_serializing_if = "<[FieldError]>::is_empty")]
    errors: &'a [FieldError],
    #[serde(flatten)]
    extensions: &'a BTreeMap<&'static str, serde_json::Value>,
}

impl Problem {
    /// A problem with its stable code (snake case) and its title.
    pub fn new(status: StatusCode, code: &'static str, title: &'static str) -> Self {
        Self {
            status,
            code,
            title,
            detail: None,
            errors: Vec::new(),
            retry_after: None,
            challenge: None,
            extensions: BTreeMap::new(),
        }
    }

    /// Says what is wrong with this request. Goes to the client as it is.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Adds one wrong member; see [`FieldError`].
    #[must_use]
    pub fn error(
        mut self,
        pointer: impl Into<String>,
        code: impl Into<String>,
        detail: impl Into<String>,
    ) -> Self {
        self.errors.push(FieldError {
            pointer: pointer.into(),
            code: code.into(),
            detail: detail.into(),
        });
        self
    }

    /// Adds wrong members.
    #[must_use]
    pub fn errors(mut self, errors: impl IntoIterator<Item = FieldError>) -> Self {
        self.errors.extend(errors);
        self
    }

    /// Adds a member of its own kind, as RFC 9457 allows; `name` is none of the usual members.
    #[must_use]
    pub fn extension(mut self, name: &'static str, value: serde_json::Value) -> Self {
        self.extensions.insert(name, value);
        self
    }

    /// Sends `Retry-After`, in whole seconds, at least one.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// Sends `WWW-Authenticate` with a scheme such as `Bearer`.
    #[must_use]
    pub fn challenge(mut self, scheme: &'static str) -> Self {
        self.challenge = Some(scheme);
        self
    }

    /// The status it is sent with.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.code
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let context = CONTEXT.try_with(Clone::clone).ok();
        let (request_id, instance) = match context {
            Some(context) => (Some(context.request_id.0), Some(context.path)),
            None => (None, None),
        };
        let body = Body {
            r#type: format!("urn:candor:problem:{}", self.code),
            title: self.title,
            status: self.status.as_u16(),
            detail: self.detail.as_deref(),
            instance,
            code: self.code,
            request_id,
            errors: &self.errors,
            extensions: &self.extensions,
        };
        let mut response = (self.status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        // A stored failure would outlive its cause.
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(wait) = self.retry_after {
            let seconds = wait.as_millis().div_ceil(1000).max(1);
            if let Ok(value) = HeaderValue::from_str(&seconds.to_string()) {
                headers.insert(header::RETRY_AFTER, value);
            }
        }
        if let Some(scheme) = self.challenge {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(scheme));
        }
        response.extensions_mut().insert(ProblemCode(self.code));
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::body::{Body as HttpBody, to_bytes};
    use axum::routing::get;
    use tower::ServiceExt;

    async fn ask(id: Option<&str>) -> (Response, String) {
        let problem = || async {
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "away", "It is away.")
                .detail("Ask again.")
                .error("/events/3", "too_late", "The event is too late.")
                .retry_after(Duration::from_millis(1500))
        };
        let router = Router::new()
            .route("/thing", get(problem))
            .layer(axum::middleware::from_fn(with_request_id));
        let mut request = Request::get("/thing?key=secret");
        if let Some(id) = id {
            request = request.header(REQUEST_ID_HEADER, id);
        }
        let request = request.body(HttpBody::empty()).unwrap();
        let (parts, body) = router.oneshot(request).await.unwrap().into_parts();
        let bytes = to_bytes(body, 10_000).await.unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        (Response::from_parts(parts, HttpBody::empty()), text)
    }

    #[tokio::test]
    async fn a_problem_has_every_member_and_never_the_query() {
        let (response, text) = ask(Some("req-1")).await;
        let body: serde_json::Value = serde_json::from_str(&text).unwrap();
        let expected = serde_json::json!({
            "type": "urn:candor:problem:away", "title": "It is away.", "status": 503,
            "detail": "Ask again.", "instance": "/thing", "code": "away", "request_id": "req-1",
            "errors": [{"pointer": "/events/3", "code": "too_late", "detail": "The event is too late."}],
        });
        assert_eq!(body, expected);
        assert_eq!(response.headers()["content-type"], PROBLEM_JSON);
        assert_eq!(response.headers()["retry-after"], "2");
        assert_eq!(response.headers()["x-request-id"], "req-1");
        let code = response.extensions().get::<ProblemCode>();
        assert_eq!(code, Some(&ProblemCode("away")));
    }

    #[tokio::test]
    async fn an_unusable_request_id_is_replaced() {
        for bad in ["", "two words", &"x".repeat(65)] {
            let (response, _) = ask(Some(bad)).await;
            let id = response.headers()["x-request-id"].to_str().unwrap();
            assert!(id.len() == 32 && id != bad, "{id}");
        }
        let (first, second) = (ask(None).await.0, ask(None).await.0);
        assert_ne!(
            first.headers()["x-request-id"],
            second.headers()["x-request-id"]
        );
    }
}
