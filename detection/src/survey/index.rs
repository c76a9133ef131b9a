//! Movements of a survey, found by their shapes.
//!
//! A tree over cells of fixed planes: each level halves one number of a shape, the most telling ones first and most
//! often. A look goes into a cell only if it can hold something near enough, so what it finds is exact, and the tree's
//! form follows from what is in it, not from the order in which that came. [`super::sample`] bounds what a look may find.

use crate::sketch::{NUMBERS, Shape};

/// Movements that a cell holds before it is halved.
const FULL: usize = 24;
/// Two halves with so few are one cell again.
const SPARSE: usize = 12;
/// Movements that one look visits at most, whatever they are: where someone fills a survey with movements that no plane
/// tells apart.
const MOST_VISITED: usize = 50_000;

/// The number that each level halves. Spreads of people's numbers are about 40 units of the first, 13 of the second, the
/// eighth and the ninth, 8 of the third and the tenth, 4 to 6 of the others.
const ORDER: [usize; 44] = [
    0, 1, 7, 8, 0, 2, 9, 0, 1, 7, 8, 10, 11, 12, 13, 0, 3, 4, 1, 7, 8, 14, 5, 6, 15, 2, 9, 10, 11,
    12, 13, 0, 3, 4, 5, 6, 14, 15, 2, 9, 1, 7, 8, 0,
];
/// Half of the range that is halved, by number: powers of two of about twice the spread.
const RANGE: [i16; NUMBERS] = [64, 32, 16, 8, 8, 8, 8, 32, 32, 16, 16, 16, 16, 16, 8, 8];

/// One movement of one session.
#[derive(Debug, Clone, Copy)]
struct Entry {
    session: u64,
    shape: Shape,
}

/// Movements by the cell of their numbers.
#[derive(Debug, Default)]
pub(super) struct Index {
    root: Node,
    movements: usize,
}

#[derive(Debug)]
enum Node {
    Cell(Vec<Entry>),
    /// Below the plane, and on it or above.
    Halves(Box<[Node; 2]>),
}

impl Default for Node {
    fn default() -> Self {
        Self::Cell(Vec::new())
    }
}

/// A plane: the number it halves, and where.
#[derive(Debug, Clone, Copy)]
struct Plane {
    number: usize,
    at: i16,
}

/// The way down to a cell: how far the ranges of the numbers have been halved.
#[derive(Debug, Clone)]
struct Way {
    level: usize,
    /// Middle of the range that is left, by number.
    middle: [i16; NUMBERS],
    /// Half of its width.
    half: [i16; NUMBERS],
}

impl Way {
    fn new() -> Self {
        Self {
            level: 0,
            middle: [0; NUMBERS],
            half: RANGE,
        }
    }

    /// The plane of this level; `None` where no more are.
    fn plane(&self) -> Option<Plane> {
        let number = *ORDER.get(self.level)?;
        let at = self.middle[number];
        Some(Plane { number, at })
    }

    /// Into the half below the plane or above it.
    fn enter(&mut self, plane: Plane, above: bool) {
        let quarter = (self.half[plane.number] / 2).max(1);
        self.half[plane.number] = quarter;
        self.middle[plane.number] += if above { quarter } else { -quarter };
        self.level += 1;
    }
}

impl Way {
    /// Back out of a half.
    fn leave(&mut self, plane: Plane, half: i16) {
        self.half[plane.number] = half;
        self.middle[plane.number] = plane.at;
        self.level -= 1;
    }
}

impl Plane {
    fn is_below(self, shape: &Shape) -> bool {
        i16::from(shape.numbers()[self.number]) < self.at
    }
}

impl Index {
    pub(super) fn insert(&mut self, session: u64, shape: Shape) {
        self.root.insert(Entry { session, shape }, Way::new());
        self.movements += 1;
    }

    /// Takes out what `session` has in the cell of `shape`.
    pub(super) fn remove(&mut self, session: u64, shape: &Shape) {
        self.movements -= self.root.remove(session, shape, Way::new());
    }

    /// Movements in it.
    pub(super) fn len(&self) -> usize {
        self.movements
    }

    /// Calls `found` with the session and the squared distance of the movements within `radius` of `shape`, until it
    /// says no.
    pub(super) fn within(&self, shape: &Shape, radius: u8, found: impl FnMut(u64, u32) -> bool) {
        let mut search = Search {
            shape,
            limit: u32::from(radius) * u32::from(radius),
            left: MOST_VISITED,
            beside: [0; NUMBERS],
            found,
        };
        search.visit(&self.root, &mut Way::new(), 0);
    }
}

