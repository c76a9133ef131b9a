//! From a scanned batch to the record of it, and the accounts of its events; shared by the routes that
//! take batches.

use schemas::batch::{BatchSequence, Rejection, ScannedBatch};
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::IngestError;
use crate::metrics::{Loss, Metrics};

/// An event that was not stored.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct RejectedEvent {
    /// Position in the request, from 0.
    index: usize,
    /// Why: one of the event codes.
    pub(crate) code: &'static str,
    /// A sentence about it.
    detail: &'static str,
}

impl From<&Rejection> for RejectedEvent {
    fn from(rejection: &Rejection) -> Self {
        Self {
            index: rejection.index,
            code: rejection.code.as_str(),
            detail: rejection.code.detail(),
        }
    }
}

/// A batch ready to be published. Borrows nothing, so that the body can go.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) payload: Vec<u8>,
    pub(crate) accepted: usize,
    pub(crate) rejected: Vec<Rejection>,
    pub(crate) unknown_types: usize,
}

/// Wraps what is accepted of a batch; one of which nothing is accepted is an error. `keyed` stands in
/// for the writer of a batch that names none.
pub(crate) fn prepare<'a>(
    mut batch: ScannedBatch<'a>,
    batch_id: &str,
    keyed: Option<BatchSequence<'a>>,
) -> Result<Prepared, IngestError> {
    if batch.accepted == 0 {
        return Err(IngestError::EventsRejected {
            parent: batch.parent(),
            rejected: batch.rejected,
        });
    }
    batch.sequence = batch.sequence.or(keyed);
    Ok(Prepared {
        payload: batch.encode(batch_id),
        accepted: batch.accepted,
        rejected: batch.rejected,
        unknown_types: batch.unknown_types,
    })
}

/// Counts the events of a batch of which nothing was accepted.
pub(crate) fn count_rejected(metrics: &Metrics, error: &IngestError) {
    if let IngestError::EventsRejected { rejected, .. } = error {
        metrics.rejected(rejected);
    }
}

/// Events that wait for their acknowledgement. Dropped unsettled, the client has left: counted too.
#[derive(Debug)]
pub(crate) struct Tally<'a> {
    metrics: &'a Metrics,
    events: usize,
    settled: bool,
}

impl<'a> Tally<'a> {
    pub(crate) fn new(metrics: &'a Metrics, prepared: &Prepared) -> Self {
        metrics.rejected(&prepared.rejected);
        metrics.unknown_types.inc_by(prepared.unknown_types as u64);
        Self {
            metrics,
            events: prepared.accepted,
            settled: false,
        }
    }

    pub(crate) fn settle(mut self, outcome: &Result<(), IngestError>, route: &'static str) {
        self.settled = true;
        if outcome.is_ok() {
            let accepted = self.metrics.accepted.with_label_values(&[route]);
            accepted.inc_by(self.events as u64);
            self.metrics.batches.inc();
        } else {
            self.metrics.lost(self.events, Loss::BrokerUnavailable);
        }
    }
}

impl Drop for Tally<'_> {
    fn drop(&mut self) {
        if !self.settled {
            self.metrics.lost(self.events, Loss::ClientGone);
        }
    }
}
