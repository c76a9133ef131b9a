//! Following a topic from now on, without a group and without committing: for live feeds.
//!
//! Every process that tails sees every record. The start is exact: the ends of all partitions are read
//! before [`spawn`] reports that it is ready, and everything after them is delivered.

use std::time::Duration;

use rdkafka::consumer::Consumer;
use rdkafka::error::KafkaError;
use rdkafka::{Offset, TopicPartitionList};
use runtime::CancellationToken;
use tokio::sync::oneshot;

use crate::Record;
use crate::config::KafkaConfig;
use crate::position::extents;
use crate::reader::{ReaderContext, TopicReader};

const POLL: Duration = Duration::from_millis(100);
const BROKER_WAIT: Duration = Duration::from_secs(10);

/// A tail that has been started.
#[derive(Debug)]
pub struct Tail {
    /// Resolves once the start position is fixed; with an error when the tail ended before.
    pub ready: oneshot::Receiver<()>,
    /// Resolves when the tail has ended, with what stopped it unless it was the token.
    pub ended: oneshot::Receiver<Result<(), KafkaError>>,
}

/// Starts to follow `topic`. `on_record` is called on the tail's own thread and must not block.
/// While the cluster cannot be reached the tail keeps trying until `shutdown`.
///
/// # Errors
/// When no thread can be started.
pub fn spawn(
    config: &KafkaConfig,
    topic: &str,
    on_record: impl FnMut(&Record<'_>) + Send + 'static,
    shutdown: CancellationToken,
) -> std::io::Result<Tail> {
    let mut client = config.client();
    client
        .set("group.id", format!("{}-tail", config.prefix))
        .set("enable.auto.commit", "false")
        .set("fetch.wait.max.ms", "50")
        .set("fetch.queue.backoff.ms", "50")
        .set("auto.offset.reset", "latest");
    let topic = topic.to_owned();
    let (ready_sender, ready) = oneshot::channel();
    let (ended_sender, ended) = oneshot::channel();
    std::thread::Builder::new()
        .name(format!("tail-{topic}"))
        .spawn(move || {
            let outcome = client
                .create_with_context(ReaderContext)
                .and_then(|consumer| follow(&consumer, &topic, ready_sender, on_record, &shutdown));
            drop(ended_sender.send(outcome));
        })?;
    Ok(Tail { ready, ended })
}

fn follow(
    consumer: &TopicReader,
    topic: &str,
    ready: oneshot::Sender<()>,
    mut on_record: impl FnMut(&Record<'_>),
    shutdown: &CancellationToken,
) -> Result<(), KafkaError> {
    let start = loop {
        match ends(consumer, topic) {
            Ok(start) => break start,
            Err(_) if shutdown.is_cancelled() => return Ok(()),
            Err(error) => {
                tracing::warn!(error = %error, kafka.topic = topic, "topic cannot be followed yet");
                std::thread::sleep(POLL);
            }
        }
    };
    consumer.assign(&start)?;
    let _ = ready.send(());
    while !shutdown.is_cancelled() {
        match consumer.poll(POLL) {
            None => {}
            Some(Ok(message)) => on_record(&Record::of(&message)),
            Some(Err(error @ KafkaError::MessageConsumptionFatal(_))) => return Err(error),
            Some(Err(error)) => {
                tracing::warn!(error = %error, kafka.topic = topic, "poll failed; trying again")
            }
        }
    }
    Ok(())
}

fn ends(consumer: &TopicReader, topic: &str) -> Result<TopicPartitionList, KafkaError> {
    let mut list = TopicPartitionList::new();
    for extent in extents(consumer, topic, BROKER_WAIT)? {
        list.add_partition_offset(topic, extent.partition, Offset::Offset(extent.end))?;
    }
    Ok(list)
}
