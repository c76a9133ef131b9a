//! Where the partitions of a topic begin and end: what readers without a group start from.

use std::time::Duration;

use rdkafka::consumer::Consumer;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use crate::Partition;
use crate::reader::TopicReader;

/// One partition's offsets: of its oldest record, and after its newest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Extent {
    pub(crate) partition: Partition,
    pub(crate) begin: i64,
    pub(crate) end: i64,
}

/// The extents of all partitions of `topic`. Blocks, at most `wait` for each question.
///
/// # Errors
/// `UnknownTopicOrPartition` when there is no such topic; librdkafka's error when nobody answers.
pub(crate) fn extents(
    consumer: &TopicReader,
    topic: &str,
    wait: Duration,
) -> Result<Vec<Extent>, KafkaError> {
    let metadata = consumer.fetch_metadata(Some(topic), wait)?;
    let partitions = metadata
        .topics()
        .iter()
        .flat_map(|topic| topic.partitions());
    let mut extents = Vec::new();
    for partition in partitions {
        extents.push(extent(consumer, topic, partition.id(), wait)?);
    }
    if extents.is_empty() {
        let missing = RDKafkaErrorCode::UnknownTopicOrPartition;
        return Err(KafkaError::MetadataFetch(missing));
    }
    Ok(extents)
}

/// The extent of one partition. Blocks, at most `wait`.
pub(crate) fn extent(
    consumer: &TopicReader,
    topic: &str,
    partition: Partition,
    wait: Duration,
) -> Result<Extent, KafkaError> {
    let (begin, end) = consumer.fetch_watermarks(topic, partition, wait)?;
    Ok(Extent {
        partition,
        begin,
        end,
    })
}
