//! Creating topics. Nothing is created by a broker on its own.

use std::time::{Duration, Instant};

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use schemas::topic::{PartitionCount, TopicSpec, Topics};

use crate::config::KafkaConfig;

const TIMEOUT: Duration = Duration::from_secs(20);
/// How long brokers may take to hear of a topic that has just been created.
const SETTLING: Duration = Duration::from_secs(2);

/// Why topics could not be made or listed.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// The cluster did not answer.
    #[error("Kafka at {brokers} does not answer")]
    Unreachable {
        /// The bootstrap servers.
        brokers: String,
        /// librdkafka's error.
        #[source]
        source: KafkaError,
    },
    /// A topic was refused.
    #[error("topic {topic} cannot be created: {code}")]
    Refused {
        /// The topic.
        topic: String,
        /// Kafka's name of the error.
        code: RDKafkaErrorCode,
    },
}

/// What became of a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TopicOutcome {
    /// It is new.
    Created,
    /// It was there.
    Existed,
}

/// Partitions and replicas of the topics to create.
#[derive(Debug, Clone, Copy)]
pub struct TopicSizes {
    /// Partitions of every topic that is keyed by session.
    pub partitions: i32,
    /// Copies of each partition; -1 for as many as the broker makes by default.
    pub replication: i32,
}

/// Creates every topic of `topics` that does not exist.
///
/// # Errors
/// [`AdminError`] for the first topic that cannot be made.
pub async fn create_topics(
    config: &KafkaConfig,
    topics: &Topics,
    sizes: TopicSizes,
) -> Result<Vec<(String, TopicOutcome)>, AdminError> {
    create_specs(config, &topics.specs(), sizes).await
}

/// Creates the topics of these specifications that do not exist.
///
/// # Errors
/// [`AdminError`] for the first topic that cannot be made.
pub async fn create_specs(
    config: &KafkaConfig,
    specs: &[TopicSpec],
    sizes: TopicSizes,
) -> Result<Vec<(String, TopicOutcome)>, AdminError> {
    let unreachable = |source| AdminError::Unreachable {
        brokers: config.brokers.clone(),
        source,
    };
    let admin: AdminClient<DefaultClientContext> = config.client().create().map_err(unreachable)?;
    let new_topics: Vec<NewTopic<'_>> = specs
        .iter()
        .map(|spec| {
            let partitions = match spec.partitions {
                PartitionCount::PerSession => sizes.partitions,
                PartitionCount::One => 1,
            };
            let topic = NewTopic::new(
                &spec.name,
                partitions,
                TopicReplication::Fixed(sizes.replication),
            );
            spec.config
                .iter()
                .fold(topic, |topic, (name, value)| topic.set(name, value))
        })
        .collect();
    let options = AdminOptions::new()
        .operation_timeout(Some(TIMEOUT))
        .request_timeout(Some(TIMEOUT));
    let results = admin
        .create_topics(&new_topics, &options)
        .await
        .map_err(unreachable)?;
    results
        .into_iter()
        .map(|result| match result {
            Ok(topic) => Ok((topic, TopicOutcome::Created)),
            Err((topic, RDKafkaErrorCode::TopicAlreadyExists)) => {
                Ok((topic, TopicOutcome::Existed))
            }
            Err((topic, code)) => Err(AdminError::Refused { topic, code }),
        })
        .collect()
}

/// Names and partition counts of the topics that exist, internal ones left out. Blocks.
///
/// # Errors
/// [`AdminError::Unreachable`] when the cluster does not answer within `timeout`.
pub fn list_topics(
    config: &KafkaConfig,
    timeout: Duration,
) -> Result<Vec<(String, usize)>, AdminError> {
    let unreachable = |source| AdminError::Unreachable {
        brokers: config.brokers.clone(),
        source,
    };
    let client: BaseConsumer = config.client().create().map_err(unreachable)?;
    let metadata = client.fetch_metadata(None, timeout).map_err(unreachable)?;
    let topics = metadata
        .topics()
        .iter()
        .filter(|topic| !topic.name().starts_with("__"));
    Ok(topics
        .map(|topic| (topic.name().to_owned(), topic.partitions().len()))
        .collect())
}

/// Checks that `topics` exist, so that a service with a wrong prefix says so at its start. Blocks.
///
/// # Errors
/// A sentence naming what is missing and what to do.
pub fn require_topics(
    config: &KafkaConfig,
    topics: &[&str],
    timeout: Duration,
) -> Result<(), String> {
    let deadline = Instant::now() + SETTLING.min(timeout);
    let missing = loop {
        let present = list_topics(config, timeout).map_err(|error| error.to_string())?;
        let is_missing = |topic: &&str| !present.iter().any(|(name, _)| name == topic);
        let missing: Vec<&str> = topics.iter().copied().filter(is_missing).collect();
        if missing.is_empty() || Instant::now() >= deadline {
            break missing;
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    if missing.is_empty() {
        Ok(())
    } else {
        Err(format!(
            "topics {} do not exist at {}; run `candor topics create`",
            missing.join(", "),
            config.brokers
        ))
    }
}
