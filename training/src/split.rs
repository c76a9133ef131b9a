//! The best split of a node, found in histograms of gradients.

use crate::bins::{Binned, MISSING};
use crate::samples::Options;

/// Sums over rows of the loss's first and second derivative, weighted.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Sums {
    pub(crate) gradient: f64,
    pub(crate) curvature: f64,
    pub(crate) weight: f64,
}

impl Sums {
    pub(crate) fn add(&mut self, other: Self) {
        self.gradient += other.gradient;
        self.curvature += other.curvature;
        self.weight += other.weight;
    }

    fn less(self, other: Self) -> Self {
        Self {
            gradient: self.gradient - other.gradient,
            curvature: self.curvature - other.curvature,
            weight: self.weight - other.weight,
        }
    }

    /// The leaf that loses least, within bounds.
    pub(crate) fn leaf(self, l2: f64, (low, high): (f64, f64)) -> f64 {
        (-self.gradient / (self.curvature + l2)).clamp(low, high)
    }

    /// What such a leaf gains, twice over.
    fn gain(self, l2: f64, leaf: f64) -> f64 {
        -(2.0 * self.gradient * leaf + (self.curvature + l2) * leaf * leaf)
    }
}

/// A way to divide a node.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Split {
    pub(crate) column: usize,
    /// The last bin that goes left.
    pub(crate) bin: u8,
    pub(crate) missing_left: bool,
    pub(crate) gain: f64,
    pub(crate) left: Sums,
    pub(crate) right: Sums,
}

/// A node to be divided.
pub(crate) struct Node<'a> {
    pub(crate) rows: &'a [u32],
    pub(crate) sums: Sums,
    /// Between which its leaves must lie.
    pub(crate) bounds: (f64, f64),
}

/// The best split of a node over these columns; the first of equals.
pub(crate) fn best(
    node: &Node<'_>,
    binned: &Binned,
    each: &[Sums],
    columns: &[usize],
    options: &Options,
) -> Option<Split> {
    let mut best: Option<Split> = None;
    let mut histogram = [Sums::default(); 256];
    for &column in columns {
        let bounds = binned.bounds[column].len();
        if bounds == 0 && !binned.column(column).contains(&MISSING) {
            continue;
        }
        histogram.fill(Sums::default());
        let bins = binned.column(column);
        for row in node.rows {
            histogram[usize::from(bins[*row as usize])].add(each[*row as usize]);
        }
        let missing = histogram[usize::from(MISSING)];
        let mut known_left = Sums::default();
        for (bin, sums) in histogram.iter().enumerate().take(bounds) {
            known_left.add(*sums);
            for missing_left in [true, false] {
                let mut left = known_left;
                if missing_left {
                    left.add(missing);
                } else if missing.weight == 0.0 {
                    // Nobody says where missing values belong: with the heavier side, below.
                    continue;
                }
                let right = node.sums.less(left);
                let Some(gain) = gain(node, (left, right), options, column) else {
                    continue;
                };
                if best.is_none_or(|best| gain > best.gain) {
                    let missing_left = if missing.weight == 0.0 {
                        left.weight >= right.weight
                    } else {
                        missing_left
                    };
                    let bin = u8::try_from(bin).unwrap_or(MISSING - 1);
                    best = Some(Split {
                        column,
                        bin,
                        missing_left,
                        gain,
                        left,
                        right,
                    });
                }
            }
        }
    }
    best
}

fn gain(
    node: &Node<'_>,
    (left, right): (Sums, Sums),
    options: &Options,
    column: usize,
) -> Option<f64> {
    let least = options.min_child_weight;
    if left.curvature < least || right.curvature < least {
        return None;
    }
    let l2 = options.l2;
    let (low, high) = (left.leaf(l2, node.bounds), right.leaf(l2, node.bounds));
    let against = match options.monotone.get(column) {
        Some(1) => low > high,
        Some(-1) => low < high,
        _ => false,
    };
    if against {
        return None;
    }
    let whole = node.sums.gain(l2, node.sums.leaf(l2, node.bounds));
    let gain = left.gain(l2, low) + right.gain(l2, high) - whole;
    (gain > options.min_gain).then_some(gain)
}
