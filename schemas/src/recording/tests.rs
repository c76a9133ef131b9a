//! What of a recording reaches the canonical form.

use super::*;
use crate::batch::{BatchLimits, scan_request};
use crate::event::EventLimits;

const LINE: &str = r#"{"session_id":"a/1","label":"bot","source":"s","kind":"k","viewport":[1280,720],"events":[
    {"type":"focus","t":0},{"type":"page","t":0,"name":"How are you?"},{"type":"mouse_move","t":5,"x":1,"y":2,"drag":1},
    {"type":"mouse_down","t":9,"x":1,"y":2,"button":"Left"},{"type":"mouse_up","t":10,"x":1,"y":2,"button":"XButton1"},
    {"type":"click","t":10,"x":1,"y":2},{"type":"keypress","t":20,"key":"Nav","dwell":70},{"type":"input","t":30,"len":12},
    {"type":"scroll","t":40,"dy":-100},{"type":"gesture","t":50}]}"#;

#[test]
fn numbers_change_only_where_they_are() {
    let line = r#"{"session_id":"a","events":[{"type":"mouse_move","t":1,"x":3,"y":4},{"type":"scroll","t":2,"dy":9},{"type":"touch_end","t":3,"x":1,"y":2}]}"#;
    let mut recording = Recording::parse(line).unwrap();
    let [moved, scrolled, lifted] = &mut recording.events[..] else {
        panic!("three events")
    };
    assert!(moved.is_move() && !scrolled.is_move() && !lifted.is_move());
    moved.set_position((5.5, 7.0));
    assert_eq!(moved.position(), Some((5.5, 7.0)));
    moved.set_number("x", f64::NAN);
    moved.set_number("dwell", 3.0);
    assert_eq!(
        (moved.number("x"), moved.number("dwell")),
        (Some(5.5), None)
    );
    scrolled.set_position((1.0, 1.0));
    assert_eq!(
        (scrolled.position(), scrolled.number("dy")),
        (None, Some(9.0))
    );
    let mut text = String::new();
    moved.write_canonical(0, &mut text);
    assert!(text.contains(r#""x":5.5,"y":7}"#), "{text}");
}

#[test]
fn every_mapped_event_passes_the_allow_list() {
    let recording = Recording::parse(&LINE.replace('\n', "")).unwrap();
    let body = Recording::batch_json(&recording.events, 1_790_000_000_000);
    let limits = BatchLimits {
        max_events: 100,
        events: EventLimits::NONE,
    };
    let batch = scan_request(&body, &limits).unwrap();
    assert_eq!((batch.accepted, batch.rejected.len()), (9, 0), "{body}");
    assert_eq!(
        recording.dropped,
        BTreeMap::from([("gesture".to_owned(), 1)])
    );
    assert!(
        !body.contains("How are you"),
        "free text of a recording stays out"
    );
}

#[test]
fn survey_events_keep_their_listed_fields_and_nothing_else() {
    let line = r#"{"session_id":"a","events":[
        {"type":"page","t":0,"name":"How are you?","page":"p1"},
        {"type":"question_view","t":0,"question":"q1","kind":"single","text_length":80,"options":5,"wording":"secret"},
        {"type":"question_answer","t":9,"question":"q 1","option":2,"duration":9,"attention":"passed","kind":"unheard"},
        {"type":"device","t":9,"platform":"linux","webdriver":true,"cores":"8"},
        {"type":"network","t":9,"rtt":50,"connection":"wifi"},
        {"type":"honeypot","t":9,"trap":"website","filled":true,"value":"secret"},
        {"type":"click","t":9,"x":1,"y":2,"offset_x":-3.5,"target_width":90,"pointer_type":"touch","text":"secret"}]}"#;
    let recording = Recording::parse(&line.replace('\n', "")).unwrap();
    let body = Recording::batch_json(&recording.events, 0);
    let batch = scan_request(
        &body,
        &BatchLimits {
            max_events: 100,
            events: EventLimits::NONE,
        },
    )
    .unwrap();
    assert_eq!((batch.accepted, batch.rejected.len()), (7, 0), "{body}");
    let events: Value = serde_json::from_str(&body).unwrap();
    let data: Vec<&Value> = events
        .as_array()
        .unwrap()
        .iter()
        .map(|event| &event["data"])
        .collect();
    assert_eq!(data[0], &json!({ "page": "p1" }));
    assert_eq!(
        data[1],
        &json!({ "question": "q1", "kind": "single", "text_length": 80, "options": 5 })
    );
    assert_eq!(
        data[2],
        &json!({ "option": 2, "duration": 9, "attention": "passed" })
    );
    assert_eq!(data[3], &json!({ "platform": "linux", "webdriver": true }));
    assert_eq!(data[4], &json!({ "rtt": 50, "connection": "wifi" }));
    assert_eq!(data[5], &json!({ "trap": "website", "filled": true }));
    assert_eq!(
        data[6],
        &json!({ "x": 1, "y": 2, "offset_x": -3.5, "target_width": 90, "pointer_type": "touch" })
    );
}

#[test]
fn a_line_that_is_no_session_says_why() {
    assert!(Recording::parse("{").is_err());
    let error = Recording::parse(r#"{"session_id":"a","events":[{"type":"focus"}]}"#).unwrap_err();
    assert_eq!(
        error.to_string(),
        "event 0 has no `t`, a finite number of milliseconds"
    );
}

#[test]
fn user_and_licence_are_carried_and_never_a_reason_to_refuse() {
    let read = |members: &str| {
        let line = format!(r#"{{"session_id":"a",{members}"events":[]}}"#);
        let recording = Recording::parse(&line).unwrap();
        (recording.user, recording.licence)
    };
    let owned = |text: &str| Some(text.to_owned());
    assert_eq!(
        read(r#""user":"ada","licence":"MIT","#),
        (owned("ada"), owned("MIT"))
    );
    assert_eq!(read(r#""user":17,"licence":null,"#), (owned("17"), None));
    assert_eq!(read(r#""user":["x"],"#), (None, None));
    assert_eq!(read(""), (None, None));
}
