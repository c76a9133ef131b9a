//! The loop itself. One thread owns consumer and handler by value; in each round it serves, in this
//! order: shutdown, rebalances, the handler's tick, commits, records.

use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::{Offset, TopicPartitionList};
use runtime::CancellationToken;
use tokio::sync::oneshot;

use super::context::{LoopContext, Rebalance};
use super::{CommitPoint, ConsumerConfig, Demand, Handler, HandlerError, StartPosition};
use crate::metrics::ConsumerMetrics;
use crate::{Partition, Record};

/// Longest wait for a record, and so between two ticks.
const POLL: Duration = Duration::from_millis(5);
/// Most records between two ticks: about a millisecond of work.
const RECORDS_PER_ROUND: usize = 1000;
/// Longest wait for the group coordinator or a partition leader.
const BROKER_WAIT: Duration = Duration::from_secs(10);

/// Why a consumer ended without being asked to.
#[derive(Debug, thiserror::Error)]
pub enum ConsumerError {
    /// librdkafka cannot go on.
    #[error("the consumer of group {group} failed: {source}")]
    Kafka {
        /// The group.
        group: String,
        /// librdkafka's error.
        #[source]
        source: KafkaError,
    },
    /// The handler cannot go on.
    #[error("the handler of group {group} failed: {source}")]
    Handler {
        /// The group.
        group: String,
        /// The handler's error.
        #[source]
        source: HandlerError,
    },
    /// The thread could not be started, or panicked.
    #[error("the consumer thread of group {group} ended unexpectedly")]
    Thread {
        /// The group.
        group: String,
    },
}

/// Starts a consumer; the returned future ends when the consumer has: drained, committed and out of
/// the group after `shutdown`, or with the error that stopped it.
pub fn spawn(
    config: ConsumerConfig,
    handler: impl Handler + 'static,
    metrics: ConsumerMetrics,
    shutdown: CancellationToken,
) -> impl Future<Output = Result<(), ConsumerError>> + Send + 'static {
    let group = config.group.clone();
    let (sender, receiver) = oneshot::channel();
    let thread = std::thread::Builder::new().name(format!("kafka-{group}"));
    let started = thread.spawn(move || {
        let outcome =
            Loop::start(config, handler, metrics).and_then(|mut running| running.run(&shutdown));
        // Nobody waits any more when the process is ending.
        drop(sender.send(outcome));
    });
    async move {
        match started {
            Ok(_) => receiver
                .await
                .unwrap_or(Err(ConsumerError::Thread { group })),
            Err(_) => Err(ConsumerError::Thread { group }),
        }
    }
}

struct Loop<H> {
    config: ConsumerConfig,
    consumer: BaseConsumer<LoopContext>,
    handler: H,
    /// Our partitions and what was last committed of each.
    assigned: BTreeMap<Partition, Option<CommitPoint>>,
    paused: bool,
    last_commit: Instant,
}

impl<H: Handler> Loop<H> {
    fn start(
        config: ConsumerConfig,
        handler: H,
        metrics: ConsumerMetrics,
    ) -> Result<Self, ConsumerError> {
        let mut client = config.kafka.client();
        client
            .set("group.id", &config.group)
            .set(
                "session.timeout.ms",
                config.kafka.session_timeout.as_millis().to_string(),
            )
            .set("partition.assignment.strategy", "cooperative-sticky")
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("auto.offset.reset", "earliest")
            .set("enable.partition.eof", "true")
            .set("isolation.level", "read_committed")
            .set("statistics.interval.ms", "5000")
            // With the default of 1000 ms a consumer that has emptied its queue waits most of the time.
            .set("fetch.queue.backoff.ms", "50")
            .set("fetch.wait.max.ms", "50")
            .set("queued.max.messages.kbytes", "65536");
        let context = LoopContext::new(config.group.clone(), metrics);
        let consumer: BaseConsumer<LoopContext> =
            client
                .create_with_context(context)
                .map_err(|source| ConsumerError::Kafka {
                    group: config.group.clone(),
                    source,
                })?;
        consumer
            .subscribe(&[&config.topic])
            .map_err(|source| ConsumerError::Kafka {
                group: config.group.clone(),
                source,
            })?;
        Ok(Self {
            config,
            consumer,
            handler,
            assigned: BTreeMap::new(),
            paused: false,
            last_commit: Instant::now(),
        })
    }

    fn kafka(&self, source: KafkaError) -> ConsumerError {
        ConsumerError::Kafka {
            group: self.config.group.clone(),
            source,
        }
    }

