//! A writer: takes batches from the buffer and makes them durable, one transaction each.
//!
//! The order is the contract: write, commit, complete. A failure that is nobody's row's fault is retried for ever, with
//! growing waits; a row that PostgreSQL refuses is found by halving the batch, set aside as a dead letter, and the others
//! go on. Nothing is ever dropped. The writer may be stopped at any moment: an open transaction rolls back, and what was
//! not completed is read again.

use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use deadpool_postgres::{Client, Object, Pool};
use futures::future::join_all;
use runtime::CancellationToken;
use runtime::health::Component;

use crate::backoff::Backoff;
use crate::buffer::{Buffer, Fill, Position, WorkItem};
use crate::dead_letters::DeadLetters;
use crate::destination::{Decoded, Destination, Staged};
use crate::error::{Disposition, WriteError};
use crate::metrics::SinkMetrics;

/// How often a batch is filled up at most: a transaction covers no more than so many batches' records.
const MOST_ROUNDS: usize = 8;

/// Writes what one buffer holds; several of one destination share the work.
#[derive(Debug, Clone)]
pub(crate) struct Writer<D> {
    pub(crate) destination: D,
    pub(crate) buffer: Arc<Buffer>,
    /// The lane of the buffer that it empties.
    pub(crate) lane: usize,
    pub(crate) pool: Pool,
    pub(crate) dead_letters: DeadLetters,
    pub(crate) metrics: SinkMetrics,
    /// Whether the last attempt to write succeeded.
    pub(crate) health: Component,
    /// Longest attempt. A server that has gone silent must not hold a batch for ever.
    pub(crate) write_timeout: Duration,
}

