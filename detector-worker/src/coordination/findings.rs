//! Findings as records of the verdicts topic, and what each is due to.

use std::sync::Arc;

use kafka::Partition;
use schemas::coordination::CoordinationFinding;
use schemas::header::{RecordHeaders, RecordType};

use crate::outbox::Message;

/// The record that something is due to; the epoch tells assignments of one partition apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cause {
    pub(crate) partition: Partition,
    pub(crate) epoch: u64,
    pub(crate) offset: i64,
}

/// The record that says `finding` on `topic`.
///
/// # Errors
/// When it cannot be encoded, which no finding of ours should cause.
pub(super) fn message(
    topic: &Arc<str>,
    finding: &CoordinationFinding,
    traceparent: Option<&str>,
) -> Result<Message, serde_json::Error> {
    Ok(Message {
        topic: Arc::clone(topic),
        key: finding.session_id.to_string(),
        value: serde_json::to_vec(finding)?,
        headers: headers_of(finding, traceparent),
    })
}

fn headers_of(finding: &CoordinationFinding, traceparent: Option<&str>) -> RecordHeaders {
    RecordHeaders {
        record_type: RecordType::CoordinationFinding,
        id: format!(
            "{}-{}-{}-{}",
            finding.session_id,
            finding.kind.as_str(),
            finding.fingerprint,
            finding.revision
        ),
        source: super::SOURCE.to_owned(),
        organisation: finding.organisation.clone(),
        traceparent: traceparent.map(str::to_owned),
    }
}
