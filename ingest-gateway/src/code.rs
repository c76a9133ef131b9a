//! The stable codes of the gateway's problems: what clients match on and `docs/errors.md` lists.
//!
//! One table holds code, status and title; a test keeps the document equal to it. A code is never
//! renamed and never changes its status: clients and dashboards rely on both.

use std::time::Duration;

use axum::http::StatusCode;
use schemas::event::RejectCode;

macro_rules! codes {
    ($($variant:ident $code:literal $status:ident $title:literal;)*) => {
        /// The stable code of a problem.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code { $(#[doc = $title] $variant,)* }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The code as clients see it.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The status it is sent with.
            pub fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status,)* }
            }

            /// One sentence about it.
            pub fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }
        }
    };
}

codes! {
    MalformedJson "malformed_json" BAD_REQUEST "The body is not valid JSON.";
    NotUtf8 "not_utf8" BAD_REQUEST "The body is not UTF-8.";
    MalformedGzip "malformed_gzip" BAD_REQUEST "The body is not valid gzip.";
    BodyInterrupted "body_interrupted" BAD_REQUEST "The body ended early.";
    BadIdempotencyKey "bad_idempotency_key" BAD_REQUEST "The idempotency key is not usable.";
    MalformedWebhook "malformed_webhook" BAD_REQUEST "The body is not what the platform sends.";
    IntegrationRequired "integration_required" BAD_REQUEST "The address must name an integration.";
    CredentialsMissing "credentials_missing" UNAUTHORIZED "A key or token is needed.";
    CredentialsInvalid "credentials_invalid" UNAUTHORIZED "The key or token is not valid.";
    TokenExpired "token_expired" UNAUTHORIZED "The ingest token has expired.";
    KeyExpired "key_expired" UNAUTHORIZED "The key has expired.";
    SignatureMissing "signature_missing" UNAUTHORIZED "The webhook is not signed.";
    SignatureInvalid "signature_invalid" UNAUTHORIZED "The webhook's signature is wrong.";
    SignatureExpired "signature_expired" UNAUTHORIZED "The webhook was signed too long ago, or in the future.";
    ScopeMissing "scope_missing" FORBIDDEN "The key may not do this.";
    SurveyRefused "survey_refused" FORBIDDEN "The key may not begin sessions of this survey.";
    AddressRefused "address_refused" FORBIDDEN "Requests from this address are not taken.";
    OriginRefused "origin_refused" FORBIDDEN "The key may not be used on this page.";
    SecretKeyInBrowser "secret_key_in_browser" FORBIDDEN "A secret key does not belong in a browser.";
    SecretKeyRequired "secret_key_required" FORBIDDEN "A secret key is needed.";
    TokenOfOtherSession "token_of_other_session" FORBIDDEN "The token belongs to another session.";
    UnknownSession "unknown_session" NOT_FOUND "There is no such session.";
    UnknownIntegration "unknown_integration" NOT_FOUND "There is no such integration.";
    UnknownRoute "unknown_route" NOT_FOUND "There is no such address.";
    MethodNotAllowed "method_not_allowed" METHOD_NOT_ALLOWED "The address does not take this method.";
    RequestTimeout "request_timeout" REQUEST_TIMEOUT "The body did not arrive in time.";
    BodyTooLarge "body_too_large" PAYLOAD_TOO_LARGE "The body is too large.";
    TooManyEvents "too_many_events" PAYLOAD_TOO_LARGE "The batch has too many events.";
    LineTooLong "line_too_long" PAYLOAD_TOO_LARGE "The line is too long.";
    UnsupportedMediaType "unsupported_media_type" UNSUPPORTED_MEDIA_TYPE "The content type is not accepted.";
    UnsupportedEncoding "unsupported_encoding" UNSUPPORTED_MEDIA_TYPE "The content encoding is not accepted.";
    NotABatch "not_a_batch" UNPROCESSABLE_ENTITY "The body is not a batch of events.";
    EmptyBatch "empty_batch" UNPROCESSABLE_ENTITY "The batch holds no event.";
    BadSequence "bad_sequence" UNPROCESSABLE_ENTITY "The batch's writer or sequence is not usable.";
    BadSessionName "bad_session_name" UNPROCESSABLE_ENTITY "The session is not named as it must be.";
    StartOutOfRange "started_at_out_of_range" UNPROCESSABLE_ENTITY "The session's start is not believable.";
    EmptyLine "empty_line" UNPROCESSABLE_ENTITY "The line says nothing about its session.";
    TooManyBadLines "too_many_bad_lines" UNPROCESSABLE_ENTITY "Too many lines were refused.";
    InvalidSession "invalid_session" UNPROCESSABLE_ENTITY "The description of the session is not valid.";
    EventsRejected "events_rejected" UNPROCESSABLE_ENTITY "Every event was rejected, for different reasons.";
    MalformedEvent "malformed_event" UNPROCESSABLE_ENTITY "Every event is malformed.";
    TimestampMissing "timestamp_missing" UNPROCESSABLE_ENTITY "Every event lacks its timestamp.";
    TimestampInvalid "timestamp_invalid" UNPROCESSABLE_ENTITY "Every event's timestamp is unreadable.";
    TimestampOutOfRange "timestamp_out_of_range" UNPROCESSABLE_ENTITY "Every event's timestamp is out of range.";
    ContentRefused "content_refused" UNPROCESSABLE_ENTITY "Every event carries content that is not accepted.";
    ValueInvalid "value_invalid" UNPROCESSABLE_ENTITY "Every event has a value that is not accepted.";
    TooManyFields "too_many_fields" UNPROCESSABLE_ENTITY "Every event has too many fields.";
    RateLimited "rate_limited" TOO_MANY_REQUESTS "There were too many requests.";
    Internal "internal" INTERNAL_SERVER_ERROR "The gateway failed.";
    Starting "starting" SERVICE_UNAVAILABLE "The gateway does not know its keys yet.";
    Overloaded "overloaded" SERVICE_UNAVAILABLE "The gateway is busy.";
    BrokerUnavailable "broker_unavailable" SERVICE_UNAVAILABLE "The message broker did not acknowledge.";
}

