//! Reading a partition of the changelog to its end.
//!
//! The end is asked for as a reader of uncommitted records, after the fence: a reader of committed ones is
//! told the end before the first open transaction, and rows behind it that are committed already would be
//! missed. Reading begins only when nothing before that end is open any more, so that the end reported by
//! the reader is the true one.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rdkafka::consumer::Consumer;
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::message::BorrowedMessage;
use rdkafka::{Message, Offset, TopicPartitionList};

use super::error::Failure;
use super::hanging::{Hanging, PATIENCE, POINT_KEY, Point};
use super::{ChangelogConfig, ChangelogError, Restored};
use crate::Partition;
use crate::consumer::StartPosition;
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
    source: String,
    partition: Partition,
}

/// What was waited for before reading.
pub(super) enum Waited {
    /// Everything before this offset is decided.
    Stable(i64),
    /// A transaction is undecided, and nobody is left who would decide it.
    Hanging(Hanging),
}

impl Reading {
    pub(super) fn new(config: &ChangelogConfig, partition: Partition) -> KafkaResult<Self> {
        let reader = |isolation: &str| -> KafkaResult<TopicReader> {
            let mut client = config.kafka.client();
            client
                // It never joins; the group's offset is asked for by this name.
                .set("group.id", &config.group)
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
            source: config.source.clone(),
            partition,
        })
    }

    /// Where the log ends, once nothing before it is open; to be asked after the fence.
    pub(super) fn end(&self, stop: &AtomicBool) -> Result<Waited, Failure> {
        let end = self.ask(stop, &self.uncommitted)?;
        let begun = Instant::now();
        loop {
            let stable = self.ask(stop, &self.committed)?;
            if stable >= end {
                return Ok(Waited::Stable(end));
            }
            if begun.elapsed() >= PATIENCE {
                return self.judge(stop, stable..end).map(Waited::Hanging);
            }
            std::thread::sleep(OPEN_LOOK);
        }
    }

    /// How the transaction has to end whose rows stand in `open`.
    fn judge(&self, stop: &AtomicBool, open: Range<i64>) -> Result<Hanging, Failure> {
        let mut point = None;
        self.read_to(stop, &self.uncommitted, open, |message| {
            point = Point::in_message(message).or(point);
        })?;
        let committed = self.committed_offset(stop)?;
        let stands = Point::of(committed.offset, &committed.metadata);
        Ok(Hanging {
            was_committed: point == Some(stands),
            committed,
        })
    }

    /// The group's offset without the undecided one.
    fn committed_offset(&self, stop: &AtomicBool) -> Result<StartPosition, Failure> {
        let mut list = TopicPartitionList::new();
        list.add_partition(&self.source, self.partition);
        loop {
            if stop.load(Ordering::Acquire) {
                return Err(Failure::Stopped);
            }
            let answer = self.uncommitted.committed_offsets(list.clone(), WAIT);
            let element = answer.as_ref().ok().and_then(|answer| {
                let element = answer.find_partition(&self.source, self.partition)?;
                element.error().is_ok().then_some(element)
            });
            if let Some(element) = element {
                let offset = match element.offset() {
                    Offset::Offset(offset) => offset,
                    // Nothing is committed; an offset that is aborted with the rest.
                    _ => 0,
                };
                return Ok(StartPosition {
                    offset,
                    metadata: element.metadata().to_owned(),
                });
            }
            std::thread::sleep(OPEN_LOOK);
        }
    }

    /// Everything that is committed before `end`, newest value per key.
    pub(super) fn read(&self, stop: &AtomicBool, end: i64) -> Result<Restored, Failure> {
        let mut restored = Restored::default();
        self.read_to(stop, &self.committed, 0..end, |message| {
            restored.add(message);
        })?;
        Ok(restored)
    }

    /// Hands over what `reader` sees of `range`; a beginning of 0 is that of the log.
    fn read_to(
        &self,
        stop: &AtomicBool,
        reader: &TopicReader,
        range: Range<i64>,
        mut on_message: impl FnMut(&BorrowedMessage<'_>),
    ) -> Result<(), Failure> {
        if range.is_empty() {
            return Ok(());
        }
        let from = match range.start {
            0 => Offset::Beginning,
            offset => Offset::Offset(offset),
        };
        let mut start = TopicPartitionList::new();
        let assigned = start
            .add_partition_offset(&self.topic, self.partition, from)
            .and_then(|()| reader.assign(&start));
        assigned.map_err(unreadable)?;
        loop {
            if stop.load(Ordering::Acquire) {
                return Err(Failure::Stopped);
            }
            match reader.poll(WAIT) {
                Some(Ok(message)) => {
                    if message.offset() < range.end {
                        on_message(&message);
                    }
                    if message.offset() + 1 >= range.end {
                        return Ok(());
                    }
                }
                // The last offsets are markers of transactions, or were compacted away.
                Some(Err(KafkaError::PartitionEOF(_))) => return Ok(()),
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
        if key == POINT_KEY {
            return;
        }
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
