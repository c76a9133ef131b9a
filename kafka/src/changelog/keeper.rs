//! The thread of one changelog: fence, restore, then one commit after the other until it is dropped.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::{Duration, Instant};

use rdkafka::error::KafkaError;

use super::error::Failure;
use super::reading::{Reading, Waited};
use super::transaction::Transactor;
use super::{ChangelogCommit, ChangelogConfig, ChangelogError, Committed, Restored};
use crate::Partition;
use crate::consumer::GroupHandle;
use crate::metrics::ChangelogMetrics;
use crate::producer::ClientError;

/// Pauses between attempts of one commit, doubling from the first to the last.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LAST_PAUSE: Duration = Duration::from_secs(2);
/// How often a thread without work looks whether its owner is still there.
const IDLE: Duration = Duration::from_millis(500);

/// The thread's ends of the channels to its owner.
pub(super) struct Links {
    pub(super) commits: Receiver<ChangelogCommit>,
    pub(super) restored: SyncSender<Result<Restored, ChangelogError>>,
    pub(super) outcomes: SyncSender<Result<Committed, ChangelogError>>,
    pub(super) stop: Arc<AtomicBool>,
}

struct Keeper {
    transactor: Transactor,
    group: GroupHandle,
    metrics: ChangelogMetrics,
    links: Links,
    topic: String,
    partition: Partition,
}

pub(super) fn spawn(
    config: &ChangelogConfig,
    partition: Partition,
    group: GroupHandle,
    links: Links,
) -> Result<(), ClientError> {
    let reading = Reading::new(config, partition)?;
    let keeper = Keeper {
        transactor: Transactor::new(config, partition)?,
        group,
        metrics: config.metrics.clone(),
        links,
        topic: config.topic.clone(),
        partition,
    };
    let thread = std::thread::Builder::new().name(format!("changelog-{partition}"));
    let started = thread.spawn(move || keeper.run(reading));
    started.map(drop).map_err(|error| {
        let reason = format!("no thread can be started: {error}");
        ClientError(KafkaError::ClientCreation(reason))
    })
}

impl Keeper {
    fn run(self, reading: Reading) {
        match self.restore(&reading) {
            Ok(restored) => {
                drop(reading);
                // An owner that is gone needs nothing any more; here and below.
                drop(self.links.restored.send(Ok(restored)));
                self.serve();
            }
            Err(Failure::Final(error)) => {
                self.count(error.kind());
                drop(self.links.restored.send(Err(error)));
            }
            Err(Failure::Stopped | Failure::Abort(_)) => {}
        }
    }

    fn restore(&self, reading: &Reading) -> Result<Restored, Failure> {
        let begun = Instant::now();
        self.transactor.fence(&self.links.stop)?;
        let fencing = begun.elapsed();
        let end = self.await_end(reading)?;
        let restored = reading.read(&self.links.stop, end)?;
        let took = begun.elapsed();
        self.metrics.restore_seconds.observe(took.as_secs_f64());
        self.metrics
            .restored_rows
            .inc_by(restored.rows.len() as u64);
        tracing::info!(
            kafka.topic = self.topic,
            kafka.partition = self.partition,
            rows = restored.rows.len(),
            records = restored.records,
            fencing_ms = fencing.as_millis(),
            duration_ms = took.as_millis(),
            "changelog restored"
        );
        Ok(Restored {
            took,
            fencing,
            ..restored
        })
    }

    /// The changelog's end, behind which nothing is undecided.
    fn await_end(&self, reading: &Reading) -> Result<i64, Failure> {
        let stop = &self.links.stop;
        loop {
            let hanging = match reading.end(stop)? {
                Waited::Stable(end) => return Ok(end),
                Waited::Hanging(hanging) => hanging,
            };
            self.count("hanging");

            tracing::warn!(
                kafka.topic = self.topic,
                kafka.partition = self.partition,
                committed = hanging.was_committed,
                "a transaction of an earlier owner hangs and is ended"
            );
            match self.transactor.take_along(&hanging, &self.group, stop) {
                Ok(()) => {}
                Err(Failure::Abort(error)) => {
                    tracing::warn!(error = %error, kafka.topic = self.topic, kafka.partition = self.partition, "it cannot be ended yet");
                    self.transactor.abort(stop)?;
                }
                Err(failure) => return Err(failure),
            }
        }
    }

    fn serve(&self) {
        while !self.is_stopped() {
            let commit = match self.links.commits.recv_timeout(IDLE) {
                Ok(commit) => commit,
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            let begun = Instant::now();
            let outcome = match self.commit(&commit) {
                Ok(()) => Ok(self.committed(&commit, begun.elapsed())),
                Err(Failure::Final(error)) => {
                    self.count(error.kind());
                    Err(error)
                }
                Err(Failure::Stopped | Failure::Abort(_)) => {
                    self.transactor.abort_at_last();
                    return;
                }
            };
            let is_over = outcome.is_err();
            drop(self.links.outcomes.send(outcome));
            if is_over {
                return;
            }
        }
    }

    fn committed(&self, commit: &ChangelogCommit, took: Duration) -> Committed {
        self.metrics.commits.inc();
        self.metrics.rows.inc_by(commit.rows.len() as u64);
        self.metrics.commit_seconds.observe(took.as_secs_f64());
        Committed {
            next_offset: commit.next_offset,
            rows: commit.rows.len(),
            took,
        }
    }

    fn commit(&self, commit: &ChangelogCommit) -> Result<(), Failure> {
        let mut pause = FIRST_PAUSE;
        loop {
            let Err(failure) = self
                .transactor
                .attempt(commit, &self.group, &self.links.stop)
            else {
                return Ok(());
            };
            let Failure::Abort(error) = failure else {
                return Err(failure);
            };
            self.count("aborted");
            tracing::warn!(error = %error, kafka.topic = self.topic, kafka.partition = self.partition, "a commit failed and is tried again");
            self.transactor.abort(&self.links.stop)?;
            self.sleep(pause);
            pause = (pause * 2).min(LAST_PAUSE);
        }
    }

    fn sleep(&self, pause: Duration) {
        let end = Instant::now() + pause;
        while Instant::now() < end && !self.is_stopped() {
            std::thread::sleep(FIRST_PAUSE.min(end.saturating_duration_since(Instant::now())));
        }
    }

    fn count(&self, kind: &str) {
        self.metrics.failures.with_label_values(&[kind]).inc();
    }

    fn is_stopped(&self) -> bool {
        self.links.stop.load(Ordering::Acquire)
    }
}
