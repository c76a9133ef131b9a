//! The contiguous-offset ledger: what may be committed of one partition.
//!
//! Records are begun in offset order and completed in any order; only the frontier, the first offset
//! that is not complete, may be committed (committing the newest finished offset would skip an older
//! one that failed). Offsets need not be dense: compaction and transactions leave holes.

use std::collections::VecDeque;

/// The records of one assignment of one partition that are begun and not yet all complete.
#[derive(Debug, Clone)]
pub struct OffsetLedger {
    /// Begun offsets in order, each with the number of completions it still needs.
    open: VecDeque<(i64, u32)>,
    /// Next offset to read, after everything begun.
    position: i64,
}

/// A completion that the ledger does not expect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// The offset was never begun, or is complete already.
    #[error("offset {offset} is not open")]
    NotOpen {
        /// The offset.
        offset: i64,
    },
    /// The offset does not lie after everything begun.
    #[error("offset {offset} begins before position {position}")]
    OutOfOrder {
        /// The offset.
        offset: i64,
        /// The next offset expected at the least.
        position: i64,
    },
}

impl OffsetLedger {
    /// A ledger for a partition that is read from `position` on.
    pub fn new(position: i64) -> Self {
        Self {
            open: VecDeque::new(),
            position,
        }
    }

    /// A record has been taken; it needs `completions` completions (0: it is complete at once).
    ///
    /// # Errors
    /// [`LedgerError::OutOfOrder`] when records were handed over in the wrong order.
    pub fn begin(&mut self, offset: i64, completions: u32) -> Result<(), LedgerError> {
        if offset < self.position {
            return Err(LedgerError::OutOfOrder {
                offset,
                position: self.position,
            });
        }
        self.position = offset + 1;
        if completions > 0 {
            self.open.push_back((offset, completions));
        }
        Ok(())
    }

    /// One completion of `offset`.
    ///
    /// # Errors
    /// [`LedgerError::NotOpen`] when the offset expects none.
    pub fn complete(&mut self, offset: i64) -> Result<(), LedgerError> {
        let index = self
            .open
            .binary_search_by_key(&offset, |(open, _)| *open)
            .map_err(|_| LedgerError::NotOpen { offset })?;
        let needed = &mut self.open[index].1;
        if *needed == 0 {
            return Err(LedgerError::NotOpen { offset });
        }
        *needed -= 1;
        while self.open.front().is_some_and(|(_, needed)| *needed == 0) {
            self.open.pop_front();
        }
        Ok(())
    }

    /// The next offset to read after everything up to it is complete: what a commit may say.
    pub fn frontier(&self) -> i64 {
        self.open
            .front()
            .map_or(self.position, |(offset, _)| *offset)
    }

    /// Next offset to read, complete or not.
    pub fn position(&self) -> i64 {
        self.position
    }

    /// Number of offsets between the first open one and the last begun.
    pub fn in_flight(&self) -> usize {
        self.open.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        /// Random schedules: records with holes between them, each needing 0 to 3 completions, which
        /// come in any order. At every step the frontier is the first offset that still needs one.
        #[test]
        fn the_frontier_is_always_the_first_incomplete_offset(
            start in 0i64..1000, steps in prop::collection::vec((0i64..3, 0u32..4), 1..60), order in any::<u64>(),
        ) {
            let mut ledger = OffsetLedger::new(start);
            let mut pending: BTreeMap<i64, u32> = BTreeMap::new();
            let mut completions = Vec::new();
            let mut offset = start;
            for (hole, needed) in steps {
                offset += hole;
                ledger.begin(offset, needed).unwrap();
                if needed > 0 { pending.insert(offset, needed); }
                completions.extend(std::iter::repeat_n(offset, needed as usize));
                offset += 1;
            }
            let mut random = order;
            while !completions.is_empty() {
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let chosen = completions.swap_remove((random >> 33) as usize % completions.len());
                ledger.complete(chosen).unwrap();
                let left = pending.get_mut(&chosen).unwrap();
                *left -= 1;
                if *left == 0 { pending.remove(&chosen); }
                let expected = pending.keys().next().copied().unwrap_or(offset);
                prop_assert_eq!(ledger.frontier(), expected);
            }
            prop_assert_eq!((ledger.frontier(), ledger.in_flight()), (offset, 0));
        }
    }

    #[test]
    fn misuse_is_an_error() {
        let mut ledger = OffsetLedger::new(5);
        assert_eq!(
            ledger.begin(4, 1),
            Err(LedgerError::OutOfOrder {
                offset: 4,
                position: 5
            })
        );
        ledger.begin(5, 1).unwrap();
        ledger.begin(6, 1).unwrap();
        ledger.complete(6).unwrap();
        assert_eq!(ledger.complete(6), Err(LedgerError::NotOpen { offset: 6 }));
        assert_eq!(ledger.complete(9), Err(LedgerError::NotOpen { offset: 9 }));
        assert_eq!(ledger.frontier(), 5);
    }
}
