//! The consumer's side of the worker: claim a partition and restore its windows, decode records, hand
//! them to the windows, publish what comes out, and commit snapshots of what is acknowledged.
//!
//! Runs on the consumer's thread and never blocks: what is published goes through the outbox, and
//! claims and commits run on threads of the changelog. Acknowledgements of an assignment that has ended
//! are ignored by its epoch.

mod records;
mod upkeep;

use std::collections::{BTreeMap, HashSet};
use std::time::{Duration, Instant};

use kafka::changelog::{Changelog, ChangelogConfig, Restored};
use kafka::consumer::{CommitPoint, Demand, GroupHandle, Handler, HandlerError, StartPosition};
use kafka::metrics::ChangelogMetrics;
use kafka::{Partition, Record};

use crate::assignment::Assignment;
use crate::config::WorkerConfig;
use crate::emissions::{Destinations, Emissions};
use crate::metrics::Metrics;
use crate::outbox::Outbox;
use crate::publications::Interval;
use crate::versions::{Missing, Versions};
use crate::windows::PartitionWindows;

/// How long the group may take to say that a partition, which another worker has fenced, is not ours any
/// more. Without another worker it is the broker that has aborted a transaction.
const FENCED_WAIT: Duration = Duration::from_secs(15);
/// Windows looked at per tick and partition: bounds the time of a tick.
const LOOKS_PER_TICK: usize = 2000;

/// A partition whose older owners are being fenced and whose windows are being read.
struct Claim {
    changelog: Changelog,
    restored: Option<Restored>,
    /// Since when another worker has the partition.
    fenced: Option<Instant>,
}

/// Names a record on its way: whose it is, and which snapshot waits for it. The epoch tells assignments
/// of one partition apart.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ticket {
    partition: Partition,
    epoch: u64,
    interval: Interval,
}

pub(crate) struct DetectorHandler {
    config: WorkerConfig,
    versions: Versions,
    outbox: Outbox<Ticket>,
    destinations: Destinations,
    metrics: Metrics,
    changelog_metrics: ChangelogMetrics,
    group: Option<GroupHandle>,
    claims: BTreeMap<Partition, Claim>,
    assignments: BTreeMap<Partition, Assignment>,
    epoch: u64,
    given_up: HashSet<Missing>,
    /// Windows take more memory than they may, and none of them can be packed any more.
    is_full: bool,
    gauged: Instant,
    emissions: Emissions,
}

impl DetectorHandler {
    pub(crate) fn new(
        config: WorkerConfig,
        versions: Versions,
        outbox: Outbox<Ticket>,
        (metrics, changelog_metrics): (Metrics, ChangelogMetrics),
    ) -> Self {
        Self {
            destinations: Destinations::of(&config),
            config,
            versions,
            outbox,
            metrics,
            changelog_metrics,
            group: None,
            claims: BTreeMap::new(),
            assignments: BTreeMap::new(),
            epoch: 0,
            given_up: HashSet::new(),
            is_full: false,
            gauged: Instant::now(),
            emissions: Emissions::default(),
        }
    }

    fn publish(
        &mut self,
        partition: Partition,
        traceparent: Option<&str>,
    ) -> Result<(), HandlerError> {
        for verdict in &self.emissions.verdicts {
            self.metrics.verdict(verdict);
        }
        let messages = self.destinations.take(&mut self.emissions, traceparent);
        let messages =
            messages.map_err(|error| failure(format!("a record cannot be encoded: {error}")))?;
        let Some(assignment) = self.assignments.get_mut(&partition) else {
            return Ok(());
        };
        for message in messages {
            let ticket = Ticket {
                partition,
                epoch: assignment.epoch,
                interval: assignment.publications.begin(),
            };
            self.outbox.push(ticket, message);
        }
        self.send_waiting()
    }

    fn send_waiting(&mut self) -> Result<(), HandlerError> {
        let sent = self.outbox.send_waiting();
        sent.map_err(|error| failure(format!("a record cannot be sent: {error}")))
    }

    fn take_acknowledgements(&mut self) -> Result<(), HandlerError> {
        for (ticket, outcome) in self.outbox.take_acknowledged() {
            let assignment = self.assignments.get_mut(&ticket.partition);
            let Some(assignment) = assignment.filter(|assignment| assignment.epoch == ticket.epoch)
            else {
                continue;
            };
            // Without this acknowledgement nothing after it may be committed: start again from the commit.
            outcome.map_err(|error| failure(format!("a record was not delivered: {error}")))?;
            assignment.publications.end(ticket.interval);
        }
        Ok(())
    }

    /// Lets time pass in the windows of `partition` and moves its snapshots on.
    fn tick_partition(&mut self, partition: Partition) -> Result<(), HandlerError> {
        self.try_held(partition)?;
        let Some(assignment) = self.assignments.get_mut(&partition) else {
            return Ok(());
        };
        if self.outbox.has_room() && !assignment.is_held() {
            assignment.windows.advance(
                assignment.caught_up_ms,
                LOOKS_PER_TICK,
                &mut self.emissions,
            );
            self.publish(partition, None)?;
        }
        let Some(assignment) = self.assignments.get_mut(&partition) else {
            return Ok(());
        };
        if assignment
            .fenced_for()
            .is_some_and(|time| time > FENCED_WAIT)
        {
            return Err(fenced(partition));
        }
        let committed = assignment.advance_snapshots(self.config.state.snapshot_interval);
        committed.map_err(|error| failure(format!("a snapshot cannot be committed: {error}")))?;
        Ok(())
    }
}

