//! Webhooks of survey platforms: told that a response is over, the gateway ends its session.
//!
//! A platform's request is untrusted bytes until its sender has proved itself: [`qualtrics`] and
//! [`generic`] by a signature, [`decipher`] by a key or a session's token. What is proved becomes a
//! [`Notice`]: a kind, names, and those of its fields that the rules of `metadata` admit, so that no text
//! of a respondent passes (INV-6). The route publishes the end of the session first and the notice after
//! it, and answers 200 when both are acknowledged (INV-1); a notice counts as seen from then on.
//!
//! The readers do no I/O and know no clock; time is given to them. They never fetch anything from a
//! platform, and they keep nothing of a request that proved nothing.

#![deny(clippy::unwrap_used, clippy::expect_used)]

pub mod decipher;
mod dedup;
mod form;
pub mod generic;
mod members;
mod metrics;
mod notice;
pub mod qualtrics;
pub(crate) mod routes;
mod settle;

pub use metrics::{REMEMBERED, REMEMBERED_LIMIT, WEBHOOKS, WebhookMetrics};
pub use notice::{Naming, Notice};
pub(crate) use settle::Webhooks;

use crate::code::Code;

/// Why a webhook is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WebhookError {
    /// The address names no active integration of the platform.
    #[error("unknown integration")]
    UnknownIntegration,
    /// The address names no integration, and there are several.
    #[error("no integration named")]
    IntegrationRequired,
    /// The request is not signed.
    #[error("not signed")]
    SignatureMissing {
        /// A sentence about how to sign.
        how: &'static str,
    },
    /// The signature is not made with a secret of the integration.
    #[error("wrong signature")]
    SignatureInvalid,
    /// The signature is right and its time is over, or yet to come.
    #[error("signature out of time")]
    SignatureExpired,
    /// The body is not what the platform sends.
    #[error("malformed: {expected}")]
    Malformed {
        /// A sentence about what would have been right.
        expected: &'static str,
    },
}

impl WebhookError {
    /// What the client is told.
    pub fn code(self) -> Code {
        match self {
            Self::UnknownIntegration => Code::UnknownIntegration,
            Self::IntegrationRequired => Code::IntegrationRequired,
            Self::SignatureMissing { .. } => Code::SignatureMissing,
            Self::SignatureInvalid => Code::SignatureInvalid,
            Self::SignatureExpired => Code::SignatureExpired,
            Self::Malformed { .. } => Code::MalformedWebhook,
        }
    }

    /// What is wrong with this request, beyond the title. Never repeats the sender's input.
    pub fn detail(self) -> Option<&'static str> {
        match self {
            Self::SignatureMissing { how } => Some(how),
            Self::Malformed { expected } => Some(expected),
            Self::IntegrationRequired => {
                Some("Add `?integration=int_...`; `candor integrations list` shows them.")
            }
            Self::SignatureExpired => {
                Some("`webhook-timestamp` is at most 5 minutes from the gateway's clock.")
            }
            Self::UnknownIntegration | Self::SignatureInvalid => None,
        }
    }
}
