//! The consumer loop: one thread per consumer that polls, hands records to a [`Handler`] and commits
//! what the handler says is done.
//!
//! The thread never stops polling and the handler never blocks: slow work happens elsewhere, and a
//! handler that cannot take more answers [`Demand::Pause`]. On a revocation the handler is drained
//! first (bounded), then its offsets are committed, then the partition is handed back; librdkafka's own
//! rebalance callback, which would unassign at once, is replaced. Offsets everywhere are *next to read*.

mod committer;
mod context;
mod membership;
mod run;

use std::time::Duration;

use rdkafka::error::KafkaError;

use crate::config::KafkaConfig;
use crate::{Partition, Record};

pub use run::spawn;

/// Settings of one consumer.
#[derive(Debug, Clone)]
pub struct ConsumerConfig {
    /// How to reach Kafka.
    pub kafka: KafkaConfig,
    /// The group.
    pub group: String,
    /// The one topic it reads.
    pub topic: String,
    /// How often offsets are committed.
    pub commit_interval: Duration,
    /// How long a drain may take before partitions are handed back all the same.
    pub drain_timeout: Duration,
}

impl ConsumerConfig {
    /// Group `group` on `topic`, with the usual intervals.
    pub fn new(kafka: KafkaConfig, group: impl Into<String>, topic: impl Into<String>) -> Self {
        Self {
            kafka,
            group: group.into(),
            topic: topic.into(),
            commit_interval: Duration::from_secs(1),
            drain_timeout: Duration::from_secs(10),
        }
    }
}

/// Where a partition is read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartPosition {
    /// Next offset to read.
    pub offset: i64,
    /// The metadata committed with it; empty when nothing was committed.
    pub metadata: String,
}

/// What may be committed of a partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitPoint {
    /// Next offset to read after a restart.
    pub next_offset: i64,
    /// Stored with the offset; at most [`MAX_METADATA`] bytes.
    pub metadata: String,
}

/// Most bytes of commit metadata (the broker's default `offset.metadata.max.bytes`).
pub const MAX_METADATA: usize = 4096;

/// Whether a handler wants more records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Demand {
    /// Go on.
    Continue,
    /// Deliver nothing for now; keep polling and ticking.
    Pause,
}

/// A failure after which the consumer must end; the process restarts and replays from the last commit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct HandlerError {
    /// What happened, as a sentence without a full stop.
    pub reason: String,
}

/// Why a consumer ended without being asked to.
#[derive(Debug, thiserror::Error)]
pub enum ConsumerError {
    /// librdkafka cannot go on.
    #[error("the consumer of group {group} failed: {source}")]
    Kafka {
        /// The group.
        group: String,
        /// librdkafka's error.
        #[source]
        source: KafkaError,
    },
    /// The handler cannot go on.
    #[error("the handler of group {group} failed: {source}")]
    Handler {
        /// The group.
        group: String,
        /// The handler's error.
        #[source]
        source: HandlerError,
    },
    /// The thread could not be started, or panicked.
    #[error("the consumer thread of group {group} ended unexpectedly")]
    Thread {
        /// The group.
        group: String,
    },
}

/// What is done with records. Every method is called from the consumer's thread and must not block.
pub trait Handler: Send {
    /// `partition` is ours and will be read from `start` on.
    ///
    /// # Errors
    /// When the partition cannot be taken.
    fn assigned(&mut self, partition: Partition, start: &StartPosition)
    -> Result<(), HandlerError>;

    /// One record, in offset order within its partition.
    ///
    /// # Errors
    /// When the consumer must end.
    fn record(&mut self, record: &Record<'_>) -> Result<(), HandlerError>;

    /// Everything of the partition that existed has been handed over.
    fn end_of_partition(&mut self, _partition: Partition) {}

    /// Called at least every few milliseconds, with the wall clock in milliseconds since 1970.
    ///
    /// # Errors
    /// When the consumer must end.
    fn tick(&mut self, now_ms: i64) -> Result<Demand, HandlerError>;

    /// What may be committed now.
    fn commit_point(&mut self, partition: Partition) -> Option<CommitPoint>;

    /// Finish what is in flight for `partitions`; no more of their records will come.
    fn begin_drain(&mut self, partitions: &[Partition]);

    /// Whether nothing of `partitions` is in flight any more.
    fn is_drained(&mut self, partitions: &[Partition]) -> bool;

    /// `partition` belongs to somebody else now: forget it. Late completions must do no harm.
    fn released(&mut self, partition: Partition);
}
