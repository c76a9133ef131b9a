//! Tells a partition that has fallen silent from one that has nothing to say, and from a broker that is
//! away.
//!
//! librdkafka may stop to fetch a partition without an error. Nothing in it says so; only the broker knows
//! whether there is more to read. So a partition that was quiet for half the timeout is asked about, again
//! and again: when its records end behind what was read at every answer and it stays quiet for the whole
//! timeout, it has stalled. A broker that does not answer is an outage, during which silence means nothing:
//! the time begins anew.
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
    /// Since when every answer said that there is more to read.
    starved_since: Option<Instant>,
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
                    starved_since: None,
                    settled: None,
                },
            };
            self.watches.insert(partition, watch);
        }
    }

    /// Those whose end has to be asked for now; asked again only after a while.
    pub(super) fn take_due(&mut self, now: Instant) -> Vec<Partition> {
        // Often enough for an outage to be seen between two answers.
        let again = now + self.timeout / 8;
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
            (watch.quiet_since, watch.starved_since) = (now, None);
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
                (watch.quiet_since, watch.starved_since) = (now, None);
                continue;
            }
            let quiet = now.saturating_duration_since(watch.quiet_since);
            let starved = now - *watch.starved_since.get_or_insert(now);
            if quiet >= self.timeout && starved >= self.timeout / 4 {
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

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(120);

    /// A watchdog, a clock, and a broker whose partition 3 ends at `end` or that is away.
    struct Scene {
        watchdog: Watchdog,
        now: Instant,
        progress: Option<Progress>,
        end: Option<i64>,
    }

    impl Scene {
        fn new(position: i64, end: i64) -> Self {
            let at_end = false;
            Self {
                watchdog: Watchdog::new(TIMEOUT),
                now: Instant::now(),
                progress: Some(Progress { position, at_end }),
                end: Some(end),
            }
        }

        /// Lets time go by, one second at a time, as the loop does; what stalls ends it.
        fn pass(&mut self, seconds: u64) -> Option<(u64, Stall)> {
            for second in 1..=seconds {
                self.now += Duration::from_secs(1);
                let watched = self.progress.map(|progress| (3, progress));
                self.watchdog.observe(watched.into_iter(), self.now);
                if self.watchdog.take_due(self.now).is_empty() {
                    continue;
                }
                match self.end {
                    None => self.watchdog.outage(self.now),
                    Some(end) => {
                        if let Some(stall) = self.watchdog.told(&[(3, end)], self.now) {
                            return Some((second, stall));
                        }
                    }
                }
            }
            None
        }
    }

    #[test]
    fn a_partition_with_work_that_brings_nothing_for_the_whole_time_has_stalled() {
        let mut scene = Scene::new(10, 15);
        let (after, stall) = scene.pass(200).unwrap();
        assert_eq!((stall.partition, stall.position, stall.end), (3, 10, 15));
        assert!((120..=135).contains(&after), "{after} s");
        assert!(stall.quiet >= TIMEOUT, "{stall:?}");
    }

    #[test]
    fn a_partition_that_is_read_to_its_end_is_quiet_for_ever() {
        assert_eq!(Scene::new(15, 15).pass(1000), None);
    }

    #[test]
    fn a_record_from_time_to_time_is_progress() {
        let mut scene = Scene::new(10, 1000);
        for position in 11..30 {
            assert_eq!(scene.pass(100), None);
            let at_end = false;
            scene.progress = Some(Progress { position, at_end });
        }
        assert!(scene.pass(140).is_some());
    }

    #[test]
    fn a_broker_that_is_away_is_no_stall_and_the_time_begins_anew_when_it_is_back() {
        let mut scene = Scene::new(10, 15);
        scene.end = None;
        assert_eq!(scene.pass(1000), None);
        scene.end = Some(15);
        assert_eq!(scene.pass(55), None);
        let (after, _) = scene.pass(200).unwrap();
        assert!(after <= 180, "{after} s");
    }

    #[test]
    fn a_partition_that_is_paused_is_not_watched_and_begins_anew() {
        let mut scene = Scene::new(10, 15);
        let progress = scene.progress;
        assert_eq!(scene.pass(110), None);
        scene.progress = None;
        assert_eq!(scene.pass(500), None);
        scene.progress = progress;
        assert_eq!(scene.pass(110), None);
        assert!(scene.pass(30).is_some());
    }

    #[test]
    fn an_outage_between_two_answers_does_not_count_as_silence() {
        let mut scene = Scene::new(10, 15);
        assert_eq!(scene.pass(70), None);
        scene.end = None;
        assert_eq!(scene.pass(45), None);
        scene.end = Some(15);
        assert_eq!(
            scene.pass(60),
            None,
            "quiet for 175 s, 45 of them nobody was there"
        );
        assert!(scene.pass(90).is_some());
    }

    #[test]
    fn the_end_that_the_reader_reports_is_believed_though_offsets_are_missing_before_it() {
        let mut scene = Scene::new(10, 12);
        let at_end = true;
        scene.progress = Some(Progress {
            position: 10,
            at_end,
        });
        assert_eq!(scene.pass(1000), None);
        scene.end = Some(13);
        assert!(scene.pass(300).is_some(), "there is one more to read");
    }
}
