//! Where a new owner of a partition begins to read, and what it must know to rebuild the same windows.
//!
//! The committed offset is the first record of the oldest window that still matters: one in memory, or
//! one whose verdicts are not all acknowledged. Reading from there rebuilds every such window whole. It
//! also meets records of windows that were finished before; their beginning may lie further back, so
//! they must not open a window. A window that begins with the session's first record is recognised by
//! it. The few that do not (a session goes on after its window has ended) are listed by offset in the
//! commit's metadata, together with how far the partition had been processed: a batch before that
//! point, without a window and not in the list, belongs to something finished. The same holds for the
//! rare further first records of a session: they are listed, because they must not open a window.

use std::collections::{BTreeMap, BTreeSet};

use kafka::consumer::MAX_METADATA;

/// What the previous owner had done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RestartPoint {
    /// Next offset that had not been processed.
    pub processed: i64,
    /// Every poison record before this offset is in the dead-letter topic.
    pub dead_lettered: i64,
    /// First offsets of windows that matter and do not begin with a session's first record.
    pub orphans: BTreeSet<i64>,
    /// Offsets of further first records, which changed nothing: their window may be finished.
    pub repeated_starts: BTreeSet<i64>,
}

const VERSION: &str = "w1";

impl RestartPoint {
    /// The commit's metadata, or `None` when its lists are too long for it: then the commit is left
    /// as it is and more will be replayed.
    pub fn encode(&self) -> Option<String> {
        let mut text = format!(
            "{VERSION} {} {} {}",
            self.processed,
            self.dead_lettered,
            self.orphans.len()
        );
        for list in [&self.orphans, &self.repeated_starts] {
            let mut last = 0;
            for offset in list {
                text.push_str(&format!(" {:x}", offset - last));
                last = *offset;
            }
        }
        (text.len() <= MAX_METADATA).then_some(text)
    }

    /// Reads metadata; what is not ours (nothing committed, another tool's commit) means that nothing
    /// is known, and everything read is new.
    pub fn decode(metadata: &str) -> Self {
        Self::parse(metadata).unwrap_or_default()
    }

    fn parse(metadata: &str) -> Option<Self> {
        let mut words = metadata.split(' ');
        if words.next()? != VERSION {
            return None;
        }
        let processed = words.next()?.parse().ok()?;
        let dead_lettered = words.next()?.parse().ok()?;
        let count: usize = words.next()?.parse().ok()?;
        let differences: Vec<i64> = words
            .map(|word| i64::from_str_radix(word, 16).ok())
            .collect::<Option<_>>()?;
        let (orphans, repeated) = differences.split_at_checked(count)?;
        let orphans = running_sums(orphans);
        Some(Self {
            processed,
            dead_lettered,
            orphans,
            repeated_starts: running_sums(repeated),
        })
    }
}

fn running_sums(differences: &[i64]) -> BTreeSet<i64> {
    differences
        .iter()
        .scan(0i64, |sum, difference| {
            *sum = sum.saturating_add(*difference);
            Some(*sum)
        })
        .collect()
}

/// Verdicts and dead letters that the broker has not acknowledged yet.
#[derive(Debug, Default)]
pub(super) struct Unfinished {
    /// By the window's first offset: how many verdicts, and whether the window is an orphan.
    verdicts: BTreeMap<i64, (u32, bool)>,
    dead_letters: BTreeSet<i64>,
    repeated_starts: BTreeSet<i64>,
}

impl Unfinished {
    /// A further first record of a session changed nothing; that has to be known when it is read again.
    pub(super) fn repeated_start(&mut self, offset: i64) {
        self.repeated_starts.insert(offset);
    }

    pub(super) fn begin_verdict(&mut self, window: i64, orphan: bool) {
        let entry = self.verdicts.entry(window).or_insert((0, orphan));
        entry.0 += 1;
    }

    pub(super) fn end_verdict(&mut self, window: i64) {
        if let Some(entry) = self.verdicts.get_mut(&window) {
            entry.0 -= 1;
            if entry.0 == 0 {
                self.verdicts.remove(&window);
            }
        }
    }

    pub(super) fn begin_dead_letter(&mut self, offset: i64) {
        self.dead_letters.insert(offset);
    }

    pub(super) fn end_dead_letter(&mut self, offset: i64) {
        self.dead_letters.remove(&offset);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.verdicts.is_empty() && self.dead_letters.is_empty()
    }

    /// The offset to commit and what to say with it, given the windows in memory as first offset and
    /// whether they are orphans.
    pub(super) fn restart_point(
        &mut self,
        open: impl Iterator<Item = (i64, bool)>,
        position: i64,
        resumed: &RestartPoint,
    ) -> (i64, RestartPoint) {
        let publishing = self
            .verdicts
            .iter()
            .map(|(window, (_, orphan))| (*window, *orphan));
        let mut offset = position;
        let mut orphans = BTreeSet::new();
        for (window, orphan) in open.chain(publishing) {
            offset = offset.min(window);
            if orphan {
                orphans.insert(window);
            }
        }
        let dead_letter = self.dead_letters.first().copied();
        let offset = dead_letter.map_or(offset, |dead_letter| offset.min(dead_letter));
        self.repeated_starts
            .extend(resumed.repeated_starts.range(position..));
        self.repeated_starts = self.repeated_starts.split_off(&offset);
        // While a replay is under way, what the previous owner knew still holds beyond our position.
        orphans.extend(resumed.orphans.range(position..));
        let point = RestartPoint {
            processed: position.max(resumed.processed),
            dead_lettered: dead_letter.unwrap_or(position.max(resumed.dead_lettered)),
            orphans,
            repeated_starts: self.repeated_starts.clone(),
        };
        (offset, point)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn metadata_survives_the_round_trip(processed in 0i64..i64::MAX, dead_lettered in 0i64..i64::MAX, orphans in prop::collection::btree_set(0i64..1 << 40, 0..100), repeated_starts in prop::collection::btree_set(0i64..1 << 40, 0..100)) {
            let point = RestartPoint { processed, dead_lettered, orphans, repeated_starts };
            prop_assert_eq!(RestartPoint::decode(&point.encode().unwrap()), point);
        }
    }

    #[test]
    fn foreign_metadata_means_nothing_is_known() {
        for text in [
            "",
            "hello",
            "w1",
            "w1 x 0",
            "w2 5 5",
            "w1 5 5 0 zz",
            "w1 5 5 2 1",
        ] {
            assert_eq!(
                RestartPoint::decode(text),
                RestartPoint::default(),
                "{text}"
            );
        }
    }

    #[test]
    fn too_many_orphans_are_not_committed() {
        let orphans = (0..4000).map(|number| number * 1000).collect();
        assert_eq!(
            RestartPoint {
                orphans,
                ..RestartPoint::default()
            }
            .encode(),
            None
        );
    }
}
