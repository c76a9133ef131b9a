//! Records that can never be stored.

use kafka::OwnedRecord;
use kafka::dead_letter::DeadLetterHeaders;
use result_sink::SinkConfig;
use result_sink::metrics::{DEAD_LETTERS, ROWS_WRITTEN};
use schemas::verdict::Phase;
use testkit::{CollectedRecord, TestTopics, Until, collect};

use crate::build::{session, stories, verdict};
use crate::harness::{GroupView, TestSink, database, produce, produce_raw, producer, sink_config};

fn owned(record: &CollectedRecord) -> OwnedRecord {
    OwnedRecord {
        topic: String::new(),
        partition: record.partition,
        offset: record.offset,
        timestamp_ms: 0,
        key: record.key.clone().unwrap_or_default(),
        payload: record.payload.clone().unwrap_or_default(),
        headers: record.headers.clone(),
    }
}

#[tokio::test]
async fn a_poison_record_is_set_aside_while_the_others_go_on() {
    let (topics, (database, url)) = (TestTopics::create(1).await, database().await);
    let verdicts = &topics.topics().verdicts;
    let headers: [(&str, &[u8]); 2] = [("ce_type", b"candor.verdict.v1"), ("candor_org", b"acme")];
    let mut refused_text = verdict(session(901), 0, 5, Phase::Final, 0.5);
    refused_text.verdict.as_mut().unwrap().summary = "a\0b".to_owned();
    let refused_score = verdict(session(902), 0, 5, Phase::Final, 1.5);
    let good = stories(50);
    let (early, late) = good.split_at(120);
    produce(&topics, early).await;
    produce(&topics, &[refused_text]).await;
    produce_raw(
        &producer(&topics),
        verdicts,
        "no-session",
        b"{ not json",
        &headers,
    )
    .await;
    produce(&topics, late).await;
    produce(&topics, &[refused_score]).await;

    let sink = TestSink::spawn(SinkConfig {
        raw_events: false,
        ..sink_config(&topics, &url)
    });
    GroupView::verdicts(&topics).wait_for_end().await;
    assert_eq!(
        (sink.metric(DEAD_LETTERS), sink.metric(ROWS_WRITTEN)),
        (3.0, 300.0)
    );
    sink.stop().await;
    assert_eq!(database.count("sessions").await, 50);
    assert_eq!(database.count("session_windows").await, 100);

    let expected = [
        (120, "refused_by_database_22021".to_owned()),
        (121, "malformed_verdict".to_owned()),
        (302, "refused_by_database_23514".to_owned()),
    ];
    assert_eq!(dead_letters(&topics).await, expected);
}

/// Offset and reason of each dead letter.
async fn dead_letters(topics: &TestTopics) -> Vec<(i64, String)> {
    let letters = collect(
        topics.brokers(),
        &topics.topics().dead_letters,
        Until::HighWatermark,
    )
    .await;
    let mut why = Vec::new();
    for letter in &letters {
        let letter = owned(letter);
        let headers = DeadLetterHeaders::decode(&letter.as_record()).unwrap();
        assert_eq!(headers.topic, topics.topics().verdicts);
        why.push((headers.offset, headers.reason));
        if headers.offset == 121 {
            assert_eq!(letter.payload, b"{ not json", "the bytes travel unchanged");
        }
    }
    why.sort();
    why
}
