//! The consumer loop: one thread per consumer that polls, hands records to a [`Handler`] and commits
//! what the handler says is done.
//!
//! The thread never stops polling and the handler never blocks: slow work happens elsewhere, and a
//! handler that cannot take more answers [`Demand::Pause`]. A partition that comes is claimed first: what
//! the handler must do before it reads (fence, restore) goes on while other partitions are read. On a
//! revocation the handler is drained first (bounded), then its offsets are committed, then the partition
//! is handed back; librdkafka's own rebalance callback, which would unassign at once, is replaced. What
//! happens when is decided in `partitions`, which does nothing itself and is tested as a model; `run`
//! does what it says. Offsets everywhere are *next to read*.

mod answers;
mod aside;
mod commits;
mod context;
mod group;
mod leaving;
mod membership;
mod partitions;
mod questions;
mod run;
#[cfg(test)]
mod stall_tests;
mod watchdog;

use std::time::Duration;

use rdkafka::error::KafkaError;

use crate::config::KafkaConfig;
use crate::{Partition, Record};

pub use group::{GroupHandle, GroupMetadata};
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
    /// How long a partition that has unread records may bring none before the consumer ends with
    /// [`ConsumerError::Stalled`].
    pub stall_timeout: Duration,
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
            stall_timeout: Duration::from_secs(120),
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
    /// A partition has unread records and brings none, although the broker answers: librdkafka may fall
    /// silent without an error, and a new consumer reads again.
    #[error(
        "partition {partition} of group {group} brings nothing for {} s: it stands at {position} and its records end at {end}",
        quiet.as_secs()
    )]
    Stalled {
        /// The group.
        group: String,
        /// The partition.
        partition: Partition,
        /// Next offset to read.
        position: i64,
        /// After the last record of the partition.
        end: i64,
        /// How long nothing came.
        quiet: Duration,
    },
    /// The thread could not be started, or panicked.
    #[error("the consumer thread of group {group} ended unexpectedly")]
    Thread {
        /// The group.
        group: String,
    },
}

/// What is done with records. Every method is called from the consumer's thread and must not block.
///
/// A partition goes through `begin_claim`, `is_claimed` until it is, `assigned`, any number of `record`,
/// `begin_drain`, `is_drained` until it is, `released`; `released` may come at any moment of it, once.
pub trait Handler: Send {
    /// The consumer exists; `group` proves membership in transactions.
    fn joined(&mut self, _group: GroupHandle) {}

    /// `partition` is about to be ours: begin what must happen before its commit is read (fencing,
    /// restoring).
    ///
    /// # Errors
    /// When the partition cannot be taken.
    fn begin_claim(&mut self, _partition: Partition) -> Result<(), HandlerError> {
        Ok(())
    }

    /// Whether that is done. Asked in every round; other partitions go on meanwhile.
    ///
    /// # Errors
    /// When the partition cannot be taken.
    fn is_claimed(&mut self, _partition: Partition) -> Result<bool, HandlerError> {
        Ok(true)
    }

    /// `partition` is ours, with what is committed of it now. Returns the offset to read from: that of
    /// `start`, or an earlier one.
    ///
    /// # Errors
    /// When the partition cannot be taken.
    fn assigned(
        &mut self,
        partition: Partition,
        start: &StartPosition,
    ) -> Result<i64, HandlerError>;

    /// One record, in offset order within its partition.
    ///
    /// # Errors
    /// When the consumer must end.
    fn record(&mut self, record: &Record<'_>) -> Result<(), HandlerError>;

    /// Everything of the partition that was in the log at `wall_ms` (milliseconds since 1970, this machine's
    /// clock) has been handed over; told about once a second while nothing more comes. The broker was
    /// asked after that moment and its answer compared with what was handed over: a reader that was at the
    /// end some time ago proves nothing, a process may have been frozen since.
    fn caught_up(&mut self, _partition: Partition, _wall_ms: i64) {}

    /// Called at least every few milliseconds, with the wall clock in milliseconds since 1970. The answer
    /// is for all partitions.
    ///
    /// # Errors
    /// When the consumer must end.
    fn tick(&mut self, now_ms: i64) -> Result<Demand, HandlerError>;

    /// Whether this partition alone must wait; its records stay with the broker.
    fn is_held(&mut self, _partition: Partition) -> bool {
        false
    }

    /// What the loop may commit now; `None` also for handlers that commit in transactions of their own.
    fn commit_point(&mut self, partition: Partition) -> Option<CommitPoint>;

    /// Finish what is in flight for `partitions`; no more of their records will come.
    fn begin_drain(&mut self, partitions: &[Partition]);

    /// Whether nothing of `partitions` is in flight any more.
    fn is_drained(&mut self, partitions: &[Partition]) -> bool;

    /// `partition` belongs to somebody else now: forget it, and its claim if that is not done. Late
    /// completions must do no harm.
    fn released(&mut self, partition: Partition);
}
