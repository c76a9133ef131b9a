//! Windows in memory: a slab of slots, found by session id.
//!
//! A slot holds a session's window as it is worked on (hot), its window as stored bytes (packed), or what
//! is remembered of the session after its window. Owns the bytes of all of them and counts them as they
//! change, so that asking costs nothing. Which window is packed when memory is short is decided by CLOCK,
//! the second-chance rule: a hand goes round the hot windows, and one that has been touched since the
//! hand last passed is spared once. Which session is forgotten, and when, is not decided here.

use std::collections::HashMap;

use schemas::ids::SessionId;

use super::codec;
use super::hash::BuildIdHasher;
use super::open::OpenWindow;
use super::times::Span;

/// What an allocation costs beside its bytes: header and rounding, as common allocators have them.
const ALLOCATION: usize = 16;

/// What a slot holds.
#[derive(Debug)]
pub(super) enum State {
    /// Nothing; the slot is free.
    Free,
    /// A window that is worked on.
    Hot {
        window: Box<OpenWindow>,
        /// Its place in the list of hot slots.
        place: u32,
    },
    /// A window put away.
    Packed(Box<[u8]>),
    /// A session after its window.
    Remembered(Box<[u8]>),
}

#[derive(Debug)]
struct Slot {
    session_id: SessionId,
    generation: u32,
    flags: u8,
    state: State,
}

/// Bits of a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Flag {
    /// Touched since CLOCK's hand last passed.
    Touched = 1,
    /// Changed since the last snapshot.
    Dirty = 2,
    /// The changelog may hold a row of the session.
    Stored = 4,
    /// The agenda of closings has an entry.
    Closing = 8,
    /// The agenda of evictions has an entry.
    Eviction = 16,
}

/// Memory of one partition's windows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MemoryUse {
    /// Windows, hot and packed; without remembered sessions.
    pub windows: usize,
    /// Windows as they are worked on.
    pub hot: usize,
    /// Windows put away.
    pub packed: usize,
    /// Sessions that are remembered after their window.
    pub remembered: usize,
    /// Bytes of everything, index, agendas and allocator's rounding included.
    pub bytes: usize,
}

#[derive(Debug, Default)]
pub(super) struct Slots {
    slots: Vec<Slot>,
    free: Vec<u32>,
    index: HashMap<SessionId, u32, BuildIdHasher>,
    hot: Vec<u32>,
    hand: usize,
    dirty: Vec<u32>,
    /// Bytes of boxes.
    boxed: usize,
    packed: usize,
    remembered: usize,
}

impl Slots {
    pub(super) fn find(&self, session_id: &SessionId) -> Option<u32> {
        self.index.get(session_id).copied()
    }

    pub(super) fn state(&self, slot: u32) -> &State {
        self.slots
            .get(slot as usize)
            .map_or(&State::Free, |slot| &slot.state)
    }

    pub(super) fn hot_mut(&mut self, slot: u32) -> Option<&mut OpenWindow> {
        match &mut self.slots.get_mut(slot as usize)?.state {
            State::Hot { window, .. } => Some(window),
            _ => None,
        }
    }

    /// The times of the slot's window; `None` when it holds none.
    pub(super) fn span(&self, slot: u32) -> Option<Span> {
        match self.state(slot) {
            State::Hot { window, .. } => Some(window.span),
            State::Packed(row) => codec::span(row),
            State::Free | State::Remembered(_) => None,
        }
    }

    pub(super) fn session_id(&self, slot: u32) -> Option<SessionId> {
        Some(self.slots.get(slot as usize)?.session_id)
    }

    pub(super) fn generation(&self, slot: u32) -> u32 {
        self.slots
            .get(slot as usize)
            .map_or(0, |slot| slot.generation)
    }

