//! Times at which slots have to be looked at, soonest first.
//!
//! Entries are not moved when a window lives on; the look finds out and files a new one. An entry names a
//! slot and its generation, so one of a window that is gone, or was followed by another of the session,
//! is recognised and dropped.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// A look at a slot once a time has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    /// The last time at which nothing has to be done.
    pub(super) last_ms: i64,
    /// The slot.
    pub(super) slot: u32,
    /// What it held when the entry was filed.
    pub(super) generation: u32,
}

/// Entries by time.
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

    /// Bytes of memory.
    pub(super) fn bytes(&self) -> usize {
        self.0.capacity() * size_of::<Entry>()
    }
}
