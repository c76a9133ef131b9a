//! Bundles of strokes: how one stroke differs from the next, and how smooth even the roughest are.

use serde::{Deserialize, Serialize};

use super::measures::{MEASURES, Measured, PROFILE, SMOOTHNESS};

/// Strokes of a full bundle.
pub(super) const BUNDLE: usize = 20;
/// Parts of one in which measures are kept.
const PARTS: f32 = 1000.0;
/// Steps of the kept progress.
const LEVELS: f32 = 255.0;
const PAIRS: usize = BUNDLE * (BUNDLE - 1) / 2;

/// Numbers in a summary: four of each measure, then those between strokes.
pub(super) const NUMBERS: usize = OF_A_MEASURE * MEASURES + BETWEEN;
/// Numbers of a measure: median, spread, low and high.
const OF_A_MEASURE: usize = 4;
/// Numbers between strokes: see [`distances`] and [`relations`].
const BETWEEN: usize = 8;
/// Shares of strokes below the low and the high number of a measure.
const LOW: f32 = 0.15;
const HIGH: f32 = 0.85;
/// Share of pairs of strokes that are closer to each other than the least distance.
const LEAST: f32 = 0.05;

/// Place of a number of a measure, in the order of `OF_A_MEASURE`.
pub(super) const fn number_of_measure(measure: usize, number: usize) -> usize {
    OF_A_MEASURE * measure + number
}

/// Place of a number between strokes: first the distances, then the relations.
pub(super) const fn number_between(number: usize) -> usize {
    OF_A_MEASURE * MEASURES + number
}

/// Product of standard deviations below which there is no correlation to speak of.
const STILL: f32 = 1e-5;
/// Variance of log distance that counts as little.
const FLAT: f32 = 1e-3;

/// A measured stroke, in thousandths.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
struct Entry {
    values: [i16; MEASURES],
    profile: [u8; PROFILE],
    duration: i16,
    distance: i16,
}

/// Median, spread, low and high number of each measure, then the numbers between strokes.
pub(super) type Summary = [f32; NUMBERS];

/// The strokes of the bundle that is being filled.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Bundle {
    #[serde(with = "crate::compact::leading")]
    entries: [Entry; BUNDLE],
    count: u8,
}

impl Bundle {
    /// Adds a stroke; the summary of the bundle when that filled it, which empties it.
    pub(super) fn add(&mut self, stroke: &Measured) -> Option<Summary> {
        self.entries[usize::from(self.count)] = Entry {
            values: stroke.values.map(thousandths),
            profile: stroke.profile.map(level),
            duration: thousandths(stroke.duration),
            distance: thousandths(stroke.distance),
        };
        self.count += 1;
        (usize::from(self.count) == BUNDLE).then(|| {
            let summary = self.summary();
            *self = Self::default();
            summary
        })
    }

    pub(super) fn count(&self) -> u32 {
        u32::from(self.count)
    }

    /// Summarises at least two strokes.
    pub(super) fn summary(&self) -> Summary {
        let entries = &self.entries[..usize::from(self.count)];
        let mut summary = [0.0; NUMBERS];
        for measure in 0..MEASURES {
            let mut parts = [0i16; BUNDLE];
            for (part, entry) in parts.iter_mut().zip(entries) {
                *part = entry.values[measure];
            }
            // Whole numbers sort faster, and the same way.
            let parts = &mut parts[..entries.len()];
            parts.sort_unstable();
            let mut values = [0.0; BUNDLE];
            for (value, part) in values.iter_mut().zip(parts.iter()) {
                *value = f32::from(*part) / PARTS;
            }
            let values = &values[..entries.len()];
            let numbers = [
                quantile(values, 0.5),
                deviation(values),
                quantile(values, LOW),
                quantile(values, HIGH),
            ];
            let start = number_of_measure(measure, 0);
            summary[start..start + numbers.len()].copy_from_slice(&numbers);
        }
        let between = &mut summary[number_between(0)..];
        between[..6].copy_from_slice(&distances(entries));
        between[6..].copy_from_slice(&relations(entries));
        summary
    }
}

/// How far the progress curves of two strokes are apart, root mean square, in shares of the path: median,
/// low and least distance of all pairs; the spread of all curves around their mean; median and high
/// distance of a stroke from the one most like it.
fn distances(entries: &[Entry]) -> [f32; 6] {
    let mut apart = [0u32; PAIRS];
    let mut nearest = [u32::MAX; BUNDLE];
    let mut pairs = 0;
    let mut total = 0.0;
    for (index, one) in entries.iter().enumerate() {
        for (other_index, other) in entries[..index].iter().enumerate() {
            let levels = squared_levels(one, other);
            total += squared_shares(levels);
            apart[pairs] = levels;
            pairs += 1;
            nearest[index] = nearest[index].min(levels);
            nearest[other_index] = nearest[other_index].min(levels);
        }
    }
    if pairs == 0 {
        return [0.0; 6];
    }
    let (apart, nearest) = (&mut apart[..pairs], &mut nearest[..entries.len()]);
    // The mean squared distance of two strokes is twice their variance.
    let spread = (0.5 * total / small(pairs)).sqrt();
    [
        distance_at(apart, 0.5),
        distance_at(apart, LOW),
        distance_at(apart, LEAST),
        spread,
        distance_at(nearest, 0.5),
        distance_at(nearest, HIGH),
    ]
}