    fn failed(&self, source: HandlerError) -> ConsumerError {
        ConsumerError::Handler {
            group: self.config.group.clone(),
            source,
        }
    }

    fn run(&mut self, shutdown: &CancellationToken) -> Result<(), ConsumerError> {
        while !shutdown.is_cancelled() {
            self.rebalance()?;
            let demand = self
                .handler
                .tick(now_ms())
                .map_err(|error| self.failed(error))?;
            self.apply(demand)?;
            if self.last_commit.elapsed() >= self.config.commit_interval {
                self.commit(CommitMode::Async)?;
            }
            self.poll_records()?;
        }
        self.close()
    }

    fn apply(&mut self, demand: Demand) -> Result<(), ConsumerError> {
        let pause = demand == Demand::Pause;
        if pause == self.paused || self.assigned.is_empty() {
            return Ok(());
        }
        let list = self.list(self.assigned.keys().copied());
        let outcome = if pause {
            self.consumer.pause(&list)
        } else {
            self.consumer.resume(&list)
        };
        outcome.map_err(|source| self.kafka(source))?;
        self.paused = pause;
        Ok(())
    }

    fn list(&self, partitions: impl IntoIterator<Item = Partition>) -> TopicPartitionList {
        let mut list = TopicPartitionList::new();
        for partition in partitions {
            list.add_partition(&self.config.topic, partition);
        }
        list
    }

    fn poll_records(&mut self) -> Result<(), ConsumerError> {
        let mut wait = POLL;
        let mut consumed = 0;
        for _ in 0..RECORDS_PER_ROUND {
            match self.consumer.poll(wait) {
                None => break,
                Some(Ok(message)) => {
                    let record = Record::of(&message);
                    // A record fetched before a revocation may still be in the queue after it.
                    if self.assigned.contains_key(&record.partition) {
                        consumed += 1;
                        let outcome = self.handler.record(&record);
                        drop(message);
                        outcome.map_err(|error| self.failed(error))?;
                    }
                }
                Some(Err(KafkaError::PartitionEOF(partition))) => {
                    if self.assigned.contains_key(&partition) {
                        self.handler.end_of_partition(partition);
                    }
                }
                Some(Err(error @ KafkaError::MessageConsumptionFatal(_))) => {
                    return Err(self.kafka(error));
                }
                Some(Err(error)) => {
                    tracing::warn!(error = %error, group = self.config.group, "poll failed; trying again");
                    break;
                }
            }
            wait = Duration::ZERO;
        }
        if consumed > 0 {
            let context = self.consumer.context();
            context
                .metrics
                .consumed
                .with_label_values(&[&context.group])
                .inc_by(consumed);
        }
        Ok(())
    }

    fn rebalance(&mut self) -> Result<(), ConsumerError> {
        for event in self.consumer.context().take_pending() {
            match event {
                Rebalance::Assign(partitions) => {
                    self.count("assign");
                    self.assign(&partitions)?;
                }
                Rebalance::Revoke(partitions) => {
                    let lost = self.consumer.assignment_lost();
                    self.count(if lost { "lost" } else { "revoke" });
                    self.hand_back(&partitions, lost)?;
                }
            }
        }
        Ok(())
    }

    fn count(&self, event: &str) {
        let context = self.consumer.context();
        context
            .metrics
            .rebalances
            .with_label_values(&[context.group.as_str(), event])
            .inc();
    }

    fn assign(&mut self, partitions: &[Partition]) -> Result<(), ConsumerError> {
        let asked = self.list(partitions.iter().copied());
        let committed =
            self.patiently(|consumer| consumer.committed_offsets(asked.clone(), BROKER_WAIT))?;
        let mut list = TopicPartitionList::new();
        for partition in partitions.iter().copied() {
            let element = committed.find_partition(&self.config.topic, partition);
            let start = match element
                .as_ref()
                .map(|element| (element.offset(), element.metadata()))
            {
                Some((Offset::Offset(offset), metadata)) => StartPosition {
                    offset,
                    metadata: metadata.to_owned(),
                },
                _ => {
                    let topic = self.config.topic.clone();
                    let (low, _) = self.patiently(|consumer| {
                        consumer.fetch_watermarks(&topic, partition, BROKER_WAIT)
                    })?;
                    StartPosition {
                        offset: low,
                        metadata: String::new(),
                    }
                }
            };
            list.add_partition_offset(&self.config.topic, partition, Offset::Offset(start.offset))
                .map_err(|source| self.kafka(source))?;
            self.handler
                .assigned(partition, &start)
                .map_err(|error| self.failed(error))?;
            self.assigned.insert(partition, None);
            tracing::info!(
                kafka.topic = self.config.topic,
                kafka.partition = partition,
                kafka.offset = start.offset,
                group = self.config.group,
                "partition assigned"
            );
        }
        self.consumer
            .incremental_assign(&list)
            .map_err(|source| self.kafka(source))?;
        // A new partition starts running; the next tick pauses it again where that is wanted.
        self.paused = false;
        Ok(())
    }

