//! The bounded buffer between the consumer's thread and the writer's task.
//!
//! Records wait here until a batch is full or its first record has waited long enough, stay counted while they are
//! written, and come back as completed positions, which only the consumer's thread turns into offsets. Invariant: a
//! record counts against the bound from its arrival until it is completed or forgotten, and is completed at most once.
//! The bound may be exceeded by what the consumer fetched before it looked again (librdkafka's queue, 64 MB).

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use kafka::consumer::Demand;
use kafka::{OwnedRecord, Partition};
use tokio::sync::Notify;

use crate::config::BufferConfig;

/// What a record costs beside its bytes: the structures around it.
const OVERHEAD_BYTES: usize = 512;

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
    pub(crate) record: OwnedRecord,
    pub(crate) epoch: u64,
    arrived: Instant,
}

impl WorkItem {
    pub(crate) fn new(record: OwnedRecord, epoch: u64) -> Self {
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

    fn bytes(&self) -> usize {
        let headers = self.record.headers.iter();
        let headers: usize = headers.map(|(name, value)| name.len() + value.len()).sum();
        self.record.key.len() + self.record.payload.len() + headers + OVERHEAD_BYTES
    }
}

/// Records and bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Fill {
    pub(crate) rows: usize,
    pub(crate) bytes: usize,
}

#[derive(Debug, Default)]
struct Inner {
    queue: VecDeque<WorkItem>,
    /// Bytes in the queue alone, for the size of a batch.
    queued_bytes: usize,
    /// Queue and writer together.
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
    changed: Notify,
}

impl Buffer {
    pub(crate) fn new(config: BufferConfig) -> Self {
        Self {
            config,
            inner: Mutex::default(),
            changed: Notify::new(),
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a record in; never refuses, see [`Self::demand`].
    pub(crate) fn push(&self, item: WorkItem) {
        let bytes = item.bytes();
        let mut inner = self.inner();
        inner.queued_bytes += bytes;
        inner.held.rows += 1;
        inner.held.bytes += bytes;
        inner.queue.push_back(item);
        let first = inner.queue.len() == 1;
        let full = self.is_full_batch(&inner);
        drop(inner);
        // In between the writer's own timer is enough.
        if first || full {
            self.changed.notify_one();
        }
    }

    fn is_full_batch(&self, inner: &Inner) -> bool {
        inner.queue.len() >= self.config.batch_rows || inner.queued_bytes >= self.config.batch_bytes
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
        self.changed.notify_one();
    }

    /// Drops the waiting records of a partition that belongs to somebody else now.
    pub(crate) fn forget(&self, partition: Partition) {
        let mut guard = self.inner();
        let inner = &mut *guard;
        let (mut rows, mut bytes) = (0, 0);
        inner.queue.retain(|item| {
            let stays = item.record.partition != partition;
            if !stays {
                rows += 1;
                bytes += item.bytes();
            }
            stays
        });
        inner.queued_bytes -= bytes;
        inner.held.rows -= rows;
        inner.held.bytes -= bytes;
    }

    /// The next batch, in the order of arrival.
    ///
    /// # Cancel safety
    /// Nothing is taken unless it is returned.
    pub(crate) async fn next_batch(&self) -> Vec<WorkItem> {
        loop {
            match self.try_next() {
                Next::Batch(batch) => return batch,
                Next::Nothing => self.changed.notified().await,
                Next::After(wait) => {
                    // Either way it looks again.
                    let _ = tokio::time::timeout(wait, self.changed.notified()).await;
                }
            }
        }
    }

    fn try_next(&self) -> Next {
        let mut inner = self.inner();
        let Some(first) = inner.queue.front() else {
            return Next::Nothing;
        };
        let waited = first.arrived.elapsed();
        if !inner.hurry && !self.is_full_batch(&inner) && waited < self.config.linger {
            return Next::After(self.config.linger - waited);
        }
        let mut batch = Vec::new();
        let mut bytes = 0;
        while batch.len() < self.config.batch_rows && bytes < self.config.batch_bytes {
            let Some(item) = inner.queue.pop_front() else {
                break;
            };
            bytes += item.bytes();
            batch.push(item);
        }
        inner.queued_bytes -= bytes;
        Next::Batch(batch)
    }

    /// `items`, which [`Self::next_batch`] gave, are durable or set aside.
    pub(crate) fn complete<'a>(&self, items: impl IntoIterator<Item = &'a WorkItem>) {
        let mut inner = self.inner();
        for item in items {
            inner.held.rows -= 1;
            inner.held.bytes -= item.bytes();
            inner.completed.push(item.position());
        }
    }

    /// What was completed since the last call.
    pub(crate) fn take_completed(&self) -> Vec<Position> {
        std::mem::take(&mut self.inner().completed)
    }
}

#[cfg(test)]
mod tests;
