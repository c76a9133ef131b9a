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

/// Reads the records that are there when it is called; `on_record` may end the reading. Blocks.
///
/// # Errors
/// [`ScanError`].
pub fn scan(
    config: &KafkaConfig,
    options: ScanOptions<'_>,
    on_record: impl FnMut(&Record<'_>) -> ControlFlow<()>,
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
    let outcome = consumer.and_then(|consumer: TopicReader| {
        let open = begin_patiently(&consumer, options)?;
        read(&consumer, open, options, on_record)
    });
    match outcome {
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
fn begin_patiently(
    consumer: &TopicReader,
    options: ScanOptions<'_>,
) -> Result<HashMap<Partition, i64>, KafkaError> {
    let end = Instant::now() + options.patience;
    loop {
        let begun = begin(consumer, options);
        let code = begun
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
            return begun;
        }
        std::thread::sleep(POLL);
    }
}

/// Assigns the partitions that have something to read; returns their ends.
fn begin(
    consumer: &TopicReader,
    options: ScanOptions<'_>,
) -> Result<HashMap<Partition, i64>, KafkaError> {
    let (topic, wait) = (options.topic, options.patience);
    let mut starts = HashMap::new();
    let mut ends = HashMap::new();
    let mut times = TopicPartitionList::new();
    for found in extents(consumer, topic, wait)? {
        starts.insert(found.partition, found.begin);
        ends.insert(found.partition, found.end);
        if let Some(since) = options.since_ms {
            times.add_partition_offset(topic, found.partition, Offset::Offset(since))?;
        }
    }
    if options.since_ms.is_some() {
        for found in consumer.offsets_for_times(times, wait)?.elements() {
            found.error()?;
            let end = ends.get(&found.partition()).copied().unwrap_or_default();
            match found.offset() {
                Offset::Offset(offset) => starts.insert(found.partition(), offset),
                // No record is that young: nothing is read of the partition.
                Offset::End => starts.insert(found.partition(), end),
                // Too much is better than too little.
                _ => None,
            };
        }
    }
    let mut assigned = TopicPartitionList::new();
    ends.retain(|partition, end| starts.get(partition).is_some_and(|start| start < end));
    for partition in ends.keys() {
        let start = starts.get(partition).copied().unwrap_or_default();
        assigned.add_partition_offset(topic, *partition, Offset::Offset(start))?;
    }
    consumer.assign(&assigned)?;
    Ok(ends)
}

/// Whether every partition was read to its end, or the handler had enough.
fn read(
    consumer: &TopicReader,
    mut open: HashMap<Partition, i64>,
    options: ScanOptions<'_>,
    mut on_record: impl FnMut(&Record<'_>) -> ControlFlow<()>,
) -> Result<bool, KafkaError> {
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
