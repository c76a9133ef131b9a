//! The bounded buffer between the consumer's thread and the tasks of the writers.
//!
//! Records wait here until a batch is full or its first record has waited long enough, stay counted while they are
//! written, and come back as completed positions, which only the consumer's thread turns into offsets. Invariant: a
//! record counts against the bound from its arrival until it is completed, overtaken or forgotten, and is completed at most once.
//! The bound may be exceeded by what the consumer fetched before it looked again (librdkafka's queue, 64 MB).

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use kafka::consumer::Demand;
use kafka::{PackedRecord, Partition};
use tokio::sync::Notify;

use crate::config::BufferConfig;

/// What a record costs beside its bytes: the structures around it.
const OVERHEAD_BYTES: usize = 256;

/// A batch is filled up when at least this part of one waits.
const WORTH_TAKING: usize = 8;

/// A record of one assignment of a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position {
    pub(crate) partition: Partition,
    /// Number of the assignment: a completion that comes after the partition went elsewhere is recognised by it.
    pub(crate) epoch: u64,
    pub(crate) offset: i64,
}

/// A record on its way to the database.
#[derive(Debug)]
pub(crate) struct WorkItem {
    pub(crate) record: PackedRecord,
    pub(crate) epoch: u64,
    arrived: Instant,
}

impl WorkItem {
    pub(crate) fn new(record: PackedRecord, epoch: u64) -> Self {
        Self {
            record,
            epoch,
            arrived: Instant::now(),
        }
    }

    pub(crate) fn position(&self) -> Position {
        Position {
            partition: self.record.partition,
            epoch: self.epoch,
            offset: self.record.offset,
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        self.record.size() + OVERHEAD_BYTES
    }
}

/// Records and bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Fill {
    pub(crate) rows: usize,
    pub(crate) bytes: usize,
}

/// Records that wait for one writer, or for several that share them.
#[derive(Debug, Default)]
struct Lane {
    queue: VecDeque<WorkItem>,
    /// Bytes in the queue, for the size of a batch.
    bytes: usize,
}

#[derive(Debug, Default)]
struct Inner {
    lanes: Vec<Lane>,
    /// Queues and writers together.
    held: Fill,
    completed: Vec<Position>,
    hurry: bool,
    paused: bool,
}

enum Next {
    Batch(Vec<WorkItem>),
    After(Duration),
    Nothing,
}

/// The buffer; shared by handler and writer.
#[derive(Debug)]
pub(crate) struct Buffer {
    config: BufferConfig,
    inner: Mutex<Inner>,
    /// One for each lane.
    changed: Vec<Notify>,
}

impl Buffer {
    /// A buffer of that many lanes, at least one. Records of one partition are in one lane, so that writers of different
    /// lanes never write the same session.
    pub(crate) fn new(config: BufferConfig, lanes: usize) -> Self {
        let lanes = lanes.max(1);
        let inner = Inner {
            lanes: (0..lanes).map(|_| Lane::default()).collect(),
            ..Inner::default()
        };
        Self {
            config,
            inner: Mutex::new(inner),
            changed: (0..lanes).map(|_| Notify::new()).collect(),
        }
    }

