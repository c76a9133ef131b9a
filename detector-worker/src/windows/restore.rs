//! Taking over a partition: from the committed offset, its metadata and the changelog's rows to windows.
//!
//! Rows stay as they are until a record touches them; only their beginnings are read, to know when to
//! look at them. A row that cannot be used (another version, damaged) is built anew from the log: reading
//! begins at the first record known of the session, records before the committed offset reach only the
//! sessions that are being rebuilt, and nothing of them is published or counted.

use std::collections::HashMap;

use kafka::consumer::StartPosition;
use schemas::ids::SessionId;

use super::codec::{self, Peeked};
use super::slots::Flag;
use super::state::PartitionState;
use super::{Input, Outcome, PartitionWindows, Refused};
use crate::config::WindowConfig;
use crate::versions::Versions;

/// Why a partition cannot be taken over.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RestoreError {
    /// A key of the changelog is no session id.
    #[error("the changelog's key `{key}` is not a session id")]
    Key {
        /// The key, as far as it is text.
        key: String,
    },
    /// Not even the head of a row can be read, or it names an offset that cannot be.
    #[error("the changelog's row of session {key} has no readable head")]
    Head {
        /// The session.
        key: SessionId,
    },
}

/// A partition taken over.
#[derive(Debug)]
pub struct Restored {
    /// Its windows.
    pub windows: PartitionWindows,
    /// Where to read from: the committed offset, or earlier when windows have to be rebuilt.
    pub read_from: i64,
}

/// Sessions that are read again.
#[derive(Debug)]
pub(super) struct Rebuild {
    /// Each with the offset of the first record known of it.
    sessions: HashMap<SessionId, i64>,
}

impl PartitionWindows {
    /// The windows of a partition as they were committed. Rows are the changelog's newest per key,
    /// without tombstones. An offset that no worker has committed begins a new history: the rows belong
    /// to another one and are given up.
    ///
    /// # Errors
    /// [`RestoreError`] for the first row that nothing can be made of.
    pub fn restore(
        config: WindowConfig,
        versions: Versions,
        start: &StartPosition,
        rows: impl IntoIterator<Item = (Vec<u8>, Vec<u8>)>,
    ) -> Result<Restored, RestoreError> {
        let mut windows = Self::empty(config, versions, start.offset);
        windows.state = PartitionState::decode(&start.metadata).unwrap_or_default();
        let is_ours = PartitionState::is_ours(&start.metadata);
        let mut unusable = HashMap::new();
        for (key, row) in rows {
            let session_id = session_id(&key)?;
            if !is_ours {
                windows.forgotten.insert(session_id);
            } else if let Some(first_offset) = windows.take_row(session_id, row)? {
                unusable.insert(session_id, first_offset);
            }
        }
        let read_from = unusable.values().copied().min().unwrap_or(start.offset);
        if !unusable.is_empty() {
            windows.rebuild = Some(Rebuild { sessions: unusable });
        }
        Ok(Restored { windows, read_from })
    }

    /// Files a row; returns where to read its session from when the row cannot be used.
    fn take_row(
        &mut self,
        session_id: SessionId,
        row: Vec<u8>,
    ) -> Result<Option<i64>, RestoreError> {
        let unreadable = RestoreError::Head { key: session_id };
        let peeked = codec::peek(&row).ok_or(unreadable.clone())?;
        if let Peeked::Unusable { first_offset } = peeked {
            return if (0..self.next_offset).contains(&first_offset) {
                Ok(Some(first_offset))
            } else {
                Err(unreadable)
            };
        }
        let slot = self.slots.insert(session_id);
        self.slots.raise(slot, Flag::Stored);
        match peeked {
            Peeked::Window(span) => {
                self.slots.set_packed(slot, row);
                if span.closed {
                    self.file_eviction(slot);
                } else {
                    self.file_closing(slot);
                }
            }
            Peeked::Remembered(_) | Peeked::Unusable { .. } => {
                self.slots.set_remembered(slot, row);
                self.file_eviction(slot);
            }
        }
        Ok(None)
    }

    /// Whether the record at `offset` is read only to rebuild.
    pub(super) fn is_behind(&mut self, offset: i64) -> bool {
        if self.rebuild.is_none() {
            return false;
        }
        if offset >= self.next_offset {
            self.finish_rebuild();
        }
        self.rebuild.is_some()
    }

    /// Takes in a record from before the commit, if its session is being rebuilt.
    pub(super) fn read_again(&mut self, input: &Input<'_>) -> Result<Outcome, Refused> {
        let first_offset = self
            .rebuild
            .as_ref()
            .and_then(|rebuild| rebuild.sessions.get(&input.session_id));
        if first_offset.is_some_and(|first_offset| input.offset >= *first_offset) {
            self.take(input, &mut ())?;
        }
        Ok(Outcome::Rebuilt)
    }

    /// The state has caught up with the commit. Sessions of which the log holds nothing any more are
    /// forgotten.
    pub(super) fn finish_rebuild(&mut self) {
        let rebuild = self.rebuild.take();
        for session_id in rebuild.into_iter().flat_map(|rebuild| rebuild.sessions) {
            match self.slots.find(&session_id.0) {
                Some(slot) => drop(self.slots.raise(slot, Flag::Stored)),
                None => drop(self.forgotten.insert(session_id.0)),
            }
        }
    }
}

fn session_id(key: &[u8]) -> Result<SessionId, RestoreError> {
    let text = std::str::from_utf8(key).ok();
    let parsed = text.and_then(|text| text.parse().ok());
    parsed.ok_or_else(|| RestoreError::Key {
        key: String::from_utf8_lossy(key).into_owned(),
    })
}
