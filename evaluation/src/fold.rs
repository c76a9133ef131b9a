//! From a recording to the detector's window, by the way of production: scanner, batch record, fold.

use std::collections::BTreeMap;

use detection::Window;
use schemas::batch::{BatchError, BatchLimits, BatchRecord, BatchRecordError, scan_request};
use schemas::event::EventLimits;
use schemas::recording::Recording;

/// Start of every session, milliseconds since the Unix epoch: any fixed time will do.
const START_MS: i64 = 1_790_000_000_000;
/// Events of one batch; verdicts do not depend on it.
const BATCH_EVENTS: usize = 500;

/// Why a recording cannot be folded.
#[derive(Debug, thiserror::Error)]
pub enum FoldError {
    /// Its events make no batch.
    #[error(transparent)]
    Request(#[from] BatchError),
    /// The batch record cannot be read back.
    #[error(transparent)]
    Record(#[from] BatchRecordError),
}

/// A recording's events, folded.
#[derive(Debug)]
pub struct Folded {
    /// The window of all accepted events.
    pub window: Window,
    /// Events that the allow-list refused, by code.
    pub rejected: BTreeMap<&'static str, usize>,
}

/// Folds the events of `recording` into a new window.
///
/// # Errors
/// [`FoldError`] when its events do not make batches.
pub fn fold(recording: &Recording) -> Result<Folded, FoldError> {
    let limits = BatchLimits {
        max_events: BATCH_EVENTS,
        events: EventLimits::NONE,
    };
    let mut folded = Folded {
        window: Window::new(),
        rejected: BTreeMap::new(),
    };
    for events in recording.events.chunks(BATCH_EVENTS) {
        let body = Recording::batch_json(events, START_MS);
        let batch = scan_request(&body, &limits)?;
        for rejection in &batch.rejected {
            *folded.rejected.entry(rejection.code.as_str()).or_default() += 1;
        }
        if batch.accepted > 0 {
            let value = batch.encode("offline");
            folded.window.fold(&BatchRecord::decode(&value)?);
        }
    }
    Ok(folded)
}