    fn lane_of(&self, partition: Partition) -> usize {
        usize::try_from(partition).unwrap_or_default() % self.changed.len()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a record in; never refuses, see [`Self::demand`].
    pub(crate) fn push(&self, item: WorkItem) {
        let bytes = item.bytes();
        let number = self.lane_of(item.record.partition);
        let mut inner = self.inner();
        inner.held.rows += 1;
        inner.held.bytes += bytes;
        let Some(lane) = inner.lanes.get_mut(number) else {
            return;
        };
        lane.bytes += bytes;
        lane.queue.push_back(item);
        let first = lane.queue.len() == 1;
        let full = self.is_full_batch(lane);
        drop(inner);
        // In between the writer's own timer is enough.
        if first || full {
            self.notify(number);
        }
    }

    fn notify(&self, lane: usize) {
        if let Some(changed) = self.changed.get(lane) {
            changed.notify_one();
        }
    }

    fn is_full_batch(&self, lane: &Lane) -> bool {
        lane.queue.len() >= self.config.batch_rows || lane.bytes >= self.config.batch_bytes
    }

    /// Whether to read on: pauses at the bound, goes on at half of it.
    pub(crate) fn demand(&self) -> Demand {
        let mut inner = self.inner();
        let Fill { rows, bytes } = inner.held;
        let low = rows <= self.config.rows / 2 && bytes <= self.config.bytes / 2;
        let high = rows >= self.config.rows || bytes >= self.config.bytes;
        inner.paused = high || (inner.paused && !low);
        if inner.paused {
            Demand::Pause
        } else {
            Demand::Continue
        }
    }

    /// What is held now.
    pub(crate) fn fill(&self) -> Fill {
        self.inner().held
    }

    /// While set, nothing waits for company.
    pub(crate) fn set_hurry(&self, hurry: bool) {
        self.inner().hurry = hurry;
        for changed in &self.changed {
            changed.notify_one();
        }
    }

    /// Drops the waiting records of a partition that belongs to somebody else now.
    pub(crate) fn forget(&self, partition: Partition) {
        let number = self.lane_of(partition);
        let mut guard = self.inner();
        let inner = &mut *guard;
        let Some(lane) = inner.lanes.get_mut(number) else {
            return;
        };
        let (mut rows, mut bytes) = (0, 0);
        lane.queue.retain(|item| {
            let stays = item.record.partition != partition;
            if !stays {
                rows += 1;
                bytes += item.bytes();
            }
            stays
        });
        lane.bytes -= bytes;
        inner.held.rows -= rows;
        inner.held.bytes -= bytes;
    }

    /// The next batch of a lane, in the order of arrival.
    ///
    /// # Cancel safety
    /// Nothing is taken unless it is returned.
    pub(crate) async fn next_batch(&self, lane: usize) -> Vec<WorkItem> {
        let lane = lane % self.changed.len();
        loop {
            let changed = async {
                match self.changed.get(lane) {
                    Some(changed) => changed.notified().await,
                    None => std::future::pending().await,
                }
            };
            match self.try_next(lane) {
                Next::Batch(batch) => return batch,
                Next::Nothing => changed.await,
                Next::After(wait) => {
                    // Either way it looks again.
                    let _ = tokio::time::timeout(wait, changed).await;
                }
            }
        }
    }

    fn try_next(&self, number: usize) -> Next {
        let mut inner = self.inner();
        let hurry = inner.hurry;
        let Some(lane) = inner.lanes.get_mut(number) else {
            return Next::Nothing;
        };
        let Some(first) = lane.queue.front() else {
            return Next::Nothing;
        };
        let waited = first.arrived.elapsed();
        if !hurry && !self.is_full_batch(lane) && waited < self.config.linger {
            return Next::After(self.config.linger - waited);
        }
        let batch = Self::take(lane, self.config.batch_rows, self.config.batch_bytes);
        if !lane.queue.is_empty() {
            // Another writer may be waiting for a first record, which came long ago.
            self.notify(number);
        }
        Next::Batch(batch)
    }

    /// What waits in a lane beside a batch of that many rows and bytes, as far as it has room for it; nothing when little
    /// waits, so that a batch ends when its writer has caught up.
    pub(crate) fn more(&self, lane: usize, held: Fill) -> Vec<WorkItem> {
        let mut inner = self.inner();
        let Some(lane) = inner.lanes.get_mut(lane % self.changed.len()) else {
            return Vec::new();
        };
        if lane.queue.len() < self.config.batch_rows / WORTH_TAKING {
            return Vec::new();
        }
        let rows = self.config.batch_rows.saturating_sub(held.rows);
        let bytes = self.config.batch_bytes.saturating_sub(held.bytes);
        Self::take(lane, rows, bytes)
    }

    /// Records of a lane from its front, until `rows` or `bytes` are reached.
    fn take(lane: &mut Lane, rows: usize, bytes: usize) -> Vec<WorkItem> {
        let mut batch = Vec::new();
        let mut taken = 0;
        while batch.len() < rows && taken < bytes {
            let Some(item) = lane.queue.pop_front() else {
                break;
            };
            taken += item.bytes();
            batch.push(item);
        }
        lane.bytes -= taken;
        batch
    }

    /// `items`, which [`Self::next_batch`] or [`Self::more`] gave, are durable or set aside.
    pub(crate) fn complete<'a>(&self, items: impl IntoIterator<Item = &'a WorkItem>) {
        let mut inner = self.inner();
        for item in items {
            inner.held.rows -= 1;
            inner.held.bytes -= item.bytes();
            inner.completed.push(item.position());
        }
    }

    /// `items` are held no longer, and completed later: [`Self::complete_overtaken`].
    pub(crate) fn release(&self, items: &[WorkItem]) {
        let mut inner = self.inner();
        inner.held.rows -= items.len();
        inner.held.bytes -= items.iter().map(WorkItem::bytes).sum::<usize>();
    }

    /// What was released is durable, because what overtook it is.
    pub(crate) fn complete_overtaken(&self, positions: Vec<Position>) {
        self.inner().completed.extend(positions);
    }

    /// What was completed since the last call.
    pub(crate) fn take_completed(&self) -> Vec<Position> {
        std::mem::take(&mut self.inner().completed)
    }
}

#[cfg(test)]
mod tests;
