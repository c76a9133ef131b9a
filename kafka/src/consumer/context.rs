//! librdkafka's callbacks: they post what happened and do no work of their own, because they run
//! inside C and must neither block nor panic.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, KafkaResult};
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
    pub(super) metrics: ConsumerMetrics,
    pending: Mutex<Vec<Rebalance>>,
    closing: AtomicBool,
}

impl LoopContext {
    pub(super) fn new(group: String, metrics: ConsumerMetrics) -> Self {
        Self {
            group,
            metrics,
            pending: Mutex::default(),
            closing: AtomicBool::new(false),
        }
    }

    pub(super) fn take_pending(&self) -> Vec<Rebalance> {
        std::mem::take(&mut *self.pending.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// From now on revocations are acknowledged at once: the loop has drained and committed.
    pub(super) fn begin_closing(&self) {
        self.closing.store(true, Ordering::SeqCst);
    }
}

impl ClientContext for LoopContext {
    fn stats(&self, statistics: Statistics) {
        for topic in statistics.topics.values() {
            for (partition, state) in &topic.partitions {
                if *partition >= 0 && state.consumer_lag >= 0 {
                    let labels = [self.group.as_str(), &partition.to_string()];
                    self.metrics
                        .lag
                        .with_label_values(&labels)
                        .set(state.consumer_lag);
                }
            }
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
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
        let numbers: Vec<Partition> = partitions
            .elements()
            .iter()
            .map(|element| element.partition())
            .collect();
        let assigning = event == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
        if self.closing.load(Ordering::SeqCst) {
            if !assigning && let Err(error) = consumer.incremental_unassign(partitions) {
                tracing::warn!(error = %error, "partitions could not be handed back while closing");
            }
            return;
        }
        let rebalance = if assigning {
            Rebalance::Assign(numbers)
        } else {
            Rebalance::Revoke(numbers)
        };
        self.pending
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(rebalance);
    }

    fn commit_callback(&self, result: KafkaResult<()>, _offsets: &TopicPartitionList) {
        if let Err(error) = result {
            // The next interval commits again; what is committed late is only replayed.
            tracing::warn!(error = %error, group = self.group, "commit failed");
        }
    }
}
