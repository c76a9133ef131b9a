//! A gate on what is in flight, by records and by bytes.
//!
//! It closes when either reaches its high mark and opens when both are at their low marks: without the
//! distance a consumer would pause and resume with every record, and each pause throws its prefetch away.
//! The high mark is where no more is asked for, not a wall: what was asked for already may come on top.
//!
//! Invariant: between closing and opening again the load has fallen from a high mark to the low ones. It
//! does not know what it counts, nor where it waits.

use crate::consumer::Demand;

/// Records and their bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Load {
    /// Records.
    pub records: usize,
    /// Bytes.
    pub bytes: usize,
}

/// Where the gate closes and where it opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marks {
    /// At either of these it closes.
    pub high: Load,
    /// At both of these, or below, it opens. Lower than `high`.
    pub low: Load,
}

impl Marks {
    /// Closes at `high` and opens at half of it.
    pub fn half_of(high: Load) -> Self {
        let low = Load {
            records: high.records / 2,
            bytes: high.bytes / 2,
        };
        Self { high, low }
    }
}

/// What is in flight, and whether there may be more.
#[derive(Debug, Clone)]
pub struct Budget {
    marks: Marks,
    load: Load,
    is_closed: bool,
}

impl Budget {
    /// A gate that is open.
    pub fn new(marks: Marks) -> Self {
        Self {
            marks,
            load: Load::default(),
            is_closed: false,
        }
    }

    /// A record of `bytes` is in flight from now on.
    pub fn add(&mut self, bytes: usize) {
        self.load.records += 1;
        self.load.bytes = self.load.bytes.saturating_add(bytes);
        self.judge();
    }

    /// A record of `bytes` is in flight no more.
    pub fn remove(&mut self, bytes: usize) {
        self.load.records = self.load.records.saturating_sub(1);
        self.load.bytes = self.load.bytes.saturating_sub(bytes);
        self.judge();
    }

    /// Nothing is in flight any more.
    pub fn clear(&mut self) {
        self.load = Load::default();
        self.judge();
    }

    /// What is in flight.
    pub fn load(&self) -> Load {
        self.load
    }

    /// Whether there may be more.
    pub fn is_open(&self) -> bool {
        !self.is_closed
    }

    /// The same as an answer to the consumer loop.
    pub fn demand(&self) -> Demand {
        if self.is_closed {
            Demand::Pause
        } else {
            Demand::Continue
        }
    }

    fn judge(&mut self) {
        let Marks { high, low } = self.marks;
        let is_high = self.load.records >= high.records || self.load.bytes >= high.bytes;
        let is_low = self.load.records <= low.records && self.load.bytes <= low.bytes;
        if is_high {
            self.is_closed = true;
        } else if is_low {
            self.is_closed = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MARKS: Marks = Marks {
        high: Load {
            records: 4,
            bytes: 1000,
        },
        low: Load {
            records: 2,
            bytes: 300,
        },
    };

    fn filled(sizes: &[usize]) -> Budget {
        let mut budget = Budget::new(MARKS);
        sizes.iter().for_each(|bytes| budget.add(*bytes));
        budget
    }

    #[test]
    fn it_closes_at_the_high_mark_of_records() {
        assert!(filled(&[1, 1, 1]).is_open());
        assert!(!filled(&[1, 1, 1, 1]).is_open());
    }

    #[test]
    fn it_closes_at_the_high_mark_of_bytes() {
        assert_eq!(filled(&[999]).demand(), Demand::Continue);
        assert_eq!(filled(&[999, 1]).demand(), Demand::Pause);
    }

    #[test]
    fn it_stays_closed_until_both_are_at_their_low_marks() {
        let mut budget = filled(&[400, 1, 1, 1]);
        budget.remove(1);
        assert!(!budget.is_open(), "three records are above the low mark");
        budget.remove(1);
        assert!(!budget.is_open(), "401 bytes are above the low mark");
        budget.remove(400);
        assert!(budget.is_open());
        assert_eq!(budget.demand(), Demand::Continue);
    }

    #[test]
    fn it_stays_open_between_the_marks_on_the_way_up() {
        let mut budget = filled(&[400, 1, 1]);
        assert!(budget.is_open());
        budget.add(1);
        assert!(!budget.is_open());
    }

    #[test]
    fn what_is_cleared_is_open() {
        let mut budget = filled(&[5000]);
        budget.clear();
        assert!(budget.is_open());
        assert_eq!(budget.load(), Load::default());
    }

    #[test]
    fn half_of_the_high_mark_is_the_low_one() {
        let marks = Marks::half_of(MARKS.high);
        assert_eq!((marks.low.records, marks.low.bytes), (2, 500));
    }

    proptest! {
        /// The gate changes only at its marks: it closes only at a high one, opens only at the low ones,
        /// and is never open at a high one nor closed at the low ones.
        #[test]
        fn the_gate_moves_at_its_marks_only(steps in prop::collection::vec((any::<bool>(), 1usize..400), 1..200)) {
            let mut budget = Budget::new(MARKS);
            let mut in_flight = Vec::new();
            for (adds, bytes) in steps {
                let was_open = budget.is_open();
                if adds {
                    in_flight.push(bytes);
                    budget.add(bytes);
                } else if let Some(bytes) = in_flight.pop() {
                    budget.remove(bytes);
                }
                let load = Load { records: in_flight.len(), bytes: in_flight.iter().sum() };
                prop_assert_eq!(budget.load(), load);
                let is_high = load.records >= 4 || load.bytes >= 1000;
                let is_low = load.records <= 2 && load.bytes <= 300;
                let expected = if is_high { false } else if is_low { true } else { was_open };
                prop_assert_eq!(budget.is_open(), expected);
            }
        }
    }
}
