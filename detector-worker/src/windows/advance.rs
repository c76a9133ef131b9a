//! What the passing of time does: windows end, sessions are forgotten.
//!
//! Stream time (the broker times of the partition's own records) ends windows and forgets them. The wall
//! clock only publishes what a gap has decided already, so a wrong clock forgets nothing. Both count less
//! a margin, by which the clocks of brokers may differ. Windows are looked at when their entry in an
//! agenda falls due, never by a scan.

use schemas::verdict::WindowStatus;

use super::agenda::Entry;
use super::codec;
use super::open::Judge;
use super::slots::{Flag, State};
use super::{Emit, PartitionWindows, Refused};

impl PartitionWindows {
    /// Lets time pass; final verdicts to publish are appended to `out`. `wall_ms`, given only for a
    /// partition that has been read to its end, is the wall clock in milliseconds since 1970. At most
    /// `most` looks are taken at windows that may end, and as many at sessions that may be forgotten.
    pub fn advance(&mut self, wall_ms: Option<i64>, most: usize, out: &mut dyn Emit) {
        if wall_ms.is_some() {
            self.finish_rebuild();
        }
        if self.rebuild.is_some() {
            // What is being rebuilt lies in the past of the stream time that was committed.
            return;
        }
        let margin = self.times.clock_margin;
        let stream = self.state.stream_ms.saturating_sub(margin);
        let now = stream.max(wall_ms.unwrap_or(i64::MIN).saturating_sub(margin));
        // Windows that wait for their versions get a share of the looks, so that they hold up no other.
        for _ in 0..(most / 4).min(self.waiting.len()) {
            self.waiting
                .pop_front()
                .into_iter()
                .for_each(|slot| self.file_closing(slot));
        }
        for _ in 0..most {
            let Some(entry) = self.closings.pop_before(now) else {
                break;
            };
            self.close_if_ended(entry, now, out);
        }
        for _ in 0..most {
            let Some(entry) = self.evictions.pop_before(stream) else {
                break;
            };
            self.forget_if_over(entry, stream);
        }
    }

    fn close_if_ended(&mut self, entry: Entry, now: i64, out: &mut dyn Emit) {
        let slot = entry.slot;
        if self.slots.generation(slot) != entry.generation {
            return;
        }
        self.slots.clear(slot, Flag::Closing);
        let Some(span) = self.slots.span(slot).filter(|span| !span.closed) else {
            return;
        };
        match span.ended_by(now, &self.times) {
            None => self.file_closing(slot),
            Some(status) => {
                if self.close_and_pack(slot, status, out).is_err() {
                    self.waiting.push_back(slot);
                }
            }
        }
    }

    /// Closes a window that nothing more is expected of, and puts it away.
    fn close_and_pack(
        &mut self,
        slot: u32,
        status: WindowStatus,
        out: &mut dyn Emit,
    ) -> Result<(), Refused> {
        let row = if matches!(self.slots.state(slot), State::Packed(_)) {
            let mut window = self.unpack(slot)?;
            let judging = &self.judging_for(&window.facts)?;
            let times = &self.times;
            window.close(status, Judge { times, judging }, out);
            codec::encode_window(&window)
        } else {
            let judging = &self.judging_of(slot)?;
            let times = &self.times;
            let Some(window) = self.slots.hot_mut(slot) else {
                return Ok(());
            };
            window.close(status, Judge { times, judging }, out);
            codec::encode_window(window)
        };
        self.slots.set_packed(slot, row);
        self.slots.mark_dirty(slot);
        self.file_eviction(slot);
        Ok(())
    }

    fn forget_if_over(&mut self, entry: Entry, now: i64) {
        let slot = entry.slot;
        if self.slots.generation(slot) != entry.generation {
            return;
        }
        self.slots.clear(slot, Flag::Eviction);
        if let Some(span) = self.slots.span(slot) {
            if !span.closed {
                // It goes on, and will be filed again when it ends.
            } else if span.accepts(now, &self.times) {
                self.file_eviction(slot);
            } else {
                self.remember(slot, span.last_ms);
            }
        } else if self
            .last_ms(slot)
            .is_some_and(|last| now <= self.times.remembered_until(last))
        {
            self.file_eviction(slot);
        } else {
            self.forget(slot);
        }
    }

    /// The window's memory goes, the session's facts stay.
    fn remember(&mut self, slot: u32, last_ms: i64) {
        let Ok(facts) = self.facts_of(slot) else {
            self.forget(slot);
            return;
        };
        self.slots.renew(slot);
        self.slots
            .set_remembered(slot, codec::encode_remembered(&facts, last_ms));
        self.slots.mark_dirty(slot);
        self.file_eviction(slot);
    }

    fn forget(&mut self, slot: u32) {
        if self.slots.has(slot, Flag::Stored) {
            self.forgotten.extend(self.slots.session_id(slot));
        }
        self.slots.remove(slot);
    }

    /// Sees to it that the slot is looked at when its window may have ended.
    pub(super) fn file_closing(&mut self, slot: u32) {
        let Some(span) = self.slots.span(slot) else {
            return;
        };
        if self.slots.raise(slot, Flag::Closing) {
            self.closings.push(Entry {
                last_ms: span.open_until(&self.times),
                slot,
                generation: self.slots.generation(slot),
            });
        }
    }

    /// Sees to it that the slot is looked at when its window, or the session, may be forgotten.
    pub(super) fn file_eviction(&mut self, slot: u32) {
        let last_ms = match self.slots.span(slot) {
            Some(span) => span.accepts_until(&self.times),
            None => self
                .last_ms(slot)
                .map_or(i64::MIN, |last| self.times.remembered_until(last)),
        };
        if self.slots.raise(slot, Flag::Eviction) {
            self.evictions.push(Entry {
                last_ms,
                slot,
                generation: self.slots.generation(slot),
            });
        }
    }
}
