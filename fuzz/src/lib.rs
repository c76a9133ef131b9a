//! What every target asserts of batches: whatever the bytes are, nothing panics, what the gateway would
//! accept is what the detector can read, and no text in it is anything but an identifier (INV-6).
//!
//! A new target is a file in `fuzz_targets/` with a `[[bin]]` in `Cargo.toml`, and, if it wants to begin
//! with something better than nothing, a line in `seeds` of `scripts/fuzz`.

use ingest_gateway::webhooks::Notice;
use schemas::batch::{BatchLimits, BatchRecord, ScannedBatch, scan_request};
use schemas::event::EventLimits;
use schemas::event::field::is_identifier;
use schemas::session::check_metadata;
use serde_json::Value;

/// Limits that a body of a few kilobytes meets from both sides.
pub const LIMITS: BatchLimits = BatchLimits {
    max_events: 100,
    events: EventLimits::NONE,
};

/// Scans a request's body and judges what would be forwarded of it.
///
/// # Panics
/// When an assertion does not hold.
pub fn check_request(text: &str) {
    if let Ok(batch) = scan_request(text, &LIMITS) {
        check_batch(&batch);
    }
}

/// Judges what would be forwarded of a scanned batch.
///
/// # Panics
/// When an assertion does not hold.
pub fn check_batch(batch: &ScannedBatch<'_>) {
    assert!(batch.accepted + batch.rejected.len() <= LIMITS.max_events);
    if batch.accepted == 0 {
        return;
    }
    let value = batch.encode("018f3f5a-5a3e-7c0e-8b3a-0d9f6c1b2a3d");
    let record = BatchRecord::decode(&value).expect("what is accepted can be decoded");
    assert_eq!(record.len(), batch.accepted);
    assert_eq!(record.sequence, batch.sequence);
    let forwarded: Value = serde_json::from_slice(&value).expect("a record is JSON");
    assert_only_identifiers(&forwarded);
    check_record(&record);
}

/// Judges a decoded record: it can be printed in the canonical form, which says the same.
///
/// # Panics
/// When an assertion does not hold.
pub fn check_record(record: &BatchRecord<'_>) {
    let canonical = record.canonical_events().expect("decoded events expand");
    let tree: Value = serde_json::from_str(&canonical).expect("canonical events are JSON");
    assert_only_identifiers(&tree);
    if record.is_empty() {
        return;
    }
    let limits = BatchLimits {
        max_events: record.len(),
        ..LIMITS
    };
    let again = scan_request(&canonical, &limits).expect("canonical events are a batch");
    assert_eq!((again.accepted, again.rejected.len()), (record.len(), 0));
    let value = again.encode("b");
    let again = BatchRecord::decode(&value).expect("what is accepted can be decoded");
    for (event, again) in record.events().zip(again.events()) {
        assert_eq!(event.event_type, again.event_type);
        assert_eq!(event.fields(), again.fields());
    }
}

/// Every text and name in `value` is an identifier; a timestamp may be RFC 3339.
///
/// # Panics
/// When one is not.
pub fn assert_only_identifiers(value: &Value) {
    match value {
        Value::String(text) => assert!(is_identifier(text), "{text:?}"),
        Value::Array(items) => items.iter().for_each(assert_only_identifiers),
        Value::Object(members) => {
            for (name, value) in members {
                assert!(is_identifier(name), "{name:?}");
                match value {
                    Value::String(time) if name == "timestamp" => assert!(
                        chrono::DateTime::parse_from_rfc3339(time).is_ok() || is_identifier(time),
                        "{time:?}"
                    ),
                    other => assert_only_identifiers(other),
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Judges a notice of a platform: its names are identifiers, and its fields are what `metadata` admits.
///
/// # Panics
/// When one is not.
pub fn check_notice(mut notice: Notice) {
    assert!(is_identifier(&notice.event), "{:?}", notice.event);
    for name in [&notice.survey_id, &notice.response_id]
        .into_iter()
        .flatten()
    {
        assert!(is_identifier(name), "{name:?}");
    }
    let (fields, _) = notice.take_fields(false);
    assert_eq!(check_metadata(&fields), Ok(()), "{fields:?}");
}

/// Every byte as `%XX`.
pub fn percent_encoded(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("%{byte:02X}")).collect()
}
