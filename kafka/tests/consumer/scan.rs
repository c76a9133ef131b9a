//! A scan reads what is there when it begins, and says so when it cannot.

use std::ops::ControlFlow;
use std::time::Duration;

use kafka::config::KafkaConfig;
use kafka::scan::{ScanError, ScanOptions, Span, scan, scan_spans, spans};
use testkit::wait_until;
use tokio::task::block_in_place;

use crate::bench::{Bench, DEADLINE};

/// Partition, offset and time of a record.
type Seen = (i32, i64, i64);

fn read(
    (kafka, topic): (&KafkaConfig, &str),
    since_ms: Option<i64>,
    most: usize,
) -> Result<Vec<Seen>, ScanError> {
    let mut seen = Vec::new();
    let options = ScanOptions {
        topic,
        since_ms,
        patience: Duration::from_secs(10),
    };
    let take = |record: &kafka::Record<'_>| {
        seen.push((record.partition, record.offset, record.timestamp_ms));
        if seen.len() < most {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    };
    block_in_place(|| scan(kafka, options, take))?;
    seen.sort_unstable();
    Ok(seen)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_reads_every_partition_to_its_end_and_ends() {
    let bench = Bench::new(4).await;
    let of = (&bench.kafka, bench.topic.as_str());
    assert_eq!(read(of, None, usize::MAX).unwrap(), [], "an empty topic");
    bench.fill(7).await;
    let places: Vec<(i32, i64)> = (0..4)
        .flat_map(|partition| (0..7).map(move |offset| (partition, offset)))
        .collect();
    let seen = read(of, None, usize::MAX).unwrap();
    let seen: Vec<(i32, i64)> = seen
        .iter()
        .map(|(partition, offset, _)| (*partition, *offset))
        .collect();
    assert_eq!(seen, places);
    assert_eq!(read(of, None, 3).unwrap().len(), 3, "the reader had enough");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_from_a_moment_on_reads_what_is_younger() {
    let bench = Bench::new(2).await;
    let of = (&bench.kafka, bench.topic.as_str());
    bench.fill(3).await;
    let old = read(of, None, usize::MAX).unwrap();
    let since = old.iter().map(|(_, _, time)| *time).max().unwrap() + 1;
    assert_eq!(read(of, Some(since), usize::MAX).unwrap(), []);
    assert_eq!(read(of, Some(0), usize::MAX).unwrap(), old);
    // The clock may not have gone on by a millisecond yet.
    let young = wait_until("a younger record", DEADLINE, async || {
        bench.fill(1).await;
        let young = read(of, Some(since), usize::MAX).unwrap();
        if young.is_empty() {
            Err("none")
        } else {
            Ok(young)
        }
    });
    let young = young.await;
    assert!(young.iter().all(|seen| seen.2 >= since), "{young:?}");
    assert!(young.iter().all(|seen| !old.contains(seen)), "{young:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_of_nothing_is_an_error_and_no_empty_list() {
    let bench = Bench::new(1).await;
    let missing = read((&bench.kafka, "no-such-topic"), None, 1);
    assert!(
        matches!(missing, Err(ScanError::Missing { .. })),
        "{missing:?}"
    );
    let nobody = KafkaConfig {
        brokers: "127.0.0.1:1".to_owned(),
        ..bench.kafka.clone()
    };
    let unreachable = read((&nobody, &bench.topic), None, 1);
    assert!(
        matches!(unreachable, Err(ScanError::Kafka { .. })),
        "{unreachable:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn spans_are_read_each_from_its_own_place_to_its_end() {
    let bench = Bench::new(3).await;
    bench.fill(5).await;
    let options = ScanOptions {
        topic: &bench.topic,
        since_ms: Some(i64::MAX / 2),
        patience: Duration::from_secs(10),
    };
    let found = block_in_place(|| spans(&bench.kafka, options)).unwrap();
    let all: Vec<(i64, i64, i64)> = found.iter().map(|s| (s.begin, s.from, s.end)).collect();
    assert_eq!(all, [(0, 5, 5); 3], "no record is that young");
    let ancient = ScanOptions {
        topic: &bench.topic,
        since_ms: Some(i64::MIN),
        patience: Duration::from_secs(10),
    };
    let of_all_times = block_in_place(|| spans(&bench.kafka, ancient)).unwrap();
    assert!(of_all_times.iter().all(|span| span.from == 0));
    let wanted: Vec<Span> = found
        .into_iter()
        .filter(|span| span.partition != 1)
        .map(|span| Span {
            from: 3,
            end: if span.partition == 0 { 4 } else { 5 },
            ..span
        })
        .collect();
    let mut seen = Vec::new();
    let take = |record: &kafka::Record<'_>| {
        seen.push((record.partition, record.offset));
        ControlFlow::Continue(())
    };
    block_in_place(|| scan_spans(&bench.kafka, options, &wanted, take)).unwrap();
    seen.sort_unstable();
    assert_eq!(seen, [(0, 3), (2, 3), (2, 4)]);
}
