//! Bulk uploads: NDJSON of many sessions' batches in one request, read and stored as a stream.
//!
//! Each line is judged and put into the producer's queue in its order; the oldest acknowledgements are
//! awaited whenever too much is under way, so memory stays the same for a kilobyte and for a terabyte,
//! and the client feels the broker's pace. A bad line is that line's problem. What ends an upload early
//! (the broker is away, the body breaks off, too many bad lines) ends it with an account of every line
//! that was read, and with the number of the line to go on from.

mod line;
mod lines;
mod outcome;

use std::collections::VecDeque;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use kafka::producer::SendError;
use tokio::time::Instant;

use crate::auth::Caller;
use crate::batch::{Prepared, RejectedEvent, Tally, count_rejected};
use crate::body::{DISCARDED_BYTES, Encoding, Reserved};
use crate::error::{BrokerFailure, IngestError};
use crate::publish::{Receipt, SessionRecord};
use crate::state::Gateway;

use line::{Judged, LineContext};
pub(crate) use lines::LineLimits;
use lines::{Line, Lines};
pub use outcome::BulkOutcome;

/// Most lines of one upload that wait for their acknowledgement.
const MAX_WAITING: usize = 512;
/// Most bytes of them.
const MAX_WAITING_BYTES: usize = 8 << 20;
/// Pause before a full queue is tried again when nothing of this upload is in it.
const QUEUE_PAUSE: Duration = Duration::from_millis(5);
/// The route's label.
const ROUTE: &str = "bulk";

/// How an upload ended: what became of its lines, and what stopped it.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) outcome: BulkOutcome,
    pub(crate) stopped_by: Option<IngestError>,
}

/// A line on its way to the broker.
struct Waiting<'a> {
    line: usize,
    receipts: Vec<Receipt>,
    batch: Option<(Tally<'a>, Prepared)>,
    reserved: Reserved,
}

/// One upload.
struct Upload<'a> {
    gateway: &'a Gateway,
    context: LineContext<'a>,
    waiting: VecDeque<Waiting<'a>>,
    waiting_bytes: usize,
    outcome: BulkOutcome,
}

/// Reads `body` to its end, or until something stops the upload.
pub(crate) async fn receive(
    gateway: &Gateway,
    caller: &Caller,
    (body, encoding): (Body, Encoding),
    traceparent: Option<&str>,
) -> Ended {
    let mut lines = Lines::new(body, encoding, gateway.bodies.line_limits());
    let mut upload = Upload {
        gateway,
        context: LineContext {
            gateway,
            caller,
            traceparent,
        },
        waiting: VecDeque::new(),
        waiting_bytes: 0,
        outcome: BulkOutcome::default(),
    };
    let mut stopped_by = upload.read(&mut lines).await.err();
    while !upload.waiting.is_empty() {
        let settled = upload.settle_oldest().await;
        stopped_by = stopped_by.or(settled.err());
    }
    upload.outcome.sort();
    if stopped_by.is_some() {
        upload.outcome.resume_line = Some(upload.outcome.lines + 1);
        lines.discard(DISCARDED_BYTES).await;
    }
    Ended {
        outcome: upload.outcome,
        stopped_by,
    }
}

impl<'a> Upload<'a> {
    async fn read(&mut self, lines: &mut Lines) -> Result<(), IngestError> {
        while let Some(line) = lines.next().await? {
            if !self.outcome.has_room(self.waiting.len()) {
                while !self.waiting.is_empty() {
                    self.settle_oldest().await?;
                }
                if !self.outcome.has_room(0) {
                    return Err(IngestError::TooManyBadLines);
                }
            }
            self.outcome.lines += 1;
            match line {
                Line::Text(text) if text.iter().all(u8::is_ascii_whitespace) => {}
                Line::Text(text) => self.line(text).await?,
                Line::TooLong => {
                    let limit = self.gateway.bodies.line_limits().bytes;
                    self.fail(self.outcome.lines, IngestError::LineTooLong { limit });
                }
            }
        }
        Ok(())
    }

