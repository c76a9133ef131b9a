//! What is seeded as records of the topics, as the worker and the gateway would have written them.

use anyhow::Context;
use kafka::OwnedRecord;
use schemas::batch::{BatchLimits, scan_request};
use schemas::coordination::CoordinationFinding;
use schemas::event::EventLimits;
use schemas::header::{RecordHeaders, RecordType};
use schemas::ids::{OrganisationId, SessionId};
use schemas::recording::Recording;
use schemas::verdict::VerdictRecord;

use super::session::{BATCH_EVENTS, Plan, Session};

/// What every batch is bounded by.
const LIMITS: BatchLimits = BatchLimits {
    max_events: BATCH_EVENTS,
    events: EventLimits::NONE,
};

/// The record of a verdict.
pub(super) fn of_verdict(verdict: &VerdictRecord) -> anyhow::Result<OwnedRecord> {
    let revision = verdict.revision;
    let about = About {
        record_type: RecordType::Verdict,
        session: verdict.session_id,
        organisation: &verdict.organisation,
        offset: revision.offset,
        at_ms: verdict.session.updated_at.timestamp_millis(),
    };
    Ok(about.record(serde_json::to_vec(verdict)?))
}

/// The record of a finding.
pub(super) fn of_finding(finding: &CoordinationFinding) -> anyhow::Result<OwnedRecord> {
    let about = About {
        record_type: RecordType::CoordinationFinding,
        session: finding.session_id,
        organisation: &finding.organisation,
        offset: 0,
        at_ms: finding.last_at.timestamp_millis(),
    };
    Ok(about.record(serde_json::to_vec(finding)?))
}

/// The events of the simulated session that `session` was judged by, at the session's own time.
pub(super) fn of_events(plan: &Plan, session: &Session) -> anyhow::Result<Vec<OwnedRecord>> {
    let (Some(number), Some(record)) = (session.events_of, session.records.last()) else {
        return Ok(Vec::new());
    };
    let recording = plan.cases(session.automated, false).recording(number)?;
    let start_ms = record.session.created_at.timestamp_millis();
    let batches = recording.events.chunks(BATCH_EVENTS).zip(0..);
    let records = batches.map(|(events, place)| {
        let body = Recording::batch_json(events, start_ms);
        let batch = scan_request(&body, &LIMITS).context("a simulated batch")?;
        #[expect(clippy::cast_possible_truncation, reason = "milliseconds of a session")]
        let last_ms = events.last().map_or(0, |event| event.offset_ms as i64);
        let about = About {
            record_type: RecordType::EventBatch,
            session: record.session_id,
            organisation: &record.organisation,
            offset: record.window + place,
            at_ms: start_ms + last_ms,
        };
        let batch_id = format!("{}-{place}", record.session_id);
        Ok(about.record(batch.encode(&batch_id)))
    });
    records.collect()
}

/// What a record is, beside its value.
struct About<'a> {
    record_type: RecordType,
    session: SessionId,
    organisation: &'a OrganisationId,
    offset: i64,
    at_ms: i64,
}

impl About<'_> {
    fn record(&self, payload: Vec<u8>) -> OwnedRecord {
        let key = self.session.to_string();
        let headers = RecordHeaders {
            record_type: self.record_type,
            id: format!("{key}-{}", self.offset),
            source: "/candor/seed".to_owned(),
            organisation: self.organisation.clone(),
            traceparent: None,
        };
        let encoded = headers.encode().into_iter();
        let headers = encoded.map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()));
        OwnedRecord {
            topic: "seed".to_owned(),
            partition: 0,
            offset: self.offset,
            timestamp_ms: self.at_ms,
            key: key.into_bytes(),
            payload,
            headers: headers.collect(),
        }
    }
}
