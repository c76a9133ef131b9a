//! The loop itself. One thread owns membership and handler by value; in each round it serves, in this
//! order: shutdown, rebalances, claims, the handler's tick, commits, the watchdog, records.
//!
//! What a partition may do and when the group is answered is decided by [`Partitions`]; here it is done.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use prometheus::IntCounter;
use rdkafka::error::KafkaError;
use runtime::CancellationToken;
use tokio::sync::oneshot;

use super::context::{Rebalance, now_ms};
use super::leaving::{Cause, Limits, Seen};
use super::membership::Membership;
use super::partitions::{Action, Partitions};
use super::questions::{Committer, Inquirer, Question};
use super::watchdog::Watchdog;
use super::{CommitPoint, ConsumerConfig, ConsumerError, Demand, Handler, HandlerError};
use crate::metrics::ConsumerMetrics;
use crate::{Partition, Record};

/// Longest wait for a record, and so between two ticks.
const POLL: Duration = Duration::from_millis(5);
/// Longest wait between two looks at what must be over soon: a claim, a drain, the last commit.
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

pub(super) struct Loop<H> {
    pub(super) config: ConsumerConfig,
    /// Before the membership, which they use until they are dropped.
    pub(super) committer: Committer,
    pub(super) inquirer: Inquirer,
    pub(super) membership: Membership,
    pub(super) handler: H,
    shutdown: CancellationToken,
    consumed: IntCounter,
    pub(super) partitions: Partitions,
    /// What was last sent to be committed of each partition.
    pub(super) sent: BTreeMap<Partition, CommitPoint>,
    pub(super) watchdog: Watchdog,
    last_commit: Instant,
    pub(super) last_watch: Instant,
    pub(super) last_ends: Instant,
    /// Since when the cluster does not say where partitions are to be read from, and when to ask again.
    pub(super) unanswered: Option<(Instant, Instant)>,
    has_ended: bool,
}

impl<H: Handler> Loop<H> {
    fn start(
        config: ConsumerConfig,
        mut handler: H,
        metrics: &ConsumerMetrics,
        shutdown: CancellationToken,
    ) -> Result<Self, ConsumerError> {
        let group = config.group.clone();
        let membership = Membership::join(&config, metrics.clone());
        let membership = membership.map_err(|source| ConsumerError::Kafka { group, source })?;
        let no_thread = |_| ConsumerError::Thread {
            group: config.group.clone(),
        };
        let committer = membership.start_committer().map_err(no_thread)?;
        let inquirer = membership.start_inquirer().map_err(no_thread)?;
        handler.joined(membership.group());
        let limits = Limits {
            drain: config.drain_timeout,
            commit: COMMIT_WAIT,
        };
        Ok(Self {
            committer,
            inquirer,
            consumed: metrics.consumed.with_label_values(&[&config.group]),
            watchdog: Watchdog::new(config.stall_timeout),
            config,
            membership,
            handler,
            shutdown,
            partitions: Partitions::new(limits),
            sent: BTreeMap::new(),
            last_commit: Instant::now(),
            last_watch: Instant::now(),
            last_ends: Instant::now(),
            unanswered: None,
            has_ended: false,
        })
    }

    pub(super) fn kafka(&self, source: KafkaError) -> ConsumerError {
        ConsumerError::Kafka {
            group: self.config.group.clone(),
            source,
        }
    }

    pub(super) fn failed(&self, source: HandlerError) -> ConsumerError {
        ConsumerError::Handler {
            group: self.config.group.clone(),
            source,
        }
    }

    fn run(&mut self) -> Result<(), ConsumerError> {
        loop {
            self.change_partitions()?;
            if self.has_ended {
                return Ok(());
            }
            self.serve_claims()?;
            self.tick()?;
            self.end_commit();
            if self.last_commit.elapsed() >= self.config.commit_interval {
                self.last_commit = Instant::now();
                self.commit()?;
            }
            self.take_answer()?;
            self.watch()?;
            let is_settled = !self.partitions.is_leaving() && self.partitions.is_settled();
            let mut wait = if is_settled { POLL } else { SHORT_POLL };
            for _ in 0..RECORDS_PER_ROUND {
                if !self.poll_one(wait)? {
                    break;
                }
                wait = Duration::ZERO;
            }
        }
    }

