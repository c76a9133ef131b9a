//! Every failure of the API, and how each is answered.
//!
//! One enum, one exhaustive match. What went wrong inside is logged here, once, and never sent.

use std::time::Duration;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use runtime::problem::{FieldError, Problem, RequestId};
use storage::StorageError;

/// How soon a client may try again when something is away.
const RETRY: Duration = Duration::from_secs(1);

/// Why a request is not answered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    #[error("no key and no sign-in")]
    KeyMissing,
    #[error("the key or sign-in is not known")]
    KeyUnknown,
    #[error("the key only writes")]
    KeyOnlyWrites,
    #[error("the key has no scope for this")]
    ScopeMissing,
    #[error("the key is bound to networks")]
    KeyBound,
    #[error("the keys have not been read yet")]
    KeysNotRead,
    #[error("the request comes from another origin")]
    OriginRefused,
    #[error("the session is not known")]
    UnknownSession,
    #[error("parameters are wrong")]
    InvalidParameters(Vec<FieldError>),
    #[error("the body cannot be read")]
    MalformedBody,
    #[error("the route is not known")]
    NotFound,
    #[error("the method is not allowed")]
    MethodNotAllowed,
    #[error("the database cannot be used")]
    DatabaseUnavailable(#[source] DatabaseFailure),
    #[error("the query took too long")]
    QueryTooSlow,
    #[error("the request was not published")]
    KafkaUnavailable(#[source] PublishFailure),
    #[error("too many requests wait for a verdict")]
    TooManyWaiting,
    #[error("the database refused a query")]
    Query(#[source] tokio_postgres::Error),
    #[error("a stored row cannot be read")]
    StoredRow(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("a handler panicked")]
    Panicked,
}

/// Why the database cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DatabaseFailure {
    #[error("no connection")]
    Pool(#[source] Box<deadpool_postgres::PoolError>),
    #[error("no transaction")]
    Transaction(#[source] StorageError),
    #[error("the connection broke")]
    Connection(#[source] tokio_postgres::Error),
    #[error("no answer in time")]
    NoAnswer,
}

/// Why an analysis request was not published.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PublishFailure {
    #[error("the record was not taken")]
    Send(#[source] kafka::producer::SendError),
    #[error("the record was not acknowledged")]
    Delivery(#[source] kafka::producer::DeliveryError),
}

impl ApiError {
    /// Status and code; codes are stable and listed in docs/errors.md.
    fn code(&self) -> (StatusCode, &'static str) {
        match self {
            Self::KeyMissing => (StatusCode::UNAUTHORIZED, "credentials_missing"),
            Self::KeyUnknown => (StatusCode::UNAUTHORIZED, "credentials_invalid"),
            Self::KeyOnlyWrites => (StatusCode::FORBIDDEN, "secret_key_required"),
            Self::ScopeMissing => (StatusCode::FORBIDDEN, "scope_missing"),
            Self::KeyBound => (StatusCode::FORBIDDEN, "key_bound_to_networks"),
            Self::KeysNotRead => (StatusCode::SERVICE_UNAVAILABLE, "starting"),
            Self::OriginRefused => (StatusCode::FORBIDDEN, "origin_refused"),
            Self::UnknownSession => (StatusCode::NOT_FOUND, "unknown_session"),
            Self::InvalidParameters(_) => (StatusCode::UNPROCESSABLE_ENTITY, "invalid_parameters"),
            Self::MalformedBody => (StatusCode::BAD_REQUEST, "malformed_json"),
            Self::NotFound => (StatusCode::NOT_FOUND, "unknown_route"),
            Self::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"),
            Self::DatabaseUnavailable(_) => {
                (StatusCode::SERVICE_UNAVAILABLE, "database_unavailable")
            }
            Self::QueryTooSlow => (StatusCode::SERVICE_UNAVAILABLE, "query_too_slow"),
            Self::KafkaUnavailable(_) => (StatusCode::SERVICE_UNAVAILABLE, "broker_unavailable"),
            Self::TooManyWaiting => (StatusCode::SERVICE_UNAVAILABLE, "overloaded"),
            Self::Query(_) | Self::StoredRow(_) | Self::Panicked => {
                (StatusCode::INTERNAL_SERVER_ERROR, "internal")
            }
        }
    }

    fn title(&self) -> &'static str {
        match self {
            Self::KeyMissing => "A secret key or a sign-in is needed.",
            Self::KeyUnknown => "The key is not known or the sign-in has ended.",
            Self::KeyOnlyWrites => "Publishable keys and ingest tokens only write.",
            Self::ScopeMissing => "The key may not read verdicts.",
            Self::KeyBound => "A key that is bound to networks cannot read here.",
            Self::KeysNotRead => "The keys are not known yet.",
            Self::OriginRefused => "A signed-in request must come from this site's own pages.",
            Self::UnknownSession => "The session is not known.",
            Self::InvalidParameters(_) => "Some parameters are not valid.",
            Self::MalformedBody => "The body is not the JSON object that is expected.",
            Self::NotFound => "There is nothing here.",
            Self::MethodNotAllowed => "The resource does not have this method.",
            Self::DatabaseUnavailable(_) => "The stored sessions cannot be read at the moment.",
            Self::QueryTooSlow => "The query took too long; narrow the range.",
            Self::KafkaUnavailable(_) => "The request cannot be passed on at the moment.",
            Self::TooManyWaiting => "Too many requests wait for a verdict at the moment.",
            Self::Query(_) | Self::StoredRow(_) | Self::Panicked => {
                "Something failed inside; the request id finds it in the logs."
            }
        }
    }

    fn problem(&self) -> Problem {
        let (status, code) = self.code();
        let problem = Problem::new(status, code, self.title());
        match self {
            Self::InvalidParameters(errors) => problem.errors(errors.iter().cloned()),
            _ if status == StatusCode::UNAUTHORIZED => problem.challenge("Bearer"),
            _ if status == StatusCode::SERVICE_UNAVAILABLE => problem.retry_after(RETRY),
            _ => problem,
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let problem = self.problem();
        let request_id = RequestId::current();
        let request_id = request_id.as_ref().map_or("", RequestId::as_str);
        let code = problem.code();
        if problem.status() == StatusCode::INTERNAL_SERVER_ERROR {
            tracing::error!(request.id = request_id, code, error = %chain(&self), "request failed");
        } else if problem.status().is_server_error() {
            tracing::warn!(request.id = request_id, code, error = %chain(&self), "request refused");
        } else {
            tracing::debug!(request.id = request_id, code, "request refused");
        }
        problem.into_response()
    }
}

/// An error with its causes, in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// One error of every code.
    fn examples() -> Vec<ApiError> {
        let send = kafka::producer::SendError::QueueFull;
        vec![
            ApiError::KeyMissing,
            ApiError::KeyUnknown,
            ApiError::KeyOnlyWrites,
            ApiError::ScopeMissing,
            ApiError::KeyBound,
            ApiError::KeysNotRead,
            ApiError::OriginRefused,
            ApiError::UnknownSession,
            ApiError::InvalidParameters(Vec::new()),
            ApiError::MalformedBody,
            ApiError::NotFound,
            ApiError::MethodNotAllowed,
            ApiError::DatabaseUnavailable(DatabaseFailure::NoAnswer),
            ApiError::QueryTooSlow,
            ApiError::KafkaUnavailable(PublishFailure::Send(send)),
            ApiError::TooManyWaiting,
            ApiError::Panicked,
        ]
    }

    #[test]
    fn the_error_table_lists_exactly_the_codes_and_their_statuses() {
        let document = include_str!("../../docs/errors.md");
        let (_, section) = document.split_once("\n## API\n").unwrap();
        let section = section.split("\n## ").next().unwrap();
        let listed: BTreeSet<(String, String)> = section
            .lines()
            .filter_map(|line| line.strip_prefix("| `")?.split_once("` | "))
            .map(|(code, rest)| (code.to_owned(), rest[..3].to_owned()))
            .collect();
        let known: BTreeSet<(String, String)> = examples()
            .iter()
            .map(ApiError::code)
            .map(|(status, code)| (code.to_owned(), status.as_u16().to_string()))
            .collect();
        assert_eq!(listed, known);
    }

    #[test]
    fn what_is_inside_is_never_sent() {
        let inside = "password of the database";
        let problem = ApiError::StoredRow(inside.into()).problem();
        assert!(!format!("{problem:?}").contains(inside), "{problem:?}");
    }
}
