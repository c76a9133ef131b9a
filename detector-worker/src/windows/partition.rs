//! What becomes of a record.
//!
//! Everything that may fail (an organisation that does not fit, versions that are not known) is found out
//! before anything changes, so a record that was refused can be handed in again.

use std::collections::{HashSet, VecDeque};

use detection::Folded;
use schemas::ids::SessionId;
use schemas::session::AnalysisRequested;
use schemas::verdict::WindowStatus;

use super::agenda::Agenda;
use super::codec;
use super::facts::{Facts, SharedParts};
use super::open::{Judge, OpenWindow};
use super::restore::Rebuild;
use super::slots::{Flag, MemoryUse, Slots, State};
use super::state::PartitionState;
use super::times::Times;
use super::{Content, Emit, Input, Outcome, Refused};
use crate::config::WindowConfig;
use crate::poison::Poison;
use crate::versions::{Judging, Versions};

/// The windows of one assignment of one partition.
#[derive(Debug)]
pub struct PartitionWindows {
    pub(super) times: Times,
    versions: Versions,
    pub(super) shared: SharedParts,
    pub(super) slots: Slots,
    /// When windows may end: every window that is not closed has an entry, possibly too early.
    pub(super) closings: Agenda,
    /// When windows and sessions may be forgotten: every other slot has an entry, possibly too early.
    pub(super) evictions: Agenda,
    /// Slots of windows that ended while the versions that judge them were not known.
    pub(super) waiting: VecDeque<u32>,
    /// Sessions without a slot whose rows the changelog still holds.
    pub(super) forgotten: HashSet<SessionId>,
    /// Every record before this offset is accounted for.
    pub(super) next_offset: i64,
    pub(super) state: PartitionState,
    pub(super) rebuild: Option<Rebuild>,
}

/// Where a record of a session goes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    /// Into the session's window.
    Window(u32),
    /// After the session's window: what is known of the session still holds.
    Later(u32),
    /// Nothing is known of the session any more, although its slot has not been cleared.
    Over(u32),
    /// Nothing is known of the session.
    Unknown,
}

impl Place {
    pub(super) fn slot(self) -> Option<u32> {
        match self {
            Self::Window(slot) | Self::Later(slot) | Self::Over(slot) => Some(slot),
            Self::Unknown => None,
        }
    }
}

impl PartitionWindows {
    pub(super) fn empty(config: WindowConfig, versions: Versions, next_offset: i64) -> Self {
        Self {
            times: Times::new(config),
            versions,
            shared: SharedParts::default(),
            slots: Slots::default(),
            closings: Agenda::default(),
            evictions: Agenda::default(),
            waiting: VecDeque::new(),
            forgotten: HashSet::new(),
            next_offset,
            state: PartitionState::default(),
            rebuild: None,
        }
    }

    /// Takes in one record; verdicts to publish are appended to `out`.
    ///
    /// # Errors
    /// [`Refused`] when the record must be set aside or kept for later; nothing has changed then.
    pub fn record(&mut self, input: Input<'_>, out: &mut dyn Emit) -> Result<Outcome, Refused> {
        if self.is_behind(input.offset) {
            return self.read_again(&input);
        }
        let outcome = self.take(&input, out)?;
        self.next_offset = input.offset + 1;
        self.state.stream_ms = self.state.stream_ms.max(input.broker_ms);
        self.state.outcomes.count(outcome);
        Ok(outcome)
    }

    /// The record at `offset` is poison; it touches no window. `false` for one that was set aside before
    /// the commit and is only read again: do not publish it a second time.
    pub fn set_aside(&mut self, offset: i64) -> bool {
        if self.is_behind(offset) {
            return false;
        }
        self.next_offset = offset + 1;
        self.state.outcomes.dead_lettered += 1;
        true
    }

    /// From now on versions are looked up in `versions`.
    pub fn set_versions(&mut self, versions: Versions) {
        self.versions = versions;
    }

    /// How records have ended so far, and how far time has come.
    pub fn state(&self) -> PartitionState {
        self.state
    }

    /// Memory in use. Costs nothing.
    pub fn memory(&self) -> MemoryUse {
        let mut memory = self.slots.memory();
        memory.bytes += self.shared.bytes()
            + self.closings.bytes()
            + self.evictions.bytes()
            + self.waiting.capacity() * size_of::<u32>()
            + self.forgotten.capacity() * 8 / 7 * (size_of::<SessionId>() + 1);
        memory
    }

    /// Puts away the coldest windows until `bytes_to_free` bytes are free, if so many can be; returns how
    /// many are. No verdict depends on it: a record that touches such a window brings it back.
    pub fn pack(&mut self, bytes_to_free: usize) -> usize {
        self.slots.pack(bytes_to_free)
    }

    pub(super) fn take(
        &mut self,
        input: &Input<'_>,
        out: &mut dyn Emit,
    ) -> Result<Outcome, Refused> {
        match self.place(input) {
            Place::Window(slot) => self.go_on(slot, input, out),
            place => self.begin(place, input, out),
        }
    }

