//! The transactional producer of one partition: fencing, and one transaction at a time.
//!
//! Its transactional id is made of group and partition, so that a new owner's [`Transactor::fence`] ends
//! the transaction of the old one and everything it could begin. Blocks; calls of librdkafka are cut into
//! short steps so that a drop is noticed.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::producer::{
    BaseProducer, BaseRecord, DeliveryResult, Producer as _, ProducerContext, PurgeConfig,
};
use rdkafka::{ClientContext, Offset, TopicPartitionList};

use super::error::{Failure, is_retriable};
use super::hanging::{Hanging, POINT_KEY, Point};
use super::{ChangelogCommit, ChangelogConfig};
use crate::Partition;
use crate::consumer::GroupHandle;

/// Longest step, and so the delay of a drop.
const STEP: Duration = Duration::from_secs(1);
/// Longest wait for the group's coordinator; librdkafka does not resume this one.
const OFFSETS_WAIT: Duration = Duration::from_secs(10);
/// Rows between two looks at their deliveries.
const ROWS_PER_LOOK: usize = 1000;
/// How long deliveries are waited for between two looks.
const LOOK: Duration = Duration::from_millis(2);
/// Most records and bytes in the queue: more rows wait for room in it.
const QUEUE_RECORDS: &str = "50000";
const QUEUE_KILOBYTES: &str = "32768";

struct Reports;

impl ClientContext for Reports {
    fn error(&self, error: KafkaError, reason: &str) {
        tracing::warn!(error = %error, reason, "changelog producer reports an error");
    }
}

impl ProducerContext for Reports {
    type DeliveryOpaque = ();

    /// A row that is not delivered makes the commit of its transaction fail; nothing is to be done here.
    fn delivery(&self, _: &DeliveryResult<'_>, (): ()) {}
}

pub(super) struct Transactor {
    producer: BaseProducer<Reports>,
    topic: String,
    source: String,
    partition: Partition,
}

impl Transactor {
    pub(super) fn new(config: &ChangelogConfig, partition: Partition) -> KafkaResult<Self> {
        let timeout = config.transaction_timeout.as_millis().to_string();
        let mut client = config.kafka.client();
        client
            .set("transactional.id", format!("{}-{partition}", config.group))
            .set("transaction.timeout.ms", &timeout)
            .set("compression.type", "lz4")
            .set("linger.ms", "2")
            .set("batch.size", "1000000")
            .set("queue.buffering.max.messages", QUEUE_RECORDS)
            .set("queue.buffering.max.kbytes", QUEUE_KILOBYTES);
        Ok(Self {
            producer: client.create_with_context(Reports)?,
            topic: config.topic.clone(),
            source: config.source.clone(),
            partition,
        })
    }

    /// From when this returns nobody who was here earlier can commit, and nothing they left is open.
    pub(super) fn fence(&self, stop: &AtomicBool) -> Result<(), Failure> {
        // A producer without a connection asks for its coordinator only every half a second. Without an
        // answer here the fence takes its time and reports why.
        drop(
            self.producer
                .client()
                .fetch_metadata(Some(&self.topic), STEP),
        );
        loop {
            match persist(stop, || self.producer.init_transactions(STEP)) {
                // There is nothing to abort yet: a coordinator that is just moving.
                Err(Failure::Abort(error)) => {
                    tracing::warn!(error = %error, kafka.topic = self.topic, kafka.partition = self.partition, "the changelog cannot be claimed yet");
                    std::thread::sleep(STEP);
                }
                outcome => return outcome,
            }
        }
    }

    /// One attempt to make `commit` visible. After [`Failure::Abort`] the transaction is still open.
    pub(super) fn attempt(
        &self,
        commit: &ChangelogCommit,
        group: &GroupHandle,
        stop: &AtomicBool,
    ) -> Result<(), Failure> {
        self.producer.begin_transaction().map_err(Failure::of)?;
        self.send(commit, stop)?;
        self.send_offset(commit.next_offset, &commit.metadata, group, stop)?;
        self.await_deliveries(stop)?;
        persist(stop, || self.producer.commit_transaction(STEP))
    }

