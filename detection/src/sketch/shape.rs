//! The shape of one goal-directed movement in sixteen bytes: what a copy keeps when it is turned, moved, scaled, slowed.
//!
//! The movement is mapped so that it begins at 0 and ends at 1 in the complex plane, and its time runs from 0 to 1. At
//! 18 inner points three functions are read: the lateral offset at equal shares of the path, the lateral offset at equal
//! shares of the time, and the share of the path covered by then less the share of the time. All three vanish at both
//! ends, so that a sine series holds most of each in a few numbers. The two offsets are alike: their sum and their
//! difference are kept. A coefficient is weighted by what a copy leaves of it (little of the slowest mode of time, much
//! of the fast modes), so that one distance serves them all.

use serde::{Deserialize, Serialize};

use super::trace::{Sample, Trace};

/// Inner points at which the functions are read.
const POINTS: usize = 18;
/// Coefficients kept of the sum of the offsets, of their difference, and of the progress.
const SUM: usize = 7;
const DIFFERENCE: usize = 4;
const PROGRESS: usize = 5;
/// Numbers of a shape.
pub(crate) const NUMBERS: usize = SUM + DIFFERENCE + PROGRESS;
/// Weights of the numbers, in their order.
const WEIGHTS: [f64; NUMBERS] = [
    1.0, 1.1, 1.2, 1.35, 1.6, 2.0, 2.0, 1.4, 1.25, 1.25, 1.5, 0.5, 0.9, 1.55, 1.8, 2.0,
];
/// Units of a number.
const UNITS: f64 = 160.0;
/// Fewest samples, as they came.
const MIN_SAMPLES: u16 = 6;
/// Shortest movement, milliseconds.
const MIN_MS: f64 = 150.0;
/// Shortest distance from end to end, quarters of px.
const MIN_DISTANCE: f64 = 320.0;
/// Smallest share of the distance in the path: less is no movement towards a goal.
const MIN_STRAIGHTNESS: f64 = 0.5;
/// Least root mean square of the lateral offset in the whole shape's norm: straighter ones all look alike.
const MIN_INFORMATION: f64 = 0.03;
/// sin(πk/19) for k from 0 to 9.
const SINES: [f64; 10] = [
    0.0,
    0.164_594_590_280_733_9,
    0.324_699_469_204_683_46,
    0.475_947_393_037_073_56,
    0.614_212_712_689_667_8,
    0.735_723_910_673_131_6,
    0.837_166_478_262_528_5,
    0.915_773_326_655_057_4,
    0.969_400_265_939_330_4,
    0.996_584_493_006_669_8,
];

/// The shape of a movement. Equal movements of different place, direction, size and tempo have equal shapes.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub(crate) struct Shape([i8; NUMBERS]);

impl Shape {
    /// Bytes of a shape.
    pub(crate) const BYTES: usize = NUMBERS;

    /// The shape of a movement; `None` of one that says too little.
    pub(crate) fn of(trace: &Trace) -> Option<Self> {
        if trace.seen() < MIN_SAMPLES {
            return None;
        }
        let path = Path::of(trace)?;
        let functions = path.functions();
        let information: f64 = functions.by_path.iter().map(|offset| offset * offset).sum();
        if (information / 6.0).sqrt() < MIN_INFORMATION {
            return None;
        }
        Some(Self(functions.numbers().map(quantised)))
    }

    /// The numbers.
    pub(crate) fn numbers(&self) -> &[i8; NUMBERS] {
        &self.0
    }

    /// From its numbers.
    pub(crate) fn from_numbers(numbers: [i8; NUMBERS]) -> Self {
        Self(numbers)
    }

    /// Square of the distance to `other`, in units.
    pub(crate) fn distance2(&self, other: &Self) -> u32 {
        // Differences fit 16 bits, and products of those are added pairwise by one instruction of any x86-64.
        let mut sum = 0i32;
        for (a, b) in self.0.iter().zip(&other.0) {
            let difference = i16::from(*a) - i16::from(*b);
            sum += i32::from(difference) * i32::from(difference);
        }
        sum.unsigned_abs()
    }
}

/// A movement from 0 to 1, with at least two places.
struct Path {
    /// Share of the time, share of the path, lateral offset.
    places: [(f64, f64, f64); 41],
    count: usize,
}

