//! From a recording to the detector's window, by the way of production: scanner, batch record, fold.

use std::collections::BTreeMap;

use detection::Window;
use schemas::batch::{BatchError, BatchLimits, BatchRecord, BatchRecordError, scan_request};
use schemas::event::EventLimits;
use schemas::recording::{RecordedEvent, Recording};

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
    fold_events(recording.events.iter())
}

/// Folds `events` into a new window. They alone reach it: nothing else of a recording is at hand here.
///
/// # Errors
/// [`FoldError`] when they do not make batches.
pub fn fold_events<'a>(
    events: impl IntoIterator<Item = &'a RecordedEvent>,
) -> Result<Folded, FoldError> {
    let mut folded = Folded {
        window: Window::new(),
        rejected: BTreeMap::new(),
    };
    let mut body = String::from("[");
    let mut waiting = 0;
    for event in events {
        if waiting > 0 {
            body.push(',');
        }
        event.write_canonical(START_MS, &mut body);
        waiting += 1;
        if waiting == BATCH_EVENTS {
            folded.add(&mut body)?;
            waiting = 0;
        }
    }
    if waiting > 0 {
        folded.add(&mut body)?;
    }
    Ok(folded)
}

impl Folded {
    /// Folds the batch request that `body` opens, and opens the next.
    fn add(&mut self, body: &mut String) -> Result<(), FoldError> {
        let limits = BatchLimits {
            max_events: BATCH_EVENTS,
            events: EventLimits::NONE,
        };
        body.push(']');
        let batch = scan_request(body, &limits)?;
        for rejection in &batch.rejected {
            *self.rejected.entry(rejection.code.as_str()).or_default() += 1;
        }
        if batch.accepted > 0 {
            let value = batch.encode("offline");
            self.window.fold(&BatchRecord::decode(&value)?);
        }
        body.clear();
        body.push('[');
        Ok(())
    }
}
