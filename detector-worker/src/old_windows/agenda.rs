//! Times at which windows have to be looked at, soonest first.
//!
//! Entries are not moved when a window lives on; the look finds out and files a new one. An entry of a
//! window that is gone, or was replaced by a later window of the session, is recognised and dropped.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use schemas::ids::SessionId;

use super::open::OpenWindow;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    last_ms: i64,
    pub(super) session_id: SessionId,
    first_offset: i64,
}

impl Entry {
    /// A look at `window` once `last_ms` has passed.
    pub(super) fn new(last_ms: i64, window: &OpenWindow) -> Self {
        Self {
            last_ms,
            session_id: window.session_id,
            first_offset: window.first_offset,
        }
    }

    /// Whether the entry was filed for this very window.
    pub(super) fn is_of(&self, window: &OpenWindow) -> bool {
        self.first_offset == window.first_offset
    }
}

#[derive(Debug, Default)]
pub(super) struct Agenda(BinaryHeap<Reverse<Entry>>);

impl Agenda {
    pub(super) fn push(&mut self, entry: Entry) {
        self.0.push(Reverse(entry));
    }

    /// The soonest entry whose time lies before `now`.
    pub(super) fn pop_before(&mut self, now: i64) -> Option<Entry> {
        let Reverse(entry) = self.0.peek()?;
        if entry.last_ms < now {
            self.0.pop().map(|Reverse(entry)| entry)
        } else {
            None
        }
    }
}