    fn place(&self, input: &Input<'_>) -> Place {
        let Some(slot) = self.slots.find(&input.session_id) else {
            return Place::Unknown;
        };
        let last_ms = match self.slots.span(slot) {
            Some(span) if span.accepts(input.broker_ms, &self.times) => return Place::Window(slot),
            Some(span) => span.last_ms,
            None => self.last_ms(slot).unwrap_or(i64::MIN),
        };
        if input.broker_ms <= self.times.remembered_until(last_ms) {
            Place::Later(slot)
        } else {
            Place::Over(slot)
        }
    }

    /// The time of the last record of a remembered session.
    pub(super) fn last_ms(&self, slot: u32) -> Option<i64> {
        match self.slots.state(slot) {
            State::Remembered(row) => codec::last_ms(row),
            _ => None,
        }
    }

    /// A record of the session's window.
    fn go_on(
        &mut self,
        slot: u32,
        input: &Input<'_>,
        out: &mut dyn Emit,
    ) -> Result<Outcome, Refused> {
        // A window that is brought back and then not changed is still the same window.
        let facts = &self.heat(slot)?.facts;
        if facts.shared.value.organisation != input.organisation {
            return Err(Poison::Organisation.into());
        }
        let judging = self.judging_of(slot)?;
        self.settle(slot, input, &judging, out);
        self.slots.raise(slot, Flag::Touched);
        let times = self.times;
        let judge = Judge {
            times: &times,
            judging: &judging,
        };
        let Some(window) = self.slots.hot_mut(slot) else {
            return Ok(Outcome::Duplicate);
        };
        let outcome = match &input.content {
            Content::Started(_) => return Ok(Outcome::Duplicate),
            Content::Completed(_) if window.is_completed() => return Ok(Outcome::Duplicate),
            Content::Requested(AnalysisRequested { request_id, .. }) => {
                out.emit(window.answer(input, request_id, judge), &window.features);
                return Ok(Outcome::Requested);
            }
            Content::Batch(batch) => match window.fold(batch, input, judge, out) {
                Folded::Folded => Outcome::Folded,
                // Not without a trace: which writers were used last has changed.
                Folded::Duplicate => Outcome::Duplicate,
            },
            Content::Completed(_) => {
                window.complete(input);
                window.close(WindowStatus::Completed, judge, out);
                Outcome::Folded
            }
        };
        self.changed(slot);
        Ok(outcome)
    }

    /// Publishes the final verdict of a gap that the record ends.
    pub(super) fn settle(
        &mut self,
        slot: u32,
        input: &Input<'_>,
        judging: &Judging,
        out: &mut dyn Emit,
    ) {
        let times = self.times;
        let judge = Judge {
            times: &times,
            judging,
        };
        let Some(window) = self.slots.hot_mut(slot) else {
            return;
        };
        if let Some(status) = window.span.ended_by(input.broker_ms, &times)
            && !window.span.closed
        {
            window.close(status, judge, out);
            self.changed(slot);
        }
    }

    /// The slot's window has changed: it goes into the next snapshot, and will be looked at in time.
    pub(super) fn changed(&mut self, slot: u32) {
        self.slots.mark_dirty(slot);
        if self.slots.span(slot).is_some_and(|span| span.closed) {
            self.file_eviction(slot);
        } else {
            self.file_closing(slot);
        }
    }

    /// The slot's window, brought back if it was put away.
    pub(super) fn heat(&mut self, slot: u32) -> Result<&OpenWindow, Refused> {
        if matches!(self.slots.state(slot), State::Packed(_)) {
            let window = self.unpack(slot)?;
            self.slots.set_hot(slot, window);
        }
        match self.slots.state(slot) {
            State::Hot { window, .. } => Ok(window),
            _ => Err(Poison::WindowUnreadable.into()),
        }
    }

    /// The window that was put away in a slot.
    pub(super) fn unpack(&mut self, slot: u32) -> Result<OpenWindow, Refused> {
        let window = match (self.slots.state(slot), self.slots.session_id(slot)) {
            (State::Packed(row), Some(session_id)) => {
                codec::decode_window(row, session_id, &mut self.shared)
            }
            _ => None,
        };
        window.ok_or(Refused::Poison(Poison::WindowUnreadable))
    }

    /// What is known of the slot's session.
    pub(super) fn facts_of(&mut self, slot: u32) -> Result<Facts, Refused> {
        let facts = match self.slots.state(slot) {
            State::Hot { window, .. } => Some(window.facts.clone()),
            State::Packed(row) | State::Remembered(row) => {
                codec::decode_facts(row, &mut self.shared)
            }
            State::Free => None,
        };
        facts.ok_or(Refused::Poison(Poison::WindowUnreadable))
    }

    /// What judges the slot's hot window.
    pub(super) fn judging_of(&self, slot: u32) -> Result<Judging, Refused> {
        match self.slots.state(slot) {
            State::Hot { window, .. } => self.judging_for(&window.facts),
            _ => Err(Poison::WindowUnreadable.into()),
        }
    }

    /// What judges a session with these facts.
    pub(super) fn judging_for(&self, facts: &Facts) -> Result<Judging, Refused> {
        Ok(self.versions.find(&facts.shared.value.versions)?)
    }
}