impl Node {
    fn insert(&mut self, entry: Entry, mut way: Way) {
        match self {
            Self::Cell(entries) => {
                entries.push(entry);
                if entries.len() > FULL
                    && let Some(plane) = way.plane()
                {
                    let all = std::mem::take(entries);
                    let halves: (Vec<Entry>, Vec<Entry>) = all
                        .into_iter()
                        .partition(|entry| plane.is_below(&entry.shape));
                    *self = Self::Halves(Box::new([
                        Self::halved(halves.0, way.clone(), plane, false),
                        Self::halved(halves.1, way, plane, true),
                    ]));
                }
            }
            Self::Halves(halves) => {
                let Some(plane) = way.plane() else { return };
                let above = !plane.is_below(&entry.shape);
                way.enter(plane, above);
                halves[usize::from(above)].insert(entry, way);
            }
        }
    }

    /// One half of a cell that was too full; it may be too full itself.
    fn halved(entries: Vec<Entry>, mut way: Way, plane: Plane, above: bool) -> Self {
        way.enter(plane, above);
        let mut node = Self::default();
        for entry in entries {
            node.insert(entry, way.clone());
        }
        node
    }

    /// How many were taken out.
    fn remove(&mut self, session: u64, shape: &Shape, mut way: Way) -> usize {
        match self {
            Self::Cell(entries) => {
                let before = entries.len();
                entries.retain(|entry| entry.session != session);
                before - entries.len()
            }
            Self::Halves(halves) => {
                let Some(plane) = way.plane() else { return 0 };
                let above = !plane.is_below(shape);
                way.enter(plane, above);
                let removed = halves[usize::from(above)].remove(session, shape, way);
                if let [Self::Cell(below), Self::Cell(above)] = halves.as_mut()
                    && below.len() + above.len() <= SPARSE
                {
                    let mut all = std::mem::take(below);
                    all.append(above);
                    *self = Self::Cell(all);
                }
                removed
            }
        }
    }
}

/// One look.
struct Search<'a, F> {
    shape: &'a Shape,
    limit: u32,
    /// Movements that may still be visited.
    left: usize,
    /// By number, how far the cell lies beside the shape at least.
    beside: [i16; NUMBERS],
    found: F,
}

impl<F: FnMut(u64, u32) -> bool> Search<'_, F> {
    /// Visits what lies below `node`, all of it at least `distance` away, squared.
    fn visit(&mut self, node: &Node, way: &mut Way, distance: u32) {
        match node {
            Node::Cell(entries) => {
                let entries = entries.get(..self.left).unwrap_or(entries);
                self.left -= entries.len();
                for entry in entries {
                    let distance = entry.shape.distance2(self.shape);
                    if distance <= self.limit && !(self.found)(entry.session, distance) {
                        self.left = 0;
                        return;
                    }
                }
            }
            Node::Halves(halves) => self.visit_halves(halves, way, distance),
        }
    }

    fn visit_halves(&mut self, halves: &[Node; 2], way: &mut Way, distance: u32) {
        let Some(plane) = way.plane() else { return };
        let here = !plane.is_below(self.shape);
        for above in [here, !here] {
            let half = &halves[usize::from(above)];
            if self.left == 0 || matches!(half, Node::Cell(entries) if entries.is_empty()) {
                continue;
            }
            let before = self.beside[plane.number];
            let mut distance = distance;
            if above != here {
                let beyond = (i16::from(self.shape.numbers()[plane.number]) - plane.at).abs();
                let squared = |side: i16| u32::from(side.unsigned_abs()).pow(2);
                // A half beyond a plane is beside the shape by the farthest such plane.
                let farther = beyond.max(before);
                distance = distance - squared(before) + squared(farther);
                if distance > self.limit {
                    continue;
                }
                self.beside[plane.number] = farther;
            }
            let half_range = way.half[plane.number];
            way.enter(plane, above);
            self.visit(half, way, distance);
            way.leave(plane, half_range);
            self.beside[plane.number] = before;
        }
    }
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
                index.within(shape, radius, |session, distance| { found.push((session, distance)); true });
                found.sort_unstable();
                let expected: Vec<(u64, u32)> = (0u64..).zip(&shapes).skip(1).map(|(session, other)| (session, other.distance2(shape))).filter(|(_, distance)| *distance <= limit).collect();
                prop_assert_eq!(found, expected);
            }
        }
    }
}
