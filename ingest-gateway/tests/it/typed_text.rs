//! No typed character reaches Kafka (INV-6): arbitrary text is posted wherever an event has room for text, and then the
//! topic is searched.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use schemas::event::{EventType, Field, Rule};
use serde_json::{Value, json};

use crate::support::TestGateway;

/// What every typed text begins with, so that it is found whatever follows.
const MARK: &str = "zqtyped";
const BATCHES: usize = 40;

/// A text somebody may have typed. Where the survey's author may choose identifiers, a word alone would be one, so the
/// text has a second word there.
fn typed(runner: &mut TestRunner, identifiers_pass: bool) -> String {
    let rest = prop_oneof!["[A-Za-z0-9]{0,20}", ".{0,40}", "[ -~]{0,80}"];
    let rest = rest.new_tree(runner).unwrap().current();
    let gap = if identifiers_pass { " " } else { "" };
    format!("{MARK}{gap}{rest}")
}

/// The text as JSON; sometimes every character is escaped, which must not help it through.
fn as_json(runner: &mut TestRunner, text: &str) -> String {
    if !any::<bool>().new_tree(runner).unwrap().current() {
        return json!(text).to_string();
    }
    let units = text.encode_utf16().map(|unit| format!("\\u{unit:04x}"));
    format!("\"{}\"", units.collect::<String>())
}

fn is_identifier_field(kind: EventType, field: Field) -> bool {
    kind == EventType::Custom || matches!(field.rule(), Rule::Identifier)
}

/// One event for every field of every type with typed text in it, and one for every other place.
fn events(runner: &mut TestRunner, now: i64) -> Vec<String> {
    let mut events = Vec::new();
    for kind in EventType::ALL {
        let name = kind.as_str();
        for field in Field::ALL {
            let text = typed(runner, is_identifier_field(*kind, *field));
            let (field, text) = (field.name(), as_json(runner, &text));
            events.push(format!(
                r#"{{"event_type":"{name}","timestamp":{now},"data":{{"{field}":{text}}}}}"#
            ));
        }
        let text = typed(runner, true);
        let text = as_json(runner, &text);
        for event in [
            format!(r#"{{"event_type":"{name}","timestamp":{now},"data":{{{text}:1}}}}"#),
            format!(r#"{{"event_type":"{name}","timestamp":{now},"data":{text}}}"#),
            format!(r#"{{"event_type":"{name}","timestamp":{now},"data":{{"x":[{text}]}}}}"#),
            format!(r#"{{"event_type":"{name}","timestamp":{now},"data":{{"x":{{"y":{text}}}}}}}"#),
            format!(r#"{{"event_type":"{name}","timestamp":{text}}}"#),
            format!(r#"{{"event_type":"{name}","timestamp":{now},{text}:{text}}}"#),
            format!(r#"{{"event_type":{text},"timestamp":{now}}}"#),
        ] {
            events.push(event);
        }
        // One good event between them: what is refused around it must not come along.
        events.push(format!(r#"{{"event_type":"{name}","timestamp":{now}}}"#));
    }
    events
}

#[tokio::test]
async fn text_in_any_place_of_an_event_never_reaches_the_topic() {
    let gateway = TestGateway::start().await;
    let session = gateway.session().await;
    let mut runner = TestRunner::deterministic();
    let (mut accepted, mut refused) = (0, 0);
    for number in 0..BATCHES {
        let now = chrono::Utc::now().timestamp_millis();
        let mut all = events(&mut runner, now);
        let text = as_json(&mut runner, &format!("{MARK} outside"));
        let body = match number % 3 {
            0 => format!("[{}]", all.join(",")),
            1 => format!("{{{text}:{text},\"events\":[{}]}}", all.join(",")),
            _ => {
                all.insert(0, text);
                format!("{{\"events\":[{}]}}", all.join(","))
            }
        };
        let response = gateway.batch(&session.id, body).send().await.unwrap();
        let status = response.status();
        let answer: Value = response.json().await.unwrap();
        assert_eq!(status, 202, "{answer}");
        accepted += answer["accepted"].as_u64().unwrap();
        refused += answer["rejected"].as_array().unwrap().len();
        assert!(
            !answer.to_string().contains(MARK),
            "the answer repeats the text"
        );
    }
    assert!(
        refused > BATCHES * EventType::ALL.len() * Field::ALL.len(),
        "{refused}"
    );
    assert!(
        accepted >= (BATCHES * EventType::ALL.len()) as u64,
        "{accepted}"
    );
    for record in gateway.records().await {
        let bytes = record.payload.as_deref().unwrap();
        let value: Value = serde_json::from_slice(bytes).unwrap();
        // Read and printed again: escapes cannot hide a text from the search.
        let printed = value.to_string();
        assert!(!printed.contains(MARK), "{printed}");
        assert!(!String::from_utf8_lossy(bytes).contains(MARK));
        for (name, value) in &record.headers {
            assert!(!String::from_utf8_lossy(value).contains(MARK), "{name}");
        }
    }
    gateway.ended().await;
}