    /// A slot for a session that has none; its state is set next.
    pub(super) fn insert(&mut self, session_id: SessionId) -> u32 {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot {
                session_id,
                generation: 0,
                flags: 0,
                state: State::Free,
            });
            u32::try_from(self.slots.len() - 1).unwrap_or(u32::MAX)
        });
        if let Some(free) = self.slots.get_mut(slot as usize) {
            free.session_id = session_id;
        }
        self.index.insert(session_id, slot);
        slot
    }

    /// From now on the slot holds something else of the session: agenda entries filed before are void.
    pub(super) fn renew(&mut self, slot: u32) {
        if let Some(slot) = self.slots.get_mut(slot as usize) {
            slot.generation = slot.generation.wrapping_add(1);
            slot.flags &= !(Flag::Closing as u8 | Flag::Eviction as u8);
        }
    }

    /// Frees the slot.
    pub(super) fn remove(&mut self, slot: u32) {
        self.renew(slot);
        self.put(slot, State::Free);
        if let Some(freed) = self.slots.get_mut(slot as usize) {
            freed.flags = 0;
            self.index.remove(&freed.session_id);
            self.free.push(slot);
        }
    }

    pub(super) fn set_hot(&mut self, slot: u32, window: OpenWindow) {
        let place = u32::try_from(self.hot.len()).unwrap_or(u32::MAX);
        self.put(
            slot,
            State::Hot {
                window: Box::new(window),
                place,
            },
        );
    }

    pub(super) fn set_packed(&mut self, slot: u32, row: Vec<u8>) {
        self.put(slot, State::Packed(row.into_boxed_slice()));
    }

    pub(super) fn set_remembered(&mut self, slot: u32, row: Vec<u8>) {
        self.put(slot, State::Remembered(row.into_boxed_slice()));
    }

    /// The only place that changes a state, because it counts.
    fn put(&mut self, index: u32, state: State) {
        let Some(slot) = self.slots.get_mut(index as usize) else {
            return;
        };
        let (before, after) = (boxed(&slot.state), boxed(&state));
        let old = std::mem::replace(&mut slot.state, state);
        let is_hot = matches!(slot.state, State::Hot { .. });
        self.boxed = self.boxed + after - before;
        match old {
            State::Hot { place, .. } => self.leave_hot(place),
            State::Packed(_) => self.packed -= 1,
            State::Remembered(_) => self.remembered -= 1,
            State::Free => {}
        }
        if is_hot {
            self.enter_hot(index);
        }
        match self.state(index) {
            State::Packed(_) => self.packed += 1,
            State::Remembered(_) => self.remembered += 1,
            State::Free | State::Hot { .. } => {}
        }
    }

    fn enter_hot(&mut self, index: u32) {
        self.set_place(index, self.hot.len());
        self.hot.push(index);
    }

    fn leave_hot(&mut self, place: u32) {
        let place = place as usize;
        if place < self.hot.len() {
            self.hot.swap_remove(place);
        }
        if let Some(moved) = self.hot.get(place).copied() {
            self.set_place(moved, place);
        }
    }

    fn set_place(&mut self, index: u32, at: usize) {
        if let Some(Slot {
            state: State::Hot { place, .. },
            ..
        }) = self.slots.get_mut(index as usize)
        {
            *place = u32::try_from(at).unwrap_or(u32::MAX);
        }
    }

    pub(super) fn has(&self, slot: u32, flag: Flag) -> bool {
        self.slots
            .get(slot as usize)
            .is_some_and(|slot| slot.flags & flag as u8 != 0)
    }

    /// Sets a flag; whether it had been clear.
    pub(super) fn raise(&mut self, slot: u32, flag: Flag) -> bool {
        let Some(slot) = self.slots.get_mut(slot as usize) else {
            return false;
        };
        let was_clear = slot.flags & flag as u8 == 0;
        slot.flags |= flag as u8;
        was_clear
    }

    pub(super) fn clear(&mut self, slot: u32, flag: Flag) {
        if let Some(slot) = self.slots.get_mut(slot as usize) {
            slot.flags &= !(flag as u8);
        }
    }

    /// The slot's row has changed.
    pub(super) fn mark_dirty(&mut self, slot: u32) {
        if self.raise(slot, Flag::Dirty) {
            self.dirty.push(slot);
        }
    }

    /// Sessions whose rows have changed since the last call, with their rows.
    pub(super) fn take_dirty(&mut self) -> Vec<(SessionId, Vec<u8>)> {
        let dirty = std::mem::take(&mut self.dirty);
        let mut rows = Vec::with_capacity(dirty.len());
        for index in dirty {
            // A slot may have been freed, or freed and taken again, since it was noted.
            let Some(slot) = self.slots.get_mut(index as usize) else {
                continue;
            };
            if slot.flags & Flag::Dirty as u8 == 0 {
                continue;
            }
            slot.flags = slot.flags & !(Flag::Dirty as u8) | Flag::Stored as u8;
            match &slot.state {
                State::Free => {}
                State::Hot { window, .. } => {
                    rows.push((slot.session_id, codec::encode_window(window)));
                }
                State::Packed(row) | State::Remembered(row) => {
                    rows.push((slot.session_id, row.to_vec()));
                }
            }
        }
        rows
    }

    /// Puts away cold windows until `wanted` bytes are free; returns how many are. A touched window is
    /// spared once, so two rounds reach every hot window.
    pub(super) fn pack(&mut self, wanted: usize) -> usize {
        let before = self.boxed;
        for _ in 0..self.hot.len() * 2 {
            if before.saturating_sub(self.boxed) >= wanted {
                break;
            }
            if self.hand >= self.hot.len() {
                self.hand = 0;
            }
            let Some(slot) = self.hot.get(self.hand).copied() else {
                break;
            };
            if self.has(slot, Flag::Touched) {
                self.clear(slot, Flag::Touched);
                self.hand += 1;
            } else if let State::Hot { window, .. } = self.state(slot) {
                // The last hot slot takes its place under the hand.
                let row = codec::encode_window(window);
                self.set_packed(slot, row);
            }
        }
        before.saturating_sub(self.boxed)
    }

    pub(super) fn memory(&self) -> MemoryUse {
        let lists = self.free.capacity() + self.hot.capacity() + self.dirty.capacity();
        let index = size_of::<(SessionId, u32)>() + 1;
        MemoryUse {
            windows: self.hot.len() + self.packed,
            hot: self.hot.len(),
            packed: self.packed,
            remembered: self.remembered,
            bytes: self.boxed
                + self.slots.capacity() * size_of::<Slot>()
                + lists * size_of::<u32>()
                + self.index.capacity() * 8 / 7 * index,
        }
    }
}

fn boxed(state: &State) -> usize {
    match state {
        State::Free => 0,
        State::Hot { window, .. } => window.bytes() + ALLOCATION,
        State::Packed(row) | State::Remembered(row) => row.len() + ALLOCATION,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_is_three_quarters_of_a_cache_line() {
        assert_eq!(size_of::<Slot>(), 48);
    }
}