impl Path {
    fn of(trace: &Trace) -> Option<Self> {
        let mut last = Sample::default();
        let (mut length, mut before) = (0.0, (0.0, 0.0));
        for sample in trace.samples() {
            let (x, y) = (f64::from(sample.x), f64::from(sample.y));
            length += norm(x - before.0, y - before.1);
            before = (x, y);
            last = sample;
        }
        let (goal_x, goal_y) = before;
        let (distance, lasted) = (norm(goal_x, goal_y), f64::from(last.t));
        if lasted < MIN_MS || distance < MIN_DISTANCE || distance < MIN_STRAIGHTNESS * length {
            return None;
        }
        let mut path = Self {
            places: [(0.0, 0.0, 0.0); 41],
            count: 0,
        };
        let (mut covered, mut before) = (0.0, (0.0, 0.0));
        for (place, sample) in path.places.iter_mut().zip(trace.samples()) {
            let (x, y) = (f64::from(sample.x), f64::from(sample.y));
            covered += norm(x - before.0, y - before.1);
            before = (x, y);
            let lateral = (y * goal_x - x * goal_y) / (distance * distance);
            *place = (f64::from(sample.t) / lasted, covered / length, lateral);
            path.count += 1;
        }
        Some(path)
    }

    fn functions(&self) -> Functions {
        let mut functions = Functions::default();
        let places = &self.places[..self.count];
        let (mut by_time, mut by_path) = (1, 1);
        let last = self.count.saturating_sub(1);
        for (index, share) in shares().enumerate() {
            while by_time < last && places[by_time].0 < share {
                by_time += 1;
            }
            while by_path < last && places[by_path].1 < share {
                by_path += 1;
            }
            let (before, after) = (places[by_time - 1], places[by_time]);
            let part = fraction(before.0, after.0, share);
            functions.by_time[index] = between(before.2, after.2, part);
            functions.progress[index] = between(before.1, after.1, part) - share;
            let (before, after) = (places[by_path - 1], places[by_path]);
            let part = fraction(before.1, after.1, share);
            functions.by_path[index] = between(before.2, after.2, part);
        }
        functions
    }
}

#[derive(Default)]
struct Functions {
    /// Lateral offset at equal shares of the path.
    by_path: [f64; POINTS],
    /// Lateral offset at equal shares of the time.
    by_time: [f64; POINTS],
    /// Share of the path less the share of the time.
    progress: [f64; POINTS],
}

impl Functions {
    /// Weighted coefficients.
    fn numbers(&self) -> [f64; NUMBERS] {
        let mut numbers = [0.0; NUMBERS];
        // 54 numbers, offsets three times as heavy as progress; the sum and the difference keep their norm.
        let progress_scale = (2.0f64 / 19.0 / 54.0).sqrt();
        let offset_scale = progress_scale * 3.0 / 2.0f64.sqrt();
        for (index, number) in numbers.iter_mut().enumerate() {
            let mut sum = 0.0;
            for point in 0..POINTS {
                let (offset, other) = (self.by_path[point], self.by_time[point]);
                let (mode, value) = if index < SUM {
                    (index, (offset + other) * offset_scale)
                } else if index < SUM + DIFFERENCE {
                    (index - SUM, (offset - other) * offset_scale)
                } else {
                    let mode = index - SUM - DIFFERENCE;
                    (mode, self.progress[point] * progress_scale)
                };
                sum += value * sine((mode + 1) * (point + 1));
            }
            *number = sum * WEIGHTS[index];
        }
        numbers
    }
}

/// sin(πk/19).
fn sine(k: usize) -> f64 {
    let k = k % 38;
    let (k, sign) = if k >= 19 { (k - 19, -1.0) } else { (k, 1.0) };
    let k = k.min(19 - k);
    sign * SINES.get(k).copied().unwrap_or_default()
}

#[expect(clippy::cast_possible_truncation, reason = "clamped to the range")]
fn quantised(value: f64) -> i8 {
    (value * UNITS).round().clamp(-127.0, 127.0) as i8
}

/// The inner points, as shares.
fn shares() -> impl Iterator<Item = f64> {
    (1u8..19).map(|point| f64::from(point) / 19.0)
}

fn fraction(before: f64, after: f64, share: f64) -> f64 {
    if after > before {
        ((share - before) / (after - before)).clamp(0.0, 1.0)
    } else {
        0.0
    }
}

fn between(before: f64, after: f64, part: f64) -> f64 {
    before + (after - before) * part
}

