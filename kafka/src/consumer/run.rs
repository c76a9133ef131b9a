//! The loop itself. One thread owns membership and handler by value; in each round it serves, in this
//! order: shutdown, rebalances, the handler's tick, commits, records.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use prometheus::IntCounter;
use rdkafka::error::KafkaError;
use runtime::CancellationToken;
use tokio::sync::oneshot;

use super::committer::{Committer, Points, check_metadata};
use super::context::{Rebalance, now_ms};
use super::membership::{Membership, Starts};
use super::{CommitPoint, ConsumerConfig, ConsumerError, Demand, Handler, HandlerError};
use crate::metrics::ConsumerMetrics;
use crate::{Partition, Record};

/// Longest wait for a record, and so between two ticks.
const POLL: Duration = Duration::from_millis(5);
/// Longest wait between two looks at what must be over soon: a drain, the last commit.
const SHORT_POLL: Duration = Duration::from_millis(1);
/// Most records between two ticks: about a millisecond of work.
const RECORDS_PER_ROUND: usize = 1000;
/// Longest wait for the answer to the commit before partitions are handed back or the consumer ends.
const COMMIT_WAIT: Duration = Duration::from_secs(10);
/// Longest wait for the group to let the consumer go; without a coordinator librdkafka itself would
/// wait for a whole session timeout.
const LEAVE_WAIT: Duration = Duration::from_secs(5);

/// Starts a consumer; the returned future ends when the consumer has: drained, committed and out of
/// the group after `shutdown`, or with the error that stopped it. A cluster that does not answer then
/// delays the end by 15 s at the most. The future belongs on a tokio runtime; the consumer goes on
/// whether it is polled or not.
pub fn spawn(
    config: ConsumerConfig,
    handler: impl Handler + 'static,
    metrics: ConsumerMetrics,
    shutdown: CancellationToken,
) -> impl Future<Output = Result<(), ConsumerError>> + Send + 'static {
    let group = config.group.clone();
    let (ended, has_ended) = oneshot::channel();
    let (left, has_left) = oneshot::channel::<()>();
    let thread = std::thread::Builder::new().name(format!("kafka-{group}"));
    let started = thread.spawn(move || {
        // Nobody waits for either channel any more when the process is ending.
        let _left = left;
        match Loop::start(config, handler, &metrics, shutdown) {
            Ok(mut running) => {
                let outcome = running.run();
                drop(ended.send(outcome));
            }
            Err(error) => drop(ended.send(Err(error))),
        }
    });
    async move {
        if started.is_err() {
            return Err(ConsumerError::Thread { group });
        }
        let Ok(outcome) = has_ended.await else {
            return Err(ConsumerError::Thread { group });
        };
        if tokio::time::timeout(LEAVE_WAIT, has_left).await.is_err() {
            tracing::warn!(
                group,
                "the group cannot be left; its other members wait for the session timeout"
            );
        }
        outcome
    }
}

struct Loop<H> {
    config: ConsumerConfig,
    /// Before the membership, which it uses until it is dropped.
    committer: Committer,
    membership: Membership,
    handler: H,
    shutdown: CancellationToken,
    consumed: IntCounter,
    /// Our partitions and what was last sent to be committed of each.
    assigned: BTreeMap<Partition, Option<CommitPoint>>,
    /// Those of them that take no more records.
    draining: Vec<Partition>,
    paused: bool,
    last_commit: Instant,
}

