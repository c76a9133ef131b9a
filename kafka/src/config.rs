//! How to reach Kafka; shared by producers, consumers and the admin client.

use std::time::Duration;

use rdkafka::ClientConfig;
use runtime::config::{Config, Reader, Seconds};
use schemas::topic::Topics;

/// Where Kafka is and how its topics are called.
#[derive(Debug, Clone)]
pub struct KafkaConfig {
    /// Bootstrap servers, `host:port,...`.
    pub brokers: String,
    /// What every topic and group name starts with.
    pub prefix: String,
    /// How long a group member may be silent before its partitions go elsewhere.
    pub session_timeout: Duration,
    /// A name that stays with this process over restarts, different for each process (static membership):
    /// one that is back within the session timeout gets its partitions again without a rebalance, and one
    /// that ends keeps them from the others for that long. `None`: a new member each time.
    pub group_instance_id: Option<String>,
}

impl Default for KafkaConfig {
    fn default() -> Self {
        Self {
            brokers: "127.0.0.1:9092".to_owned(),
            prefix: "candor".to_owned(),
            session_timeout: Duration::from_secs(45),
            group_instance_id: None,
        }
    }
}

impl Config for KafkaConfig {
    fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            brokers: reader.required("KAFKA_BROKERS", "Kafka bootstrap servers, host:port,..."),
            prefix: reader.or(
                "TOPIC_PREFIX",
                "candor",
                "what topic and group names start with",
            ),
            session_timeout: reader
                .or::<Seconds>(
                    "KAFKA_SESSION_TIMEOUT_SECONDS",
                    "45",
                    "silence after which a member's partitions go elsewhere",
                )
                .0,
            group_instance_id: reader.optional(
                "KAFKA_GROUP_INSTANCE_ID",
                "name of this process in its consumer groups, kept over restarts (static membership)",
            ),
        }
    }
}

impl KafkaConfig {
    /// The topics under the prefix.
    pub fn topics(&self) -> Topics {
        Topics::new(&self.prefix)
    }

    pub(crate) fn client(&self) -> ClientConfig {
        let mut client = ClientConfig::new();
        client
            .set("bootstrap.servers", &self.brokers)
            .set("client.id", "candor")
            // A broker that comes back is found within a second, not after the default's ten.
            .set("reconnect.backoff.ms", "50")
            .set("reconnect.backoff.max.ms", "1000")
            .set("topic.metadata.refresh.interval.ms", "30000");
        client
    }
}
