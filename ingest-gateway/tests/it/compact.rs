//! The compact form is taken wherever a batch is, is forwarded as it came, and lets no text through either.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use schemas::batch::BatchRecord;
use schemas::event::{EventType, Field};
use serde_json::{Value, json};

use crate::support::TestGateway;

#[tokio::test]
async fn a_compact_batch_is_stored_as_it_came_and_means_what_the_canonical_one_means() {
    let gateway = TestGateway::start().await;
    let session = gateway.session().await;
    let now = chrono::Utc::now().timestamp_millis();
    let body = format!(
        r#"{{"v":1,"t":{now},"w":"tab-1","q":3,"e":[[0,0,12.5,640],[0,"typed"],[3,120,0,83]]}}"#
    );
    let stored = gateway.batch(&session.id, body).send().await.unwrap();
    assert_eq!(stored.status(), 202);
    let stored: Value = stored.json().await.unwrap();
    assert_eq!(
        (&stored["accepted"], &stored["rejected"][0]["index"]),
        (&json!(2), &json!(1))
    );
    let line = json!({ "session_id": session.id, "v": 1, "t": now, "e": [[0, 5, 1, 2]] });
    let bulk = gateway.post("/api/v1/events/bulk").body(line.to_string());
    let bulk: Value = bulk.send().await.unwrap().json().await.unwrap();
    assert_eq!(
        (&bulk["acknowledged"], &bulk["accepted"]),
        (&json!(1), &json!(1)),
        "{bulk}"
    );

    let records = gateway.records().await;
    let payload = records[1].payload.as_deref().unwrap();
    let text = std::str::from_utf8(payload).unwrap();
    assert!(
        text.contains("[0,0,12.5,640]") && !text.contains("typed"),
        "{text}"
    );
    let batch = BatchRecord::decode(payload).unwrap();
    let sequence = batch.sequence.unwrap();
    assert_eq!((sequence.writer, sequence.sequence), ("tab-1", 3));
    let events: Vec<_> = batch.events().collect();
    assert_eq!(events[0].event_type, EventType::MouseMove);
    assert_eq!(events[0].number(Field::Y), Some(640.0));
    assert_eq!(events[1].at.millis_since(events[0].at), 120.0);
    gateway.ended().await;
}

#[tokio::test]
async fn text_in_any_place_of_a_compact_event_never_reaches_the_topic() {
    const MARK: &str = "zqtyped";
    let gateway = TestGateway::start().await;
    let session = gateway.session().await;
    let mut runner = TestRunner::deterministic();
    let mut text = |gap: &str| {
        let rest = ".{0,30}".new_tree(&mut runner).unwrap().current();
        json!(format!("{MARK}{gap}{rest}"))
    };
    let now = chrono::Utc::now().timestamp_millis();
    for kind in 0..20 {
        let mut all = vec![json!([0, 1, 1, 1])];
        for position in 0..26 {
            // Somewhere an identifier belongs, so the text is none.
            let mut event = vec![json!(kind), json!(1)];
            event.resize(2 + position, Value::Null);
            event.push(text(" "));
            all.push(Value::Array(event));
        }
        all.push(json!([text(" "), 1]));
        all.push(json!([kind, text("")]));
        all.push(json!([kind, 1, [text("")]]));
        all.push(json!([kind, 1, { "name": text("") }]));
        let body = json!({ "v": 1, "t": now, "e": all, "note": text("") });
        let stored = gateway
            .batch(&session.id, body.to_string())
            .send()
            .await
            .unwrap();
        assert_eq!(stored.status(), 202, "type {kind}");
        let stored: Value = stored.json().await.unwrap();
        assert!(
            stored["rejected"].as_array().unwrap().len() >= 28,
            "{stored}"
        );
    }
    for record in gateway.records().await {
        let value: Value = serde_json::from_slice(record.payload.as_deref().unwrap()).unwrap();
        assert!(!value.to_string().contains(MARK), "{value}");
    }
    gateway.ended().await;
}
