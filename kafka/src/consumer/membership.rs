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

use super::committer::Committer;
use super::context::{LoopContext, Rebalance};
use super::{ConsumerConfig, StartPosition};
use crate::Partition;
use crate::metrics::ConsumerMetrics;

/// Longest wait for one answer of the group coordinator or a partition leader.
const ANSWER_WAIT: Duration = Duration::from_secs(5);
/// librdkafka's own; shorter for a short session, so that one late heartbeat does not end it.
const HEARTBEAT: Duration = Duration::from_secs(3);

/// Partitions with where each is read from.
pub(super) type Starts = Vec<(Partition, StartPosition)>;

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

    /// Where each partition is to be read from: its commit, else its beginning.
    pub(super) fn starts(&self, partitions: &[Partition]) -> Result<Starts, KafkaError> {
        if partitions.is_empty() {
            return Ok(Vec::new());
        }
        let committed = self
            .consumer
            .committed_offsets(self.list(partitions), ANSWER_WAIT)?;
        let mut starts = Vec::with_capacity(partitions.len());
        for element in committed.elements() {
            // An error is not "nothing committed": that would replay the whole partition.
            element.error()?;
            let start = match element.offset() {
                Offset::Offset(offset) => StartPosition {
                    offset,
                    metadata: element.metadata().to_owned(),
                },
                _ => StartPosition {
                    offset: self.beginning(element.partition())?,
                    metadata: String::new(),
                },
            };
            starts.push((element.partition(), start));
        }
        Ok(starts)
    }

    fn beginning(&self, partition: Partition) -> Result<i64, KafkaError> {
        let marks = self
            .consumer
            .fetch_watermarks(&self.topic, partition, ANSWER_WAIT)?;
        Ok(marks.0)
    }

    /// Answers an assignment: reading begins at `starts`.
    pub(super) fn take(&self, starts: &[(Partition, StartPosition)]) -> Result<(), KafkaError> {
        let mut list = TopicPartitionList::new();
        for (partition, start) in starts {
            list.add_partition_offset(&self.topic, *partition, Offset::Offset(start.offset))?;
        }
        self.consumer.incremental_assign(&list)?;
        self.context().end_rebalance();
        Ok(())
    }

    /// Answers an assignment of which nothing will be read, because the consumer is ending.
    pub(super) fn decline(&self, partitions: &[Partition]) -> Result<(), KafkaError> {
        // An offset is given only to save librdkafka from asking for one.
        let start = StartPosition {
            offset: 0,
            metadata: String::new(),
        };
        let partitions = partitions.iter().copied();
        let starts: Vec<_> = partitions.zip(std::iter::repeat(start)).collect();
        self.take(&starts)
    }

    /// Answers a revocation.
    pub(super) fn hand_back(&self, partitions: &[Partition]) -> Result<(), KafkaError> {
        self.consumer.incremental_unassign(&self.list(partitions))?;
        self.context().end_rebalance();
        Ok(())
    }

    pub(super) fn pause(&self, partitions: &[Partition]) -> Result<(), KafkaError> {
        self.consumer.pause(&self.list(partitions))
    }

    pub(super) fn resume(&self, partitions: &[Partition]) -> Result<(), KafkaError> {
        self.consumer.resume(&self.list(partitions))
    }

    /// A committer of this member's; it must be dropped first.
    pub(super) fn start_committer(&self) -> std::io::Result<Committer> {
        Committer::start(Arc::clone(&self.consumer), self.topic.clone())
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
                Rebalance::Assign(partitions) => self.decline(partitions),
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
        // With the default of 1000 ms a consumer that has emptied its queue waits most of the time.
        .set("fetch.queue.backoff.ms", "50")
        .set("fetch.wait.max.ms", "50")
        .set("queued.max.messages.kbytes", "65536");
    client
}