    /// Asks the cluster, again and again for a while: a coordinator may just be moving.
    fn patiently<T>(
        &self,
        ask: impl Fn(&BaseConsumer<LoopContext>) -> Result<T, KafkaError>,
    ) -> Result<T, ConsumerError> {
        let deadline = Instant::now() + self.config.kafka.session_timeout;
        loop {
            match ask(&self.consumer) {
                Ok(answer) => return Ok(answer),
                Err(error) if Instant::now() >= deadline => return Err(self.kafka(error)),
                Err(error) => {
                    tracing::warn!(error = %error, group = self.config.group, "offsets cannot be read yet");
                    std::thread::sleep(Duration::from_millis(200));
                }
            }
        }
    }

    /// Drains, commits, hands back, in this order: the next owner starts from the commit.
    fn hand_back(&mut self, partitions: &[Partition], lost: bool) -> Result<(), ConsumerError> {
        let ours: Vec<Partition> = partitions
            .iter()
            .copied()
            .filter(|partition| self.assigned.contains_key(partition))
            .collect();
        if !lost {
            self.drain(&ours)?;
            self.commit(CommitMode::Sync)?;
        }
        for partition in &ours {
            self.assigned.remove(partition);
            self.handler.released(*partition);
            tracing::info!(
                kafka.topic = self.config.topic,
                kafka.partition = partition,
                group = self.config.group,
                lost,
                "partition released"
            );
        }
        let list = self.list(partitions.iter().copied());
        self.consumer
            .incremental_unassign(&list)
            .map_err(|source| self.kafka(source))
    }

    fn drain(&mut self, partitions: &[Partition]) -> Result<(), ConsumerError> {
        let deadline = Instant::now() + self.config.drain_timeout;
        self.handler.begin_drain(partitions);
        while !self.handler.is_drained(partitions) {
            if Instant::now() >= deadline {
                tracing::warn!(
                    group = self.config.group,
                    "drain timed out; what is in flight will be replayed"
                );
                return Ok(());
            }
            self.handler
                .tick(now_ms())
                .map_err(|error| self.failed(error))?;
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }

    fn commit(&mut self, mode: CommitMode) -> Result<(), ConsumerError> {
        self.last_commit = Instant::now();
        let mut list = TopicPartitionList::new();
        for (partition, committed) in &mut self.assigned {
            let Some(point) = self.handler.commit_point(*partition) else {
                continue;
            };
            if committed.as_ref() == Some(&point) {
                continue;
            }
            let mut element = list.add_partition(&self.config.topic, *partition);
            element.set_metadata(&point.metadata);
            if let Err(source) = element.set_offset(Offset::Offset(point.next_offset)) {
                return Err(ConsumerError::Kafka {
                    group: self.config.group.clone(),
                    source,
                });
            }
            *committed = Some(point);
        }
        if list.count() == 0 {
            return Ok(());
        }
        let context = self.consumer.context();
        let outcome = context
            .metrics
            .commit_seconds
            .observe_closure_duration(|| self.consumer.commit(&list, mode));
        match outcome {
            Ok(()) => {
                for element in list.elements() {
                    let labels = [context.group.as_str(), &element.partition().to_string()];
                    context
                        .metrics
                        .last_commit
                        .with_label_values(&labels)
                        .set(now_ms() / 1000);
                }
            }
            Err(error) => {
                tracing::warn!(error = %error, group = self.config.group, "commit failed");
                // Forget what was not committed, so that the next interval tries again.
                self.assigned
                    .values_mut()
                    .for_each(|committed| *committed = None);
            }
        }
        Ok(())
    }

    fn close(&mut self) -> Result<(), ConsumerError> {
        let partitions: Vec<Partition> = self.assigned.keys().copied().collect();
        self.drain(&partitions)?;
        self.commit(CommitMode::Sync)?;
        for partition in partitions {
            self.handler.released(partition);
        }
        self.assigned.clear();
        self.consumer.context().begin_closing();
        Ok(())
    }
}

fn now_ms() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
