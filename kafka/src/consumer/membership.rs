//! One member of a group: librdkafka's consumer with the settings of the loop, its partitions as plain
//! numbers.
//!
//! A rebalance stays posted until it is answered, by the loop or, when that has ended, by [`Drop`]:
//! librdkafka waits for the answer, and a consumer that owes one never closes.

use std::sync::Arc;
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::BorrowedMessage;
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

use super::aside::Aside;
use super::context::{LoopContext, Rebalance};
use super::questions::{Asker, Committer, Inquirer};
use super::{ConsumerConfig, GroupHandle};
use crate::Partition;
use crate::metrics::ConsumerMetrics;

/// Longest wait for a reader to be moved: a step inside librdkafka, no request.
const PLACE_WAIT: Duration = Duration::from_millis(100);
/// librdkafka's own; shorter for a short session, so that one late heartbeat does not end it.
const HEARTBEAT: Duration = Duration::from_secs(3);

pub(super) struct Membership {
    consumer: Arc<BaseConsumer<LoopContext>>,
    topic: String,
}

impl Membership {
    pub(super) fn join(
        config: &ConsumerConfig,
        metrics: ConsumerMetrics,
    ) -> Result<Self, KafkaError> {
        let context = LoopContext::new(config.group.clone(), metrics);
        let consumer: BaseConsumer<LoopContext> = settings(config).create_with_context(context)?;
        consumer.subscribe(&[&config.topic])?;
        Ok(Self {
            consumer: Arc::new(consumer),
            topic: config.topic.clone(),
        })
    }

    pub(super) fn context(&self) -> &LoopContext {
        self.consumer.context()
    }

    pub(super) fn poll(&self, wait: Duration) -> Option<Result<BorrowedMessage<'_>, KafkaError>> {
        self.consumer.poll(wait)
    }

    /// Whether the group gave our partitions away without asking: they may have another owner.
    pub(super) fn has_lost_assignment(&self) -> bool {
        self.consumer.assignment_lost()
    }

    /// Answers an assignment. Nothing of it may be read before [`Self::place`]; the caller pauses it now.
    ///
    /// The reader stands at offset 0 and not at a logical one: librdkafka asks the broker for those, and
    /// when a pause or a seek makes the answer obsolete it asks again half a second later and jumps there,
    /// whatever was said in between. The same may happen once the log does not begin at 0 any more, if the
    /// reader hears of that before the pause; then it jumps back to the log's beginning, which
    /// [`super::partitions::Partitions::pass`] notices.
    pub(super) fn take(&self, partitions: &[Partition]) -> Result<(), KafkaError> {
        let mut list = TopicPartitionList::new();
        for partition in partitions {
            list.add_partition_offset(&self.topic, *partition, Offset::Offset(0))?;
        }
        self.consumer.incremental_assign(&list)?;
        self.context().end_rebalance();
        Ok(())
    }

    /// Moves the reader of an assigned partition. Not by taking the partition out and in again: librdkafka
    /// would take that for the answer to a revocation of which the loop has not heard yet.
    ///
    /// # Errors
    /// Also while the partition's reader is just being started; then it has to be tried again.
    pub(super) fn place(&self, partition: Partition, offset: i64) -> Result<(), KafkaError> {
        let offset = Offset::Offset(offset);
        self.consumer
            .seek(&self.topic, partition, offset, PLACE_WAIT)
    }

    /// Answers a revocation.
    pub(super) fn hand_back(&self, partitions: &[Partition]) -> Result<(), KafkaError> {
        self.consumer.incremental_unassign(&self.list(partitions))?;
        self.context().end_rebalance();
        Ok(())
    }

    pub(super) fn pause(&self, partitions: &[Partition]) -> Result<(), KafkaError> {
        if partitions.is_empty() {
            return Ok(());
        }
        self.consumer.pause(&self.list(partitions))
    }

    pub(super) fn resume(&self, partitions: &[Partition]) -> Result<(), KafkaError> {
        if partitions.is_empty() {
            return Ok(());
        }
        self.consumer.resume(&self.list(partitions))
    }

    pub(super) fn group(&self) -> GroupHandle {
        GroupHandle::of(&self.consumer)
    }

    /// Commits in the background; must be dropped before the membership.
    pub(super) fn start_committer(&self) -> std::io::Result<Committer> {
        let asker = self.asker();
        Aside::start("kafka-commit", move |points| asker.commit(points))
    }

    /// Asks in the background; must be dropped before the membership.
    pub(super) fn start_inquirer(&self) -> std::io::Result<Inquirer> {
        let asker = self.asker();
        Aside::start("kafka-inquire", move |question| asker.answer(question))
    }

    fn asker(&self) -> Asker {
        Asker {
            consumer: Arc::clone(&self.consumer),
            topic: self.topic.clone(),
        }
    }

    fn list(&self, partitions: &[Partition]) -> TopicPartitionList {
        let mut list = TopicPartitionList::new();
        for partition in partitions {
            list.add_partition(&self.topic, *partition);
        }
        list
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        for rebalance in self.context().begin_closing() {
            let answer = match &rebalance {
                Rebalance::Assign(partitions) => self.take(partitions),
                Rebalance::Revoke(partitions) => self.hand_back(partitions),
            };
            if let Err(error) = answer {
                tracing::warn!(error = %error, "a rebalance could not be answered while closing");
            }
        }
    }
}

fn settings(config: &ConsumerConfig) -> ClientConfig {
    let session = config.kafka.session_timeout;
    let heartbeat = HEARTBEAT.min(session / 3);
    let mut client = config.kafka.client();
    client
        .set("group.id", &config.group)
        .set("session.timeout.ms", session.as_millis().to_string())
        .set("heartbeat.interval.ms", heartbeat.as_millis().to_string())
        .set("partition.assignment.strategy", "cooperative-sticky")
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("auto.offset.reset", "earliest")
        .set("enable.partition.eof", "true")
        .set("isolation.level", "read_committed")
        .set("statistics.interval.ms", "5000")
        // How long a partition whose queue was full is not fetched: with the default of 1000 ms a quick
        // consumer waits most of the time. Measured twice, median of three runs each, 150 000 records of
        // 4 kB in 4 partitions, broker and builds on the same 2 cores: 44 k records/s with librdkafka's
        // defaults, 92 to 110 k with 50 ms, 88 to 142 k with 10 ms (up to 153 k with `fetch.wait.max.ms` of
        // 10), 57 to 138 k with 0 ms. CPU is 0.8 s each time, and 0.9 to 1.0 s with 0 ms.
        .set("fetch.queue.backoff.ms", "10")
        // Bytes are the bound (INV-8). Larger fetches (`max.partition.fetch.bytes` of 2, 4, 8 MB) were
        // slower in both measurements (67 to 93 k, 58 to 84 k, 58 to 86 k), a queue of 16 MB
        // (106 to 121 k) and `queued.min.messages` of 10 000 (76 to 110 k) were within the noise;
        // `fetch.max.bytes` bounds nothing before `max.partition.fetch.bytes` does.
        .set("queued.max.messages.kbytes", "65536")
        // How long the broker waits for the first record: a new record is not delayed by it, a poll of an
        // idle partition costs a request each time.
        .set("fetch.wait.max.ms", "50");
    if let Some(instance) = &config.kafka.group_instance_id {
        client.set("group.instance.id", instance);
    }
    client
}
