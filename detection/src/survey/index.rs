//! Movements of a survey, found by their shapes.
//!
//! A grid over the two coarsest numbers of a shape; within the cells around a movement the distance is computed. What one
//! look costs is bounded: where more than [`MOST_VISITED`] movements lie in the cells, an even part of them is looked at.

use std::collections::BTreeMap;

use crate::sketch::Shape;

/// Width of a cell, as a power of two of units.
const CELL: u8 = 2;
/// Cells of a row.
const ROW: u16 = 64;
/// Movements that one look visits at most.
const MOST_VISITED: usize = 50_000;

/// One movement of one session.
#[derive(Debug, Clone, Copy)]
struct Entry {
    session: u64,
    shape: Shape,
}

/// Movements by the cell of their coarsest numbers.
#[derive(Debug, Default)]
pub(super) struct Index {
    cells: BTreeMap<u16, Vec<Entry>>,
    movements: usize,
}

impl Index {
    pub(super) fn insert(&mut self, session: u64, shape: Shape) {
        let (row, column) = cell(&shape);
        let cell = self.cells.entry(row * ROW + column).or_default();
        cell.push(Entry { session, shape });
        self.movements += 1;
    }

    pub(super) fn remove(&mut self, session: u64, shape: &Shape) {
        let (row, column) = cell(shape);
        if let Some(entries) = self.cells.get_mut(&(row * ROW + column)) {
            let before = entries.len();
            entries.retain(|entry| entry.session != session);
            self.movements -= before - entries.len();
            if entries.is_empty() {
                self.cells.remove(&(row * ROW + column));
            }
        }
    }

    /// Movements in it.
    pub(super) fn len(&self) -> usize {
        self.movements
    }

    /// Calls `found` with the session and the squared distance of the movements within `radius` of `shape`; gives back
    /// of every how many one was looked at.
    pub(super) fn within(
        &self,
        shape: &Shape,
        radius: u8,
        mut found: impl FnMut(u64, u32),
    ) -> usize {
        let total: usize = self.around(shape, radius).map(Vec::len).sum();
        let stride = total.div_ceil(MOST_VISITED).max(1);
        // Each movement looks at another part, so that none is out of everybody's sight.
        let start = shape.numbers().iter().fold(0usize, |sum, number| {
            sum.wrapping_mul(31)
                .wrapping_add(usize::from(number.cast_unsigned()))
        });
        let limit = u32::from(radius) * u32::from(radius);
        for entries in self.around(shape, radius) {
            for entry in entries.iter().skip(start % stride).step_by(stride) {
                let distance = entry.shape.distance2(shape);
                if distance <= limit {
                    found(entry.session, distance);
                }
            }
        }
        stride
    }

    fn around(&self, shape: &Shape, radius: u8) -> impl Iterator<Item = &Vec<Entry>> {
        let [first, second, ..] = shape.numbers();
        let (rows, columns) = (reach(*first, radius), reach(*second, radius));
        rows.flat_map(move |row| {
            let (from, to) = (row * ROW + columns.start(), row * ROW + columns.end());
            self.cells.range(from..=to).map(|(_, entries)| entries)
        })
    }
}

fn cell(shape: &Shape) -> (u16, u16) {
    let [first, second, ..] = shape.numbers();
    (place(i16::from(*first)), place(i16::from(*second)))
}

fn place(number: i16) -> u16 {
    (number.clamp(-128, 127) + 128).unsigned_abs() >> CELL
}

fn reach(number: i8, radius: u8) -> std::ops::RangeInclusive<u16> {
    let (number, radius) = (i16::from(number), i16::from(radius));
    place(number - radius)..=place(number + radius)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_grid_finds_what_comparing_all_finds(shapes in prop::collection::vec(prop::array::uniform16(-20i8..20), 1..60), radius in 1u8..40) {
            let shapes: Vec<Shape> = shapes.into_iter().map(Shape::from_numbers).collect();
            let mut index = Index::default();
            for (session, shape) in (0u64..).zip(&shapes) {
                index.insert(session, *shape);
            }
            index.remove(0, &shapes[0]);
            let limit = u32::from(radius).pow(2);
            for shape in &shapes {
                let mut found = Vec::new();
                index.within(shape, radius, |session, distance| found.push((session, distance)));
                found.sort_unstable();
                let expected: Vec<(u64, u32)> = (0u64..).zip(&shapes).skip(1).map(|(session, other)| (session, other.distance2(shape))).filter(|(_, distance)| *distance <= limit).collect();
                prop_assert_eq!(found, expected);
            }
        }
    }
}
