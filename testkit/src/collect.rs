//! Reading a whole topic into memory, for assertions.

use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Headers};
use rdkafka::{ClientConfig, Message, Offset, TopicPartitionList};

use crate::outcome::OrFail;

/// Longest wait for records that the broker says it has.
const READ_DEADLINE: Duration = Duration::from_secs(60);

const METADATA_DEADLINE: Duration = Duration::from_secs(20);

/// One record, owned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CollectedRecord {
    /// Key, if there is one.
    pub key: Option<Vec<u8>>,
    /// Headers in their order; a header without value has an empty one.
    pub headers: Vec<(String, Vec<u8>)>,
    /// Payload; `None` for a tombstone.
    pub payload: Option<Vec<u8>>,
    /// Partition it is in.
    pub partition: i32,
    /// Its own offset.
    pub offset: i64,
    /// Broker's or producer's time, ms since 1970, as the topic is set.
    pub timestamp: Option<i64>,
}

impl CollectedRecord {
    /// The first header of that name, as text; `None` if missing or not UTF-8.
    pub fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().find(|(key, _)| key == name)?;
        std::str::from_utf8(value).ok()
    }

    /// The key as text; `None` if missing or not UTF-8.
    pub fn key_text(&self) -> Option<&str> {
        std::str::from_utf8(self.key.as_deref()?).ok()
    }
}

/// When [`collect`] has read enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// At the ends of all partitions as they are when it is called.
    HighWatermark,
    /// When it has that many records; more may come along.
    Records {
        /// How many.
        count: usize,
        /// Longest wait.
        deadline: Duration,
    },
}

/// Reads `topic` from its beginning (committed records only), sorted by partition and offset.
///
/// # Panics
/// When the topic does not exist, or the records do not come in time; the panic says how many came.
pub async fn collect(brokers: &str, topic: &str, until: Until) -> Vec<CollectedRecord> {
    let (brokers, topic) = (brokers.to_owned(), topic.to_owned());
    let reading = tokio::task::spawn_blocking(move || Collector::new(&brokers, &topic).read(until));
    match reading.await {
        Ok(records) => records,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

/// A fresh topic, or a broker that has just come back, may not lead its partitions yet.
fn patient_watermarks(
    consumer: &BaseConsumer,
    topic: &str,
    partition: i32,
) -> Result<(i64, i64), KafkaError> {
    let end = Instant::now() + METADATA_DEADLINE;
    loop {
        match consumer.fetch_watermarks(topic, partition, METADATA_DEADLINE) {
            Err(_) if Instant::now() < end => std::thread::sleep(Duration::from_millis(50)),
            outcome => return outcome,
        }
    }
}

struct Collector {
    consumer: BaseConsumer,
    topic: String,
    /// Partitions not read to the end seen at the beginning, with that end (the next offset to be written).
    open: Vec<(i32, i64)>,
    records: Vec<CollectedRecord>,
}

impl Collector {
    fn new(brokers: &str, topic: &str) -> Self {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", brokers)
            .set("group.id", "testkit-collect");
        config
            .set("enable.auto.commit", "false")
            .set("enable.partition.eof", "true");
        let consumer: BaseConsumer = config.create().or_fail("collecting consumer");
        let metadata = consumer.fetch_metadata(Some(topic), METADATA_DEADLINE);
        let metadata = metadata.or_fail("metadata of the topic to collect");
        let partitions = metadata
            .topics()
            .iter()
            .flat_map(|topic| topic.partitions());
        let open: Vec<(i32, i64)> = partitions
            .map(|partition| {
                let marks = patient_watermarks(&consumer, topic, partition.id());
                (
                    partition.id(),
                    marks.or_fail("ends of the topic to collect").1,
                )
            })
            .collect();
        assert!(!open.is_empty(), "the topic {topic} does not exist");
        let mut from = TopicPartitionList::new();
        for (partition, _) in &open {
            let added = from.add_partition_offset(topic, *partition, Offset::Beginning);
            added.or_fail("assignment of the topic to collect");
        }
        consumer
            .assign(&from)
            .or_fail("assignment of the topic to collect");
        Self {
            consumer,
            topic: topic.to_owned(),
            open,
            records: Vec::new(),
        }
    }

    fn read(mut self, until: Until) -> Vec<CollectedRecord> {
        let ends = self.open.clone();
        let deadline = match until {
            Until::HighWatermark => READ_DEADLINE,
            Until::Records { deadline, .. } => deadline,
        };
        let end = Instant::now() + deadline;
        while !self.is_done(until) {
            let (count, topic, open) = (self.records.len(), &self.topic, &self.open);
            assert!(
                Instant::now() < end,
                "{topic}: {count} records within {deadline:?}, wanted {until:?}; unfinished: {open:?}"
            );
            self.poll();
        }
        if until == Until::HighWatermark {
            let is_before_end = |record: &CollectedRecord| {
                ends.iter()
                    .any(|(id, end)| *id == record.partition && record.offset < *end)
            };
            self.records.retain(is_before_end);
        }
        self.records
            .sort_by_key(|record| (record.partition, record.offset));
        self.records
    }

    fn is_done(&self, until: Until) -> bool {
        match until {
            Until::HighWatermark => self.open.is_empty(),
            Until::Records { count, .. } => self.records.len() >= count,
        }
    }

    fn poll(&mut self) {
        match self.consumer.poll(Duration::from_millis(100)) {
            Some(Ok(message)) => {
                let record = owned(&message);
                self.open.retain(|(partition, end)| {
                    *partition != record.partition || record.offset + 1 < *end
                });
                self.records.push(record);
            }
            // Markers of transactions are the end of a partition without being records.
            Some(Err(KafkaError::PartitionEOF(ended))) => {
                self.open.retain(|(partition, _)| *partition != ended);
            }
            // A broker that is away comes back or the deadline ends the wait.
            Some(Err(_)) | None => {}
        }
    }
}

fn owned(message: &BorrowedMessage<'_>) -> CollectedRecord {
    let headers = message.headers().map(|headers| {
        let owned = |header: rdkafka::message::Header<'_, &[u8]>| {
            (
                header.key.to_owned(),
                header.value.unwrap_or_default().to_vec(),
            )
        };
        headers.iter().map(owned).collect()
    });
    CollectedRecord {
        key: message.key().map(<[u8]>::to_vec),
        headers: headers.unwrap_or_default(),
        payload: message.payload().map(<[u8]>::to_vec),
        partition: message.partition(),
        offset: message.offset(),
        timestamp: message.timestamp().to_millis(),
    }
}
