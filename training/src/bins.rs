//! Columns as bins: what splits can tell apart.

use crate::samples::Samples;

/// Bin of a missing value.
pub(crate) const MISSING: u8 = u8::MAX;

/// A matrix in bins, column by column.
#[derive(Debug)]
pub(crate) struct Binned {
    rows: usize,
    bins: Vec<u8>,
    /// Per column the upper bound of each bin but the last: a value up to and including it is in that bin or before.
    pub(crate) bounds: Vec<Vec<f32>>,
}

impl Binned {
    pub(crate) fn new(samples: &Samples, most: usize) -> Self {
        let (rows, columns) = (samples.rows(), samples.columns());
        let mut binned = Self {
            rows,
            bins: Vec::with_capacity(rows * columns),
            bounds: Vec::with_capacity(columns),
        };
        for column in 0..columns {
            let values: Vec<f32> = (0..rows).map(|row| samples.row(row)[column]).collect();
            let bounds = bounds(&values, most);
            binned
                .bins
                .extend(values.iter().map(|value| bin(&bounds, *value)));
            binned.bounds.push(bounds);
        }
        binned
    }

    pub(crate) fn column(&self, column: usize) -> &[u8] {
        &self.bins[column * self.rows..(column + 1) * self.rows]
    }
}

/// At most 254 bounds, so no bin is [`MISSING`].
fn bin(bounds: &[f32], value: f32) -> u8 {
    if value.is_nan() {
        return MISSING;
    }
    let below = bounds.partition_point(|bound| *bound < value);
    u8::try_from(below).unwrap_or(MISSING - 1)
}

/// Bounds that give bins of about equal many rows. A bound is halfway between neighbours that occur, so that
/// values of other recordings fall on the side of what they are nearer to.
fn bounds(values: &[f32], most: usize) -> Vec<f32> {
    let mut sorted: Vec<f32> = values
        .iter()
        .copied()
        .filter(|value| !value.is_nan())
        .collect();
    sorted.sort_by(f32::total_cmp);
    let mut distinct: Vec<(f32, usize)> = Vec::new();
    for value in &sorted {
        match distinct.last_mut() {
            Some((last, count)) if *last == *value => *count += 1,
            _ => distinct.push((*value, 1)),
        }
    }
    let mut bounds = Vec::new();
    let (mut left, mut seen) = (sorted.len(), 0);
    for (place, pair) in distinct.windows(2).enumerate() {
        let [(low, count), (high, _)] = pair else {
            continue;
        };
        seen += count;
        let bins_left = most - bounds.len();
        let values_left = distinct.len() - place;
        if bins_left > 1 && (values_left <= bins_left || seen * bins_left >= left) {
            bounds.push(between(*low, *high));
            left -= seen;
            seen = 0;
        }
    }
    bounds
}

/// From `low` up to but not `high`.
fn between(low: f32, high: f32) -> f32 {
    let middle = low / 2.0 + high / 2.0;
    if middle.is_finite() && middle > low && middle < high {
        middle
    } else if low.is_finite() {
        low
    } else {
        f32::MIN
    }
}
