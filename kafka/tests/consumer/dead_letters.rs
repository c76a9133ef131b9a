//! Dead letters keep the source's bytes, partition and headers.

use kafka::OwnedRecord;
use kafka::dead_letter::{self, DeadLetterHeaders};
use kafka::producer::ProducerOptions;
use schemas::topic::Topics;
use testkit::{CollectedRecord, Until, collect};
use tokio::sync::oneshot;

use crate::bench::{Bench, new_producer};
use crate::producer::noise;

fn as_record(topic: &str, record: &CollectedRecord) -> OwnedRecord {
    OwnedRecord {
        topic: topic.to_owned(),
        partition: record.partition,
        offset: record.offset,
        timestamp_ms: record.timestamp.unwrap(),
        key: record.key.clone().unwrap_or_default(),
        payload: record.payload.clone().unwrap_or_default(),
        headers: record.headers.clone(),
    }
}

fn source(topic: &str, payload: Vec<u8>) -> OwnedRecord {
    let header = |name: &str, value: &[u8]| (name.to_owned(), value.to_vec());
    OwnedRecord {
        topic: topic.to_owned(),
        partition: 2,
        offset: 123_456_789_012,
        timestamp_ms: 1_700_000_000_123,
        key: vec![0, 255, 1],
        payload,
        headers: vec![
            header("ce_type", b"candor.events.batch.v1"),
            header("binary", &[0, 159, 146, 150]),
            header("ce_type", b"twice"),
        ],
    }
}

#[tokio::test]
async fn dead_letters_keep_bytes_partition_and_headers_even_of_the_largest_record() {
    let bench = Bench::new(3).await;
    let dead_letters = Topics::new(&bench.kafka.prefix).dead_letters;
    let options = ProducerOptions {
        record_bytes: dead_letter::RECORD_BYTES,
        ..ProducerOptions::default()
    };
    let producer = new_producer(&bench.kafka, &options);
    let payloads = [vec![], b"\xff not JSON".to_vec(), noise(2 << 20)];
    for (number, payload) in payloads.into_iter().enumerate() {
        let source = source(&bench.topic, payload);
        let (sender, delivered) = oneshot::channel();
        let report = move |outcome| drop(sender.send(outcome));
        let record = source.as_record();
        dead_letter::send(&producer, &dead_letters, &record, "json_syntax", report).unwrap();
        assert_eq!(delivered.await.unwrap().unwrap().partition, 2);
        let letters = collect(&bench.kafka.brokers, &dead_letters, Until::HighWatermark).await;
        assert_eq!(letters.len(), number + 1);
        let letter = as_record(&dead_letters, letters.last().unwrap());
        assert_eq!((&letter.key, letter.partition), (&source.key, 2));
        assert!(letter.payload == source.payload, "the bytes have changed");
        assert_eq!(letter.headers[..3], source.headers[..]);
        let why = DeadLetterHeaders::decode(&letter.as_record()).unwrap();
        assert_eq!(
            why,
            DeadLetterHeaders::of(&source.as_record(), "json_syntax")
        );
        assert_eq!(
            (why.offset, why.timestamp_ms),
            (source.offset, source.timestamp_ms)
        );
    }
}

#[tokio::test]
async fn a_dead_letter_of_a_dead_letter_says_only_the_last_reason() {
    let bench = Bench::new(3).await;
    let dead_letters = Topics::new(&bench.kafka.prefix).dead_letters;
    let mut source = source(&bench.topic, b"value".to_vec());
    let first = DeadLetterHeaders::of(&source.as_record(), "first");
    let names = first.encode();
    source
        .headers
        .extend(names.map(|(name, value)| (name.to_owned(), value)));
    let (sender, delivered) = oneshot::channel();
    let report = move |outcome| drop(sender.send(outcome));
    let record = source.as_record();
    dead_letter::send(&bench.producer, &dead_letters, &record, "second", report).unwrap();
    delivered.await.unwrap().unwrap();
    let letters = collect(&bench.kafka.brokers, &dead_letters, Until::HighWatermark).await;
    let letter = as_record(&dead_letters, &letters[0]);
    assert_eq!(letter.headers.len(), 3 + 5);
    let why = DeadLetterHeaders::decode(&letter.as_record()).unwrap();
    assert_eq!(why.reason, "second");
}