    fn fail(&mut self, line: usize, error: IngestError) {
        let metrics = &self.gateway.metrics;
        count_rejected(metrics, &error);
        let status = self.outcome.failed(line, error);
        metrics
            .bulk_lines
            .with_label_values(&[status.label()])
            .inc();
    }

    /// Judges a line and queues its records. An error stops the upload; a bad line does not.
    async fn line(&mut self, text: Bytes) -> Result<(), IngestError> {
        let line = self.outcome.lines;
        let judged = match self.context.judge(&text, self.gateway.now()) {
            Ok(judged) => judged,
            Err(error) => {
                self.fail(line, error);
                return Ok(());
            }
        };
        drop(text);
        let queued = self.queue(line, judged).await;
        let waiting = queued.inspect_err(|error| self.fail(line, error.clone()))?;
        self.waiting_bytes += waiting.reserved.bytes();
        self.waiting.push_back(waiting);
        Ok(())
    }

    async fn queue(&mut self, line: usize, judged: Judged) -> Result<Waiting<'a>, IngestError> {
        let bytes = judged.records.iter().map(|record| record.payload.len());
        let reserved = self.reserve(bytes.sum()).await?;
        let mut receipts = Vec::with_capacity(judged.records.len());
        let batch = judged.batch.map(|batch| {
            let tally = Tally::new(&self.gateway.metrics, &batch);
            (tally, batch)
        });
        for record in judged.records {
            match self.begin(&record).await {
                Ok(receipt) => receipts.push(receipt),
                Err(error) => {
                    if let Some((tally, _)) = batch {
                        tally.settle(&Err(error.clone()), ROUTE);
                    }
                    return Err(error);
                }
            }
        }
        Ok(Waiting {
            line,
            receipts,
            batch,
            reserved,
        })
    }

    /// Room for a line's records, in this upload and beside all other requests.
    async fn reserve(&mut self, bytes: usize) -> Result<Reserved, IngestError> {
        while self.waiting.len() >= MAX_WAITING || self.waiting_bytes + bytes > MAX_WAITING_BYTES {
            if self.waiting.is_empty() {
                break;
            }
            self.settle_oldest().await?;
        }
        self.gateway.bodies.reserve_within(bytes).await
    }

    /// Queues a record; a full queue is waited for, as long as an acknowledgement would be.
    async fn begin(&mut self, record: &SessionRecord) -> Result<Receipt, IngestError> {
        let give_up = Instant::now() + self.gateway.publisher.ack_timeout;
        loop {
            match self.gateway.publisher.begin(record) {
                Err(IngestError::Broker(BrokerFailure::Send(SendError::QueueFull)))
                    if Instant::now() < give_up =>
                {
                    if self.waiting.is_empty() {
                        tokio::time::sleep(QUEUE_PAUSE).await;
                    } else {
                        self.settle_oldest().await?;
                    }
                }
                other => return other,
            }
        }
    }

    /// Waits for the oldest line. An error is the broker's, and stops the upload.
    async fn settle_oldest(&mut self) -> Result<(), IngestError> {
        let Some(oldest) = self.waiting.pop_front() else {
            return Ok(());
        };
        self.waiting_bytes -= oldest.reserved.bytes();
        let mut acknowledged = Ok(());
        for receipt in oldest.receipts {
            let one = self.gateway.publisher.acknowledged(receipt).await;
            acknowledged = acknowledged.and(one);
        }
        let (mut accepted, mut rejected) = (0, Vec::new());
        if let Some((tally, batch)) = oldest.batch {
            tally.settle(&acknowledged, ROUTE);
            accepted = batch.accepted;
            rejected = batch.rejected.iter().map(RejectedEvent::from).collect();
        }
        match acknowledged {
            Ok(()) => {
                let status = self.outcome.stored(oldest.line, accepted, rejected);
                let lines = &self.gateway.metrics.bulk_lines;
                lines.with_label_values(&[status]).inc();
                Ok(())
            }
            Err(error) => {
                self.fail(oldest.line, error.clone());
                Err(error)
            }
        }
    }
}
