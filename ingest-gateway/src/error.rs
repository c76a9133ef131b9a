//! Every failure of the gateway's HTTP surface, with the data of the case.
//!
//! A handler returns an [`IngestError`]; what the client sees of it is its [`Code`], and the only way
//! from one to the other is the exhaustive [`IngestError::code`]. Nothing internal is sent, and nothing
//! of the client's input is repeated: the source of a broker's failure goes to the log, the client is
//! told when to come back.

use std::time::Duration;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use kafka::producer::{DeliveryError, SendError};
use runtime::problem::{FieldError, Problem, RequestId};
use schemas::batch::{BatchError, Rejection};
use schemas::control::Scope;

use crate::bulk::BulkOutcome;
use crate::code::Code;
use crate::edge::Refusal;
use crate::webhooks::WebhookError;

/// Most rejected events listed in a problem; the detail says how many there are.
const MAX_LISTED: usize = 100;

/// Why the broker's acknowledgement is missing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BrokerFailure {
    /// The record was not taken into the queue.
    #[error("the record was not queued")]
    Send(#[source] SendError),
    /// The delivery failed.
    #[error("the record was not delivered")]
    Delivery(#[source] DeliveryError),
    /// No report came in time. The record may still arrive.
    #[error("no acknowledgement within {} ms", waited.as_millis())]
    Silent {
        /// How long was waited.
        waited: Duration,
    },
}

/// Why a request is not answered with a 2xx.
#[derive(Debug, Clone, thiserror::Error)]
pub enum IngestError {
    /// The body of a session is not JSON.
    #[error("malformed JSON at line {line}, column {column}")]
    MalformedJson {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// The body is not UTF-8.
    #[error("not UTF-8")]
    NotUtf8,
    /// The body is not gzip although its encoding says so.
    #[error("malformed gzip")]
    MalformedGzip,
    /// The client broke the body off.
    #[error("the body ended early")]
    BodyInterrupted,
    /// `Idempotency-Key` is not an identifier.
    #[error("unusable idempotency key")]
    BadIdempotencyKey,
    /// Neither key nor token.
    #[error("no credentials")]
    CredentialsMissing,
    /// A key or token that is not ours.
    #[error("wrong credentials")]
    CredentialsInvalid,
    /// A token whose time has passed.
    #[error("expired token")]
    TokenExpired,
    /// A key whose time has passed.
    #[error("expired key")]
    KeyExpired,
    /// A secret key without the scope of the route.
    #[error("key without scope {}", scope.as_str())]
    ScopeMissing {
        /// The scope.
        scope: Scope,
    },
    /// A key that is bound to other surveys.
    #[error("key of other surveys")]
    SurveyRefused,
    /// A token or a publishable key where a secret key is needed.
    #[error("no secret key")]
    SecretKeyRequired,
    /// A token of another session.
    #[error("token of another session")]
    TokenOfOtherSession,
    /// Turned away by address, page or limit.
    #[error(transparent)]
    Refused(Refusal),
    /// A platform's webhook proves nothing, or is none.
    #[error(transparent)]
    Webhook(#[from] WebhookError),
    /// A forged, foreign or malformed session id.
    #[error("unknown session")]
    UnknownSession,
    /// A path that no route has.
    #[error("unknown route")]
    UnknownRoute,
    /// A method that the route does not take.
    #[error("method not allowed")]
    MethodNotAllowed,
    /// The body did not arrive in time.
    #[error("no body within {} s", limit.as_secs())]
    RequestTimeout {
        /// The limit.
        limit: Duration,
    },
    /// The body, or what it decompresses to, is too large.
    #[error("body of more than {limit} bytes")]
    BodyTooLarge {
        /// The limit, bytes.
        limit: usize,
    },
    /// A content type that the route does not take.
    #[error("unsupported media type")]
    UnsupportedMediaType {
        /// Those it takes.
        accepted: &'static [&'static str],
    },
    /// A content encoding other than gzip.
    #[error("unsupported content encoding")]
    UnsupportedEncoding,
    /// The body is no batch.
    #[error("unusable batch")]
    Batch(#[source] BatchError),
    /// Neither an id nor a whole name of a session, or both.
    #[error("unusable name of a session")]
    BadSessionName,
    /// A named session that began too long ago, or has not begun.
    #[error("start out of range")]
    StartOutOfRange,
    /// A line of a bulk upload is too long.
    #[error("line of more than {limit} bytes")]
    LineTooLong {
        /// The limit, bytes.
        limit: usize,
    },
    /// A line without events, start and completion.
    #[error("empty line")]
    EmptyLine,
    /// A bulk upload has more bad lines than can be listed.
    #[error("too many bad lines")]
    TooManyBadLines,
    /// A bulk upload was stopped.
    #[error("stopped: {by}")]
    BulkStopped {
        /// What became of its lines.
        outcome: Box<BulkOutcome>,
        /// What stopped it.
        by: Box<Self>,
    },
    /// The control topic has not been read to its end.
    #[error("not ready yet")]
    Starting,
    /// Members of a session's description are wrong.
    #[error("{} wrong member(s)", errors.len())]
    InvalidSession {
        /// Which, and why.
        errors: Vec<FieldError>,
    },
    /// Every event of a batch was rejected; there is at least one.
    #[error("{} rejected event(s) and no other", rejected.len())]
    EventsRejected {
        /// The events.
        rejected: Vec<Rejection>,
        /// Where they are in the body, a JSON pointer: `/events` or nothing.
        parent: &'static str,
    },
    /// Too many requests or bytes at the same time.
    #[error("busy")]
    Overloaded,
    /// The broker is away, slow or full.
    #[error("broker unavailable")]
    Broker(#[source] BrokerFailure),
    /// A bug.
    #[error("internal failure")]
    Internal,
}

impl IngestError {
    /// What the client is told; the only place that decides it.
    pub fn code(&self) -> Code {
        match self {
            Self::MalformedJson { .. } => Code::MalformedJson,
            Self::NotUtf8 => Code::NotUtf8,
            Self::MalformedGzip => Code::MalformedGzip,
            Self::BodyInterrupted => Code::BodyInterrupted,
            Self::BadIdempotencyKey => Code::BadIdempotencyKey,
            Self::CredentialsMissing => Code::CredentialsMissing,
            Self::CredentialsInvalid => Code::CredentialsInvalid,
            Self::TokenExpired => Code::TokenExpired,
            Self::KeyExpired => Code::KeyExpired,
            Self::ScopeMissing { .. } => Code::ScopeMissing,
            Self::SurveyRefused => Code::SurveyRefused,
            Self::SecretKeyRequired => Code::SecretKeyRequired,
            Self::BadSessionName => Code::BadSessionName,
            Self::StartOutOfRange => Code::StartOutOfRange,
            Self::LineTooLong { .. } => Code::LineTooLong,
            Self::EmptyLine => Code::EmptyLine,
            Self::TooManyBadLines => Code::TooManyBadLines,
            Self::BulkStopped { by, .. } => by.code(),
            Self::Starting => Code::Starting,
            Self::TokenOfOtherSession => Code::TokenOfOtherSession,
            Self::Refused(refusal) => refusal.code(),
            Self::Webhook(error) => error.code(),
            Self::UnknownSession => Code::UnknownSession,
            Self::UnknownRoute => Code::UnknownRoute,
            Self::MethodNotAllowed => Code::MethodNotAllowed,
            Self::RequestTimeout { .. } => Code::RequestTimeout,
            Self::BodyTooLarge { .. } => Code::BodyTooLarge,
            Self::UnsupportedMediaType { .. } => Code::UnsupportedMediaType,
            Self::UnsupportedEncoding => Code::UnsupportedEncoding,
            Self::Batch(error) => match error {
                BatchError::MalformedJson { .. } => Code::MalformedJson,
                BatchError::NotABatch => Code::NotABatch,
                BatchError::Empty => Code::EmptyBatch,
                BatchError::TooManyEvents { .. } => Code::TooManyEvents,
                BatchError::BadSequence => Code::BadSequence,
            },
            Self::InvalidSession { .. } => Code::InvalidSession,
            Self::EventsRejected { rejected, .. } => common_code(rejected),
            Self::Overloaded => Code::Overloaded,
            Self::Broker(_) => Code::BrokerUnavailable,
            Self::Internal => Code::Internal,
        }
    }

    /// What is wrong with this request, beyond the title. Never repeats the client's input.
    pub(crate) fn detail(&self) -> Option<String> {
        Some(match self {
            Self::MalformedJson { line, column } => {
                format!("The error is at line {line}, column {column}.")
            }
            Self::RequestTimeout { limit } => format!("A body has {} seconds.", limit.as_secs()),
            Self::BodyTooLarge { limit } => format!(
                "A body has at most {limit} bytes, before and after decompression; split the batch."
            ),
            Self::UnsupportedMediaType { accepted } => {
                format!("Send one of {}.", accepted.join(", "))
            }
            Self::Refused(refusal) => refusal.detail(),
            Self::Batch(error) => error.to_string(),
            Self::ScopeMissing { scope } => {
                format!("The key needs the scope `{}`.", scope.as_str())
            }
            Self::LineTooLong { limit } => format!("A line has at most {limit} bytes."),
            Self::BulkStopped { by, .. } => return by.detail(),
            Self::EventsRejected { rejected, .. } => format!(
                "{} event(s) were rejected, the first {} are listed; nothing was stored.",
                rejected.len(),
                rejected.len().min(MAX_LISTED)
            ),
            other => return other.advice().map(str::to_owned),
        })
    }

    /// The detail of a failure without data of its own.
    fn advice(&self) -> Option<&'static str> {
        match self {
            Self::BadIdempotencyKey => {
                Some("`Idempotency-Key` is 1 to 255 visible ASCII characters, quoted or not.")
            }
            Self::UnsupportedEncoding => Some("Send it plain or as `gzip`."),
            Self::BadSessionName => Some(
                "A session is named by its id, or by `external_id` (1 to 128 characters) and `started_at` together.",
            ),
            Self::StartOutOfRange => {
                Some("`started_at` is at most 7 days ago and 5 minutes ahead.")
            }
            Self::Webhook(error) => error.detail(),
            Self::Broker(_) => Some(
                "Nothing is lost if you send the same again with the same writer and sequence.",
            ),
            // The title says it all.
            _ => None,
        }
    }

    fn into_field_errors(self) -> Vec<FieldError> {
        let (rejected, parent) = match self {
            Self::InvalidSession { errors } => return errors,
            Self::EventsRejected { rejected, parent } => (rejected, parent),
            _ => return Vec::new(),
        };
        let listed = rejected.into_iter().take(MAX_LISTED);
        let field_error = |rejection: Rejection| FieldError {
            pointer: format!("{parent}/{}", rejection.index),
            code: rejection.code.as_str().to_owned(),
            detail: rejection.code.detail().to_owned(),
        };
        listed.map(field_error).collect()
    }

    fn log(&self) {
        let request_id = RequestId::current();
        let request_id = request_id.as_ref().map_or("", RequestId::as_str);
        let code = self.code();
        // One line per refused request would be the client's way into our disk: those are counted,
        // and the broker's absence is logged once, by the readiness probe.
        if code == Code::Internal {
            tracing::error!(request.id = request_id, "request failed");
        } else {
            let cause: &dyn std::error::Error = self;
            let source = cause.source().map(ToString::to_string);
            let code = code.as_str();
            tracing::debug!(request.id = request_id, code, error = %self, source, "request refused");
        }
    }
}

/// The code that all rejected events share, or the one that says they differ.
fn common_code(rejected: &[Rejection]) -> Code {
    let mut codes = rejected.iter().map(|rejection| rejection.code);
    match codes.next() {
        Some(first) if codes.all(|code| code == first) => first.into(),
        _ => Code::EventsRejected,
    }
}

impl From<IngestError> for Problem {
    fn from(error: IngestError) -> Self {
        let code = error.code();
        let mut problem = Self::new(code.status(), code.as_str(), code.title());
        if let Some(detail) = error.detail() {
            problem = problem.detail(detail);
        }
        if code.status() == StatusCode::UNAUTHORIZED {
            problem = problem.challenge("Bearer");
        }
        let wait = match &error {
            IngestError::Refused(refusal) => refusal.retry_after(),
            _ => code.retry_after(),
        };
        if let Some(wait) = wait {
            problem = problem.retry_after(wait);
        }
        if let IngestError::BulkStopped { outcome, .. } = &error
            && let Ok(outcome) = serde_json::to_value(outcome)
        {
            problem = problem.extension("bulk", outcome);
        }
        problem.errors(error.into_field_errors())
    }
}

impl IntoResponse for IngestError {
    fn into_response(self) -> Response {
        self.log();
        Problem::from(self).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemas::event::RejectCode;

    #[test]
    fn the_code_of_a_rejected_batch_is_what_its_events_share() {
        let rejection = |index, code| Rejection { index, code };
        let same = [
            rejection(0, RejectCode::ContentRefused),
            rejection(1, RejectCode::ContentRefused),
        ];
        let mixed = [
            rejection(0, RejectCode::ContentRefused),
            rejection(1, RejectCode::ValueInvalid),
        ];
        assert_eq!(common_code(&same), Code::ContentRefused);
        assert_eq!(common_code(&mixed), Code::EventsRejected);
    }

    #[test]
    fn a_problem_lists_a_hundred_rejected_events_at_most() {
        let all = |index| Rejection {
            index,
            code: RejectCode::MalformedEvent,
        };
        let error = IngestError::EventsRejected {
            rejected: (0..5000).map(all).collect(),
            parent: "/events",
        };
        let problem = format!("{:?}", Problem::from(error));
        assert!(
            problem.contains("5000 event(s)") && problem.contains("/events/99\""),
            "{problem}"
        );
        assert!(!problem.contains("/events/100\""), "{problem}");
    }
}