impl Handler for DetectorHandler {
    fn joined(&mut self, group: GroupHandle) {
        self.group = Some(group);
    }

    fn begin_claim(&mut self, partition: Partition) -> Result<(), HandlerError> {
        let group = self.group.clone();
        let group = group.ok_or_else(|| failure("no group was joined".to_owned()))?;
        let config = ChangelogConfig {
            kafka: self.config.kafka.clone(),
            topic: self.config.windows_topic.clone(),
            source: self.config.events_topic.clone(),
            group: self.config.group.clone(),
            transaction_timeout: self.config.state.transaction_timeout,
            metrics: self.changelog_metrics.clone(),
        };
        let changelog = Changelog::claim(&config, partition, group);
        let changelog = changelog.map_err(|error| failure(error.to_string()))?;
        let claim = Claim {
            changelog,
            restored: None,
            fenced: None,
        };
        self.claims.insert(partition, claim);
        Ok(())
    }

    fn is_claimed(&mut self, partition: Partition) -> Result<bool, HandlerError> {
        let Some(claim) = self.claims.get_mut(&partition) else {
            return Ok(false);
        };
        match claim.changelog.take_restored() {
            None => {}
            Some(Ok(restored)) => claim.restored = Some(restored),
            // The partition has moved on already; the group will say so.
            Some(Err(error)) if error.is_fenced() => claim.fenced = Some(Instant::now()),
            Some(Err(error)) => {
                return Err(failure(format!("windows cannot be restored: {error}")));
            }
        }
        if claim
            .fenced
            .is_some_and(|since| since.elapsed() > FENCED_WAIT)
        {
            return Err(fenced(partition));
        }
        Ok(claim.restored.is_some())
    }

    fn assigned(
        &mut self,
        partition: Partition,
        start: &StartPosition,
    ) -> Result<i64, HandlerError> {
        let claim = self.claims.remove(&partition);
        let Some(Claim {
            changelog,
            restored: Some(restored),
            ..
        }) = claim
        else {
            return Err(failure(format!("partition {partition} was not claimed")));
        };
        let begun = Instant::now();
        let windows = PartitionWindows::restore(
            self.config.windows,
            self.versions.clone(),
            start,
            restored.rows,
        );
        let windows = windows.map_err(|error| failure(error.to_string()))?;
        self.epoch += 1;
        tracing::info!(
            kafka.partition = partition,
            kafka.offset = start.offset,
            read_from = windows.read_from,
            windows = windows.windows.memory().windows,
            duration_ms = (restored.took + begun.elapsed()).as_millis(),
            "windows restored"
        );
        let assignment = Assignment::new(self.epoch, windows.windows, changelog, start.offset);
        self.assignments.insert(partition, assignment);
        Ok(windows.read_from)
    }

    fn record(&mut self, record: &Record<'_>) -> Result<(), HandlerError> {
        let Some(assignment) = self.assignments.get_mut(&record.partition) else {
            return Ok(());
        };
        if assignment.is_held() {
            assignment.held.push_back(record.to_owned());
            return Ok(());
        }
        self.process(record)
    }

    fn caught_up(&mut self, partition: Partition, wall_ms: i64) {
        if let Some(assignment) = self.assignments.get_mut(&partition) {
            assignment.caught_up_ms = Some(wall_ms);
        }
    }

    fn tick(&mut self, _now_ms: i64) -> Result<Demand, HandlerError> {
        self.take_acknowledgements()?;
        self.send_waiting()?;
        self.keep_within_memory();
        let partitions: Vec<Partition> = self.assignments.keys().copied().collect();
        for partition in partitions {
            self.tick_partition(partition)?;
        }
        self.set_gauges();
        Ok(if self.outbox.has_room() && !self.is_full {
            Demand::Continue
        } else {
            Demand::Pause
        })
    }

    fn is_held(&mut self, partition: Partition) -> bool {
        self.assignments
            .get(&partition)
            .is_some_and(Assignment::is_held)
    }

    /// Offsets are committed with the snapshots.
    fn commit_point(&mut self, _partition: Partition) -> Option<CommitPoint> {
        None
    }

    fn begin_drain(&mut self, partitions: &[Partition]) {
        for partition in partitions {
            if let Some(assignment) = self.assignments.get_mut(partition) {
                assignment.begin_drain();
            }
        }
    }

    fn is_drained(&mut self, partitions: &[Partition]) -> bool {
        let mut assignments = partitions
            .iter()
            .filter_map(|partition| self.assignments.get(partition));
        assignments.all(Assignment::is_drained)
    }

    fn released(&mut self, partition: Partition) {
        self.claims.remove(&partition);
        self.assignments.remove(&partition);
        self.outbox.forget(|ticket| ticket.partition == partition);
        // Gauges of a partition that is somebody else's must not stand still here.
        self.metrics.forget(partition);
    }
}

fn fenced(partition: Partition) -> HandlerError {
    failure(format!(
        "partition {partition} was fenced, and the group has not taken it away: it is claimed anew after a restart"
    ))
}

fn failure(reason: String) -> HandlerError {
    HandlerError { reason }
}