impl From<RejectCode> for Code {
    fn from(code: RejectCode) -> Self {
        match code {
            RejectCode::MalformedEvent => Self::MalformedEvent,
            RejectCode::TimestampMissing => Self::TimestampMissing,
            RejectCode::TimestampInvalid => Self::TimestampInvalid,
            RejectCode::TimestampOutOfRange => Self::TimestampOutOfRange,
            RejectCode::ContentRefused => Self::ContentRefused,
            RejectCode::ValueInvalid => Self::ValueInvalid,
            RejectCode::TooManyFields => Self::TooManyFields,
        }
    }
}

impl Code {
    /// How long a client should wait before it tries the same again; `None` if that cannot help.
    pub fn retry_after(self) -> Option<Duration> {
        match self {
            Self::Overloaded | Self::Starting => Some(Duration::from_secs(1)),
            // A broker that restarts needs a few seconds; many clients should not all ask at once.
            Self::BrokerUnavailable => Some(Duration::from_secs(2)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_agree_with_those_of_single_events() {
        for (position, code) in Code::ALL.iter().enumerate() {
            let first = Code::ALL
                .iter()
                .position(|other| other.as_str() == code.as_str());
            assert_eq!(first, Some(position), "{}", code.as_str());
        }
        for code in RejectCode::ALL {
            assert_eq!(Code::from(code).as_str(), code.as_str());
        }
    }

    #[test]
    fn every_answer_that_asks_for_patience_says_how_long() {
        for code in Code::ALL {
            let unavailable = code.status() == StatusCode::SERVICE_UNAVAILABLE;
            assert_eq!(
                code.retry_after().is_some(),
                unavailable,
                "{}",
                code.as_str()
            );
        }
    }
}
