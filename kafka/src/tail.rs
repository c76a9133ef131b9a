//! Following a topic from now on, without a group and without committing: for live feeds.
//!
//! Every process that tails sees every record. The start is exact: the ends of all partitions are read
//! before [`spawn`] reports that it is ready, and everything after them is delivered. A reader may begin
//! somewhat before the ends ([`spawn_with`]), to know what has just been.

use std::time::Duration;

use rdkafka::consumer::Consumer;
use rdkafka::error::KafkaError;
use rdkafka::{Offset, TopicPartitionList};
use runtime::CancellationToken;
use tokio::sync::oneshot;

use crate::config::KafkaConfig;
use crate::position::extents;
use crate::reader::{ReaderContext, TopicReader};
use crate::{Partition, Record};

const POLL: Duration = Duration::from_millis(100);
const BROKER_WAIT: Duration = Duration::from_secs(10);

/// Where one partition's tail begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TailPartition {
    /// The partition.
    pub partition: Partition,
    /// Offset of the first record that is delivered.
    pub begin: i64,
    /// Where the partition ended at the start: records from here on are new.
    pub end: i64,
}

/// Where a tail begins, in a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TailStart {
    /// The cluster's id; `None` when it did not tell in time.
    pub cluster: Option<String>,
    /// Every partition of the topic, by number.
    pub partitions: Vec<TailPartition>,
}

/// Takes what a tail reads, on the tail's own thread: it must not block.
pub trait TailHandler: Send + 'static {
    /// The start is fixed; no record has come yet.
    fn started(&mut self, start: &TailStart);
    /// The next record of a partition.
    fn record(&mut self, record: &Record<'_>);
}

/// A function of each record.
struct Each<F>(F);

impl<F: FnMut(&Record<'_>) + Send + 'static> TailHandler for Each<F> {
    fn started(&mut self, _: &TailStart) {}

    fn record(&mut self, record: &Record<'_>) {
        (self.0)(record);
    }
}

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
    spawn_with(config, topic, 0, Each(on_record), shutdown)
}

/// As [`spawn`], from `back` records before the end of each partition, as far as they are kept.
///
/// # Errors
/// When no thread can be started.
pub fn spawn_with(
    config: &KafkaConfig,
    topic: &str,
    back: u32,
    handler: impl TailHandler,
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
                .and_then(|consumer| {
                    let Some(start) = find_start(&consumer, &topic, back, &shutdown) else {
                        return Ok(());
                    };
                    follow(
                        &consumer,
                        (&topic, &start),
                        ready_sender,
                        handler,
                        &shutdown,
                    )
                });
            drop(ended_sender.send(outcome));
        })?;
    Ok(Tail { ready, ended })
}

/// Asks until the cluster answers; `None` when the shutdown comes first.
fn find_start(
    consumer: &TopicReader,
    topic: &str,
    back: u32,
    shutdown: &CancellationToken,
) -> Option<TailStart> {
    loop {
        match extents(consumer, topic, BROKER_WAIT) {
            Ok(extents) => {
                let mut partitions: Vec<TailPartition> = extents
                    .into_iter()
                    .map(|extent| TailPartition {
                        partition: extent.partition,
                        begin: extent.begin.max(extent.end - i64::from(back)),
                        end: extent.end,
                    })
                    .collect();
                partitions.sort_unstable_by_key(|partition| partition.partition);
                return Some(TailStart {
                    cluster: consumer.client().fetch_cluster_id(BROKER_WAIT),
                    partitions,
                });
            }
            Err(_) if shutdown.is_cancelled() => return None,
            Err(error) => {
                tracing::warn!(error = %error, kafka.topic = topic, "topic cannot be followed yet");
                std::thread::sleep(POLL);
            }
        }
    }
}

fn follow(
    consumer: &TopicReader,
    (topic, start): (&str, &TailStart),
    ready: oneshot::Sender<()>,
    mut handler: impl TailHandler,
    shutdown: &CancellationToken,
) -> Result<(), KafkaError> {
    let mut list = TopicPartitionList::new();
    for partition in &start.partitions {
        list.add_partition_offset(topic, partition.partition, Offset::Offset(partition.begin))?;
    }
    consumer.assign(&list)?;
    handler.started(start);
    let _ = ready.send(());
    while !shutdown.is_cancelled() {
        match consumer.poll(POLL) {
            None => {}
            Some(Ok(message)) => handler.record(&Record::of(&message)),
            Some(Err(error @ KafkaError::MessageConsumptionFatal(_))) => return Err(error),
            Some(Err(error)) => {
                tracing::warn!(error = %error, kafka.topic = topic, "poll failed; trying again")
            }
        }
    }
    Ok(())
}
