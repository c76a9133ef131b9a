//! The compact form, held to the canonical one and to the allow-list.

#![expect(clippy::unwrap_used, reason = "a broken example is a failed test")]

use proptest::prelude::*;
use schemas::batch::{BatchError, BatchLimits, BatchRecord, scan_request};
use schemas::compact::{LAYOUTS, write_event};
use schemas::event::field::is_identifier;
use schemas::event::{Event, EventLimits, EventTime, EventType, Field, RejectCode};
use serde_json::{Map, Value, json};

mod support;

use support::{LIMITS, valid_event};

const BASE: i64 = 1_790_000_000_000;

/// A valid event within days of [`BASE`]; some times have fractions of a millisecond.
fn timed_event() -> impl Strategy<Value = Value> {
    let after = (
        -1_000_000_000i64..1_000_000_000,
        prop::sample::select(vec![0.0, 0.5, 0.125]),
    );
    (valid_event(), after).prop_map(|(mut event, (whole, fraction))| {
        event["timestamp"] = if fraction == 0.0 {
            json!(BASE + whole)
        } else {
            json!((BASE + whole) as f64 + fraction)
        };
        event
    })
}

/// An event of the compact form that is rejected, and with what.
const REJECTED: &[(&str, RejectCode)] = &[
    ("5", RejectCode::MalformedEvent),
    ("[]", RejectCode::MalformedEvent),
    ("[null,0]", RejectCode::MalformedEvent),
    ("[19,0]", RejectCode::MalformedEvent),
    ("[0.5,0]", RejectCode::MalformedEvent),
    ("[-1,0]", RejectCode::MalformedEvent),
    ("{\"event_type\":\"click\"}", RejectCode::MalformedEvent),
    ("[\"click\",0]", RejectCode::ContentRefused),
    ("[0]", RejectCode::TimestampMissing),
    ("[0,null,1]", RejectCode::TimestampInvalid),
    ("[0,\"noon\"]", RejectCode::TimestampInvalid),
    ("[0,1e13]", RejectCode::TimestampOutOfRange),
    (
        "[0,-1.1e12,1,[2,{\"a\":3}]]",
        RejectCode::TimestampOutOfRange,
    ),
    ("[0,0,\"q\"]", RejectCode::ContentRefused),
    ("[0,0,[1]]", RejectCode::ContentRefused),
    (
        "[0,0,1,{\"typed\":\"my answer\"},3]",
        RejectCode::ContentRefused,
    ),
    ("[0,0,true]", RejectCode::ValueInvalid),
    ("[0,0,1e13]", RejectCode::ValueInvalid),
    ("[0,0,1,2,0.5]", RejectCode::ValueInvalid),
    ("[3,0,18]", RejectCode::ValueInvalid),
    ("[3,0,1.5]", RejectCode::ValueInvalid),
    ("[3,0,-1]", RejectCode::ValueInvalid),
    ("[3,0,\"letter\"]", RejectCode::ContentRefused),
    ("[3,0,0,1,1,1,1,\"Q7\",0,1]", RejectCode::ContentRefused),
    ("[14,0,\"my answer\"]", RejectCode::ContentRefused),
    ("[14,0,\"Q\\u0037\"]", RejectCode::ContentRefused),
    ("[14,0,7]", RejectCode::ValueInvalid),
    ("[18,0,\"my answer\"]", RejectCode::ContentRefused),
    (
        "[18,0,\"said\",{\"what\":\"my answer\"}]",
        RejectCode::ContentRefused,
    ),
    (
        "[18,0,\"said\",{\"my answer\":1}]",
        RejectCode::ContentRefused,
    ),
    (
        "[18,0,\"said\",{\"name\":\"other\"}]",
        RejectCode::MalformedEvent,
    ),
    ("[18,0,\"said\",{},1]", RejectCode::ContentRefused),
    ("[18,0,\"said\",[1]]", RejectCode::ValueInvalid),
];

/// The compact body of canonical events, with rejected ones among them.
fn compact_body(events: &[(Value, Option<usize>)], writer: Option<(&str, u64)>) -> String {
    let mut rows = Vec::new();
    for (event, rejected) in events {
        rows.extend(rejected.map(|index| REJECTED[index].0.to_owned()));
        rows.push(compact(event));
    }
    let sequence = writer.map_or(String::new(), |(writer, sequence)| {
        format!("\"w\":\"{writer}\",\"q\":{sequence},")
    });
    format!(
        "{{\"v\":1,\"t\":{BASE},{sequence}\"e\":[{}]}}",
        rows.join(",")
    )
}

