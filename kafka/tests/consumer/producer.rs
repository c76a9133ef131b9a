//! What the producer promises about deliveries, its bounds, and where records go.

use std::time::Duration;

use kafka::producer::{DeliveryError, Outgoing, ProducerOptions, SendError};
use schemas::header::{RecordHeaders, RecordType};
use testkit::{CollectedRecord, TestKafka, Until, collect};

use crate::bench::{Bench, DEADLINE, new_producer, send_to};

/// The hash that Java's default partitioner takes of a key.
fn murmur2(key: &[u8]) -> u32 {
    const FACTOR: u32 = 0x5bd1_e995;
    let mix = |word: u32| {
        let word = word.wrapping_mul(FACTOR);
        (word ^ (word >> 24)).wrapping_mul(FACTOR)
    };
    let mut hash = 0x9747_b28c ^ u32::try_from(key.len()).unwrap();
    let words = key.chunks_exact(4);
    let rest = words.remainder();
    for word in words {
        let word = u32::from_le_bytes(word.try_into().unwrap());
        hash = hash.wrapping_mul(FACTOR) ^ mix(word);
    }
    if !rest.is_empty() {
        for (place, byte) in rest.iter().enumerate() {
            hash ^= u32::from(*byte) << (8 * place);
        }
        hash = hash.wrapping_mul(FACTOR);
    }
    hash = (hash ^ (hash >> 13)).wrapping_mul(FACTOR);
    hash ^ (hash >> 15)
}

fn partition_of(key: &[u8], partitions: u32) -> i32 {
    i32::try_from((murmur2(key) & 0x7fff_ffff) % partitions).unwrap()
}

#[test]
fn the_hash_of_these_tests_is_the_java_clients() {
    // Values that the Java client's own tests fix.
    for (key, hash) in [
        ("21", -973_932_308),
        ("foobar", -790_332_482),
        ("a-little-bit-long-string", -985_981_536),
        ("a-little-bit-longer-string", -1_486_304_829),
        ("abc", 479_470_107),
    ] {
        assert_eq!(murmur2(key.as_bytes()).cast_signed(), hash, "{key}");
    }
}

#[tokio::test]
async fn a_record_arrives_whole_where_its_delivery_report_says() {
    let bench = Bench::new(7).await;
    for number in 0..40 {
        let headers = RecordHeaders {
            record_type: RecordType::EventBatch,
            id: format!("batch-{number}"),
            source: "/candor/gateway".to_owned(),
            organisation: "acme".parse().unwrap(),
            traceparent: None,
        };
        let (key, value) = (format!("session-{number}"), format!("value {number}"));
        let sent = bench
            .producer
            .send(&bench.topic, key.as_bytes(), value.as_bytes(), &headers);
        let delivered = sent.unwrap().await.unwrap();
        let records = collect(&bench.kafka.brokers, &bench.topic, Until::HighWatermark).await;
        let is_it = |record: &&CollectedRecord| {
            (record.partition, record.offset) == (delivered.partition, delivered.offset)
        };
        let record = records.iter().find(is_it).unwrap();
        assert_eq!(delivered.partition, partition_of(key.as_bytes(), 7));
        assert_eq!(record.key.as_deref(), Some(key.as_bytes()));
        assert_eq!(record.payload.as_deref(), Some(value.as_bytes()));
        let read = record.headers.iter();
        let read = RecordHeaders::decode(read.map(|(name, value)| (name.as_str(), &value[..])));
        assert_eq!(read.unwrap(), headers);
        assert_eq!(records.len(), number + 1);
    }
    assert_eq!(bench.producer.flush(DEADLINE), 0);
}

/// Bytes that do not compress.
pub(crate) fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let byte = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    std::iter::repeat_with(byte).take(length).collect()
}

#[tokio::test]
async fn a_record_is_too_large_at_once_or_not_at_all() {
    let bench = Bench::new(1).await;
    let limit = ProducerOptions::default().record_bytes;
    let refused = send_to(&bench.producer, &bench.topic, 0, &noise(limit + 1));
    assert_eq!(refused.unwrap_err(), SendError::TooLarge);
    // The largest that is let in must not be refused by the broker later.
    let payload = noise(limit);
    let largest =
        (0..1024).find_map(|less| send_to(&bench.producer, &bench.topic, 0, &payload[less..]).ok());
    largest.unwrap().await.unwrap().unwrap();
    assert_eq!(bench.ends(), [1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_reported_delivered_that_is_not_in_the_topic_when_the_broker_stops() {
    let mut kafka = TestKafka::own();
    let bench = Bench::on(&kafka, 1).await;
    let options = ProducerOptions {
        queue_records: 50,
        delivery_timeout: Duration::from_secs(3),
        ..ProducerOptions::default()
    };
    let producer = new_producer(&bench.kafka, &options);
    let send = |number: usize| send_to(&producer, &bench.topic, 0, number.to_string().as_bytes());
    send(0).unwrap().await.unwrap().unwrap();
    let mut deliveries: Vec<_> = (1..40)
        .map(|number| (number, send(number).unwrap()))
        .collect();
    kafka.kill();
    let refused = (40..1000).find_map(|number| match send(number) {
        Ok(delivery) => {
            deliveries.push((number, delivery));
            None
        }
        Err(error) => Some(error),
    });
    assert_eq!(refused, Some(SendError::QueueFull));
    let (mut delivered, mut failed) = (vec![0], 0);
    for (number, delivery) in deliveries {
        match delivery.await.unwrap() {
            Ok(_) => delivered.push(number),
            Err(DeliveryError::Failed { .. }) => failed += 1,
            Err(error) => panic!("{error}"),
        }
    }
    assert!(failed > 0, "the broker was killed too late");
    kafka.restart();
    let number = 1_000_000;
    // The queue is free again, and the broker found again.
    send(number).unwrap().await.unwrap().unwrap();
    delivered.push(number);
    let records = collect(kafka.brokers(), &bench.topic, Until::HighWatermark).await;
    let text = |record: &CollectedRecord| String::from_utf8(record.payload.clone().unwrap());
    let stored: Vec<usize> = records
        .iter()
        .map(|record| text(record).unwrap().parse().unwrap())
        .collect();
    for number in delivered {
        let copies = stored.iter().filter(|stored| **stored == number).count();
        assert_eq!(copies, 1, "record {number} of {stored:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_short_outage_only_delays_deliveries() {
    let mut kafka = TestKafka::own();
    let bench = Bench::on(&kafka, 1).await;
    bench.fill(1).await;
    kafka.stop();
    let sent = bench.producer.send_with(
        Outgoing {
            topic: &bench.topic,
            partition: None,
            key: b"key",
            payload: b"late",
            headers: &[],
        },
        |outcome| assert_eq!(outcome.unwrap().offset, 1),
    );
    sent.unwrap();
    kafka.restart();
    bench.fill(1).await;
    let records = collect(kafka.brokers(), &bench.topic, Until::HighWatermark).await;
    let payloads: Vec<_> = records
        .iter()
        .filter_map(|record| record.payload.as_deref())
        .collect();
    assert_eq!(payloads, [&b"value"[..], b"late", b"value"]);
}
