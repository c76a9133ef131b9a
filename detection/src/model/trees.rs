//! Trees laid out for prediction: all splits in one array, all leaves in another.
//!
//! Built only from a checked file (`format.rs`), so every place in it exists and every path ends in a leaf.

use super::features::Features;
use super::format::TreeFile;

/// One split. A child that is not negative is a split, a negative one the leaf `!child`.
#[derive(Debug, Clone, PartialEq)]
struct Split {
    /// At most this goes left.
    threshold: f32,
    feature: u16,
    missing_left: bool,
    left: i32,
    right: i32,
}

/// The trees of a model.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Trees {
    roots: Vec<i32>,
    splits: Vec<Split>,
    /// Mean of the leaves below each split, weighted by the training rows that reached them.
    means: Vec<f32>,
    leaves: Vec<f32>,
}

impl Trees {
    /// Adds a tree that has been checked; `places` says where each of the file's features is in [`Features`].
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap,
        reason = "a checked file is far smaller than 2^31 splits"
    )]
    pub(super) fn push(&mut self, tree: &TreeFile, places: &[u16]) {
        let (first_split, first_leaf) = (self.splits.len() as i32, self.leaves.len() as i32);
        let child = |child: i32| {
            if child >= 0 {
                first_split + child
            } else {
                !(first_leaf + !child)
            }
        };
        self.leaves.extend(&tree.value);
        for split in 0..tree.feature.len() {
            self.splits.push(Split {
                threshold: tree.threshold[split],
                feature: places[usize::from(tree.feature[split])],
                missing_left: tree.missing_left[split],
                left: child(tree.left[split]),
                right: child(tree.right[split]),
            });
        }
        self.means.extend(means(tree));
        self.roots
            .push(child(if tree.feature.is_empty() { -1 } else { 0 }));
    }

    /// Sum of the leaves that the row reaches.
    #[inline]
    pub(super) fn sum(&self, features: &Features) -> f64 {
        let mut sum = 0.0;
        for root in &self.roots {
            let mut at = *root;
            while at >= 0 {
                at = self.splits[at as usize].child(features);
            }
            sum += f64::from(self.leaves[!at as usize]);
        }
        sum
    }

    /// What each feature adds to the sum along the row's paths: the change of the mean at each split, summed
    /// per feature (A. Saabas' decomposition). With the means of the roots they add up to the sum.
    pub(super) fn contributions(&self, features: &Features) -> [f64; Features::COUNT] {
        let mut contributions = [0.0; Features::COUNT];
        for root in &self.roots {
            let mut at = *root;
            while at >= 0 {
                let split = &self.splits[at as usize];
                let next = split.child(features);
                contributions[usize::from(split.feature)] += self.mean(next) - self.mean(at);
                at = next;
            }
        }
        contributions
    }

    /// What the sum is before anything is known of a row.
    #[cfg(test)]
    pub(super) fn roots_mean(&self) -> f64 {
        self.roots.iter().map(|root| self.mean(*root)).sum()
    }

    fn mean(&self, at: i32) -> f64 {
        f64::from(if at >= 0 {
            self.means[at as usize]
        } else {
            self.leaves[!at as usize]
        })
    }
}

impl Split {
    #[inline]
    fn child(&self, features: &Features) -> i32 {
        let value = features.values()[usize::from(self.feature)];
        let left = if value.is_nan() {
            self.missing_left
        } else {
            value <= self.threshold
        };
        if left { self.left } else { self.right }
    }
}

/// The mean below each split. Children come after their parents, so one way back suffices.
fn means(tree: &TreeFile) -> Vec<f32> {
    let mut below = vec![(0.0f64, 0.0f64); tree.feature.len()];
    for split in (0..tree.feature.len()).rev() {
        let of = |child: i32| match usize::try_from(child) {
            Ok(split) => below[split],
            Err(_) => {
                let leaf = !child as usize;
                let cover = f64::from(tree.cover[leaf]);
                (cover, cover * f64::from(tree.value[leaf]))
            }
        };
        let (left, right) = (of(tree.left[split]), of(tree.right[split]));
        below[split] = (left.0 + right.0, left.1 + right.1);
    }
    let mean = |(cover, sum): (f64, f64)| {
        if cover > 0.0 {
            (sum / cover) as f32
        } else {
            0.0
        }
    };
    below.into_iter().map(mean).collect()
}