impl<D: Destination> Writer<D> {
    /// Writes until `stop`.
    pub(crate) async fn run(self, stop: CancellationToken) {
        let write_all = async {
            loop {
                let batch = self.buffer.next_batch(self.lane).await;
                let begun = Instant::now();
                self.settle(batch).await;
                let seconds = &self.metrics.batch_seconds;
                seconds
                    .with_label_values(&[D::NAME])
                    .observe(begun.elapsed().as_secs_f64());
                self.show_fill();
            }
        };
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            () = write_all => {}
        }
    }

    fn show_fill(&self) {
        let fill = self.buffer.fill();
        let as_gauge = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        let rows = self.metrics.buffered_rows.with_label_values(&[D::NAME]);
        rows.set(as_gauge(fill.rows));
        let bytes = self.metrics.buffered_bytes.with_label_values(&[D::NAME]);
        bytes.set(as_gauge(fill.bytes));
    }

    /// Every record of the batch ends as stored, overtaken, skipped or dead letter.
    async fn settle(&self, batch: Vec<WorkItem>) {
        self.show_fill();
        let (rows, overtaken) = self.gather(batch).await;
        // Halves of a refused range are written next, so that order is kept as far as it can be.
        let mut ranges: Vec<Range<usize>> = std::iter::once(0..rows.len()).collect();
        while let Some(range) = ranges.pop() {
            if let Some(error) = self.write_or_refuse(&rows[range.clone()]).await {
                self.narrow(&rows, range, &error, &mut ranges).await;
            }
        }
        self.count_written(overtaken.len());
        self.buffer.complete_overtaken(overtaken);
    }

    /// The rows of a batch. What others of them overtake gives its room back at once and more of what waits takes its place,
    /// so that under load a transaction covers more records than it holds. Also the records that were overtaken: they are
    /// durable when the others are.
    async fn gather(&self, batch: Vec<WorkItem>) -> (Vec<Staged<D::Row>>, Vec<Position>) {
        let mut rows = Vec::with_capacity(batch.len());
        let mut positions = Vec::new();
        let mut next = batch;
        for round in 1.. {
            self.decode(next, &mut rows).await;
            let overtaken = D::fold(&mut rows);
            self.buffer.release(&overtaken);
            positions.extend(overtaken.iter().map(WorkItem::position));
            if overtaken.is_empty() || round == MOST_ROUNDS {
                break;
            }
            let held = Fill {
                rows: rows.len(),
                bytes: rows.iter().map(|staged| staged.item.bytes()).sum(),
            };
            // What is taken here is decoded in the next round.
            next = self.buffer.more(self.lane, held);
            if next.is_empty() {
                break;
            }
        }
        (rows, positions)
    }

    fn count_written(&self, records: usize) {
        let written = self.metrics.rows_written.with_label_values(&[D::NAME]);
        written.inc_by(records as u64);
    }

    /// Records become rows; those that are none are completed.
    async fn decode(&self, batch: Vec<WorkItem>, rows: &mut Vec<Staged<D::Row>>) {
        let mut poison = Vec::new();
        for item in batch {
            match self.destination.decode(&item.record) {
                Decoded::Row(row) => rows.push(Staged { item, row }),
                Decoded::Poison(reason) => poison.push((item, reason)),
                Decoded::Skip(reason) => {
                    let skipped = self.metrics.skipped.with_label_values(&[D::NAME, reason]);
                    skipped.inc();
                    self.buffer.complete([&item]);
                }
            }
        }
        let set_aside = poison
            .iter()
            .map(|(item, reason)| self.set_aside(item, reason));
        join_all(set_aside).await;
    }

    /// A refused range: halves to try, or the one row that is at fault.
    async fn narrow(
        &self,
        rows: &[Staged<D::Row>],
        range: Range<usize>,
        error: &WriteError,
        ranges: &mut Vec<Range<usize>>,
    ) {
        if range.len() > 1 {
            let middle = range.start + range.len() / 2;
            ranges.push(middle..range.end);
            ranges.push(range.start..middle);
        } else if let Some(staged) = rows.get(range.start) {
            tracing::warn!(%error, sink = D::NAME, "a row was refused");
            self.set_aside(&staged.item, &error.reason()).await;
        }
    }

    async fn set_aside(&self, item: &WorkItem, reason: &str) {
        self.dead_letters.send(&item.record, reason).await;
        let dead_letters = &self.metrics.dead_letters;
        dead_letters.with_label_values(&[D::NAME, reason]).inc();
        self.buffer.complete([item]);
    }

    /// Writes the rows, however long it takes; returns the refusal when one of them is at fault.
    async fn write_or_refuse(&self, rows: &[Staged<D::Row>]) -> Option<WriteError> {
        if rows.is_empty() {
            return None;
        }
        let mut backoff = Backoff::default();
        loop {
            let error = match self.attempt(rows).await {
                Ok(()) => {
                    self.health.up();
                    self.count_written(rows.len());
                    self.buffer.complete(rows.iter().map(|staged| &staged.item));
                    return None;
                }
                Err(error) => error,
            };
            let failed = &self.metrics.failed_writes;
            failed.with_label_values(&[D::NAME, error.kind()]).inc();
            if error.disposition() == Disposition::Isolate {
                return Some(error);
            }
            tracing::warn!(%error, sink = D::NAME, rows = rows.len(), "batch not written, trying again");
            self.health.down(error.to_string());
            self.show_fill();
            backoff.wait().await;
        }
    }

    async fn attempt(&self, rows: &[Staged<D::Row>]) -> Result<(), WriteError> {
        let mut client = self.pool.get().await?;
        let writing = tokio::time::timeout(self.write_timeout, self.transact(&mut client, rows));
        let outcome = writing.await.unwrap_or(Err(WriteError::TimedOut));
        let doubtful = outcome
            .as_ref()
            .is_err_and(|error| error.disposition() == Disposition::Retry);
        if doubtful {
            // What failed for an outer reason may fail on that connection again.
            drop(Object::take(client));
        }
        outcome
    }

    async fn transact(
        &self,
        client: &mut Client,
        rows: &[Staged<D::Row>],
    ) -> Result<(), WriteError> {
        let transaction = storage::sink_transaction(client).await?;
        self.destination.write(&transaction, rows).await?;
        transaction.commit().await?;
        Ok(())
    }
}
