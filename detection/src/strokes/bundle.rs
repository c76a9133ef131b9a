//! Bundles of strokes: how one stroke differs from the next, and how smooth even the roughest are.

use serde::{Deserialize, Serialize};

use super::measures::{MEASURES, Measured, PROFILE};

/// Strokes of a full bundle.
pub(super) const BUNDLE: usize = 20;
/// Parts of one in which measures are kept.
const PARTS: f32 = 1000.0;
/// Steps of the kept progress.
const LEVELS: f32 = 255.0;
const PAIRS: usize = BUNDLE * (BUNDLE - 1) / 2;

/// Numbers in a summary: four of each measure, then those of distances.
pub(super) const NUMBERS: usize = OF_A_MEASURE * MEASURES + DISTANCES;
/// Numbers of a measure: median, spread, low and high.
const OF_A_MEASURE: usize = 4;
/// Numbers of how far the progress curves of two strokes are apart: median, low, least, and the spread.
const DISTANCES: usize = 4;
/// Shares of strokes below the low and the high number of a measure.
const LOW: f32 = 0.15;
const HIGH: f32 = 0.85;
/// Share of pairs of strokes that are closer to each other than the least distance.
const LEAST: f32 = 0.05;

/// Place of a number of a measure, in the order of `OF_A_MEASURE`.
pub(super) const fn number_of_measure(measure: usize, number: usize) -> usize {
    OF_A_MEASURE * measure + number
}

/// Place of a number of the distances, in the order of `DISTANCES`.
pub(super) const fn number_of_distances(number: usize) -> usize {
    OF_A_MEASURE * MEASURES + number
}

/// A measured stroke, in thousandths.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
struct Entry {
    values: [i16; MEASURES],
    profile: [u8; PROFILE],
}

/// Median, spread, low and high number of each measure, then distances between strokes.
pub(super) type Summary = [f32; NUMBERS];

/// The strokes of the bundle that is being filled.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Bundle {
    #[serde(with = "crate::compact::sparse")]
    entries: [Entry; BUNDLE],
    count: u8,
}

impl Bundle {
    /// Adds a stroke; the summary of the bundle when that filled it, which empties it.
    pub(super) fn add(&mut self, stroke: &Measured) -> Option<Summary> {
        self.entries[usize::from(self.count)] = Entry {
            values: stroke.values.map(thousandths),
            profile: stroke.profile.map(level),
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
            let mut values = [0.0; BUNDLE];
            for (value, entry) in values.iter_mut().zip(entries) {
                *value = f32::from(entry.values[measure]) / PARTS;
            }
            let values = &mut values[..entries.len()];
            values.sort_unstable_by(f32::total_cmp);
            let numbers = [
                quantile(values, 0.5),
                deviation(values),
                quantile(values, LOW),
                quantile(values, HIGH),
            ];
            let start = number_of_measure(measure, 0);
            summary[start..start + numbers.len()].copy_from_slice(&numbers);
        }
        summary[number_of_distances(0)..].copy_from_slice(&distances(entries));
        summary
    }
}

/// Quantiles of the root mean square distance between the progress curves of two strokes, and the
/// spread of all curves around their mean, in shares of the path.
fn distances(entries: &[Entry]) -> [f32; 4] {
    let mut apart = [0.0; PAIRS];
    let mut pairs = 0;
    let mut total = 0.0;
    for (index, one) in entries.iter().enumerate() {
        for other in &entries[..index] {
            let square = square_distance(one, other);
            total += square;
            apart[pairs] = square.sqrt();
            pairs += 1;
        }
    }
    let apart = &mut apart[..pairs];
    apart.sort_unstable_by(f32::total_cmp);
    // The mean squared distance of two strokes is twice their variance.
    let spread = if pairs > 0 {
        (0.5 * total / small(pairs)).sqrt()
    } else {
        0.0
    };
    [
        quantile(apart, 0.5),
        quantile(apart, LOW),
        quantile(apart, LEAST),
        spread,
    ]
}

fn square_distance(one: &Entry, other: &Entry) -> f32 {
    let squares: i32 = one
        .profile
        .iter()
        .zip(&other.profile)
        .map(|(a, b)| (i32::from(*a) - i32::from(*b)).pow(2))
        .sum();
    #[expect(clippy::cast_precision_loss, reason = "at most 8 times 255 squared")]
    let squares = squares as f32;
    squares / (LEVELS * LEVELS * 8.0)
}

/// Quantile of sorted values, linear between neighbours; 0 of none.
fn quantile(sorted: &[f32], share: f32) -> f32 {
    let Some(last) = sorted.len().checked_sub(1) else {
        return 0.0;
    };
    let place = share * small(last);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a small index"
    )]
    let below = place as usize;
    let above = (below + 1).min(last);
    sorted[below] + (place - small(below)) * (sorted[above] - sorted[below])
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
