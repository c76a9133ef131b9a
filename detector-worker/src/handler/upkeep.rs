//! What is done beside records: keeping within memory, and showing how things stand.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use kafka::Partition;

use super::DetectorHandler;
use crate::assignment::Assignment;

/// Most bytes of windows packed per tick: bounds the time of a tick.
const PACKED_PER_TICK: usize = 8 << 20;
/// How often gauges are set.
const GAUGES: Duration = Duration::from_secs(1);

impl DetectorHandler {
    /// Packs cold windows as the bound comes near; says whether there is no more room.
    pub(super) fn keep_within_memory(&mut self) {
        let bound = self.config.state.memory_bytes;
        let used = |assignments: &BTreeMap<Partition, Assignment>| -> usize {
            let windows = assignments.values();
            windows
                .map(|assignment| assignment.windows.memory().bytes)
                .sum()
        };
        let excess = used(&self.assignments).saturating_sub(bound / 10 * 8);
        let mut wanted = excess.min(PACKED_PER_TICK);
        for assignment in self.assignments.values_mut() {
            if wanted == 0 {
                break;
            }
            wanted = wanted.saturating_sub(assignment.windows.pack(wanted));
        }
        let is_full = excess > 0 && used(&self.assignments) > bound;
        if is_full && !self.is_full {
            tracing::error!(
                memory.bound_bytes = bound,
                "windows take all the memory they may; the worker waits: add workers or raise CANDOR_DETECTOR_MEMORY_MIB"
            );
        }
        self.is_full = is_full;
    }

    pub(super) fn set_gauges(&mut self) {
        if self.gauged.elapsed() < GAUGES {
            return;
        }
        self.gauged = Instant::now();
        for (partition, assignment) in &self.assignments {
            self.metrics.windows(
                *partition,
                &assignment.windows.memory(),
                assignment.hold.as_ref(),
            );
        }
        self.metrics.memory_full.set(i64::from(self.is_full));
    }
}