/// Quantile of distances, given as squared levels. Finds its two neighbours without sorting: this is asked at every
/// verdict.
fn distance_at(levels: &mut [u32], share: f32) -> f32 {
    let (below, above, weight) = neighbours(levels.len(), share);
    let (smaller, upper, _) = levels.select_nth_unstable(above);
    let upper = *upper;
    let lower = if below == above {
        upper
    } else {
        smaller.iter().copied().max().unwrap_or(upper)
    };
    let distance = |levels: u32| squared_shares(levels).sqrt();
    distance(lower) + weight * (distance(upper) - distance(lower))
}

/// How strokes' durations go with their smoothness (correlation) and how far they stray from a line over
/// distance, both as logarithms. A person's long stroke holds more submovements and is rougher; a
/// formula's is the same shape, seen better. A formula's duration follows from the distance.
fn relations(entries: &[Entry]) -> [f32; 2] {
    if entries.len() < 3 {
        return [0.0; 2];
    }
    let column = |value: fn(&Entry) -> i16| {
        let mut values = [0.0; BUNDLE];
        for (place, entry) in values.iter_mut().zip(entries) {
            *place = f32::from(value(entry)) / PARTS;
        }
        values
    };
    let durations = column(|entry| entry.duration);
    let distances = column(|entry| entry.distance);
    let smoothness = column(|entry| entry.values[SMOOTHNESS]);
    let covariance = |one: &[f32; BUNDLE], other: &[f32; BUNDLE]| {
        let count = small(entries.len());
        let mean = |values: &[f32; BUNDLE]| values[..entries.len()].iter().sum::<f32>() / count;
        let (of_one, of_other) = (mean(one), mean(other));
        let products = one[..entries.len()]
            .iter()
            .zip(other)
            .map(|(a, b)| (a - of_one) * (b - of_other));
        products.sum::<f32>() / (count - 1.0)
    };
    let of_durations = covariance(&durations, &durations);
    let scale = (of_durations * covariance(&smoothness, &smoothness)).sqrt();
    let correlation = if scale > STILL {
        covariance(&durations, &smoothness) / scale
    } else {
        0.0
    };
    // Where all distances are alike the slope is taken as flat.
    let of_distances = covariance(&distances, &distances);
    let with_distance = covariance(&distances, &durations);
    let slope = with_distance / (of_distances + FLAT);
    let rest = of_durations - slope * (2.0 * with_distance - slope * of_distances);
    let freedom = small(entries.len() - 1) / small(entries.len() - 2);
    [correlation, (rest.max(0.0) * freedom).sqrt()]
}

/// Sum of the squared differences of two progress curves, in levels.
fn squared_levels(one: &Entry, other: &Entry) -> u32 {
    let pairs = one.profile.iter().zip(&other.profile);
    let squares: i32 = pairs
        .map(|(a, b)| {
            let difference = i16::from(*a) - i16::from(*b);
            i32::from(difference) * i32::from(difference)
        })
        .sum();
    squares.unsigned_abs()
}

/// Mean of squared differences in shares of the path.
fn squared_shares(levels: u32) -> f32 {
    #[expect(clippy::cast_precision_loss, reason = "at most 8 times 255 squared")]
    let levels = levels as f32;
    levels / (LEVELS * LEVELS * 8.0)
}

/// Quantile of sorted values, linear between neighbours; 0 of none.
fn quantile(sorted: &[f32], share: f32) -> f32 {
    if sorted.is_empty() {
        return 0.0;
    }
    let (below, above, weight) = neighbours(sorted.len(), share);
    sorted[below] + weight * (sorted[above] - sorted[below])
}

/// Places of the values on both sides of a quantile of `count` values, and how far it lies between them.
fn neighbours(count: usize, share: f32) -> (usize, usize, f32) {
    let last = count.saturating_sub(1);
    let place = share * small(last);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a small index"
    )]
    let below = place as usize;
    (below, (below + 1).min(last), place - small(below))
}

/// Sample standard deviation; 0 of fewer than two.
fn deviation(values: &[f32]) -> f32 {
    if values.len() < 2 {
        return 0.0;
    }
    let mean = values.iter().sum::<f32>() / small(values.len());
    let squares: f32 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (squares / small(values.len() - 1)).sqrt()
}

#[expect(clippy::cast_precision_loss, reason = "counts within a bundle")]
fn small(count: usize) -> f32 {
    count as f32
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "saturates, and is meant to"
)]
fn thousandths(value: f64) -> i16 {
    (value * f64::from(PARTS)).round() as i16
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "progress is a share"
)]
fn level(share: f64) -> u8 {
    (share * f64::from(LEVELS)).round() as u8
}
