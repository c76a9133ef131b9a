//! The movement in progress, in a fixed number of samples.
//!
//! A movement is what lies between rests, presses and releases. When the samples are full every other one is given
//! up, and from then on every other new one: a movement of any length and rate keeps between half and all of its places.

use schemas::event::EventTime;
use serde::{Deserialize, Serialize};

use crate::compact::differences::Numbers;
use crate::moment::Moment;

/// Places for samples.
const PLACES: usize = 40;
/// A rest this long ends the movement, milliseconds: two steps of the coarsest streams (110 ms) and a little.
const REST_MS: f64 = 250.0;
/// A longer movement is cut, milliseconds.
const LONGEST_MS: f64 = 30_000.0;
/// Coordinates beyond this are broken data, px.
const FARTHEST: f64 = 8000.0;
/// Units of a sample in one px.
const PER_PX: f64 = 4.0;

/// A place and time relative to the movement's first: quarters of px, and milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Sample {
    pub(crate) x: i16,
    pub(crate) y: i16,
    pub(crate) t: u16,
}

impl Numbers for Sample {
    fn numbers(self) -> [i32; 3] {
        [i32::from(self.t), i32::from(self.x), i32::from(self.y)]
    }

    fn of([t, x, y]: [i32; 3]) -> Option<Self> {
        Some(Self {
            t: t.try_into().ok()?,
            x: x.try_into().ok()?,
            y: y.try_into().ok()?,
        })
    }
}

/// The movement in progress.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Trace {
    origin: (f32, f32),
    begun: Moment,
    last: Sample,
    /// Samples seen, whether kept or not.
    seen: u16,
    /// Every how many samples are kept, as a power of two.
    thinning: u8,
    kept: u8,
    #[serde(with = "crate::compact::differences")]
    samples: [Sample; PLACES],
}

impl Default for Trace {
    fn default() -> Self {
        Self {
            origin: (0.0, 0.0),
            begun: Moment::default(),
            last: Sample::default(),
            seen: 0,
            thinning: 0,
            kept: 0,
            samples: [Sample::default(); PLACES],
        }
    }
}

impl Trace {
    /// Adds a place; gives back the movement that ended before it, if one did.
    pub(crate) fn add(&mut self, at: EventTime, x: f64, y: f64) -> Option<Self> {
        if x.abs() > FARTHEST || y.abs() > FARTHEST {
            return self.end();
        }
        let mut ended = None;
        if let Some(begun) = self.begun.known() {
            let t = at.millis_since(begun);
            let since_last = t - f64::from(self.last.t);
            if !(0.0..=REST_MS).contains(&since_last) || t > LONGEST_MS {
                ended = self.end();
            }
        }
        let Some(begun) = self.begun.known() else {
            *self = Self {
                origin: (single(x), single(y)),
                begun: at.into(),
                seen: 1,
                kept: 1,
                ..Self::default()
            };
            return ended;
        };
        let sample = Sample {
            x: units(x - f64::from(self.origin.0)),
            y: units(y - f64::from(self.origin.1)),
            t: millis(at.millis_since(begun)),
        };
        let rests = (sample.x, sample.y) == (self.last.x, self.last.y);
        if rests && self.seen == 1 {
            // A pointer that is polled: the movement begins when it leaves the place.
            self.begun = at.into();
        } else if !rests && sample.t > self.last.t {
            // Two places at one time have no speed.
            self.keep(sample);
        }
        ended
    }

    fn keep(&mut self, sample: Sample) {
        self.last = sample;
        self.seen = self.seen.saturating_add(1);
        if !(u32::from(self.seen) - 1).is_multiple_of(1 << self.thinning) {
            return;
        }
        if usize::from(self.kept) == PLACES {
            for place in 0..PLACES / 2 {
                self.samples[place] = self.samples[2 * place];
            }
            self.samples[PLACES / 2..].fill(Sample::default());
            self.kept /= 2;
            self.thinning += 1;
            if !(u32::from(self.seen) - 1).is_multiple_of(1 << self.thinning) {
                return;
            }
        }
        self.samples[usize::from(self.kept)] = sample;
        self.kept += 1;
    }

    /// Ends the movement and gives it back, if there was one.
    pub(crate) fn end(&mut self) -> Option<Self> {
        self.begun.known()?;
        Some(std::mem::take(self))
    }

    /// Samples seen.
    pub(crate) fn seen(&self) -> u16 {
        self.seen
    }

    /// The samples kept, and the last.
    pub(crate) fn samples(&self) -> impl Iterator<Item = Sample> + '_ {
        let kept = &self.samples[..usize::from(self.kept).min(PLACES)];
        let last = kept.last().is_some_and(|sample| *sample != self.last);
        kept.iter().copied().chain(last.then_some(self.last))
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "bounded above, where single precision still tells a thousandth of a pixel"
)]
fn single(px: f64) -> f32 {
    px as f32
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "coordinates are bounded above, differences fit after clamping"
)]
fn units(px: f64) -> i16 {
    (px * PER_PX)
        .round()
        .clamp(f64::from(i16::MIN), f64::from(i16::MAX)) as i16
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to the range"
)]
fn millis(t: f64) -> u16 {
    t.round().clamp(0.0, f64::from(u16::MAX)) as u16
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(millis: f64) -> EventTime {
        EventTime((millis * 1000.0) as i64)
    }

    proptest! {
        #[test]
        fn whatever_the_rate_half_the_places_are_used_and_the_ends_are_kept(count in 2u32..3000, step in 1.0f64..8.0) {
            let mut trace = Trace::default();
            for number in 0..count {
                prop_assert!(trace.add(at(f64::from(number) * step), f64::from(number), 0.0).is_none());
            }
            let samples: Vec<Sample> = trace.samples().collect();
            prop_assert!(samples.len() >= (PLACES / 2).min(count as usize) && samples.len() <= PLACES + 1);
            prop_assert_eq!(samples[0], Sample::default());
            prop_assert_eq!(i64::from(samples[samples.len() - 1].x), 4 * i64::from(count - 1));
            prop_assert!(samples.windows(2).all(|pair| pair[0].t < pair[1].t));
        }
    }

    #[test]
    fn a_rest_ends_a_movement_and_a_polled_rest_does_too() {
        let mut trace = Trace::default();
        for number in 0..10 {
            assert_eq!(
                trace.add(at(f64::from(number) * 10.0), f64::from(number), 0.0),
                None
            );
        }
        for number in 10..80 {
            let ended = trace.add(at(f64::from(number) * 10.0), 9.0, 0.0);
            assert_eq!(ended.is_some(), number == 35, "{number}");
        }
        assert_eq!(trace.add(at(810.0), 60.0, 0.0), None);
        let ended = trace.add(at(820.0), 9000.0, 0.0).unwrap();
        assert_eq!(
            (ended.seen(), ended.last.t),
            (2, 20),
            "it begins where the rest ends"
        );
    }
}
