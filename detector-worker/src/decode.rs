//! From a record's bytes to what it says, or to the reason why it says nothing.

use kafka::Record;
use schemas::batch::BatchRecord;
use schemas::header::{RecordHeaders, RecordType};
use schemas::ids::SessionId;
use serde::de::DeserializeOwned;

use crate::poison::Poison;
use crate::windows::{Content, Input};

/// Decodes a record of the events topic; nothing of a poison record is used.
///
/// # Errors
/// [`Poison`] that says why it cannot be processed.
pub fn decode<'a>(record: &Record<'a>, headers: &RecordHeaders) -> Result<Input<'a>, Poison> {
    let key = std::str::from_utf8(record.key).map_err(|_| Poison::Key)?;
    let session_id: SessionId = key.parse().map_err(|_| Poison::Key)?;
    let (content, about) = match headers.record_type {
        RecordType::SessionStarted => {
            let started: Box<schemas::session::SessionStarted> = json(record.payload)?;
            let about = started.session_id;
            (Content::Started(started), about)
        }
        RecordType::EventBatch => {
            let batch = BatchRecord::decode(record.payload).map_err(Poison::Batch)?;
            (Content::Batch(batch), session_id)
        }
        RecordType::SessionCompleted => {
            let completed: schemas::session::SessionCompleted = json(record.payload)?;
            let about = completed.session_id;
            (Content::Completed(completed), about)
        }
        RecordType::AnalysisRequested => {
            let requested: schemas::session::AnalysisRequested = json(record.payload)?;
            let about = requested.session_id;
            (Content::Requested(requested), about)
        }
        RecordType::Verdict
        | RecordType::Fingerprint
        | RecordType::CoordinationFinding
        | RecordType::WebhookNotice => return Err(Poison::RecordType),
    };
    if about != session_id {
        return Err(Poison::KeyMismatch);
    }
    let organisation = headers.organisation.clone();
    Ok(Input {
        offset: record.offset,
        broker_ms: record.timestamp_ms,
        session_id,
        organisation,
        content,
    })
}

fn json<T: DeserializeOwned>(payload: &[u8]) -> Result<T, Poison> {
    serde_json::from_slice(payload).map_err(|_| Poison::Value)
}