fn compact(event: &Value) -> String {
    let event_type = EventType::from_name(event["event_type"].as_str().unwrap()).unwrap();
    let after = event["timestamp"].as_f64().unwrap() - BASE as f64;
    let mut text = String::new();
    let data = event["data"].as_object().cloned().unwrap_or_default();
    write_event(&mut text, event_type, after, &data);
    text
}

/// An event's fields in one order, for comparison.
fn sorted(event: &Event<'_>) -> Vec<String> {
    let mut fields: Vec<String> = event
        .fields()
        .iter()
        .map(|(field, value)| format!("{}={value:?}", field.name()))
        .collect();
    fields.sort();
    fields
}

/// Every text in `value` is an identifier, times aside, which are RFC 3339.
fn only_identifiers(value: &Value) -> Result<(), TestCaseError> {
    match value {
        Value::String(text) => prop_assert!(is_identifier(text), "{text:?}"),
        Value::Array(items) => items.iter().try_for_each(only_identifiers)?,
        Value::Object(members) => {
            for (name, value) in members {
                prop_assert!(is_identifier(name), "{name:?}");
                match value.as_str() {
                    Some(time) if name == "timestamp" => {
                        prop_assert!(chrono::DateTime::parse_from_rfc3339(time).is_ok(), "{time}");
                    }
                    _ => only_identifiers(value)?,
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
    Ok(())
}

proptest! {
    #[test]
    fn a_compact_batch_decodes_to_what_the_canonical_one_says(
        events in prop::collection::vec((timed_event(), prop::option::weighted(0.2, 0..REJECTED.len())), 1..30),
        writer in prop::option::of(("[a-z0-9]{1,12}", 0u64..1_000_000)),
    ) {
        let writer = writer.as_ref().map(|(writer, sequence)| (writer.as_str(), *sequence));
        let text = compact_body(&events, writer);
        let batch = scan_request(&text, &LIMITS).unwrap();
        let rejected: Vec<RejectCode> = batch.rejected.iter().map(|rejection| rejection.code).collect();
        let expected: Vec<RejectCode> = events.iter().filter_map(|(_, rejected)| Some(REJECTED[(*rejected)?].1)).collect();
        prop_assert_eq!(rejected, expected);
        let value = batch.encode("batch-1");
        let record = BatchRecord::decode(&value).unwrap();
        prop_assert_eq!(record.sequence.map(|s| (s.writer, s.sequence)), writer);
        let list: Vec<&Value> = events.iter().map(|(event, _)| event).collect();
        let canonical = json!(list).to_string();
        let canonical = scan_request(&canonical, &LIMITS).unwrap().encode("batch-1");
        let canonical = BatchRecord::decode(&canonical).unwrap();
        prop_assert_eq!(record.len(), canonical.len());
        for (event, expected) in record.events().zip(canonical.events()) {
            prop_assert_eq!((event.event_type, event.at), (expected.event_type, expected.at));
            prop_assert_eq!(sorted(&event), sorted(&expected));
        }
    }

    #[test]
    fn a_compact_record_expands_to_canonical_events(events in prop::collection::vec(timed_event().prop_map(|event| (event, None)), 1..20)) {
        let text = compact_body(&events, None);
        let value = scan_request(&text, &LIMITS).unwrap().encode("b");
        let record = BatchRecord::decode(&value).unwrap();
        let expanded: Vec<Value> = serde_json::from_str(&record.canonical_events().unwrap()).unwrap();
        for (expanded, (event, _)) in expanded.iter().zip(&events) {
            prop_assert_eq!(&expanded["event_type"], &event["event_type"]);
            prop_assert_eq!(expanded["timestamp"].as_f64(), event["timestamp"].as_f64());
            let empty = json!({});
            let data = if expanded["data"].is_null() { &empty } else { &expanded["data"] };
            prop_assert_eq!(data, &event["data"]);
        }
        prop_assert_eq!(expanded.len(), events.len());
    }

    #[test]
    fn a_damaged_body_never_panics_and_what_is_accepted_holds_only_identifiers(
        events in prop::collection::vec((timed_event(), prop::option::weighted(0.3, 0..REJECTED.len())), 1..4),
        canonical: bool, cut in any::<prop::sample::Index>(), length in 0usize..6, junk in prop_oneof![".{0,4}", "[0-9,\\[\\]\"{}:a-z ]{0,6}"],
    ) {
        let list: Vec<&Value> = events.iter().map(|(event, _)| event).collect();
        let mut body = if canonical { json!(list).to_string() } else { compact_body(&events, Some(("w", 1))) };
        let boundary = |mut at: usize| { while !body.is_char_boundary(at) { at -= 1; } at };
        let at = boundary(cut.index(body.len()));
        let end = boundary((at + length).min(body.len())).max(at);
        body.replace_range(at..end, &junk);
        if let Ok(batch) = scan_request(&body, &LIMITS) && batch.accepted > 0 {
            let value = batch.encode("b");
            let record = BatchRecord::decode(&value);
            prop_assert!(record.is_ok(), "{:?} of {}", record.err(), body);
            only_identifiers(&serde_json::from_slice(&value).unwrap())?;
            let expanded = record.unwrap().canonical_events().unwrap().into_owned();
            only_identifiers(&serde_json::from_str(&expanded).unwrap())?;
            let again = scan_request(&expanded, &LIMITS).unwrap();
            prop_assert_eq!((again.accepted, again.rejected.len()), (batch.accepted, 0), "{}", expanded);
        }
    }

    #[test]
    fn no_text_passes_in_any_place_but_an_identifier(number in 0..LAYOUTS.len(), place in 0usize..24, text in ".*[^A-Za-z0-9_.:-].*") {
        let mut event = vec![json!(number), json!(0)];
        event.resize(place.max(event.len()), Value::Null);
        if place < 2 { event[place] = json!(text); } else { event.push(json!(text)); }
        let body = json!({ "v": 1, "t": BASE, "e": [event] }).to_string();
        let batch = scan_request(&body, &LIMITS).unwrap();
        let code = if place == 1 { RejectCode::TimestampInvalid } else { RejectCode::ContentRefused };
        // The object of a custom event is no text and no identifier.
        let code = if number == EventType::Custom as usize && place == 3 { RejectCode::ValueInvalid } else { code };
        prop_assert_eq!((batch.accepted, batch.rejected[0].code), (0, code));
    }
}

#[test]
fn the_members_may_come_in_any_order_and_times_are_judged() {
    let limits = BatchLimits {
        max_events: 3,
        events: EventLimits {
            earliest: EventTime(BASE * 1000),
            latest: EventTime((BASE + 1000) * 1000),
        },
    };
    for body in [
        r#"{"v":1,"t":1790000000000,"w":"w","q":3,"e":[[0,-0.5,1],[0,0.125,2],[0,1000.5]]}"#,
        r#"{"e":[[0,-0.5,1],[0,0.125,2],[0,1000.5]],"q":3,"t":1790000000000,"v":1,"w":"w"}"#,
        r#"{ "v" : 1 , "e" : [ [0, -0.5, 1] , [0, 0.125, 2], [0, 1000.5] ] , "sequence":3, "writer":"w", "t":1.79e12 }"#,
    ] {
        let batch = scan_request(body, &limits).unwrap();
        assert_eq!(batch.parent(), "/e");
        let codes: Vec<(usize, RejectCode)> =
            batch.rejected.iter().map(|r| (r.index, r.code)).collect();
        let out = RejectCode::TimestampOutOfRange;
        assert_eq!(codes, [(0, out), (2, out)], "{body}");
        let value = batch.encode("b");
        let record = BatchRecord::decode(&value).unwrap();
        assert_eq!(
            record.sequence.map(|s| (s.writer, s.sequence)),
            Some(("w", 3))
        );
        let event = record.events().next().unwrap();
        assert_eq!(event.at, EventTime(BASE * 1000 + 125));
        assert_eq!(event.number(Field::X), Some(2.0));
    }
}

#[test]
fn a_time_before_1970_is_out_of_range_as_in_the_canonical_form() {
    let batch = scan_request(r#"{"v":1,"t":5,"e":[[0,-6],[0,-5]]}"#, &LIMITS).unwrap();
    assert_eq!(batch.accepted, 1);
    assert_eq!(batch.rejected[0].code, RejectCode::TimestampOutOfRange);
}

#[test]
fn a_body_that_is_no_compact_batch_says_why() {
    let scan = |body: &str| {
        scan_request(
            body,
            &BatchLimits {
                max_events: 2,
                ..LIMITS
            },
        )
        .unwrap_err()
    };
    for body in [
        r#"{"e":[[0,0]]}"#,
        r#"{"v":1,"e":[[0,0]]}"#,
        r#"{"t":1,"e":[[0,0]]}"#,
        r#"{"v":2,"t":1,"e":[[0,0]]}"#,
        r#"{"v":"1","t":1,"e":[[0,0]]}"#,
        r#"{"v":1,"t":-1,"e":[[0,0]]}"#,
        r#"{"v":1,"t":"1","e":[[0,0]]}"#,
        r#"{"v":1,"t":1,"t":2,"e":[[0,0]]}"#,
        r#"{"v":1,"v":1,"t":2,"e":[[0,0]]}"#,
        r#"{"v":1,"t":1,"e":[[0,0]],"e":[[0,0]]}"#,
        r#"{"v":1,"t":1,"e":[[0,0]],"events":[]}"#,
        r#"{"e":[[0,0]],"events":[],"v":1,"t":1}"#,
        r#"{"v":1,"t":1,"e":{}}"#,
        r#"{"v":1,"t":1}"#,
    ] {
        assert_eq!(scan(body), BatchError::NotABatch, "{body}");
    }
    assert_eq!(scan(r#"{"v":1,"t":1,"e":[]}"#), BatchError::Empty);
    assert_eq!(scan(r#"{"e":[],"v":1,"t":1}"#), BatchError::Empty);
    assert_eq!(
        scan(r#"{"v":1,"t":1,"w":"w","e":[[0,0]]}"#),
        BatchError::BadSequence
    );
    assert_eq!(
        scan(r#"{"v":1,"t":1,"w":"a b","q":1,"e":[[0,0]]}"#),
        BatchError::BadSequence
    );
    let many = BatchError::TooManyEvents { limit: 2 };
    assert_eq!(scan(r#"{"v":1,"t":1,"e":[1,2,3]}"#), many);
    assert_eq!(scan(r#"{"e":[1,2,3],"v":1,"t":1}"#), many);
    assert_eq!(scan(r#"{"v":1,"t":1,"e":[[0,0}"#).kind(), "malformed_json");
}

#[test]
fn a_record_whose_form_is_not_known_or_stands_behind_its_events_is_refused() {
    for record in [
        r#"{"batch_id":"b","count":1,"form":"compact.v9","t":1,"events":[[0,0]]}"#,
        r#"{"batch_id":"b","count":1,"form":"compact.v1","events":[[0,0]]}"#,
        r#"{"batch_id":"b","count":1,"events":[],"form":"compact.v1","t":1}"#,
        r#"{"batch_id":"b","count":1,"t":1,"events":[[0,0]]}"#,
        r#"{"batch_id":"b","count":1,"form":"compact.v1","t":1,"t":2,"events":[[0,0]]}"#,
    ] {
        let error = BatchRecord::decode(record.as_bytes()).unwrap_err();
        assert_eq!(error.kind(), "not_a_batch", "{record}");
    }
    let typed = r#"{"batch_id":"b","count":1,"form":"compact.v1","t":1,"events":[[3,0,"q"]]}"#;
    let error = BatchRecord::decode(typed.as_bytes()).unwrap_err();
    assert_eq!(error.kind(), "invalid_event");
}

#[test]
fn an_expanded_custom_event_keeps_its_name_and_every_member() {
    let body = r#"{"v":1,"t":1790000000000,"e":[[18,0.5,"panel_step",{ "step":3 , "vendor":"north:eu"}],[18,1,null,{"x":1}],[18,2],[18,3,"seen"],[18,4,null,null],[18,5,"n",{ }],[0,6,1,2,1,false,null,0]]}"#;
    let value = scan_request(body, &LIMITS).unwrap().encode("b");
    let record = BatchRecord::decode(&value).unwrap();
    let expanded: Value = serde_json::from_str(&record.canonical_events().unwrap()).unwrap();
    let custom =
        |at: f64, data: Value| json!({ "event_type": "custom", "timestamp": at, "data": data });
    let bare = |at: i64| json!({ "event_type": "custom", "timestamp": at });
    let mut expected = json!([
        custom(1_790_000_000_000.5, json!({ "name": "panel_step", "step": 3, "vendor": "north:eu" })),
        custom(0.0, json!({ "x": 1 })),
        bare(BASE + 2),
        custom(0.0, json!({ "name": "seen" })),
        bare(BASE + 4),
        custom(0.0, json!({ "name": "n" })),
        { "event_type": "mouse_move", "timestamp": BASE + 6, "data": { "x": 1, "y": 2, "drag": true, "trusted": false, "buttons": 0 } },
    ]);
    for (index, millis) in [(1, 1), (3, 3), (5, 5)] {
        expected[index]["timestamp"] = json!(BASE + millis);
    }
    assert_eq!(expanded, expected);
}

#[test]
fn the_written_form_is_as_short_as_it_can_be() {
    let mut text = String::new();
    let data: Map<String, Value> =
        serde_json::from_value(json!({ "trusted": true, "x": 1.5, "words": "typed" })).unwrap();
    write_event(&mut text, EventType::MouseMove, 12.0, &data);
    assert_eq!(text, "[0,12,1.5,null,null,1]");
}