impl<H: Handler> Loop<H> {
    fn start(
        config: ConsumerConfig,
        handler: H,
        metrics: &ConsumerMetrics,
        shutdown: CancellationToken,
    ) -> Result<Self, ConsumerError> {
        let membership = Membership::join(&config, metrics.clone());
        let membership = membership.map_err(|source| ConsumerError::Kafka {
            group: config.group.clone(),
            source,
        })?;
        let committer = membership.start_committer();
        let committer = committer.map_err(|_| ConsumerError::Thread {
            group: config.group.clone(),
        })?;
        Ok(Self {
            committer,
            consumed: metrics.consumed.with_label_values(&[&config.group]),
            config,
            membership,
            handler,
            shutdown,
            assigned: BTreeMap::new(),
            draining: Vec::new(),
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

    fn run(&mut self) -> Result<(), ConsumerError> {
        while !self.shutdown.is_cancelled() {
            self.rebalance()?;
            self.tick()?;
            self.end_commit();
            if self.last_commit.elapsed() >= self.config.commit_interval {
                self.last_commit = Instant::now();
                self.commit()?;
            }
            let mut wait = POLL;
            for _ in 0..RECORDS_PER_ROUND {
                if !self.poll_one(wait)? {
                    break;
                }
                wait = Duration::ZERO;
            }
        }
        self.close()
    }

    fn tick(&mut self) -> Result<(), ConsumerError> {
        let demand = self.handler.tick(now_ms());
        let demand = demand.map_err(|error| self.failed(error))?;
        let pause = demand == Demand::Pause;
        if pause == self.paused {
            return Ok(());
        }
        let partitions: Vec<Partition> = self.assigned.keys().copied().collect();
        let outcome = if pause {
            self.membership.pause(&partitions)
        } else {
            self.membership.resume(&partitions)
        };
        outcome.map_err(|source| self.kafka(source))?;
        self.paused = pause;
        Ok(())
    }

    /// Hands one record over; says whether there may be more at once.
    fn poll_one(&mut self, wait: Duration) -> Result<bool, ConsumerError> {
        match self.membership.poll(wait) {
            None => Ok(false),
            Some(Ok(message)) => {
                let record = Record::of(&message);
                // What comes of a partition on its way out is the next owner's.
                if self.assigned.contains_key(&record.partition)
                    && !self.draining.contains(&record.partition)
                {
                    self.consumed.inc();
                    let outcome = self.handler.record(&record);
                    drop(message);
                    outcome.map_err(|error| self.failed(error))?;
                }
                Ok(true)
            }
            Some(Err(KafkaError::PartitionEOF(partition))) => {
                if self.assigned.contains_key(&partition) && !self.draining.contains(&partition) {
                    self.handler.end_of_partition(partition);
                }
                Ok(true)
            }
            Some(Err(error @ KafkaError::MessageConsumptionFatal(_))) => Err(self.kafka(error)),
            Some(Err(error)) => {
                tracing::warn!(error = %error, group = self.config.group, "poll failed; trying again");
                Ok(false)
            }
        }
    }

    fn rebalance(&mut self) -> Result<(), ConsumerError> {
        while let Some(event) = self.membership.context().next_rebalance() {
            match event {
                Rebalance::Assign(partitions) => {
                    self.membership.context().count_rebalance("assign");
                    self.assign(&partitions)?;
                }
                Rebalance::Revoke(partitions) => {
                    let lost = self.membership.has_lost_assignment();
                    let event = if lost { "lost" } else { "revoke" };
                    self.membership.context().count_rebalance(event);
                    self.hand_back(&partitions, lost)?;
                }
            }
        }
        Ok(())
    }

    fn assign(&mut self, partitions: &[Partition]) -> Result<(), ConsumerError> {
        let Some(starts) = self.starts(partitions)? else {
            let declined = self.membership.decline(partitions);
            return declined.map_err(|source| self.kafka(source));
        };
        for (partition, start) in &starts {
            let taken = self.handler.assigned(*partition, start);
            taken.map_err(|error| self.failed(error))?;
            self.assigned.insert(*partition, None);
            self.membership.context().own(*partition);
            tracing::info!(
                kafka.topic = self.config.topic,
                kafka.partition = partition,
                kafka.offset = start.offset,
                group = self.config.group,
                "partition assigned"
            );
        }
        let taken = self.membership.take(&starts);
        taken.map_err(|source| self.kafka(source))?;
        if self.paused {
            let paused = self.membership.pause(partitions);
            paused.map_err(|source| self.kafka(source))?;
        }
        Ok(())
    }

    /// Asks the cluster, again and again for a while: a coordinator may just be moving. `None` when
    /// the consumer is to end before there is an answer.
    fn starts(&self, partitions: &[Partition]) -> Result<Option<Starts>, ConsumerError> {
        let deadline = Instant::now() + self.config.kafka.session_timeout;
        loop {
            match self.membership.starts(partitions) {
                Ok(starts) => return Ok(Some(starts)),
                Err(_) if self.shutdown.is_cancelled() => return Ok(None),
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
        let ours = |partition: &Partition| self.assigned.contains_key(partition);
        let ours: Vec<Partition> = partitions.iter().copied().filter(ours).collect();
        if !lost {
            self.drain(&ours)?;
            // The session may have run out meanwhile; then somebody else decides the offsets.
            if !self.membership.has_lost_assignment() {
                self.commit_and_wait()?;
            }
        }
        for partition in &ours {
            self.release(*partition, lost);
        }
        let answer = self.membership.hand_back(partitions);
        answer.map_err(|source| self.kafka(source))
    }

    fn release(&mut self, partition: Partition, lost: bool) {
        self.assigned.remove(&partition);
        self.draining.retain(|draining| *draining != partition);
        self.membership.context().disown(partition);
        self.handler.released(partition);
        tracing::info!(
            kafka.topic = self.config.topic,
            kafka.partition = partition,
            group = self.config.group,
            lost,
            "partition released"
        );
    }

    fn drain(&mut self, partitions: &[Partition]) -> Result<(), ConsumerError> {
        if partitions.is_empty() {
            return Ok(());
        }
        let deadline = Instant::now() + self.config.drain_timeout;
        self.draining = partitions.to_vec();
        self.handler.begin_drain(partitions);
        while !self.handler.is_drained(partitions) {
            if Instant::now() >= deadline {
                tracing::warn!(
                    group = self.config.group,
                    "drain timed out; what is in flight will be replayed"
                );
                return Ok(());
            }
            self.tick()?;
            self.poll_one(SHORT_POLL)?;
        }
        Ok(())
    }

    /// Begins to commit what the handler says is done, unless a commit is still going on.
    fn commit(&mut self) -> Result<(), ConsumerError> {
        if self.committer.is_busy() {
            return Ok(());
        }
        let mut points = Points::new();
        for (partition, sent) in &mut self.assigned {
            match self.handler.commit_point(*partition) {
                Some(point) if sent.as_ref() != Some(&point) => {
                    *sent = Some(point.clone());
                    points.push((*partition, point));
                }
                _ => {}
            }
        }
        if points.is_empty() {
            return Ok(());
        }
        check_metadata(&points).map_err(|error| self.failed(error))?;
        self.committer.begin(points);
        Ok(())
    }

    fn end_commit(&mut self) {
        let Some(outcome) = self.committer.take_outcome() else {
            return;
        };
        let context = self.membership.context();
        let partitions = outcome.points.iter().map(|(partition, _)| *partition);
        match outcome.result {
            Ok(()) => context.committed(partitions, outcome.took),
            Err(error) => {
                tracing::warn!(error = %error, group = self.config.group, "commit failed");
                // It is sent again at the next interval, even if the handler has got no further.
                self.assigned.values_mut().for_each(|sent| *sent = None);
            }
        }
    }

    /// Commits and waits for the answer; a cluster that gives none in time means a replay, no loss.
    fn commit_and_wait(&mut self) -> Result<(), ConsumerError> {
        let deadline = Instant::now() + COMMIT_WAIT;
        self.await_commit(deadline)?;
        self.commit()?;
        self.await_commit(deadline)?;
        if self.committer.is_busy() {
            tracing::warn!(group = self.config.group, "commit not answered in time");
        }
        Ok(())
    }

    fn await_commit(&mut self, deadline: Instant) -> Result<(), ConsumerError> {
        while self.committer.is_busy() && Instant::now() < deadline {
            self.poll_one(SHORT_POLL)?;
            self.end_commit();
        }
        Ok(())
    }

    fn close(&mut self) -> Result<(), ConsumerError> {
        let partitions: Vec<Partition> = self.assigned.keys().copied().collect();
        self.drain(&partitions)?;
        if !self.membership.has_lost_assignment() {
            self.commit_and_wait()?;
        }
        for partition in partitions {
            self.release(partition, false);
        }
        Ok(())
    }
}
