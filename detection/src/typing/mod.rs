//! Typing: how the rhythm of keys depends on what is typed.
//!
//! People slow down at the start of a word, before a mark, a digit or a capital, and stop before they
//! take something back; how long they hold a key depends on the key, on the one before and on the haste.
//! Programs that draw intervals and dwell times from a distribution, however human its shape, lose
//! these dependences. The test is one-sided: only too little dependence speaks, and only as far as the
//! text had places that would show it ([`table::Dependence::information`]). Characters are never known.
//!
//! Ranks of intervals by place and of dwell times by class are kept as small counts; constant memory,
//! constant work per press.

mod independence;
mod place;
mod presses;
mod table;

#[cfg(test)]
mod tests;

use schemas::event::EventTime;
use serde::{Deserialize, Serialize};

pub(crate) use independence::Independence;
pub(crate) use place::Class;
use place::Place;
use presses::Presses;
use table::{BINS, Table, bin};

/// A longer interval is a pause between runs, milliseconds.
const PAUSE: f64 = 3000.0;
/// Bins of intervals: from this many milliseconds, in steps of the natural logarithm.
const INTERVALS: (f64, f64) = (10.0, 0.185);
/// Bins of dwell times.
const DWELLS: (f64, f64) = (12.0, 0.12);

/// Streaming measures of the text that was typed.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Typing {
    intervals: Table<{ Place::COUNT * BINS }>,
    dwells: Table<{ Class::COUNT * BINS }>,
    presses: Presses,
    shifted: bool,
}

impl Typing {
    /// A key goes down. Returns the interval from the press before where it is rhythm: within a run of text,
    /// and not the repeated press of a held Backspace.
    pub(crate) fn down(&mut self, key: &str, at: EventTime) -> Option<f64> {
        let Some(class) = Class::of(key) else {
            match key {
                "shift" => self.shifted = true,
                "caps_lock" => {}
                // A shortcut or a command: the run is over.
                _ => self.end(),
            }
            return None;
        };
        let shifted = std::mem::take(&mut self.shifted);
        let before = self.presses.last();
        let interval = before
            .map(|(_, last)| at.millis_since(last))
            .filter(|interval| (0.0..PAUSE).contains(interval));
        self.presses.down(class, at, interval);
        let place = Place::of(before?.0, class, shifted);
        let (from, step) = INTERVALS;
        self.intervals
            .add(place as usize, bin(interval?, from, step));
        interval.filter(|_| place != Place::Correcting)
    }

    /// A key goes up; how long it was down, milliseconds.
    pub(crate) fn up(&mut self, key: &str, at: EventTime) -> Option<f64> {
        let class = Class::of(key)?;
        let dwell = self.presses.up(class, at)?;
        self.count_dwell(class, dwell);
        Some(dwell)
    }

    /// The key that went down last was held for `dwell` milliseconds.
    pub(crate) fn held(&mut self, key: &str, dwell: f64) {
        if let Some(class) = Class::of(key) {
            self.presses.held(0, dwell);
            self.count_dwell(class, dwell);
        }
    }

    fn count_dwell(&mut self, class: Class, dwell: f64) {
        let (from, step) = DWELLS;
        self.dwells.add(class as usize, bin(dwell, from, step));
    }

    /// The run ends: what comes next is not typed in one go with what was.
    pub(crate) fn end(&mut self) {
        self.presses.end();
        self.shifted = false;
    }
}
