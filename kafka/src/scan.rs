//! Reading what a topic holds, once, from its beginning (or from a moment on) to its end: for lists.
//!
//! The ends are fixed when the reading begins, so it ends however fast records come. No group, nothing
//! is committed. Order holds within a partition, not between partitions. A broker that says nothing for a
//! while is an error, never a shorter list.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use rdkafka::consumer::Consumer;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::{Offset, TopicPartitionList};

use crate::config::KafkaConfig;
use crate::position::extents;
use crate::reader::{ReaderContext, TopicReader};
use crate::{Partition, Record};

const POLL: Duration = Duration::from_millis(100);

/// Why a topic could not be read to its end.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// There is no such topic.
    #[error("topic {topic} does not exist; run `candor topics create`")]
    Missing {
        /// The topic.
        topic: String,
    },
    /// Kafka does not answer, or refuses.
    #[error("topic {topic} cannot be read")]
    Kafka {
        /// The topic.
        topic: String,
        /// librdkafka's error.
        #[source]
        source: KafkaError,
    },
    /// The broker answered and then fell silent before the end.
    #[error("topic {topic} was not read to its end: nothing came for {} s", patience.as_secs())]
    Silent {
        /// The topic.
        topic: String,
        /// How long was waited.
        patience: Duration,
    },
}

/// What is read of a topic.
#[derive(Debug, Clone, Copy)]
pub struct ScanOptions<'a> {
    /// The topic.
    pub topic: &'a str,
    /// Only records from this time on, ms since 1970; all when absent.
    pub since_ms: Option<i64>,
    /// Longest wait for the next record, or for an answer of the broker.
    pub patience: Duration,
}

/// Where one partition of a topic begins and ends, and where a moment lies between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The partition.
    pub partition: Partition,
    /// Offset of its oldest record.
    pub begin: i64,
    /// Offset of its first record from the moment on; `end` when there is none that young.
    pub from: i64,
    /// Offset after its newest record.
    pub end: i64,
}

