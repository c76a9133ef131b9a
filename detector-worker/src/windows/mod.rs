//! Windows of one partition: which record belongs where, and when a verdict is emitted. Pure: the
//! only inputs are records, times and stored rows that the caller hands in.
//!
//! A record belongs to the session's open window if its broker time is within gap + grace of the last
//! record, or within grace of the completion, and the window is not longer than allowed; otherwise the
//! window closes and a new one of the same session begins, named by the record's offset. The final
//! verdict of a gap is emitted before anything later of that session is folded, so a clock only decides
//! how early it comes. What is decided of a session depends on nothing but its own records (INV-3), as
//! long as broker times of one partition step back by less than the clock margin.
//!
//! | module | owns |
//! |---|---|
//! | `partition`, `begin` | what becomes of a record |
//! | `advance` | what the passing of time does |
//! | `restore`, `snapshot`, [`state`] | state as a cache of the log (INV-5): rows, tombstones, counts |
//! | `codec` | the bytes of a row |
//! | `slots` | windows in memory: hot, packed or remembered |
//! | `open`, `facts`, `times` | one window, what is known of its session, and when it ends |

mod advance;
mod agenda;
mod begin;
mod codec;
mod facts;
mod hash;
mod open;
mod partition;
mod restore;
mod slots;
mod snapshot;
pub mod state;
mod times;

use detection::Window;
use schemas::batch::BatchRecord;
use schemas::ids::{OrganisationId, SessionId};
use schemas::session::{AnalysisRequested, SessionCompleted, SessionStarted};
use schemas::verdict::VerdictRecord;

use crate::poison::Poison;
use crate::versions::Missing;

pub use partition::PartitionWindows;
pub use restore::{RestoreError, Restored};
pub use slots::MemoryUse;
pub use snapshot::{Snapshot, SnapshotRow};
pub use state::{OutcomeCounts, PartitionState};

/// What a record says.
#[derive(Debug)]
pub enum Content<'a> {
    /// The session begins.
    Started(Box<SessionStarted>),
    /// Events.
    Batch(BatchRecord<'a>),
    /// The session ends.
    Completed(SessionCompleted),
    /// A verdict is wanted.
    Requested(AnalysisRequested),
}

/// One decoded record of the events topic.
#[derive(Debug)]
pub struct Input<'a> {
    /// Its offset.
    pub offset: i64,
    /// Broker time, milliseconds since 1970.
    pub broker_ms: i64,
    /// The session.
    pub session_id: SessionId,
    /// The organisation of its headers.
    pub organisation: OrganisationId,
    /// What it says.
    pub content: Content<'a>,
}

/// What became of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Folded into an open window.
    Folded,
    /// Changed nothing: it had been folded, or ended what was over.
    Duplicate,
    /// Opened a window.
    NewWindow,
    /// Asked for a verdict.
    Requested,
    /// Read again, to rebuild a window whose row could not be used. Its outcome was counted when it was
    /// read first; nothing is published of it and nothing counted.
    Rebuilt,
}

impl Outcome {
    /// The metric's label.
    pub fn label(self) -> &'static str {
        match self {
            Self::Folded => "folded",
            Self::Duplicate => "duplicate",
            Self::NewWindow => "new_window",
            Self::Requested => "requested",
            Self::Rebuilt => "rebuilt",
        }
    }
}

/// Takes what windows emit.
pub trait Emit {
    /// A verdict to publish, and the features it judges.
    fn emit(&mut self, record: VerdictRecord, features: &Window);
}

impl Emit for Vec<VerdictRecord> {
    fn emit(&mut self, record: VerdictRecord, _features: &Window) {
        self.push(record);
    }
}

/// Published when it was read first.
impl Emit for () {
    fn emit(&mut self, _record: VerdictRecord, _features: &Window) {}
}

/// Why a record was not taken in. Nothing has changed then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It never can be: set it aside.
    #[error(transparent)]
    Poison(#[from] Poison),
    /// The versions stamped on the session are not known here, or not yet: keep the record and try again.
    #[error(transparent)]
    VersionMissing(#[from] Missing),
}
