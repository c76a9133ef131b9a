//! The consumer's side: records go into the buffer, completed positions into the ledgers. Nothing here waits.
//!
//! Invariant: an offset may be committed only when the record is durable or set aside, because only the writer completes
//! positions. A completion of an earlier assignment is recognised by its epoch and changes nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use kafka::consumer::{CommitPoint, Demand, Handler, HandlerError, StartPosition};
use kafka::ledger::{LedgerError, OffsetLedger};
use kafka::{PackedRecord, Partition, Record};
use runtime::health::Component;

use crate::buffer::{Buffer, WorkItem};

#[derive(Debug)]
struct Assignment {
    epoch: u64,
    ledger: OffsetLedger,
}

/// Feeds one sink.
#[derive(Debug)]
pub(crate) struct SinkHandler {
    buffer: Arc<Buffer>,
    assignments: BTreeMap<Partition, Assignment>,
    last_epoch: u64,
    health: Component,
    started: bool,
}

impl SinkHandler {
    /// `health` is up from the first tick on.
    pub(crate) fn new(buffer: Arc<Buffer>, health: Component) -> Self {
        Self {
            buffer,
            assignments: BTreeMap::new(),
            last_epoch: 0,
            health,
            started: false,
        }
    }

    fn apply_completions(&mut self) -> Result<(), HandlerError> {
        for position in self.buffer.take_completed() {
            let assignment = self.assignments.get_mut(&position.partition);
            let current = assignment.filter(|assignment| assignment.epoch == position.epoch);
            if let Some(assignment) = current {
                let outcome = assignment.ledger.complete(position.offset);
                outcome.map_err(ledger_failed)?;
            }
        }
        Ok(())
    }
}

fn ledger_failed(error: LedgerError) -> HandlerError {
    HandlerError {
        reason: error.to_string(),
    }
}

impl Handler for SinkHandler {
    fn assigned(
        &mut self,
        partition: Partition,
        start: &StartPosition,
    ) -> Result<i64, HandlerError> {
        self.last_epoch += 1;
        let assignment = Assignment {
            epoch: self.last_epoch,
            ledger: OffsetLedger::new(start.offset),
        };
        self.assignments.insert(partition, assignment);
        Ok(start.offset)
    }

    fn record(&mut self, record: &Record<'_>) -> Result<(), HandlerError> {
        let Some(assignment) = self.assignments.get_mut(&record.partition) else {
            return Ok(());
        };
        let begun = assignment.ledger.begin(record.offset, 1);
        begun.map_err(ledger_failed)?;
        self.buffer
            .push(WorkItem::new(PackedRecord::of(record), assignment.epoch));
        Ok(())
    }

    fn tick(&mut self, _now_ms: i64) -> Result<Demand, HandlerError> {
        if !self.started {
            self.started = true;
            self.health.up();
        }
        self.apply_completions()?;
        Ok(self.buffer.demand())
    }

    fn commit_point(&mut self, partition: Partition) -> Option<CommitPoint> {
        let assignment = self.assignments.get(&partition)?;
        Some(CommitPoint {
            next_offset: assignment.ledger.frontier(),
            metadata: String::new(),
        })
    }

    fn begin_drain(&mut self, _partitions: &[Partition]) {
        self.buffer.set_hurry(true);
    }

    fn is_drained(&mut self, partitions: &[Partition]) -> bool {
        partitions
            .iter()
            .filter_map(|partition| self.assignments.get(partition))
            .all(|assignment| assignment.ledger.in_flight() == 0)
    }

    fn released(&mut self, partition: Partition) {
        self.assignments.remove(&partition);
        self.buffer.forget(partition);
        self.buffer.set_hurry(false);
    }
}
