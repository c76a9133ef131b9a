//! What is committed: rows that have changed, tombstones, the offset they account for.
//!
//! Costs what has changed since the last snapshot, not what is open. A snapshot that is taken must be
//! committed or the state thrown away: its rows are not handed out a second time.

use schemas::ids::SessionId;

use super::PartitionWindows;
use super::state::PartitionState;

/// A row of the changelog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotRow {
    /// Its key.
    pub session_id: SessionId,
    /// Its value, or nothing once the session is forgotten.
    pub value: Option<Vec<u8>>,
}

/// What is written in one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Changed rows, each session once.
    pub rows: Vec<SnapshotRow>,
    /// Every record before this offset is accounted for.
    pub next_offset: i64,
    /// Becomes the commit's metadata.
    pub state: PartitionState,
}

impl PartitionWindows {
    /// What has changed since the last snapshot. While windows are rebuilt that is nothing: the commit
    /// stays where it is until the state has caught up with it.
    pub fn take_snapshot(&mut self) -> Snapshot {
        let mut snapshot = Snapshot {
            rows: Vec::new(),
            next_offset: self.next_offset,
            state: self.state,
        };
        if self.rebuild.is_some() {
            return snapshot;
        }
        let tombstones = self.forgotten.drain().map(|session_id| SnapshotRow {
            session_id,
            value: None,
        });
        snapshot.rows.extend(tombstones);
        let rows = self.slots.take_dirty().into_iter();
        snapshot
            .rows
            .extend(rows.map(|(session_id, value)| SnapshotRow {
                session_id,
                value: Some(value),
            }));
        snapshot
    }
}
