//! One tree, grown leaf by leaf where it gains most.

use detection::model::TreeFile;

use crate::bins::{Binned, MISSING};
use crate::samples::Options;
use crate::split::{Node, Split, Sums, best};

/// What a tree is grown from.
pub(crate) struct Ground<'a> {
    pub(crate) binned: &'a Binned,
    /// Derivatives of each row.
    pub(crate) each: &'a [Sums],
    pub(crate) columns: &'a [usize],
    pub(crate) options: &'a Options,
}

/// A leaf that may still be divided.
struct Open {
    rows: Vec<u32>,
    sums: Sums,
    bounds: (f64, f64),
    depth: usize,
    split: Option<Split>,
    /// The split that it hangs from, and whether on its left.
    parent: Option<(usize, bool)>,
}

/// A tree and what each column gained in it.
pub(crate) struct Grown {
    pub(crate) tree: TreeFile,
    pub(crate) gains: Vec<f64>,
}

impl Ground<'_> {
    /// Grows a tree over `rows`.
    pub(crate) fn grow(&self, rows: Vec<u32>) -> Grown {
        let mut sums = Sums::default();
        rows.iter()
            .for_each(|row| sums.add(self.each[*row as usize]));
        let endless = (f64::NEG_INFINITY, f64::INFINITY);
        let mut open = vec![self.open(rows, sums, (endless, 0), None)];
        let mut grown = Grown {
            tree: TreeFile::default(),
            gains: vec![0.0; self.binned.bounds.len()],
        };
        while open.len() < self.options.leaves {
            let gain = |leaf: &Open| leaf.split.map_or(0.0, |split| split.gain);
            let mut chosen = 0;
            for place in 1..open.len() {
                if gain(&open[place]) > gain(&open[chosen]) {
                    chosen = place;
                }
            }
            let Some(split) = open[chosen].split else {
                break;
            };
            grown.gains[split.column] += split.gain;
            let leaf = open.remove(chosen);
            let (left, right) = self.divide(leaf, split, &mut grown.tree);
            open.insert(chosen, right);
            open.insert(chosen, left);
        }
        for (place, leaf) in (0i32..).zip(&open) {
            hang(&mut grown.tree, leaf.parent, -1 - place);
            let value = leaf.sums.leaf(self.options.l2, leaf.bounds) * self.options.learning_rate;
            grown.tree.value.push(value as f32);
            grown.tree.cover.push(leaf.sums.weight.max(0.0) as f32);
        }
        grown
    }

    fn open(
        &self,
        rows: Vec<u32>,
        sums: Sums,
        (bounds, depth): ((f64, f64), usize),
        parent: Option<(usize, bool)>,
    ) -> Open {
        let split = if depth < self.options.depth {
            let node = Node {
                rows: &rows,
                sums,
                bounds,
            };
            best(&node, self.binned, self.each, self.columns, self.options)
        } else {
            None
        };
        Open {
            rows,
            sums,
            bounds,
            depth,
            split,
            parent,
        }
    }

    fn divide(&self, leaf: Open, split: Split, tree: &mut TreeFile) -> (Open, Open) {
        let place = tree.feature.len();
        hang(tree, leaf.parent, i32::try_from(place).unwrap_or(i32::MAX));
        tree.feature
            .push(u16::try_from(split.column).unwrap_or(u16::MAX));
        tree.threshold
            .push(self.binned.bounds[split.column][usize::from(split.bin)]);
        tree.missing_left.push(split.missing_left);
        tree.left.push(0);
        tree.right.push(0);
        let bins = self.binned.column(split.column);
        let goes_left = |row: &u32| match bins[*row as usize] {
            MISSING => split.missing_left,
            bin => bin <= split.bin,
        };
        let (left, right): (Vec<u32>, Vec<u32>) = leaf.rows.into_iter().partition(goes_left);
        // Below a split that must rise, nothing on its left may be above its middle, nothing on its right below.
        let (low, high) = leaf.bounds;
        let l2 = self.options.l2;
        let middle = f64::midpoint(
            split.left.leaf(l2, leaf.bounds),
            split.right.leaf(l2, leaf.bounds),
        );
        let (left_bounds, right_bounds) = match self.options.monotone.get(split.column) {
            Some(1) => ((low, middle), (middle, high)),
            Some(-1) => ((middle, high), (low, middle)),
            _ => (leaf.bounds, leaf.bounds),
        };
        let depth = leaf.depth + 1;
        (
            self.open(left, split.left, (left_bounds, depth), Some((place, true))),
            self.open(
                right,
                split.right,
                (right_bounds, depth),
                Some((place, false)),
            ),
        )
    }
}

fn hang(tree: &mut TreeFile, parent: Option<(usize, bool)>, child: i32) {
    match parent {
        Some((split, true)) => tree.left[split] = child,
        Some((split, false)) => tree.right[split] = child,
        None => {}
    }
}
