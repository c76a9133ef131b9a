//! The consumer's side of the worker: claim a partition and restore its windows, decode records, hand
//! them to the windows, publish what comes out, and commit snapshots of what is acknowledged.
//!
//! Runs on the consumer's thread and never blocks: what is published goes through the outbox, and
//! claims and commits run on threads of the changelog. Acknowledgements of an assignment that has ended
//! are ignored by its epoch.

use std::collections::{BTreeMap, HashSet};
use std::time::{Duration, Instant};

use kafka::changelog::{Changelog, ChangelogConfig, Restored};
use kafka::consumer::{CommitPoint, Demand, GroupHandle, Handler, HandlerError, StartPosition};
use kafka::metrics::ChangelogMetrics;
use kafka::{Partition, Record};
use schemas::header::RecordHeaders;
use schemas::verdict::VerdictRecord;

use crate::assignment::{Assignment, Hold};
use crate::config::WorkerConfig;
use crate::decode::decode;
use crate::metrics::Metrics;
use crate::outbox::{Outbox, Ticket};
use crate::poison::Poison;
use crate::rulesets::{Missing, Rulesets};
use crate::windows::{Content, PartitionWindows, Refused};

/// Windows looked at per tick and partition: bounds the time of a tick.
const LOOKS_PER_TICK: usize = 2000;
/// Most bytes of windows packed per tick, for the same reason.
const PACKED_PER_TICK: usize = 8 << 20;
/// Versions that were waited for in vain and are not waited for again.
const GIVEN_UP: usize = 1000;
/// How often gauges are set.
const GAUGES: Duration = Duration::from_secs(1);

/// A partition whose older owners are being fenced and whose windows are being read.
struct Claim {
    changelog: Changelog,
    restored: Option<Restored>,
}

pub(crate) struct DetectorHandler {
    config: WorkerConfig,
    rulesets: Rulesets,
    outbox: Outbox,
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
    verdicts: Vec<VerdictRecord>,
}

impl DetectorHandler {
    pub(crate) fn new(
        config: WorkerConfig,
        rulesets: Rulesets,
        outbox: Outbox,
        (metrics, changelog_metrics): (Metrics, ChangelogMetrics),
    ) -> Self {
        Self {
            config,
            rulesets,
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
            verdicts: Vec::new(),
        }
    }

    /// Folds one record, sets it aside, or holds the partition for it.
    fn process(&mut self, record: &Record<'_>) -> Result<(), HandlerError> {
        let headers = RecordHeaders::decode(record.headers()).map_err(Poison::Headers);
        let folded = match &headers {
            Ok(headers) => self.fold(record, headers),
            Err(poison) => Err(Refused::Poison(poison.clone())),
        };
        match folded {
            Ok(()) => {}
            Err(Refused::Poison(poison)) => self.set_aside(record, &poison),
            Err(Refused::VersionMissing(missing)) if self.given_up.contains(&missing) => {
                self.set_aside(record, &Poison::VersionMissing(missing));
            }
            Err(Refused::VersionMissing(missing)) => {
                self.hold_for(record, missing);
                return Ok(());
            }
        }
        let traceparent = headers.ok().and_then(|headers| headers.traceparent);
        self.publish(record.partition, traceparent.as_deref())
    }

    fn fold(&mut self, record: &Record<'_>, headers: &RecordHeaders) -> Result<(), Refused> {
        let input = decode(record, headers).map_err(Refused::Poison)?;
        let Some(assignment) = self.assignments.get_mut(&record.partition) else {
            return Ok(());
        };
        let events = match &input.content {
            Content::Batch(batch) => batch.len() as u64,
            _ => 0,
        };
        let outcome = assignment.windows.record(input, &mut self.verdicts)?;
        assignment.windows.advance(None, 1, &mut self.verdicts);
        assignment.flood.good(record.timestamp_ms);
        self.metrics.count(outcome, events);
        Ok(())
    }

    fn set_aside(&mut self, record: &Record<'_>, poison: &Poison) {
        let Some(assignment) = self.assignments.get_mut(&record.partition) else {
            return;
        };
        if !assignment.windows.set_aside(record.offset) {
            return;
        }
        self.metrics.dead_letter(poison.kind());
        tracing::warn!(kafka.topic = record.topic, kafka.partition = record.partition, kafka.offset = record.offset, reason = poison.kind(), error = %poison, "record set aside");
        let ticket = Ticket {
            partition: record.partition,
            epoch: assignment.epoch,
            interval: assignment.publications.begin(),
        };
        self.outbox
            .push_dead_letter(ticket, record.to_owned(), poison.kind());
        let flooded = assignment.flood.poison(record.timestamp_ms, record.key);
        if flooded && self.config.state.flood_pauses && assignment.hold.is_none() {
            tracing::error!(
                kafka.topic = record.topic,
                kafka.partition = record.partition,
                kafka.offset = record.offset,
                "most records of many sessions are poison; the partition waits until the worker is started again"
            );
            assignment.hold = Some(Hold::Flood);
        }
    }

    fn hold_for(&mut self, record: &Record<'_>, missing: Missing) {
        let Some(assignment) = self.assignments.get_mut(&record.partition) else {
            return;
        };
        tracing::warn!(kafka.topic = record.topic, kafka.partition = record.partition, kafka.offset = record.offset, error = %missing, "the partition waits for the control topic");
        assignment.held.push_front(record.to_owned());
        let since = Instant::now();
        assignment.hold = Some(Hold::Version { missing, since });
    }