/// Reads the records that are there when it is called; `on_record` may end the reading. Blocks.
///
/// # Errors
/// [`ScanError`].
pub fn scan(
    config: &KafkaConfig,
    options: ScanOptions<'_>,
    on_record: impl FnMut(&Record<'_>) -> ControlFlow<()>,
) -> Result<(), ScanError> {
    with_reader(config, options, |consumer| {
        let spans = spans_patiently(consumer, options)?;
        read(consumer, spans, options, on_record)
    })
}

/// Where the partitions begin and end, and where [`ScanOptions::since_ms`] lies. Blocks.
///
/// # Errors
/// [`ScanError`].
pub fn spans(config: &KafkaConfig, options: ScanOptions<'_>) -> Result<Vec<Span>, ScanError> {
    let mut found = Vec::new();
    with_reader(config, options, |consumer| {
        found = spans_patiently(consumer, options)?;
        Ok(true)
    })?;
    Ok(found)
}

/// Reads these spans of the topic, each from [`Span::from`] to its end; `on_record` may end the reading.
/// Blocks. What lies before a partition's oldest record is left out.
///
/// # Errors
/// [`ScanError`].
pub fn scan_spans(
    config: &KafkaConfig,
    options: ScanOptions<'_>,
    spans: &[Span],
    on_record: impl FnMut(&Record<'_>) -> ControlFlow<()>,
) -> Result<(), ScanError> {
    with_reader(config, options, |consumer| {
        read(consumer, spans.to_vec(), options, on_record)
    })
}

/// `work` says whether it has seen everything before the broker fell silent.
fn with_reader(
    config: &KafkaConfig,
    options: ScanOptions<'_>,
    work: impl FnOnce(&TopicReader) -> Result<bool, KafkaError>,
) -> Result<(), ScanError> {
    let topic = options.topic.to_owned();
    let mut client = config.client();
    client
        .set("group.id", format!("{}-scan", config.prefix))
        .set("enable.auto.commit", "false")
        .set("enable.partition.eof", "true")
        .set("fetch.wait.max.ms", "50")
        .set("fetch.queue.backoff.ms", "50")
        .set("auto.offset.reset", "earliest");
    let consumer = client.create_with_context(ReaderContext);
    match consumer.and_then(|consumer| work(&consumer)) {
        Ok(true) => Ok(()),
        Ok(false) => Err(ScanError::Silent {
            topic,
            patience: options.patience,
        }),
        Err(source) => Err(match source.rdkafka_error_code() {
            Some(
                RDKafkaErrorCode::UnknownTopicOrPartition
                | RDKafkaErrorCode::UnknownTopic
                | RDKafkaErrorCode::UnknownPartition,
            ) => ScanError::Missing { topic },
            _ => ScanError::Kafka { topic, source },
        }),
    }
}

/// A partition may be changing its leader, or have none yet: that is waited for.
fn spans_patiently(
    consumer: &TopicReader,
    options: ScanOptions<'_>,
) -> Result<Vec<Span>, KafkaError> {
    let end = Instant::now() + options.patience;
    loop {
        let found = find_spans(consumer, options);
        let code = found
            .as_ref()
            .err()
            .and_then(KafkaError::rdkafka_error_code);
        let moving = matches!(
            code,
            Some(
                RDKafkaErrorCode::NotLeaderForPartition
                    | RDKafkaErrorCode::LeaderNotAvailable
                    | RDKafkaErrorCode::ReplicaNotAvailable
            )
        );
        if !moving || Instant::now() > end {
            return found;
        }
        std::thread::sleep(POLL);
    }
}

fn find_spans(consumer: &TopicReader, options: ScanOptions<'_>) -> Result<Vec<Span>, KafkaError> {
    let (topic, wait) = (options.topic, options.patience);
    let found = extents(consumer, topic, wait)?;
    let mut spans: Vec<Span> = found
        .iter()
        .map(|found| Span {
            partition: found.partition,
            begin: found.begin,
            from: found.begin,
            end: found.end,
        })
        .collect();
    let Some(since) = options.since_ms else {
        return Ok(spans);
    };
    let mut times = TopicPartitionList::new();
    // A time below zero has another meaning for the broker, and no record is older than 1970.
    let since = Offset::Offset(since.max(0));
    for span in &spans {
        times.add_partition_offset(topic, span.partition, since)?;
    }
    for found in consumer.offsets_for_times(times, wait)?.elements() {
        found.error()?;
        let mut asked = spans.iter_mut();
        if let Some(span) = asked.find(|span| span.partition == found.partition()) {
            match found.offset() {
                Offset::Offset(offset) => span.from = offset,
                // No record is that young: nothing is read of the partition.
                Offset::End => span.from = span.end,
                // Too much is better than too little.
                _ => {}
            }
        }
    }
    Ok(spans)
}

/// Whether every partition was read to its end, or the handler had enough.
fn read(
    consumer: &TopicReader,
    mut spans: Vec<Span>,
    options: ScanOptions<'_>,
    mut on_record: impl FnMut(&Record<'_>) -> ControlFlow<()>,
) -> Result<bool, KafkaError> {
    spans.retain(|span| span.from < span.end);
    let mut assigned = TopicPartitionList::new();
    for span in &spans {
        let start = Offset::Offset(span.from);
        assigned.add_partition_offset(options.topic, span.partition, start)?;
    }
    consumer.assign(&assigned)?;
    let ends = spans.iter().map(|span| (span.partition, span.end));
    let mut open: HashMap<Partition, i64> = ends.collect();
    let mut heard = Instant::now();
    while !open.is_empty() {
        match consumer.poll(POLL) {
            Some(Ok(message)) => {
                heard = Instant::now();
                let record = Record::of(&message);
                let Some(end) = open.get(&record.partition).copied() else {
                    continue;
                };
                if record.offset < end && on_record(&record).is_break() {
                    return Ok(true);
                }
                if record.offset + 1 >= end {
                    open.remove(&record.partition);
                }
            }
            // Offsets before the end may be missing: of transactions, and of what was removed.
            Some(Err(KafkaError::PartitionEOF(partition))) => {
                heard = Instant::now();
                open.remove(&partition);
            }
            Some(Err(error @ KafkaError::MessageConsumptionFatal(_))) => return Err(error),
            // librdkafka goes on by itself; patience decides.
            Some(Err(_)) | None if heard.elapsed() > options.patience => return Ok(false),
            Some(Err(_)) | None => {}
        }
    }
    Ok(true)
}
