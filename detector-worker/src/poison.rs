//! Why a record is set aside. Only what would fail again identically is poison.

use schemas::batch::BatchRecordError;
use schemas::header::HeaderError;

use crate::versions::{Missing, What};

/// A record that cannot be processed, now or ever.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Poison {
    /// Headers are missing or unknown.
    #[error("the headers cannot be used")]
    Headers(#[source] HeaderError),
    /// The key is not a session id.
    #[error("the key is not a session id")]
    Key,
    /// The value is not the batch its headers announce.
    #[error("the batch cannot be used")]
    Batch(#[source] BatchRecordError),
    /// The value is not the record its headers announce.
    #[error("the value is not what its headers announce")]
    Value,
    /// The value is about another session than the key.
    #[error("key and value name different sessions")]
    KeyMismatch,
    /// A record type that does not belong on the events topic.
    #[error("the record type does not belong on this topic")]
    RecordType,
    /// The organisation differs from the window's.
    #[error("the organisation differs from that of the session's window")]
    Organisation,
    /// The window of the record's session was stored here and cannot be read back.
    #[error("the session's stored window cannot be read back")]
    WindowUnreadable,
    /// A version stamped on the session has not become known in time.
    #[error("the stamped {} {} is not known", .0.what, .0.version)]
    VersionMissing(Missing),
}

impl Poison {
    /// The stable reason in the dead letter's headers and the metrics.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Headers(error) => error.kind(),
            Self::Key => "bad_key",
            Self::Batch(error) => error.kind(),
            Self::Value => "bad_value",
            Self::KeyMismatch => "key_mismatch",
            Self::RecordType => "record_type",
            Self::Organisation => "organisation_mismatch",
            Self::WindowUnreadable => "window_unreadable",
            Self::VersionMissing(missing) if missing.what == What::Model => "model_missing",
            Self::VersionMissing(_) => "ruleset_missing",
        }
    }
}
