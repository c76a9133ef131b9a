//! Building the second stage and running it until a shutdown.

use kafka::config::KafkaConfig;
use kafka::consumer::{self, ConsumerConfig, ConsumerError};
use kafka::metrics::ConsumerMetrics;
use kafka::producer::Producer;
use prometheus::Registry;
use runtime::CancellationToken;
use runtime::health::{Component, Health};

use super::metrics::Metrics;
use super::stage::CoordinationStage;
use crate::config::WorkerConfig;
use crate::outbox::Outbox;

/// The second stage, ready to run.
pub struct Coordination {
    kafka: KafkaConfig,
    group: String,
    topic: String,
    stage: CoordinationStage,
    consumer_metrics: ConsumerMetrics,
    health: Component,
}

impl std::fmt::Debug for Coordination {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Coordination")
            .field("group", &self.group)
            .field("topic", &self.topic)
            .finish_non_exhaustive()
    }
}

/// Builds the stage, which publishes through `producer`. Its metrics go to `registry`, its health to `health`.
///
/// # Errors
/// When a metric's name is taken.
pub fn setup(
    config: &WorkerConfig,
    producer: Producer,
    consumer_metrics: ConsumerMetrics,
    registry: &Registry,
    health: &Health,
) -> Result<Coordination, prometheus::Error> {
    let outbox = Outbox::new(producer, config.dead_letter_topic.clone());
    let metrics = Metrics::register(registry)?;
    Ok(Coordination {
        kafka: config.kafka.clone(),
        group: config.coordination.group.clone(),
        topic: config.fingerprints_topic.clone(),
        stage: CoordinationStage::new(
            config.coordination.clone(),
            outbox,
            &config.verdicts_topic,
            metrics,
        ),
        consumer_metrics,
        health: health.required("coordination"),
    })
}

impl Coordination {
    /// Consumes until `shutdown`, then drains, commits and leaves the group. The topics exist.
    ///
    /// # Errors
    /// What stopped the consumer.
    pub async fn consume(self, shutdown: CancellationToken) -> Result<(), ConsumerError> {
        self.health.up();
        let consumer = ConsumerConfig::new(self.kafka, self.group, self.topic);
        let outcome = consumer::spawn(consumer, self.stage, self.consumer_metrics, shutdown).await;
        self.health.down("the second stage has ended");
        outcome
    }
}
