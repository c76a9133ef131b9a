//! Record headers: CloudEvents 1.0 in Kafka binary mode, plus Candor's own two.
//!
//! | header | meaning |
//! |---|---|
//! | `ce_specversion` | always `1.0` |
//! | `ce_id` | unique id of the record: batch id, request id, or revision |
//! | `ce_source` | the part that wrote it: `/candor/gateway`, `/candor/detector`, `/candor/api` |
//! | `ce_type` | which record the value is, see [`RecordType`] |
//! | `content-type` | `application/json` |
//! | `candor_org` | the organisation that owns the session |
//! | `traceparent` | W3C trace context of the request that caused it, if any |

use crate::ids::OrganisationId;

/// What a record's value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RecordType {
    /// [`crate::session::SessionStarted`]
    SessionStarted,
    /// [`crate::batch::BatchRecord`]
    EventBatch,
    /// [`crate::session::SessionCompleted`]
    SessionCompleted,
    /// [`crate::session::AnalysisRequested`]
    AnalysisRequested,
    /// [`crate::verdict::VerdictRecord`]
    Verdict,
    /// [`crate::coordination::FingerprintRecord`]
    Fingerprint,
    /// [`crate::coordination::CoordinationFinding`]
    CoordinationFinding,
    /// [`crate::webhook::WebhookNotice`]
    WebhookNotice,
}

impl RecordType {
    /// Every type.
    pub const ALL: [Self; 8] = [
        Self::SessionStarted,
        Self::EventBatch,
        Self::SessionCompleted,
        Self::AnalysisRequested,
        Self::Verdict,
        Self::Fingerprint,
        Self::CoordinationFinding,
        Self::WebhookNotice,
    ];

    /// The `ce_type` text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SessionStarted => "candor.session.started.v1",
            Self::EventBatch => "candor.events.batch.v1",
            Self::SessionCompleted => "candor.session.completed.v1",
            Self::AnalysisRequested => "candor.analysis.requested.v1",
            Self::Verdict => "candor.verdict.v1",
            Self::Fingerprint => "candor.fingerprint.v1",
            Self::CoordinationFinding => "candor.coordination.finding.v1",
            Self::WebhookNotice => "candor.webhook.notice.v1",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// Name of the header that carries the organisation.
pub const ORGANISATION_HEADER: &str = "candor_org";
/// Name of the header that carries the W3C trace context.
pub const TRACEPARENT_HEADER: &str = "traceparent";
/// Names of the headers that a dead letter has beside those of its source: reason, topic, partition,
/// offset, timestamp.
pub const DEAD_LETTER_HEADERS: [&str; 5] = [
    "candor_dlq_reason",
    "candor_dlq_topic",
    "candor_dlq_partition",
    "candor_dlq_offset",
    "candor_dlq_timestamp_ms",
];
const SPEC_VERSION: (&str, &str) = ("ce_specversion", "1.0");
const CONTENT_TYPE: (&str, &str) = ("content-type", "application/json");
const ID: &str = "ce_id";
const SOURCE: &str = "ce_source";
const TYPE: &str = "ce_type";

/// Why a record's headers cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// A required header is absent.
    #[error("header `{name}` is missing")]
    Missing {
        /// The header's name.
        name: &'static str,
    },
    /// A header is there, but its value is not one Candor knows.
    #[error("header `{name}` has an unknown value")]
    Unknown {
        /// The header's name.
        name: &'static str,
    },
}

impl HeaderError {
    /// A stable label for metrics and dead letters.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "header_missing",
            Self::Unknown { .. } => "header_unknown",
        }
    }
}

/// The headers of one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordHeaders {
    /// What the value is.
    pub record_type: RecordType,
    /// Unique id of the record.
    pub id: String,
    /// Who wrote it.
    pub source: String,
    /// The owning organisation.
    pub organisation: OrganisationId,
    /// W3C trace context, if the record came from a traced request.
    pub traceparent: Option<String>,
}

impl RecordHeaders {
    /// The headers as name and value, in a fixed order.
    pub fn encode(&self) -> Vec<(&'static str, &str)> {
        let mut headers = vec![
            SPEC_VERSION,
            (ID, self.id.as_str()),
            (SOURCE, self.source.as_str()),
            (TYPE, self.record_type.as_str()),
            CONTENT_TYPE,
            (ORGANISATION_HEADER, self.organisation.as_str()),
        ];
        headers.extend(
            self.traceparent
                .as_deref()
                .map(|trace| (TRACEPARENT_HEADER, trace)),
        );
        headers
    }

    /// Reads headers; unknown ones are ignored, of repeated ones the last counts.
    ///
    /// # Errors
    /// [`HeaderError`] when type or organisation is absent or unknown.
    pub fn decode<'a>(
        headers: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    ) -> Result<Self, HeaderError> {
        let (mut id, mut source, mut kind, mut organisation, mut traceparent) =
            (None, None, None, None, None);
        for (name, value) in headers {
            let text = std::str::from_utf8(value).ok();
            match name {
                ID => id = text,
                SOURCE => source = text,
                TYPE => kind = Some(text.unwrap_or_default()),
                ORGANISATION_HEADER => organisation = Some(text.unwrap_or_default()),
                TRACEPARENT_HEADER => traceparent = text,
                _ => {}
            }
        }
        let kind = kind.ok_or(HeaderError::Missing { name: TYPE })?;
        let organisation = organisation.ok_or(HeaderError::Missing {
            name: ORGANISATION_HEADER,
        })?;
        Ok(Self {
            record_type: RecordType::parse(kind).ok_or(HeaderError::Unknown { name: TYPE })?,
            id: id.unwrap_or_default().to_owned(),
            source: source.unwrap_or_default().to_owned(),
            organisation: organisation.parse().map_err(|_| HeaderError::Unknown {
                name: ORGANISATION_HEADER,
            })?,
            traceparent: traceparent.map(str::to_owned),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn headers_survive_the_round_trip(
            kind in prop::sample::select(RecordType::ALL.to_vec()), id in "[ -~]{0,40}", source in "[ -~]{0,40}",
            organisation in "[a-z0-9][a-z0-9_-]{0,47}", traceparent in prop::option::of("[0-9a-f-]{1,55}"),
        ) {
            let headers = RecordHeaders { record_type: kind, id, source, organisation: organisation.parse().unwrap(), traceparent };
            let encoded = headers.encode();
            let decoded = RecordHeaders::decode(encoded.iter().map(|(name, value)| (*name, value.as_bytes()))).unwrap();
            prop_assert_eq!(decoded, headers);
        }
    }

    #[test]
    fn a_record_without_type_or_organisation_is_refused() {
        let decode = |headers: &[(&str, &str)]| {
            RecordHeaders::decode(
                headers
                    .iter()
                    .map(|(name, value)| (*name, value.as_bytes())),
            )
        };
        let batch = RecordType::EventBatch.as_str();
        assert_eq!(
            decode(&[("candor_org", "a")]),
            Err(HeaderError::Missing { name: "ce_type" })
        );
        assert_eq!(
            decode(&[("ce_type", batch)]),
            Err(HeaderError::Missing { name: "candor_org" })
        );
        assert_eq!(
            decode(&[("ce_type", "x"), ("candor_org", "a")]),
            Err(HeaderError::Unknown { name: "ce_type" })
        );
        assert_eq!(
            decode(&[("ce_type", batch), ("candor_org", "A b")]),
            Err(HeaderError::Unknown { name: "candor_org" })
        );
    }
}
