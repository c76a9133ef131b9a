//! What a group has committed.

use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

use crate::wait_until;

const WAIT: Duration = Duration::from_secs(30);
const ANSWER: Duration = Duration::from_secs(5);

/// One partition's commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// The partition.
    pub partition: i32,
    /// Next offset that the group will read.
    pub next_offset: i64,
    /// What was committed with it; empty if nothing was.
    pub metadata: String,
}

/// The commits of `group` on `topic`; partitions without one are left out. Transactions that are still open are waited
/// for, as a new member of the group would.
///
/// # Panics
/// When the broker does not answer in time, or there is no such topic.
pub async fn committed(brokers: &str, group: &str, topic: &str) -> Vec<Commit> {
    let (brokers, group, topic) = (brokers.to_owned(), group.to_owned(), topic.to_owned());
    wait_until("the commits of a group", WAIT, async || {
        let (brokers, group, topic) = (brokers.clone(), group.clone(), topic.clone());
        let asked = tokio::task::spawn_blocking(move || ask(&brokers, &group, &topic));
        asked.await.map_err(|error| error.to_string())?
    })
    .await
}

fn ask(brokers: &str, group: &str, topic: &str) -> Result<Vec<Commit>, String> {
    let told = |error: rdkafka::error::KafkaError| error.to_string();
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .set("group.id", group)
        .set("isolation.level", "read_committed")
        .create()
        .map_err(told)?;
    let metadata = consumer.fetch_metadata(Some(topic), ANSWER).map_err(told)?;
    let mut wanted = TopicPartitionList::new();
    for partition in metadata
        .topics()
        .iter()
        .flat_map(|topic| topic.partitions())
    {
        wanted.add_partition(topic, partition.id());
    }
    if wanted.count() == 0 {
        return Err(format!("topic {topic} has no partitions"));
    }
    let found = consumer.committed_offsets(wanted, ANSWER).map_err(told)?;
    let mut commits = Vec::new();
    for element in found.elements() {
        element.error().map_err(told)?;
        if let Offset::Offset(next_offset) = element.offset() {
            commits.push(Commit {
                partition: element.partition(),
                next_offset,
                metadata: element.metadata().to_owned(),
            });
        }
    }
    Ok(commits)
}
