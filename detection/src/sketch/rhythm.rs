//! The rhythm of keys: logarithms of the first intervals, a byte each.

use schemas::event::EventTime;
use serde::{Deserialize, Serialize};

use crate::moment::Moment;

/// Intervals kept.
const PLACES: usize = 64;
/// A longer interval is a pause and no rhythm, milliseconds.
const PAUSE_MS: f64 = 2000.0;
/// Shorter intervals count as this, milliseconds.
const SHORTEST_MS: f64 = 2.0;
/// What a pause is written as: its place is kept, so that copies stay aligned.
pub(crate) const PAUSE: i8 = i8::MIN;
/// Units of the natural logarithm, and the logarithm that is 0.
const UNITS: f64 = 28.0;
const MIDDLE: f64 = 5.0;

/// The first intervals between presses.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Rhythm {
    last: Moment,
    count: u8,
    #[serde(with = "crate::compact::leading")]
    intervals: [i8; PLACES],
}

impl Default for Rhythm {
    fn default() -> Self {
        Self {
            last: Moment::default(),
            count: 0,
            intervals: [0; PLACES],
        }
    }
}

impl Rhythm {
    /// A key went down.
    pub(crate) fn press(&mut self, at: EventTime) {
        let Some(place) = self.intervals.get_mut(usize::from(self.count)) else {
            return;
        };
        if let Some(last) = self.last.replace(at) {
            *place = written(at.millis_since(last));
            self.count += 1;
        }
    }

    /// The intervals.
    pub(crate) fn intervals(&self) -> &[i8] {
        &self.intervals[..usize::from(self.count).min(PLACES)]
    }
}

#[expect(clippy::cast_possible_truncation, reason = "clamped to the range")]
fn written(millis: f64) -> i8 {
    if !(0.0..=PAUSE_MS).contains(&millis) {
        return PAUSE;
    }
    let logarithm = millis.max(SHORTEST_MS).ln() - MIDDLE;
    (logarithm * UNITS).round().clamp(-127.0, 127.0) as i8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tempo_is_a_summand_and_pauses_keep_their_places() {
        let of = |slower: i64| {
            let mut rhythm = Rhythm::default();
            let mut at = 1_000_000;
            for interval in [0, 100_000, 200_000, 2_500_000, 150_000] {
                at += interval * slower;
                rhythm.press(EventTime(at));
            }
            rhythm.intervals().to_vec()
        };
        let (plain, slow) = (of(1), of(2));
        assert_eq!((plain[2], slow[2]), (PAUSE, PAUSE));
        for place in [0, 1, 3] {
            assert!((i16::from(slow[place]) - i16::from(plain[place]) - 19).abs() <= 1);
        }
        let mut rhythm = Rhythm::default();
        (0..500).for_each(|press| rhythm.press(EventTime(press * 100_000)));
        assert_eq!(rhythm.intervals().len(), PLACES);
    }
}
