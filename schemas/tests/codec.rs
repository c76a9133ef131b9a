//! The event codec, held to its promises on generated and damaged batches.

use proptest::prelude::*;
use schemas::batch::{BatchError, BatchLimits, BatchRecord, scan_request};
use schemas::event::{EventLimits, EventTime, EventType, Field, RejectCode};
use serde_json::{Value, json};

mod support;

use support::{LIMITS, valid_event};

fn invalid_event() -> impl Strategy<Value = (Value, RejectCode)> {
    prop::sample::select(vec![
        (json!(5), RejectCode::MalformedEvent),
        (json!({ "timestamp": 1 }), RejectCode::MalformedEvent),
        (
            json!({ "event_type": "click" }),
            RejectCode::TimestampMissing,
        ),
        (
            json!({ "event_type": "click", "timestamp": "yesterday" }),
            RejectCode::TimestampInvalid,
        ),
        (
            json!({ "event_type": "click", "timestamp": -1 }),
            RejectCode::TimestampOutOfRange,
        ),
        (
            json!({ "event_type": "click", "timestamp": 1, "note": 1 }),
            RejectCode::ContentRefused,
        ),
        (
            json!({ "event_type": "click", "timestamp": 1, "data": { "dwell": 3 } }),
            RejectCode::ContentRefused,
        ),
        (
            json!({ "event_type": "keypress", "timestamp": 1, "data": { "key": "q" } }),
            RejectCode::ContentRefused,
        ),
        (
            json!({ "event_type": "custom", "timestamp": 1, "data": { "said": "hello there" } }),
            RejectCode::ContentRefused,
        ),
        (
            json!({ "event_type": "my answer", "timestamp": 1 }),
            RejectCode::ContentRefused,
        ),
        (
            json!({ "event_type": "click", "timestamp": 1, "data": { "x": true } }),
            RejectCode::ValueInvalid,
        ),
        (
            json!({ "event_type": "click", "timestamp": 1, "data": [1] }),
            RejectCode::ValueInvalid,
        ),
        (
            json!({ "event_type": "custom", "timestamp": 1, "data": { "x": 1e13 } }),
            RejectCode::ValueInvalid,
        ),
    ])
}

proptest! {
    #[test]
    fn accepted_events_arrive_as_they_were_sent(
        events in prop::collection::vec(prop_oneof![4 => valid_event().prop_map(|event| (event, None)), 1 => invalid_event().prop_map(|(event, code)| (event, Some(code)))], 1..40),
        sequence in prop::option::of(("[a-z0-9]{1,12}", 0u64..1_000_000)), pretty: bool,
    ) {
        let list: Vec<&Value> = events.iter().map(|(event, _)| event).collect();
        let body = match &sequence {
            Some((writer, number)) => json!({ "writer": writer, "events": list, "sequence": number }),
            None => json!(list),
        };
        let text = if pretty { serde_json::to_string_pretty(&body).unwrap() } else { body.to_string() };
        let batch = scan_request(&text, &LIMITS).unwrap();
        let expected: Vec<(usize, RejectCode)> = events.iter().enumerate().filter_map(|(index, (_, code))| code.map(|code| (index, code))).collect();
        let rejected: Vec<(usize, RejectCode)> = batch.rejected.iter().map(|rejection| (rejection.index, rejection.code)).collect();
        prop_assert_eq!(rejected, expected);
        let kept: Vec<&Value> = events.iter().filter(|(_, code)| code.is_none()).map(|(event, _)| event).collect();
        prop_assert_eq!(batch.accepted, kept.len());
        if kept.is_empty() {
            return Ok(());
        }
        let value = batch.encode("batch-1");
        let tree: Value = serde_json::from_slice(&value).unwrap();
        prop_assert_eq!(&tree["events"], &json!(kept));
        let record = BatchRecord::decode(&value).unwrap();
        prop_assert_eq!(record.len(), kept.len());
        prop_assert_eq!(record.sequence.map(|s| (s.writer.to_owned(), s.sequence)), sequence);
        for (event, sent) in record.events().zip(kept) {
            prop_assert_eq!(event.event_type.as_str(), sent["event_type"].as_str().unwrap());
            prop_assert_eq!(event.at, EventTime::from_millis(sent["timestamp"].as_i64().unwrap()));
            for (name, value) in sent["data"].as_object().unwrap() {
                let field = Field::from_name(name).unwrap();
                match value {
                    Value::Number(number) => prop_assert_eq!(event.number(field), number.as_f64()),
                    Value::Bool(flag) => prop_assert_eq!(event.flag(field), Some(*flag)),
                    other => prop_assert_eq!(event.word(field), other.as_str()),
                }
            }
        }
    }

    #[test]
    fn no_text_outside_the_words_of_a_field_ever_passes(kind in prop::sample::select(EventType::ALL), field in prop::sample::select(Field::ALL), text in ".*[^A-Za-z0-9_.:-].*") {
        let event = json!([{ "event_type": kind.as_str(), "timestamp": 1, "data": { field.name(): text } }]).to_string();
        let batch = scan_request(&event, &LIMITS).unwrap();
        prop_assert_eq!((batch.accepted, batch.rejected[0].code), (0, RejectCode::ContentRefused));
    }

    #[test]
    fn a_damaged_body_is_an_error_or_a_batch_but_never_a_panic(event in valid_event(), cut in any::<prop::sample::Index>(), junk in ".{0,4}") {
        let mut body = json!([event, event]).to_string();
        let mut at = cut.index(body.len());
        while !body.is_char_boundary(at) { at -= 1; }
        body.insert_str(at, &junk);
        if let Ok(batch) = scan_request(&body, &LIMITS) {
            prop_assert!(serde_json::from_slice::<Value>(&batch.encode("b")).is_ok());
        }
    }
}

#[test]
fn a_request_that_is_no_batch_says_why() {
    let scan = |body: &str| {
        scan_request(
            body,
            &BatchLimits {
                max_events: 2,
                events: EventLimits::NONE,
            },
        )
        .unwrap_err()
    };
    assert_eq!(scan("[]"), BatchError::Empty);
    assert_eq!(scan("{}"), BatchError::NotABatch);
    assert_eq!(scan("3"), BatchError::NotABatch);
    assert_eq!(scan("{\"events\":{}}"), BatchError::NotABatch);
    assert_eq!(scan("[1,2,3]"), BatchError::TooManyEvents { limit: 2 });
    assert_eq!(
        scan("{\"events\":[1],\"writer\":\"w\"}"),
        BatchError::BadSequence
    );
    assert_eq!(
        scan("{\"events\":[1],\"writer\":\"w\",\"sequence\":-1}"),
        BatchError::BadSequence
    );
    assert_eq!(
        scan("[{\"event_type\":\"click\",\"timestamp\":NaN}]").kind(),
        "malformed_json"
    );
}

#[test]
fn unknown_types_are_kept_and_counted() {
    let body = r#"[{"event_type":"eye_gaze","timestamp":1,"data":{"x":3,"zone":"left:top"}}]"#;
    let batch = scan_request(body, &LIMITS).unwrap();
    assert_eq!((batch.accepted, batch.unknown_types), (1, 1));
    let value = batch.encode("b");
    let record = BatchRecord::decode(&value).unwrap();
    assert_eq!(
        record.events().next().unwrap().event_type,
        EventType::Custom
    );
}
