//! Tells a partition that has fallen silent from one that has nothing to say, and from a broker that is
//! away.
//!
//! librdkafka may stop to fetch a partition without an error. Nothing in it says so; only the broker knows
//! whether there is more to read. So a partition that was quiet for half the timeout is asked about: its
//! records end behind what was read and it stays quiet for the whole timeout, it has stalled. A broker that
//! does not answer is an outage, during which silence means nothing: the time begins anew.
//!
//! Records may end before the end of the log (markers of transactions, compaction). An end that was
//! reported by the reader itself is therefore believed, and the log's end at that time is no work.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::partitions::Progress;
use crate::Partition;

#[derive(Debug)]
struct Watch {
    progress: Progress,
    quiet_since: Instant,
    /// When it may be asked about next.
    ask_at: Instant,
    /// The log's end when the reader was at it.
    settled: Option<i64>,
}

/// A partition that has stalled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stall {
    pub(super) partition: Partition,
    pub(super) position: i64,
    pub(super) end: i64,
    pub(super) quiet: Duration,
}

#[derive(Debug)]
pub(super) struct Watchdog {
    timeout: Duration,
    watches: BTreeMap<Partition, Watch>,
}

impl Watchdog {
    pub(super) fn new(timeout: Duration) -> Self {
        Self {
            timeout,
            watches: BTreeMap::new(),
        }
    }

    /// How far the partitions are that should be read; all others are not watched any more.
    pub(super) fn observe(
        &mut self,
        watched: impl Iterator<Item = (Partition, Progress)>,
        now: Instant,
    ) {
        let mut before = std::mem::take(&mut self.watches);
        for (partition, progress) in watched {
            let known = before.remove(&partition);
            let watch = match known {
                Some(watch) if watch.progress == progress => watch,
                _ => Watch {
                    progress,
                    quiet_since: now,
                    ask_at: now + self.timeout / 2,
                    settled: None,
                },
            };
            self.watches.insert(partition, watch);
        }
    }

    /// Those whose end has to be asked for now; asked again only after a while.
    pub(super) fn take_due(&mut self, now: Instant) -> Vec<Partition> {
        let again = now + self.timeout / 2;
        let mut due = Vec::new();
        for (partition, watch) in &mut self.watches {
            if watch.ask_at <= now {
                watch.ask_at = again;
                due.push(*partition);
            }
        }
        due
    }

    /// The broker does not answer.
    pub(super) fn outage(&mut self, now: Instant) {
        for watch in self.watches.values_mut() {
            watch.quiet_since = now;
        }
    }

    /// The ends of partitions; says which of them has stalled.
    pub(super) fn told(&mut self, ends: &[(Partition, i64)], now: Instant) -> Option<Stall> {
        for (partition, end) in ends {
            let Some(watch) = self.watches.get_mut(partition) else {
                continue;
            };
            if watch.progress.at_end && watch.settled.is_none() {
                watch.settled = Some(*end);
            }
            let read = watch.settled.unwrap_or_default();
            if *end <= watch.progress.position.max(read) {
                watch.quiet_since = now;
                continue;
            }
            let quiet = now.saturating_duration_since(watch.quiet_since);
            if quiet >= self.timeout {
                return Some(Stall {
                    partition: *partition,
                    position: watch.progress.position,
                    end: *end,
                    quiet,
                });
            }
        }
        None
    }
}