    /// Shutdown and rebalances, one after the other.
    fn change_partitions(&mut self) -> Result<(), ConsumerError> {
        let now = Instant::now();
        if self.partitions.is_leaving() {
            let draining = self.partitions.draining();
            let seen = Seen {
                is_lost: self.membership.has_lost_assignment(),
                is_drained: self.handler.is_drained(&draining),
                is_committing: self.committer.is_busy(),
                now,
            };
            let actions = self.partitions.go_on_leaving(seen);
            return self.perform(actions);
        }
        if self.shutdown.is_cancelled() {
            let actions = self.partitions.begin_end(now);
            return self.perform(actions);
        }
        let actions = match self.membership.context().next_rebalance() {
            None => return Ok(()),
            Some(Rebalance::Assign(partitions)) => {
                self.membership.context().count_rebalance("assign");
                self.partitions.assign(&partitions)
            }
            Some(Rebalance::Revoke(partitions)) => {
                let lost = self.membership.has_lost_assignment();
                let (cause, event) = match lost {
                    true => (Cause::Lost, "lost"),
                    false => (Cause::Revoked, "revoke"),
                };
                self.membership.context().count_rebalance(event);
                self.partitions.begin_leaving(partitions, cause, now)
            }
        };
        self.perform(actions)
    }

    fn perform(&mut self, actions: Vec<Action>) -> Result<(), ConsumerError> {
        for action in actions {
            match action {
                Action::AnswerAssign(partitions) => {
                    let answer = self.membership.take(&partitions);
                    answer.map_err(|source| self.kafka(source))?;
                    self.switch()?;
                }
                Action::BeginClaim(partition) => {
                    let begun = self.handler.begin_claim(partition);
                    begun.map_err(|error| self.failed(error))?;
                }
                Action::BeginDrain(partitions) => self.handler.begin_drain(&partitions),
                Action::Commit => self.commit()?,
                Action::Release(partition) => self.release(partition),
                Action::AnswerRevoke(partitions) => {
                    let answer = self.membership.hand_back(&partitions);
                    answer.map_err(|source| self.kafka(source))?;
                }
                Action::End => self.has_ended = true,
            }
        }
        Ok(())
    }

    fn release(&mut self, partition: Partition) {
        self.sent.remove(&partition);
        self.membership.context().disown(partition);
        self.handler.released(partition);
        tracing::info!(
            kafka.topic = self.config.topic,
            kafka.partition = partition,
            group = self.config.group,
            "partition released"
        );
    }

    /// Brings partitions that were assigned to where they are read.
    fn serve_claims(&mut self) -> Result<(), ConsumerError> {
        for partition in self.partitions.claiming() {
            let claimed = self.handler.is_claimed(partition);
            if claimed.map_err(|error| self.failed(error))? {
                self.partitions.claimed(partition);
            }
        }
        let locating = self.partitions.locating();
        let may_ask = self.unanswered.is_none_or(|(_, at)| Instant::now() >= at);
        if !locating.is_empty() && !self.inquirer.is_busy() && may_ask {
            self.inquirer.begin(Question::Starts(locating));
        }
        for (partition, offset) in self.partitions.placing() {
            match self.membership.place(partition, offset) {
                Ok(()) => self.partitions.placed(partition),
                Err(error) => {
                    tracing::debug!(kafka.partition = partition, error = %error, "the reader cannot be moved yet");
                }
            }
        }
        Ok(())
    }

    fn tick(&mut self) -> Result<(), ConsumerError> {
        let demand = self.handler.tick(now_ms());
        let demand = demand.map_err(|error| self.failed(error))?;
        self.partitions.set_demand(demand == Demand::Pause);
        for partition in self.partitions.running() {
            let is_held = self.handler.is_held(partition);
            self.partitions.set_held(partition, is_held);
        }
        self.switch()
    }

    fn switch(&mut self) -> Result<(), ConsumerError> {
        let switches = self.partitions.take_switches();
        let paused = self.membership.pause(&switches.pause);
        paused.map_err(|source| self.kafka(source))?;
        let resumed = self.membership.resume(&switches.resume);
        resumed.map_err(|source| self.kafka(source))
    }

    /// Hands one record over; says whether there may be more at once.
    fn poll_one(&mut self, wait: Duration) -> Result<bool, ConsumerError> {
        match self.membership.poll(wait) {
            None => Ok(false),
            Some(Ok(message)) => {
                let record = Record::of(&message);
                if self.partitions.pass(record.partition, record.offset) {
                    self.consumed.inc();
                    let outcome = self.handler.record(&record);
                    drop(message);
                    outcome.map_err(|error| self.failed(error))?;
                }
                Ok(true)
            }
            Some(Err(KafkaError::PartitionEOF(partition))) => {
                self.partitions.reach_end(partition);
                Ok(true)
            }
            Some(Err(error @ KafkaError::MessageConsumptionFatal(_))) => Err(self.kafka(error)),
            Some(Err(error)) => {
                tracing::warn!(error = %error, group = self.config.group, "poll failed; trying again");
                Ok(false)
            }
        }
    }
}
