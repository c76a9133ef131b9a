//! Reading a partition of the changelog to its end.
//!
//! The end is asked for as a reader of uncommitted records, after the fence: a reader of committed ones is
//! told the end before the first open transaction, and rows behind it that are committed already would be
//! missed. Reading begins only when nothing before that end is open any more, so that the end reported by
//! the reader is the true one.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rdkafka::consumer::Consumer;
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::message::BorrowedMessage;
use rdkafka::{Message, Offset, TopicPartitionList};

use super::error::Failure;
use super::{ChangelogConfig, ChangelogError, Restored};
use crate::Partition;
use crate::position::extent;
use crate::reader::{ReaderContext, TopicReader};

/// Longest wait for a record or an answer, and so the delay of a drop.
const WAIT: Duration = Duration::from_secs(2);
/// How often it is asked whether a foreign transaction is still open.
const OPEN_LOOK: Duration = Duration::from_millis(50);

pub(super) struct Reading {
    committed: TopicReader,
    uncommitted: TopicReader,
    topic: String,
    partition: Partition,
}

impl Reading {
    pub(super) fn new(config: &ChangelogConfig, partition: Partition) -> KafkaResult<Self> {
        let reader = |isolation: &str| -> KafkaResult<TopicReader> {
            let mut client = config.kafka.client();
            client
                .set("group.id", format!("{}-changelog", config.group))
                .set("enable.auto.commit", "false")
                .set("enable.partition.eof", "true")
                .set("isolation.level", isolation)
                .set("auto.offset.reset", "earliest")
                .set("fetch.wait.max.ms", "10")
                .set("fetch.queue.backoff.ms", "10");
            client.create_with_context(ReaderContext)
        };
        Ok(Self {
            committed: reader("read_committed")?,
            uncommitted: reader("read_uncommitted")?,
            topic: config.topic.clone(),
            partition,
        })
    }

    /// Everything that is committed, newest value per key; to be called after the fence.
    pub(super) fn read(&self, stop: &AtomicBool) -> Result<Restored, Failure> {
        let end = self.ask(stop, &self.uncommitted)?;
        while self.ask(stop, &self.committed)? < end {
            std::thread::sleep(OPEN_LOOK);
        }
        let mut restored = Restored::default();
        if end == 0 {
            return Ok(restored);
        }
        let mut start = TopicPartitionList::new();
        let assigned = start
            .add_partition_offset(&self.topic, self.partition, Offset::Beginning)
            .and_then(|()| self.committed.assign(&start));
        assigned.map_err(unreadable)?;
        loop {
            if stop.load(Ordering::Acquire) {
                return Err(Failure::Stopped);
            }
            match self.committed.poll(WAIT) {
                Some(Ok(message)) => {
                    let is_last = message.offset() + 1 >= end;
                    restored.add(&message);
                    if is_last {
                        return Ok(restored);
                    }
                }
                // The last offsets are markers of transactions, or were compacted away.
                Some(Err(KafkaError::PartitionEOF(_))) => return Ok(restored),
                Some(Err(error @ KafkaError::MessageConsumptionFatal(_))) => {
                    return Err(unreadable(error));
                }
                // librdkafka goes on by itself.
                Some(Err(_)) | None => {}
            }
        }
    }

    /// The end as this reader sees it.
    fn ask(&self, stop: &AtomicBool, reader: &TopicReader) -> Result<i64, Failure> {
        loop {
            if stop.load(Ordering::Acquire) {
                return Err(Failure::Stopped);
            }
            match extent(reader, &self.topic, self.partition, WAIT) {
                Ok(extent) => return Ok(extent.end),
                Err(error) => {
                    tracing::warn!(error = %error, kafka.topic = self.topic, kafka.partition = self.partition, "the changelog's end cannot be read yet");
                    std::thread::sleep(OPEN_LOOK);
                }
            }
        }
    }
}

fn unreadable(error: KafkaError) -> Failure {
    Failure::Final(ChangelogError::Unreadable(error))
}

impl Restored {
    fn add(&mut self, message: &BorrowedMessage<'_>) {
        let key = message.key().unwrap_or_default();
        let value = message.payload();
        self.records += 1;
        self.bytes += (key.len() + value.map_or(0, <[u8]>::len)) as u64;
        keep(&mut self.rows, key, value);
    }
}

fn keep(rows: &mut HashMap<Vec<u8>, Vec<u8>>, key: &[u8], value: Option<&[u8]>) {
    match value {
        None => drop(rows.remove(key)),
        Some(value) => match rows.get_mut(key) {
            Some(known) => {
                known.clear();
                known.extend_from_slice(value);
            }
            None => drop(rows.insert(key.to_vec(), value.to_vec())),
        },
    }
}
