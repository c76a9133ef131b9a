//! librdkafka's callbacks: they post what happened and do no work of their own, because they run
//! inside C and must neither block nor panic.
//!
//! They are called from the consumer's thread only, while it polls. Once the consumer is closing
//! nobody looks at what is posted any more; rebalances are then answered at once, because
//! librdkafka waits for an answer before it lets the consumer go.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::types::RDKafkaRespErr;
use rdkafka::{ClientContext, Statistics, TopicPartitionList};

use crate::Partition;
use crate::metrics::ConsumerMetrics;

/// A change of the assignment that the loop has yet to act on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Rebalance {
    Assign(Vec<Partition>),
    Revoke(Vec<Partition>),
}

pub(super) struct LoopContext {
    pub(super) group: String,
    metrics: ConsumerMetrics,
    posted: Mutex<Posted>,
}

#[derive(Default)]
struct Posted {
    rebalances: VecDeque<Rebalance>,
    /// Partitions whose gauges are ours to set.
    owned: BTreeSet<Partition>,
    closing: bool,
}

impl LoopContext {
    pub(super) fn new(group: String, metrics: ConsumerMetrics) -> Self {
        Self {
            group,
            metrics,
            posted: Mutex::default(),
        }
    }

    fn posted(&self) -> MutexGuard<'_, Posted> {
        self.posted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first rebalance that is not answered yet.
    pub(super) fn next_rebalance(&self) -> Option<Rebalance> {
        self.posted().rebalances.front().cloned()
    }

    /// It is answered.
    pub(super) fn end_rebalance(&self) {
        self.posted().rebalances.pop_front();
    }

    /// From now on rebalances are answered at once; returns those that are not answered yet.
    pub(super) fn begin_closing(&self) -> VecDeque<Rebalance> {
        let mut posted = self.posted();
        posted.closing = true;
        std::mem::take(&mut posted.rebalances)
    }

    pub(super) fn count_rebalance(&self, event: &str) {
        let labels = [self.group.as_str(), event];
        self.metrics.rebalances.with_label_values(&labels).inc();
    }

    pub(super) fn own(&self, partition: Partition) {
        self.posted().owned.insert(partition);
    }

    /// Forgets a partition's gauges: a commit time that somebody else moves must not look stale here.
    pub(super) fn disown(&self, partition: Partition) {
        self.posted().owned.remove(&partition);
        let partition = partition.to_string();
        let labels = [self.group.as_str(), partition.as_str()];
        // A gauge that was never set is none to remove.
        drop(self.metrics.lag.remove_label_values(&labels));
        drop(self.metrics.last_commit.remove_label_values(&labels));
    }

    /// Sets the gauges of a commit that went well.
    pub(super) fn committed(&self, partitions: impl Iterator<Item = Partition>, took: Duration) {
        self.metrics.commit_seconds.observe(took.as_secs_f64());
        let posted = self.posted();
        for partition in partitions.filter(|partition| posted.owned.contains(partition)) {
            let labels = [self.group.as_str(), &partition.to_string()];
            let last_commit = self.metrics.last_commit.with_label_values(&labels);
            last_commit.set(now_ms() / 1000);
        }
    }
}

impl ClientContext for LoopContext {
    fn stats(&self, statistics: Statistics) {
        let posted = self.posted();
        for topic in statistics.topics.values() {
            for (partition, state) in &topic.partitions {
                if posted.owned.contains(partition) && state.consumer_lag >= 0 {
                    let labels = [self.group.as_str(), &partition.to_string()];
                    let lag = self.metrics.lag.with_label_values(&labels);
                    lag.set(state.consumer_lag);
                }
            }
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        if let KafkaError::Global(RDKafkaErrorCode::PartitionEOF) = error {
            // Every end of a partition is reported here too; the loop gets it as an event.
            return;
        }
        tracing::warn!(error = %error, reason, group = self.group, "kafka consumer reports an error");
    }
}

impl ConsumerContext for LoopContext {
    fn rebalance(
        &self,
        consumer: &BaseConsumer<Self>,
        event: RDKafkaRespErr,
        partitions: &mut TopicPartitionList,
    ) {
        let assigning = event == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
        let mut posted = self.posted();
        if posted.closing {
            drop(posted);
            // While it terminates, librdkafka takes either answer as "nothing is held any more".
            let answer = if assigning {
                consumer.incremental_assign(partitions)
            } else {
                consumer.incremental_unassign(partitions)
            };
            if let Err(error) = answer {
                tracing::warn!(error = %error, "a rebalance could not be answered while closing");
            }
            return;
        }
        let elements = partitions.elements();
        let numbers = elements.iter().map(|element| element.partition()).collect();
        posted.rebalances.push_back(if assigning {
            Rebalance::Assign(numbers)
        } else {
            Rebalance::Revoke(numbers)
        });
    }
}

/// The wall clock, milliseconds since 1970.
pub(super) fn now_ms() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
