//! The one broker of a run: its topics, the key the gateway reads from it, and how many records it holds.

use std::time::{Duration, Instant};

use anyhow::Context;
use chrono::Utc;
use control::{ControlWriter, NewKeyOptions};
use kafka::admin::TopicSizes;
use kafka::config::KafkaConfig;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use schemas::control::{ControlRecord, KeyKind, KeyMode, Scope};

use crate::process::{KEY, ORGANISATION};

const WAIT: Duration = Duration::from_secs(20);

/// Makes the topics, and the key in the control topic.
pub(crate) async fn prepare(config: &KafkaConfig, partitions: i32) -> anyhow::Result<()> {
    let sizes = TopicSizes {
        partitions,
        replication: 1,
    };
    kafka::admin::create_topics(config, &config.topics(), sizes).await?;
    let options = NewKeyOptions {
        name: Some("bench".to_owned()),
        scopes: Scope::ALL.to_vec(),
        ..NewKeyOptions::new(ORGANISATION.parse()?, KeyKind::Secret, KeyMode::Test)
    };
    let key = options.adopt(KEY, Utc::now());
    let writer = ControlWriter::new(config, "/candor/bench")?;
    writer.put(&ControlRecord::ApiKey(key.record)).await?;
    Ok(())
}

/// Makes the broker ready for groups: the first one waits seconds for the topic that keeps their commits,
/// which would be taken for the start of whoever comes first. Blocks.
pub(crate) fn prepare_groups(brokers: &str, topic: &str) -> anyhow::Result<()> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .set("group.id", "bench-first")
        .create()?;
    let mut list = TopicPartitionList::new();
    list.add_partition(topic, 0);
    let begun = Instant::now();
    loop {
        match consumer.committed_offsets(list.clone(), WAIT) {
            Ok(_) => return Ok(()),
            // The coordinator has been found, and does not know yet that it is one.
            Err(error) if begun.elapsed() > WAIT => return Err(error.into()),
            Err(_) => std::thread::sleep(Duration::from_millis(100)),
        }
    }
}

/// Records that were ever put into `topic`. Blocks.
pub(crate) fn records(brokers: &str, topic: &str) -> anyhow::Result<u64> {
    let client: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .create()?;
    let metadata = client.fetch_metadata(Some(topic), WAIT)?;
    let found = metadata.topics().first().context("a topic was asked for")?;
    let mut sum = 0;
    for partition in found.partitions() {
        let (_, end) = client.fetch_watermarks(topic, partition.id(), WAIT)?;
        sum += u64::try_from(end)?;
    }
    Ok(sum)
}

/// Lets `group`, whose members have gone, read `topic` from its beginning again. Blocks.
pub(crate) fn rewind(brokers: &str, group: &str, topic: &str) -> anyhow::Result<()> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .set("group.id", group)
        .create()?;
    let metadata = consumer.fetch_metadata(Some(topic), WAIT)?;
    let found = metadata.topics().first().context("a topic was asked for")?;
    let mut list = TopicPartitionList::new();
    for partition in found.partitions() {
        list.add_partition_offset(topic, partition.id(), Offset::Offset(0))?;
    }
    let begun = Instant::now();
    // The coordinator refuses as long as it believes in a member that is just leaving.
    while let Err(error) = consumer.commit(&list, CommitMode::Sync) {
        if begun.elapsed() > WAIT {
            return Err(error.into());
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}