    /// Tries again what a partition is held for.
    fn try_held(&mut self, partition: Partition) -> Result<(), HandlerError> {
        let Some(assignment) = self.assignments.get_mut(&partition) else {
            return Ok(());
        };
        let Some(Hold::Version { missing, since }) = &assignment.hold else {
            return Ok(());
        };
        let (missing, since) = (missing.clone(), *since);
        if !self.rulesets.knows(&missing) {
            if since.elapsed() < self.config.state.version_wait {
                return Ok(());
            }
            if self.given_up.len() >= GIVEN_UP {
                self.given_up.clear();
            }
            self.given_up.insert(missing);
        }
        assignment.hold = None;
        while let Some(record) = self.next_held(partition) {
            self.process(&record.as_record())?;
        }
        Ok(())
    }

    fn next_held(&mut self, partition: Partition) -> Option<kafka::OwnedRecord> {
        let assignment = self.assignments.get_mut(&partition)?;
        if assignment.is_held() {
            return None;
        }
        assignment.held.pop_front()
    }

    fn publish(
        &mut self,
        partition: Partition,
        traceparent: Option<&str>,
    ) -> Result<(), HandlerError> {
        let Some(assignment) = self.assignments.get_mut(&partition) else {
            self.verdicts.clear();
            return Ok(());
        };
        for verdict in self.verdicts.drain(..) {
            let ticket = Ticket {
                partition,
                epoch: assignment.epoch,
                interval: assignment.publications.begin(),
            };
            self.metrics.verdict(&verdict);
            let filed = self.outbox.push_verdict(ticket, &verdict, traceparent);
            filed.map_err(|error| failure(format!("a verdict cannot be encoded: {error}")))?;
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
            outcome.map_err(|error| {
                failure(format!(
                    "a verdict or dead letter was not delivered: {error}"
                ))
            })?;
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
            assignment
                .windows
                .advance(assignment.caught_up_ms, LOOKS_PER_TICK, &mut self.verdicts);
            self.publish(partition, None)?;
        }
        let Some(assignment) = self.assignments.get_mut(&partition) else {
            return Ok(());
        };
        if let Some(elsewhere) = assignment.fenced_for()
            && elsewhere > self.config.kafka.session_timeout * 2
        {
            let reason =
                format!("partition {partition} is another worker's, and the group has not said so");
            return Err(failure(reason));
        }
        let committed = assignment.advance_snapshots(self.config.state.snapshot_interval);
        committed.map_err(|error| failure(format!("a snapshot cannot be committed: {error}")))?;
        Ok(())
    }

    /// Packs cold windows as the bound comes near; says whether there is no more room.
    fn keep_within_memory(&mut self) {
        let bound = self.config.state.memory_bytes;
        let used = |assignments: &BTreeMap<Partition, Assignment>| -> usize {
            let windows = assignments.values();
            windows
                .map(|assignment| assignment.windows.memory().bytes)
                .sum()
        };
        let excess = used(&self.assignments).saturating_sub(bound / 10 * 8);
        let mut wanted = excess.min(PACKED_PER_TICK);
        for assignment in self.assignments.values_mut() {
            if wanted == 0 {
                break;
            }
            wanted = wanted.saturating_sub(assignment.windows.pack(wanted));
        }
        let is_full = excess > 0 && used(&self.assignments) > bound;
        if is_full && !self.is_full {
            tracing::error!(
                memory.bound_bytes = bound,
                "windows take all the memory they may; the worker waits: add workers or raise CANDOR_DETECTOR_MEMORY_MIB"
            );
        }
        self.is_full = is_full;
    }

    fn set_gauges(&mut self) {
        if self.gauged.elapsed() < GAUGES {
            return;
        }
        self.gauged = Instant::now();
        for (partition, assignment) in &mut self.assignments {
            // Windows that could not end because their ruleset was not known are looked at again.
            assignment.windows.set_rulesets(self.rulesets.clone());
            self.metrics.windows(
                *partition,
                &assignment.windows.memory(),
                assignment.hold.as_ref(),
            );
        }
        self.metrics.memory_full.set(i64::from(self.is_full));
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
        let restored = None;
        self.claims.insert(
            partition,
            Claim {
                changelog,
                restored,
            },
        );
        Ok(())
    }

    fn is_claimed(&mut self, partition: Partition) -> Result<bool, HandlerError> {
        let Some(claim) = self.claims.get_mut(&partition) else {
            return Ok(false);
        };
        if let Some(restored) = claim.changelog.take_restored() {
            let restored = restored
                .map_err(|error| failure(format!("windows cannot be restored: {error}")))?;
            claim.restored = Some(restored);
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
        }) = claim
        else {
            return Err(failure(format!("partition {partition} was not claimed")));
        };
        let begun = Instant::now();
        let windows = PartitionWindows::restore(
            self.config.windows,
            self.rulesets.clone(),
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
        self.outbox.forget(partition);
        // Gauges of a partition that is somebody else's must not stand still here.
        self.metrics.forget(partition);
    }
}

fn failure(reason: String) -> HandlerError {
    HandlerError { reason }
}