/// Length of a vector; by the exactly rounded root, so that shapes are the same on every machine.
fn norm(x: f64, y: f64) -> f64 {
    (x * x + y * y).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use schemas::event::EventTime;

    /// A movement to the right by 400 px that swings aside in three modes, at a speed that swings in two.
    #[derive(Debug, Clone)]
    struct Movement {
        aside: [f64; 3],
        tempo: [f64; 2],
        lasts_ms: f64,
    }

    fn movements() -> impl Strategy<Value = Movement> {
        (
            prop::array::uniform3(-0.12f64..0.12),
            prop::array::uniform2(-0.08f64..0.08),
            400.0f64..1500.0,
        )
            .prop_map(|(aside, tempo, lasts_ms)| Movement {
                aside: [aside[0] + 0.15 * aside[0].signum(), aside[1], aside[2]],
                tempo,
                lasts_ms,
            })
    }

    impl Movement {
        /// Seen every `step` ms after it has been turned by `turn`, scaled and moved, and slowed.
        fn trace(&self, step: f64, turn: f64, scale: f64, slower: f64) -> Trace {
            let mut trace = Trace::default();
            let lasts = self.lasts_ms * slower;
            let samples = (lasts / step).floor();
            let mut number = 0.0;
            while number <= samples {
                let tau = (number / samples).min(1.0);
                let wave = |mode: f64| (mode * tau * std::f64::consts::PI).sin();
                let along = tau + self.tempo[0] * wave(1.0) + self.tempo[1] * wave(2.0);
                let aside = self.aside[0] * wave(1.0)
                    + self.aside[1] * wave(2.0)
                    + self.aside[2] * wave(3.0);
                let (x, y) = (400.0 * scale * along, 400.0 * scale * aside);
                let at = EventTime((tau * lasts * 1000.0) as i64);
                let turned = (
                    900.0 + x * turn.cos() - y * turn.sin(),
                    700.0 + x * turn.sin() + y * turn.cos(),
                );
                assert!(trace.add(at, turned.0, turned.1).is_none());
                number += 1.0;
            }
            trace
        }
    }

    fn exact(trace: &Trace) -> [f64; NUMBERS] {
        Path::of(trace).unwrap().functions().numbers()
    }

    proptest! {
        /// Turned, moved, scaled, slowed and seen at another rate it is nearer than any copy need be (9 units).
        #[test]
        fn place_direction_size_tempo_and_rate_do_not_matter(movement in movements(), turn in 0.0f64..6.3, scale in 0.7f64..1.4, slower in 0.7f64..1.4, step in 8.0f64..33.0) {
            let plain = Shape::of(&movement.trace(12.0, 0.0, 1.0, 1.0)).unwrap();
            let copy = Shape::of(&movement.trace(step, turn, scale, slower)).unwrap();
            prop_assert!(plain.distance2(&copy) <= 36, "{:?} {:?}", plain, copy);
        }

        /// A byte for each number moves a distance by less than three units.
        #[test]
        fn distances_nearly_survive_quantisation(first in movements(), second in movements()) {
            let (first, second) = (first.trace(12.0, 0.0, 1.0, 1.0), second.trace(12.0, 0.0, 1.0, 1.0));
            let numbers = exact(&first).into_iter().zip(exact(&second));
            let wanted = numbers.map(|(a, b)| ((a - b) * UNITS).powi(2)).sum::<f64>().sqrt();
            let (first, second) = (Shape::of(&first).unwrap(), Shape::of(&second).unwrap());
            let distance = f64::from(first.distance2(&second)).sqrt();
            prop_assert!((distance - wanted).abs() < 3.0, "{distance} for {wanted}");
        }
    }

    #[test]
    fn other_movements_are_far() {
        let of = |aside, tempo| {
            let movement = Movement {
                aside,
                tempo,
                lasts_ms: 900.0,
            };
            Shape::of(&movement.trace(12.0, 0.0, 1.0, 1.0)).unwrap()
        };
        let plain = of([0.2, 0.05, 0.0], [0.05, 0.0]);
        for other in [
            of([-0.2, 0.05, 0.0], [0.05, 0.0]),
            of([0.2, -0.05, 0.0], [0.05, 0.0]),
            of([0.2, 0.05, 0.1], [0.05, 0.0]),
            of([0.2, 0.05, 0.0], [0.05, 0.14]),
        ] {
            assert!(plain.distance2(&other) > 81, "{plain:?} {other:?}");
        }
    }

    #[test]
    fn what_says_too_little_has_no_shape() {
        let line = Movement {
            aside: [0.0; 3],
            tempo: [0.0; 2],
            lasts_ms: 900.0,
        };
        assert_eq!(
            Shape::of(&line.trace(12.0, 0.3, 1.0, 1.0)),
            None,
            "straight"
        );
        let bow = Movement {
            aside: [0.2, 0.0, 0.0],
            ..line
        };
        assert!(Shape::of(&bow.trace(12.0, 0.0, 1.0, 1.0)).is_some());
        assert_eq!(Shape::of(&bow.trace(12.0, 0.0, 0.1, 1.0)), None, "short");
        assert_eq!(Shape::of(&bow.trace(12.0, 0.0, 1.0, 0.1)), None, "sudden");
        assert_eq!(Shape::of(&bow.trace(200.0, 0.0, 1.0, 1.0)), None, "sparse");
        assert_eq!(Shape::of(&Trace::default()), None, "nothing");
    }
}
