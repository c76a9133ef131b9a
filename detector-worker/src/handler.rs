//! The consumer's side of the worker: decode a record, hand it to its partition's windows, publish
//! what comes out, and commit only what is acknowledged.
//!
//! Runs on the consumer's thread and never blocks: what is published goes through the outbox.
//! Acknowledgements of an assignment that has ended are ignored by its epoch.

use std::collections::BTreeMap;

use kafka::consumer::{CommitPoint, Demand, Handler, HandlerError, StartPosition};
use kafka::producer::Producer;
use kafka::{Partition, Record};
use schemas::header::RecordHeaders;
use schemas::verdict::{Phase, VerdictRecord};

use crate::config::WorkerConfig;
use crate::decode::decode;
use crate::metrics::Metrics;
use crate::old_windows::restart::RestartPoint;
use crate::old_windows::{PartitionWindows, is_orphan};
use crate::outbox::{About, Outbox, Ticket};
use crate::poison::Poison;
use crate::rulesets::Rulesets;
use crate::windows::Content;

/// Windows looked at per tick and partition: bounds the time of a tick.
const LOOKS_PER_TICK: usize = 2000;

struct Assignment {
    epoch: u64,
    windows: PartitionWindows,
    at_end: bool,
}

pub(crate) struct DetectorHandler {
    config: WorkerConfig,
    rulesets: Rulesets,
    outbox: Outbox,
    metrics: Metrics,
    assignments: BTreeMap<Partition, Assignment>,
    epoch: u64,
    verdicts: Vec<VerdictRecord>,
}

impl DetectorHandler {
    pub(crate) fn new(
        config: WorkerConfig,
        rulesets: Rulesets,
        producer: Producer,
        metrics: Metrics,
    ) -> Self {
        let outbox = Outbox::new(
            producer,
            config.verdicts_topic.clone(),
            config.dead_letter_topic.clone(),
        );
        Self {
            config,
            rulesets,
            outbox,
            metrics,
            assignments: BTreeMap::new(),
            epoch: 0,
            verdicts: Vec::new(),
        }
    }

    fn publish(
        &mut self,
        partition: Partition,
        traceparent: Option<&str>,
    ) -> Result<(), HandlerError> {
        let verdicts = std::mem::take(&mut self.verdicts);
        for verdict in &verdicts {
            let Some(assignment) = self.assignments.get_mut(&partition) else {
                break;
            };
            let ticket = Ticket {
                partition,
                epoch: assignment.epoch,
                about: About::Verdict {
                    window: verdict.window,
                },
            };
            let orphan = is_orphan(&assignment.windows, verdict);
            assignment.windows.begin_publish(verdict.window, orphan);
            self.observe(verdict);
            let filed = self.outbox.push_verdict(ticket, verdict, traceparent);
            filed.map_err(|error| failure(format!("a verdict cannot be encoded: {error}")))?;
        }
        self.verdicts = verdicts;
        self.verdicts.clear();
        self.send_waiting()
    }

    fn send_waiting(&mut self) -> Result<(), HandlerError> {
        let sent = self.outbox.send_waiting();
        sent.map_err(|error| failure(format!("a record cannot be sent: {error}")))
    }

    fn observe(&self, record: &VerdictRecord) {
        let phase = match record.revision.phase {
            Phase::Running => "running",
            Phase::Requested => "requested",
            Phase::Final => "final",
        };
        self.metrics.verdicts.with_label_values(&[phase]).inc();
        if let Some(verdict) = &record.verdict {
            self.metrics
                .scoring_seconds
                .observe(verdict.processing_time_ms / 1e3);
        }
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
            match ticket.about {
                About::Verdict { window } => assignment.windows.end_publish(window),
                About::DeadLetter { offset } => assignment.windows.end_dead_letter(offset),
            }
        }
        Ok(())
    }

    fn fold(&mut self, record: &Record<'_>, headers: &RecordHeaders) -> Result<(), Poison> {
        let input = decode(record, headers)?;
        let Some(assignment) = self.assignments.get_mut(&record.partition) else {
            return Ok(());
        };
        let events = match &input.content {
            Content::Batch(batch) => batch.len() as u64,
            _ => 0,
        };
        let outcome = assignment.windows.record(input, &mut self.verdicts)?;
        assignment.windows.advance(None, 1, &mut self.verdicts);
        self.metrics
            .records
            .with_label_values(&[outcome.label()])
            .inc();
        self.metrics.events.inc_by(events);
        Ok(())
    }

    fn set_aside(&mut self, record: &Record<'_>, poison: &Poison) {
        let Some(assignment) = self.assignments.get_mut(&record.partition) else {
            return;
        };
        assignment.windows.skip(record.offset);
        if !assignment.windows.begin_dead_letter(record.offset) {
            self.metrics.records.with_label_values(&["replayed"]).inc();
            return;
        }
        self.metrics
            .records
            .with_label_values(&["dead_lettered"])
            .inc();
        self.metrics
            .dead_letters
            .with_label_values(&[poison.kind()])
            .inc();
        tracing::warn!(kafka.topic = record.topic, kafka.partition = record.partition, kafka.offset = record.offset, reason = poison.kind(), error = %poison, "record set aside");
        let about = About::DeadLetter {
            offset: record.offset,
        };
        let ticket = Ticket {
            partition: record.partition,
            epoch: assignment.epoch,
            about,
        };
        self.outbox
            .push_dead_letter(ticket, record.to_owned(), poison.kind());
    }
}

