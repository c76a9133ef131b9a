//! Every failure of the API, and how each is answered.
//!
//! One enum, one exhaustive match. What went wrong inside is logged here, once, and never sent.

use std::time::Duration;

use axum::http::header::UPGRADE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use dead_letters::DeadLetterError;
use runtime::problem::{FieldError, Problem, RequestId};
use schemas::control::Scope;
use storage::StorageError;

/// How soon a client may try again when something is away.
const RETRY: Duration = Duration::from_secs(1);
/// The same when exports are in the way, which take longer.
const EXPORT_RETRY: Duration = Duration::from_secs(10);

/// Why a request is not answered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    #[error("no key and no sign-in")]
    KeyMissing,
    #[error("the key or sign-in is not known")]
    KeyUnknown,
    #[error("the key only writes")]
    KeyOnlyWrites,
    #[error("the key lacks the scope {}", .0.as_str())]
    ScopeMissing(Scope),
    #[error("the key is bound to networks")]
    KeyBound,
    #[error("the query token is not valid")]
    TokenInvalid,
    #[error("the query token reads another session")]
    TokenBound,
    #[error("the keys have not been read yet")]
    KeysNotRead,
    #[error("the request comes from another origin")]
    OriginRefused,
    #[error("the session is not known")]
    UnknownSession,
    #[error("the survey is not known")]
    UnknownSurvey,
    #[error("the campaign is not known")]
    UnknownCampaign,
    #[error("parameters are wrong")]
    InvalidParameters(Vec<FieldError>),
    #[error("the body cannot be read")]
    MalformedBody,
    #[error("the body is wrong")]
    InvalidBody(Vec<FieldError>),
    #[error("the change names no version")]
    PreconditionRequired,
    #[error("another change came before")]
    PreconditionFailed,
    #[error("as many previews run as may")]
    PreviewsBusy,
    #[error("the route is not known")]
    NotFound,
    #[error("the method is not allowed")]
    MethodNotAllowed,
    #[error("the database cannot be used")]
    DatabaseUnavailable(#[source] DatabaseFailure),
    #[error("every connection to the database is in use")]
    DatabaseBusy,
    #[error("the query took too long")]
    QueryTooSlow,
    #[error("the request was not published")]
    KafkaUnavailable(#[source] PublishFailure),
    #[error("too many requests wait for a verdict")]
    TooManyWaiting,
    #[error("there is no such dead letter")]
    UnknownLetter,
    #[error("the dead letters are too many")]
    TooManyLetters(#[source] Box<DeadLetterError>),
    #[error("a replay is at work")]
    ReplayAtWork(Option<i64>),
    #[error("the dead letters cannot be used")]
    LettersUnavailable(#[source] Box<DeadLetterError>),
    #[error("too much is being read for others")]
    TooManyReadings,
    #[error("there is no such integration")]
    UnknownIntegration,
    #[error("no gateway is configured")]
    GatewayUnknown,
    #[error("the secret of the integration does not open")]
    SecretDoesNotOpen,
    #[error("the organisation has as many exports as it may")]
    TooManyExports,
    #[error("as many exports run as may")]
    ExportsBusy,
    #[error("a file cannot be written")]
    Encoding(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("the database refused a query")]
    Query(#[source] tokio_postgres::Error),
    #[error("a stored row cannot be read")]
    StoredRow(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("a handler panicked")]
    Panicked,
    #[error("the request is no WebSocket handshake")]
    UpgradeRequired,
    #[error("the verdicts are not followed yet")]
    LiveNotStarted,
    #[error("too many live connections")]
    LiveFull,
    #[error("too many live connections of one organisation")]
    TooManyLive,
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
            Self::ScopeMissing(_) => (StatusCode::FORBIDDEN, "scope_missing"),
            Self::KeyBound => (StatusCode::FORBIDDEN, "key_bound_to_networks"),
            Self::TokenInvalid => (StatusCode::UNAUTHORIZED, "token_invalid"),
            Self::TokenBound => (StatusCode::FORBIDDEN, "token_bound"),
            Self::KeysNotRead | Self::LiveNotStarted => {
                (StatusCode::SERVICE_UNAVAILABLE, "starting")
            }
            Self::OriginRefused => (StatusCode::FORBIDDEN, "origin_refused"),
            Self::UnknownSession => (StatusCode::NOT_FOUND, "unknown_session"),
            Self::UnknownSurvey => (StatusCode::NOT_FOUND, "unknown_survey"),
            Self::UnknownCampaign => (StatusCode::NOT_FOUND, "unknown_campaign"),
            Self::InvalidParameters(_) => (StatusCode::UNPROCESSABLE_ENTITY, "invalid_parameters"),
            Self::MalformedBody => (StatusCode::BAD_REQUEST, "malformed_json"),
            Self::InvalidBody(_) => (StatusCode::UNPROCESSABLE_ENTITY, "invalid_body"),
            Self::PreconditionRequired => {
                (StatusCode::PRECONDITION_REQUIRED, "precondition_required")
            }
            Self::PreconditionFailed => (StatusCode::PRECONDITION_FAILED, "precondition_failed"),
            Self::PreviewsBusy => (StatusCode::SERVICE_UNAVAILABLE, "previews_busy"),
            Self::NotFound => (StatusCode::NOT_FOUND, "unknown_route"),
            Self::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"),
            Self::DatabaseUnavailable(_) => {
                (StatusCode::SERVICE_UNAVAILABLE, "database_unavailable")
            }
            Self::DatabaseBusy => (StatusCode::SERVICE_UNAVAILABLE, "database_busy"),
            Self::QueryTooSlow => (StatusCode::SERVICE_UNAVAILABLE, "query_too_slow"),
            Self::KafkaUnavailable(_) => (StatusCode::SERVICE_UNAVAILABLE, "broker_unavailable"),
            Self::TooManyWaiting | Self::TooManyReadings => {
                (StatusCode::SERVICE_UNAVAILABLE, "overloaded")
            }
            Self::UnknownLetter => (StatusCode::NOT_FOUND, "unknown_dead_letter"),
            Self::TooManyLetters(_) => (StatusCode::UNPROCESSABLE_ENTITY, "too_many_dead_letters"),
            Self::ReplayAtWork(_) => (StatusCode::CONFLICT, "replay_at_work"),
            Self::LettersUnavailable(_) => (StatusCode::SERVICE_UNAVAILABLE, "broker_unavailable"),
            Self::UnknownIntegration => (StatusCode::NOT_FOUND, "unknown_integration"),
            Self::GatewayUnknown => (StatusCode::CONFLICT, "gateway_not_configured"),
            Self::SecretDoesNotOpen => (StatusCode::CONFLICT, "secret_does_not_open"),
            Self::LiveFull => (StatusCode::SERVICE_UNAVAILABLE, "live_full"),
            Self::TooManyLive => (StatusCode::TOO_MANY_REQUESTS, "too_many_live_connections"),
            Self::UpgradeRequired => (StatusCode::UPGRADE_REQUIRED, "upgrade_required"),
            Self::TooManyExports => (StatusCode::TOO_MANY_REQUESTS, "too_many_exports"),
            Self::ExportsBusy => (StatusCode::SERVICE_UNAVAILABLE, "exports_busy"),
            Self::Query(_) | Self::StoredRow(_) | Self::Encoding(_) | Self::Panicked => {
                (StatusCode::INTERNAL_SERVER_ERROR, "internal")
            }
        }
    }

    fn title(&self) -> &'static str {
        match self {
            Self::KeyMissing => "A secret key or a sign-in is needed.",
            Self::KeyUnknown => "The key is not known or the sign-in has ended.",
            Self::KeyOnlyWrites => "Publishable keys and ingest tokens only write.",
            Self::ScopeMissing(_) => "The key may not do this.",
            Self::KeyBound => "A key that is bound to networks cannot read here.",
            Self::TokenInvalid => "The query token is not valid, or it has ended.",
            Self::TokenBound => "The query token reads another session or survey.",
            Self::KeysNotRead => "The keys are not known yet.",
            Self::OriginRefused => "A signed-in request must come from this site's own pages.",
            Self::UnknownSession => "The session is not known.",
            Self::UnknownSurvey => "No session of this survey has been counted.",
            Self::UnknownCampaign => "No sessions have this fingerprint in common.",
            Self::InvalidParameters(_) => "Some parameters are not valid.",
            Self::MalformedBody => "The body is not the JSON object that is expected.",
            Self::InvalidBody(_) => "Some members of the body are not valid.",
            Self::PreconditionRequired => "Say by If-Match which version is changed.",
            Self::PreconditionFailed => "It was changed meanwhile; read it again.",
            Self::PreviewsBusy => "As many previews are running as may.",
            Self::NotFound => "There is nothing here.",
            Self::MethodNotAllowed => "The resource does not have this method.",
            Self::DatabaseUnavailable(_) => "The stored sessions cannot be read at the moment.",
            Self::DatabaseBusy => "Too many queries are under way at the moment.",
            Self::QueryTooSlow => "The query took too long; narrow the range.",
            Self::KafkaUnavailable(_) => "The request cannot be passed on at the moment.",
            Self::TooManyWaiting => "Too many requests wait for a verdict at the moment.",
            Self::UnknownLetter => "The dead letter is not known.",
            Self::TooManyLetters(_) => "These are more dead letters than one request may have.",
            Self::ReplayAtWork(_) => "Another replay may still be at work.",
            Self::LettersUnavailable(_) => {
                "The dead letters cannot be read or written at the moment."
            }
            Self::TooManyReadings => "Too many requests of this kind are at work.",
            Self::UnknownIntegration => "The integration is not known.",
            Self::GatewayUnknown => "The test console does not know where the gateway is.",
            Self::SecretDoesNotOpen => "The integration has no secret that can be used.",
            Self::UpgradeRequired => "This address speaks WebSocket only.",
            Self::LiveNotStarted => "The verdicts are not followed yet.",
            Self::LiveFull => "Too many live connections are open at the moment.",
            Self::TooManyLive => "The organisation has too many live connections open.",
            Self::TooManyExports => "The organisation has as many exports running as it may.",
            Self::ExportsBusy => "As many exports are running as may.",
            Self::Query(_) | Self::StoredRow(_) | Self::Encoding(_) | Self::Panicked => {
                "Something failed inside; the request id finds it in the logs."
            }
        }
    }

    fn problem(&self) -> Problem {
        let (status, code) = self.code();
        let problem = Problem::new(status, code, self.title());
        match self {
            Self::InvalidParameters(errors) | Self::InvalidBody(errors) => {
                problem.errors(errors.iter().cloned())
            }
            Self::ScopeMissing(scope) => {
                problem.detail(format!("It needs the scope {}.", scope.as_str()))
            }
            Self::TooManyLetters(error) => problem.detail(error.to_string()),
            Self::ReplayAtWork(Some(seconds)) => {
                let seconds = u64::try_from(*seconds).unwrap_or(1);
                problem.retry_after(Duration::from_secs(seconds))
            }
            Self::GatewayUnknown => {
                problem.detail("Set CANDOR_GATEWAY_URL of the dashboard API.".to_owned())
            }
            Self::TooManyExports | Self::ExportsBusy => problem.retry_after(EXPORT_RETRY),
            _ if status == StatusCode::UNAUTHORIZED => problem.challenge("Bearer"),
            Self::TooManyLive => problem.retry_after(RETRY),
            _ if status == StatusCode::SERVICE_UNAVAILABLE => problem.retry_after(RETRY),
            _ => problem,
        }
    }

    /// Whether it may go away by itself: the caller is not refused for good.
    pub(crate) fn is_temporary(&self) -> bool {
        self.code().0.is_server_error()
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
        let mut response = problem.into_response();
        if matches!(self, Self::UpgradeRequired) {
            let protocol = HeaderValue::from_static("websocket");
            response.headers_mut().insert(UPGRADE, protocol);
        }
        response
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
            ApiError::ScopeMissing(Scope::VerdictsRead),
            ApiError::KeyBound,
            ApiError::TokenInvalid,
            ApiError::TokenBound,
            ApiError::KeysNotRead,
            ApiError::OriginRefused,
            ApiError::UnknownSession,
            ApiError::UnknownSurvey,
            ApiError::UnknownCampaign,
            ApiError::InvalidParameters(Vec::new()),
            ApiError::MalformedBody,
            ApiError::InvalidBody(Vec::new()),
            ApiError::PreconditionRequired,
            ApiError::PreconditionFailed,
            ApiError::PreviewsBusy,
            ApiError::NotFound,
            ApiError::MethodNotAllowed,
            ApiError::DatabaseUnavailable(DatabaseFailure::NoAnswer),
            ApiError::DatabaseBusy,
            ApiError::QueryTooSlow,
            ApiError::KafkaUnavailable(PublishFailure::Send(send)),
            ApiError::TooManyWaiting,
            ApiError::UnknownLetter,
            ApiError::TooManyLetters(Box::new(DeadLetterError::TooMany { most: 1 })),
            ApiError::ReplayAtWork(Some(1)),
            ApiError::LettersUnavailable(Box::new(DeadLetterError::Gone { left: 1 })),
            ApiError::TooManyReadings,
            ApiError::UnknownIntegration,
            ApiError::GatewayUnknown,
            ApiError::SecretDoesNotOpen,
            ApiError::TooManyExports,
            ApiError::ExportsBusy,
            ApiError::Panicked,
            ApiError::UpgradeRequired,
            ApiError::LiveNotStarted,
            ApiError::LiveFull,
            ApiError::TooManyLive,
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
