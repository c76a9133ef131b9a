//! The model: crashes, commits and acknowledgements in any order change no verdict.

use detector_worker::old_windows::PartitionWindows;
use detector_worker::old_windows::restart::RestartPoint;
use proptest::prelude::*;
use schemas::verdict::VerdictRecord;

use crate::fixture::{Entry, Kind, START, config, feed, fresh, rows, run};

fn log_strategy() -> impl Strategy<Value = Vec<Entry>> {
    let kind = prop_oneof![
        2 => Just(Kind::Started),
        8 => (1usize..12, 0u64..40).prop_map(|(events, sequence)| Kind::Batch { events, sequence }),
        1 => Just(Kind::Completed),
        1 => Just(Kind::Requested),
    ];
    let step = prop_oneof![6 => 0i64..60, 2 => 100i64..900, 1 => 900i64..1600];
    prop::collection::vec((step, 0u8..4, kind), 1..60).prop_map(|steps| {
        let mut at = 0;
        steps
            .into_iter()
            .map(|(step, session, kind)| {
                at += step;
                Entry { at, session, kind }
            })
            .collect()
    })
}

/// What happens between two records of a disturbed run.
#[derive(Debug, Clone, Copy)]
struct Disturbance {
    commit: bool,
    /// Verdicts acknowledged now, of those on their way.
    acknowledge: usize,
    crash: bool,
    /// At a crash, whether verdicts on their way had reached the topic.
    delivered: bool,
    wall_clock: bool,
}

struct Crashing {
    windows: PartitionWindows,
    committed: (i64, String),
    published: Vec<VerdictRecord>,
    on_their_way: Vec<VerdictRecord>,
}

impl Crashing {
    fn publish(&mut self, out: &mut Vec<VerdictRecord>) {
        for record in out.drain(..) {
            // Every window that may be an orphan is treated as one; listing too many is harmless.
            self.windows.begin_publish(record.window, true);
            self.on_their_way.push(record);
        }
    }

    fn disturb(&mut self, disturbance: Disturbance, next: i64) -> i64 {
        for _ in 0..disturbance.acknowledge.min(self.on_their_way.len()) {
            // The newest first: acknowledgements of different partitions come in any order.
            let record = self.on_their_way.pop().unwrap();
            self.windows.end_publish(record.window);
            self.published.push(record);
        }
        if disturbance.commit {
            let (offset, point) = self.windows.restart_point();
            self.committed = (offset, point.encode().unwrap());
        }
        if !disturbance.crash {
            return next;
        }
        if disturbance.delivered {
            self.published.append(&mut self.on_their_way);
        }
        self.on_their_way.clear();
        let (offset, metadata) = &self.committed;
        self.windows = PartitionWindows::new(
            config(),
            Default::default(),
            *offset,
            RestartPoint::decode(metadata),
        );
        *offset
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]
    #[test]
    fn crashes_change_no_verdict(
        log in log_strategy(),
        disturbances in prop::collection::vec((any::<bool>(), 0usize..4, prop::bool::weighted(0.12), any::<bool>(), any::<bool>()), 1..200),
    ) {
        let expected = rows(run(&log));
        let mut run = Crashing { windows: fresh(), committed: (0, String::new()), published: Vec::new(), on_their_way: Vec::new() };
        let mut disturbances = disturbances.into_iter().map(|(commit, acknowledge, crash, delivered, wall_clock)| Disturbance { commit, acknowledge, crash, delivered, wall_clock });
        let mut next = 0;
        let mut out = Vec::new();
        while let Some(entry) = log.get(next as usize) {
            feed(&mut run.windows, next, entry, &mut out);
            run.windows.advance(None, 1, &mut out);
            run.publish(&mut out);
            next += 1;
            let Some(disturbance) = disturbances.next() else { continue };
            if disturbance.wall_clock {
                // Read to the end of what exists: the clock stands just before the next record.
                let wall = log.get(next as usize).map_or(entry.at, |following| following.at);
                run.windows.advance(Some(START + wall), usize::MAX, &mut out);
                run.publish(&mut out);
            }
            next = run.disturb(disturbance, next);
        }
        run.windows.advance(Some(START + 1_000_000), usize::MAX, &mut out);
        run.publish(&mut out);
        run.published.append(&mut run.on_their_way);
        let found = rows(run.published);
        let missing: Vec<_> = expected.iter().filter(|(row, _)| !found.contains_key(row)).collect();
        let surplus: Vec<_> = found.iter().map(|(row, text)| (row, text, expected.get(row))).filter(|(_, text, wanted)| *wanted != Some(text)).collect();
        prop_assert!(missing.is_empty() && surplus.is_empty(), "missing {missing:#?}\nsurplus {surplus:#?}");
    }
}
