//! What becomes of one record: folded, set aside, or kept until its version is known.

use std::time::Instant;

use kafka::consumer::HandlerError;
use kafka::{OwnedRecord, Partition, Record};
use schemas::header::RecordHeaders;

use super::{DetectorHandler, Ticket};
use crate::assignment::Hold;
use crate::decode::decode;
use crate::poison::Poison;
use crate::versions::Missing;
use crate::windows::{Content, Refused};

/// Versions that were waited for in vain and are not waited for again.
const GIVEN_UP: usize = 1000;

impl DetectorHandler {
    /// Folds one record, sets it aside, or holds the partition for it.
    pub(super) fn process(&mut self, record: &Record<'_>) -> Result<(), HandlerError> {
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
        let outcome = assignment.windows.record(input, &mut self.emissions)?;
        assignment.windows.advance(None, 1, &mut self.emissions);
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
    pub(super) fn try_held(&mut self, partition: Partition) -> Result<(), HandlerError> {
        let Some(assignment) = self.assignments.get_mut(&partition) else {
            return Ok(());
        };
        let Some(Hold::Version { missing, since }) = &assignment.hold else {
            return Ok(());
        };
        let (missing, since) = (missing.clone(), *since);
        if !self.versions.knows(&missing) {
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

    fn next_held(&mut self, partition: Partition) -> Option<OwnedRecord> {
        let assignment = self.assignments.get_mut(&partition)?;
        if assignment.is_held() {
            return None;
        }
        assignment.held.pop_front()
    }
}
