//! Duplicates: which batches of a window have been folded already.
//!
//! A batch is named by its writer (one client instance) and sequence number. Per writer a high-water
//! mark and a 64-bit bitmap remember the last 64 numbers; 16 writers are kept, the latest used in front,
//! and the least recently used goes first. A batch older than the bitmap is folded and counted: what cannot be told apart from new
//! data is not dropped.

use schemas::batch::BatchSequence;
use serde::{Deserialize, Serialize};

const WRITERS: usize = 16;
const BITS: u64 = 64;

/// What is known of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Admission {
    /// Not seen before.
    Fresh,
    /// Folded before.
    Duplicate,
    /// Too old to tell; folded.
    Unknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
struct Writer {
    /// FNV-1a of the writer's identifier; 64 bits of one session's few writers do not collide.
    hash: u64,
    /// Highest sequence number seen.
    high: u64,
    /// Bit `i`: number `high - i` has been seen. 0 marks an unused place.
    seen: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct WriterLedger {
    #[serde(with = "crate::compact::sparse")]
    writers: [Writer; WRITERS],
}

impl WriterLedger {
    pub(crate) fn admit(&mut self, batch: BatchSequence<'_>) -> Admission {
        let hash = fnv1a(batch.writer.as_bytes());
        let known = self
            .writers
            .iter()
            .position(|writer| writer.seen != 0 && writer.hash == hash);
        // The last is the longest unused; where places are still free it is one of them.
        self.writers[..=known.unwrap_or(WRITERS - 1)].rotate_right(1);
        let writer = &mut self.writers[0];
        if known.is_none() {
            *writer = Writer {
                hash,
                high: batch.sequence,
                seen: 1,
            };
            return Admission::Fresh;
        }
        if batch.sequence > writer.high {
            let ahead = batch.sequence - writer.high;
            writer.seen = if ahead >= BITS {
                1
            } else {
                writer.seen << ahead | 1
            };
            writer.high = batch.sequence;
            return Admission::Fresh;
        }
        let behind = writer.high - batch.sequence;
        if behind >= BITS {
            return Admission::Unknown;
        }
        let bit = 1 << behind;
        let admission = if writer.seen & bit == 0 {
            Admission::Fresh
        } else {
            Admission::Duplicate
        };
        writer.seen |= bit;
        admission
    }
}

/// FNV-1a, 64 bits (Fowler, Noll, Vo).
pub(crate) fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    fn batch(writer: &str, sequence: u64) -> BatchSequence<'_> {
        BatchSequence { writer, sequence }
    }

    proptest! {
        /// Any order of retries within 64 of the newest: each number is fresh exactly once.
        #[test]
        fn within_the_bitmap_each_number_is_fresh_once(start in 0u64..1_000_000, steps in prop::collection::vec((0usize..3, 0u64..40), 1..200)) {
            let mut ledger = WriterLedger::default();
            let mut seen = HashSet::new();
            let mut high = [start; 3];
            for (writer, back) in steps {
                let name = ["a", "b", "c"][writer];
                let sequence = if back < 8 { high[writer] += 1; high[writer] } else { high[writer].saturating_sub(back - 8) };
                let admission = ledger.admit(batch(name, sequence));
                let expected = if seen.insert((writer, sequence)) { Admission::Fresh } else { Admission::Duplicate };
                prop_assert_eq!(admission, expected);
            }
        }
    }

    #[test]
    fn outside_the_bitmap_nothing_is_dropped() {
        let mut ledger = WriterLedger::default();
        assert_eq!(ledger.admit(batch("w", 1)), Admission::Fresh);
        assert_eq!(ledger.admit(batch("w", 100)), Admission::Fresh);
        assert_eq!(ledger.admit(batch("w", 1)), Admission::Unknown);
        assert_eq!(ledger.admit(batch("w", 37)), Admission::Fresh);
        assert_eq!(ledger.admit(batch("w", 36)), Admission::Unknown);
    }

    #[test]
    fn the_least_recently_used_writer_goes_first() {
        let mut ledger = WriterLedger::default();
        let names: Vec<String> = (0..17).map(|number| format!("w{number}")).collect();
        for name in &names[..16] {
            assert_eq!(ledger.admit(batch(name, 5)), Admission::Fresh);
        }
        assert_eq!(ledger.admit(batch(&names[0], 5)), Admission::Duplicate);
        assert_eq!(ledger.admit(batch(&names[16], 5)), Admission::Fresh);
        assert_eq!(ledger.admit(batch(&names[0], 5)), Admission::Duplicate);
        assert_eq!(
            ledger.admit(batch(&names[1], 5)),
            Admission::Fresh,
            "w1 had to make room"
        );
    }
}