impl Handler for DetectorHandler {
    fn assigned(
        &mut self,
        partition: Partition,
        start: &StartPosition,
    ) -> Result<i64, HandlerError> {
        self.epoch += 1;
        let resumed = RestartPoint::decode(&start.metadata);
        let windows = PartitionWindows::new(
            self.config.windows,
            self.rulesets.clone(),
            start.offset,
            resumed,
        );
        self.assignments.insert(
            partition,
            Assignment {
                epoch: self.epoch,
                windows,
                at_end: false,
            },
        );
        Ok(start.offset)
    }

    fn record(&mut self, record: &Record<'_>) -> Result<(), HandlerError> {
        if let Some(assignment) = self.assignments.get_mut(&record.partition) {
            assignment.at_end = false;
        }
        let headers = RecordHeaders::decode(record.headers()).map_err(Poison::Headers);
        let folded = headers
            .as_ref()
            .map_err(Clone::clone)
            .and_then(|headers| self.fold(record, headers));
        if let Err(poison) = folded {
            self.set_aside(record, &poison);
        }
        let traceparent = headers.ok().and_then(|headers| headers.traceparent);
        self.publish(record.partition, traceparent.as_deref())
    }

    fn end_of_partition(&mut self, partition: Partition) {
        if let Some(assignment) = self.assignments.get_mut(&partition) {
            assignment.at_end = true;
        }
    }

    fn tick(&mut self, now_ms: i64) -> Result<Demand, HandlerError> {
        self.take_acknowledgements()?;
        self.send_waiting()?;
        if self.outbox.is_empty() {
            let partitions: Vec<Partition> = self.assignments.keys().copied().collect();
            for partition in partitions {
                if let Some(Assignment {
                    windows, at_end, ..
                }) = self.assignments.get_mut(&partition)
                {
                    windows.advance(at_end.then_some(now_ms), LOOKS_PER_TICK, &mut self.verdicts);
                }
                self.publish(partition, None)?;
            }
        }
        Ok(if self.outbox.is_empty() {
            Demand::Continue
        } else {
            Demand::Pause
        })
    }

    fn commit_point(&mut self, partition: Partition) -> Option<CommitPoint> {
        let assignment = self.assignments.get_mut(&partition)?;
        let windows = i64::try_from(assignment.windows.open_windows()).unwrap_or(i64::MAX);
        self.metrics
            .open_windows
            .with_label_values(&[&partition.to_string()])
            .set(windows);
        let (next_offset, restart) = assignment.windows.restart_point();
        let metadata = restart.encode();
        if metadata.is_none() {
            self.metrics.commits_withheld.inc();
        }
        Some(CommitPoint {
            next_offset,
            metadata: metadata?,
        })
    }

    fn begin_drain(&mut self, _partitions: &[Partition]) {}

    fn is_drained(&mut self, partitions: &[Partition]) -> bool {
        self.outbox.is_empty()
            && partitions.iter().all(|partition| {
                self.assignments
                    .get(partition)
                    .is_none_or(|assignment| assignment.windows.is_settled())
            })
    }

    fn released(&mut self, partition: Partition) {
        self.assignments.remove(&partition);
        self.outbox.forget(partition);
        // The gauge of a partition that is somebody else's must not stand still here.
        drop(
            self.metrics
                .open_windows
                .remove_label_values(&[&partition.to_string()]),
        );
    }
}

fn failure(reason: String) -> HandlerError {
    HandlerError { reason }
}