    /// Ends a transaction that an earlier owner left without its marker, see [`super::hanging`]: a
    /// transaction of this producer on the same partitions takes it along to its own end.
    pub(super) fn take_along(
        &self,
        hanging: &Hanging,
        group: &GroupHandle,
        stop: &AtomicBool,
    ) -> Result<(), Failure> {
        self.producer.begin_transaction().map_err(Failure::of)?;
        let nothing = ChangelogCommit {
            rows: Vec::new(),
            next_offset: hanging.committed.offset,
            metadata: hanging.committed.metadata.clone(),
        };
        if hanging.was_committed {
            self.send(&nothing, stop)?;
            self.await_deliveries(stop)?;
            return persist(stop, || self.producer.commit_transaction(STEP));
        }
        // The offset first: if it is refused, the rows must not be taken along alone.
        self.send_offset(nothing.next_offset, &nothing.metadata, group, stop)?;
        self.send(&nothing, stop)?;
        self.await_deliveries(stop)?;
        self.abort(stop)
    }

    fn send_offset(
        &self,
        next_offset: i64,
        metadata: &str,
        group: &GroupHandle,
        stop: &AtomicBool,
    ) -> Result<(), Failure> {
        let mut offsets = TopicPartitionList::new();
        let mut element = offsets.add_partition(&self.source, self.partition);
        element.set_metadata(metadata);
        let offset = element.set_offset(Offset::Offset(next_offset));
        offset.map_err(Failure::of)?;
        persist(stop, || {
            // Asked for each time: the generation may have changed.
            let Some(group) = group.metadata() else {
                let gone = RDKafkaErrorCode::UnknownMemberId;
                return Err(KafkaError::ConsumerCommit(gone));
            };
            self.producer
                .send_offsets_to_transaction(&offsets, &group.0, OFFSETS_WAIT)
        })
    }

    /// Ends a transaction without a trace.
    pub(super) fn abort(&self, stop: &AtomicBool) -> Result<(), Failure> {
        self.producer.purge(PurgeConfig::default().queue());
        persist(stop, || {
            // librdkafka waits in vain for deliveries that nobody takes.
            self.producer.poll(LOOK);
            self.producer.abort_transaction(STEP)
        })
    }

    /// One short attempt to leave nothing open: the next owner need not clean up.
    pub(super) fn abort_at_last(&self) {
        self.producer.purge(PurgeConfig::default().queue());
        self.producer.poll(LOOK);
        // If it does not work the next owner's fence, or the cluster's timeout, does it.
        drop(self.producer.abort_transaction(STEP));
    }

    /// The point first, which also makes sure that the partition takes part.
    fn send(&self, commit: &ChangelogCommit, stop: &AtomicBool) -> Result<(), Failure> {
        let point = Point::of(commit.next_offset, &commit.metadata).encode();
        self.send_row(POINT_KEY, Some(&point), stop)?;
        for (index, row) in commit.rows.iter().enumerate() {
            self.send_row(&row.key, row.value.as_deref(), stop)?;
            if index % ROWS_PER_LOOK == 0 {
                self.producer.poll(Duration::ZERO);
            }
        }
        Ok(())
    }

    fn send_row(&self, key: &[u8], value: Option<&[u8]>, stop: &AtomicBool) -> Result<(), Failure> {
        let mut record = BaseRecord::to(&self.topic)
            .partition(self.partition)
            .key(key);
        if let Some(value) = value {
            record = record.payload(value);
        }
        while let Err((error, back)) = self.producer.send(record) {
            if error.rdkafka_error_code() != Some(RDKafkaErrorCode::QueueFull) {
                return Err(Failure::of(error));
            }
            if stop.load(Ordering::Acquire) {
                return Err(Failure::Stopped);
            }
            self.producer.poll(LOOK);
            record = back;
        }
        Ok(())
    }

    fn await_deliveries(&self, stop: &AtomicBool) -> Result<(), Failure> {
        while self.producer.in_flight_count() > 0 {
            if stop.load(Ordering::Acquire) {
                return Err(Failure::Stopped);
            }
            self.producer.poll(LOOK);
        }
        Ok(())
    }
}

/// Tries a step until it is done or has failed for good.
fn persist(stop: &AtomicBool, mut step: impl FnMut() -> KafkaResult<()>) -> Result<(), Failure> {
    loop {
        match step() {
            Ok(()) => return Ok(()),
            Err(_) if stop.load(Ordering::Acquire) => return Err(Failure::Stopped),
            Err(error) if is_retriable(&error) => {
                tracing::debug!(error = %error, "a step of a transaction is tried again");
            }
            Err(error) => return Err(Failure::of(error)),
        }
    }
}
