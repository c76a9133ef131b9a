//! What the raw sink stores.

use result_sink::SinkConfig;
use result_sink::metrics::SKIPPED;
use schemas::header::RecordType;
use testkit::{TestDatabase, TestTopics};

use crate::build::session;
use crate::harness::{GroupView, TestSink, contents, database, produce_raw, producer, sink_config};

const BATCH: &str = r#"{"batch_id":"b-1","count":2,"writer":"w","sequence":7,"events":[
{"event_type":"mouse_move","timestamp":1790000000000,"data":{"x":12.5,"y":640}},{"event_type":"focus","timestamp":"2026-09-21T14:13:20.120Z"}]}"#;

/// The same two events in the compact form, and a custom one.
const COMPACT: &str = r#"{"batch_id":"c-1","count":3,"form":"compact.v1","t":1790000000000,"events":[
[0,0,12.5,640],[5,120.5,null,true],[18,200,"panel_step",{"step":3,"vendor":"north:eu"}]]}"#;

async fn produce_events(topics: &TestTopics) {
    let (producer, topic) = (producer(topics), &topics.topics().events);
    for number in 0..20 {
        let key = session(number).to_string();
        let send = async |kind: RecordType, payload: &str| {
            let headers: [(&str, &[u8]); 2] = [
                ("ce_type", kind.as_str().as_bytes()),
                ("candor_org", b"acme"),
            ];
            produce_raw(&producer, topic, &key, payload.as_bytes(), &headers).await;
        };
        send(RecordType::SessionStarted, "{}").await;
        send(RecordType::EventBatch, BATCH).await;
        send(RecordType::EventBatch, r#"{"batch_id":"bad","events":[{"event_type":"keypress","timestamp":1,"data":{"text":"secret"}}]}"#).await;
        send(RecordType::EventBatch, BATCH).await;
    }
}

async fn run_raw(topics: &TestTopics, url: &str) -> f64 {
    let sink = TestSink::spawn(SinkConfig {
        verdicts: false,
        deliveries: false,
        ..sink_config(topics, url)
    });
    GroupView::events(topics).wait_for_end().await;
    let skipped = sink.metric(SKIPPED);
    sink.stop().await;
    skipped
}

async fn event_rows(database: &TestDatabase) -> i64 {
    database
        .count("behavior_data WHERE event_type IN ('mouse_move', 'focus')")
        .await
}

#[tokio::test]
async fn batches_are_stored_once_and_read_as_events() {
    let (topics, (database, url)) = (TestTopics::create(2).await, database().await);
    produce_events(&topics).await;
    let skipped = run_raw(&topics, &url).await;
    assert_eq!(
        skipped, 40.0,
        "one session start and one unreadable batch of each session"
    );
    assert_eq!(database.count("behavior_batches").await, 40);
    assert_eq!(event_rows(&database).await, 80);
    let before = contents(&database).await;
    assert!(
        !before.iter().any(|row| row.contains("secret")),
        "refused content was stored"
    );
    let stored = "SELECT count(*) FROM behavior_batches WHERE organisation = 'acme' AND generation = 1 \
        AND event_count = 2 AND batch_id = 'b-1' AND received_at > now() - interval '1 hour'";
    let client = database.client().await;
    assert_eq!(
        client
            .query_one(stored, &[])
            .await
            .unwrap()
            .get::<_, i64>(0),
        40
    );
    GroupView::events(&topics).rewind().await;
    run_raw(&topics, &url).await;
    assert_eq!(contents(&database).await, before);
}

#[tokio::test]
async fn a_compact_batch_is_stored_as_canonical_events() {
    let (topics, (database, url)) = (TestTopics::create(1).await, database().await);
    let (producer, topic) = (producer(&topics), &topics.topics().events);
    let headers: [(&str, &[u8]); 2] = [
        ("ce_type", RecordType::EventBatch.as_str().as_bytes()),
        ("candor_org", b"acme"),
    ];
    let typed = r#"{"batch_id":"bad","form":"compact.v1","t":1,"events":[[3,0,"q"]]}"#;
    for payload in [BATCH, COMPACT, typed] {
        let key = session(1).to_string();
        produce_raw(&producer, topic, &key, payload.as_bytes(), &headers).await;
    }
    assert_eq!(run_raw(&topics, &url).await, 1.0, "the typed key");
    let client = database.client().await;
    let query = "SELECT event_type || ' ' || extract(epoch FROM timestamp)::numeric(16, 4) || ' ' || data::text \
        FROM behavior_data ORDER BY log_offset, position";
    let rows = client.query(query, &[]).await.unwrap();
    let rows: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    let expected = [
        r#"mouse_move 1790000000.0000 {"x": 12.5, "y": 640}"#,
        "focus 1790000000.1200 {}",
        r#"mouse_move 1790000000.0000 {"x": 12.5, "y": 640}"#,
        r#"focus 1790000000.1205 {"trusted": true}"#,
        r#"custom 1790000000.2000 {"name": "panel_step", "step": 3, "vendor": "north:eu"}"#,
    ];
    assert_eq!(rows, expected);
}
