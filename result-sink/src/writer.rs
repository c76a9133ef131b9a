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
use crate::buffer::{Buffer, WorkItem};
use crate::dead_letters::DeadLetters;
use crate::destination::{Decoded, Destination, Staged};
use crate::error::{Disposition, WriteError};
use crate::metrics::SinkMetrics;

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

    /// Every record of the batch ends as stored, skipped or dead letter.
    async fn settle(&self, batch: Vec<WorkItem>) {
        self.show_fill();
        let mut rows = Vec::with_capacity(batch.len());
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
        // Halves of a refused range are written next, so that order is kept as far as it can be.
        let mut ranges: Vec<Range<usize>> = std::iter::once(0..rows.len()).collect();
        while let Some(range) = ranges.pop() {
            if let Some(error) = self.write_or_refuse(&rows[range.clone()]).await {
                self.narrow(&rows, range, &error, &mut ranges).await;
            }
        }
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
                    let written = self.metrics.rows_written.with_label_values(&[D::NAME]);
                    written.inc_by(rows.len() as u64);
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
