//! The model: a log, a broker and one to three workers. Crashes, fencing, snapshots, packing, rows that
//! cannot be used and versions that come late, in any order, change no verdict and no count.
//!
//! The broker of the model does what Kafka promises and no more: a transaction writes rows and offset
//! together or not at all, only for the newest owner; what was sent and not acknowledged may or may not
//! have arrived. The workers follow the worker's rule: a snapshot is committed only once everything
//! published before it was taken is acknowledged.

use std::collections::{BTreeMap, BTreeSet};

use detector_worker::windows::{
    OutcomeCounts, PartitionState, PartitionWindows, Refused, Restored, Snapshot,
};
use proptest::prelude::*;
use schemas::verdict::VerdictRecord;

use crate::fixture::{Entry, Kind, START, config, offer, rows, rulesets, run_with_windows, start};

fn log_strategy() -> impl Strategy<Value = Vec<Entry>> {
    let kind = prop_oneof![
        4 => Just(Kind::Started),
        2 => Just(Kind::StartedStrict),
        20 => (1usize..12, 0u64..40).prop_map(|(events, sequence)| Kind::Batch { events, sequence }),
        3 => Just(Kind::Completed),
        3 => Just(Kind::Requested),
        1 => Just(Kind::Foreign),
        1 => Just(Kind::Garbage),
    ];
    // Broker time may step back by less than the clock margin; the longest steps outlast what is remembered.
    let step = prop_oneof![
        1 => -20i64..0,
        12 => 0i64..60,
        4 => 100i64..900,
        2 => 900i64..1600,
        1 => 4000i64..7000,
    ];
    prop::collection::vec((step, 0u8..4, kind), 1..60).prop_map(|steps| {
        let mut at = 0;
        let mut latest = 0;
        steps
            .into_iter()
            .map(|(step, session, kind)| {
                at = (at + step).max(latest - 20);
                latest = latest.max(at);
                Entry { at, session, kind }
            })
            .collect()
    })
}

/// What a worker had sent and not seen acknowledged, with the number of its snapshot interval.
enum Sent {
    Verdict(Box<VerdictRecord>),
    DeadLetter(i64),
}

struct Broker {
    log: Vec<Entry>,
    /// Records that exist so far.
    head: usize,
    committed: (i64, String),
    changelog: BTreeMap<Vec<u8>, Vec<u8>>,
    owner: u64,
    published: Vec<VerdictRecord>,
    dead_letters: BTreeSet<i64>,
}

impl Broker {
    fn receive(&mut self, sent: Sent) {
        match sent {
            Sent::Verdict(record) => self.published.push(*record),
            Sent::DeadLetter(offset) => drop(self.dead_letters.insert(offset)),
        }
    }

    /// One transaction; `false` for a zombie.
    fn commit(&mut self, owner: u64, snapshot: Snapshot) -> bool {
        if owner != self.owner {
            return false;
        }
        for row in snapshot.rows {
            let key = row.session_id.to_string().into_bytes();
            match row.value {
                Some(value) => drop(self.changelog.insert(key, value)),
                None => drop(self.changelog.remove(&key)),
            }
        }
        self.committed = (snapshot.next_offset, snapshot.state.encode());
        true
    }
}

struct Worker {
    owner: u64,
    windows: PartitionWindows,
    next: i64,
    on_their_way: Vec<(u64, Sent)>,
    interval: u64,
    snapshot: Option<(u64, Snapshot)>,
}

impl Worker {
    /// The newest owner: everybody before it is fenced from now on.
    fn claim(broker: &mut Broker, learned: bool) -> Self {
        broker.owner += 1;
        let start = start(broker.committed.0, &broker.committed.1);
        let rows = broker.changelog.clone();
        let Restored { windows, read_from } =
            PartitionWindows::restore(config(), rulesets(learned), &start, rows).unwrap();
        Self {
            owner: broker.owner,
            windows,
            next: read_from,
            on_their_way: Vec::new(),
            interval: 0,
            snapshot: None,
        }
    }

    fn publish(&mut self, out: &mut Vec<VerdictRecord>) {
        let interval = self.interval;
        let sent = out
            .drain(..)
            .map(|record| (interval, Sent::Verdict(Box::new(record))));
        self.on_their_way.extend(sent);
    }

    fn read(&mut self, broker: &Broker, most: usize) {
        let mut out = Vec::new();
        for _ in 0..most {
            let Some(entry) = broker.log[..broker.head].get(self.next as usize) else {
                break;
            };
            match offer(&mut self.windows, self.next, entry, &mut out) {
                Ok(_) => {}
                Err(Refused::Poison(_)) => {
                    if self.windows.set_aside(self.next) {
                        let dead_letter = Sent::DeadLetter(self.next);
                        self.on_their_way.push((self.interval, dead_letter));
                    }
                }
                Err(Refused::VersionMissing(_)) => break,
            }
            self.next += 1;
            self.windows.advance(None, 1, &mut out);
        }
        self.publish(&mut out);
    }

    /// The clock stands just before the next record; it counts only at the end of what exists.
    fn tick(&mut self, broker: &Broker, most: usize) {
        let at_end = self.next as usize >= broker.head;
        let wall = broker
            .log
            .get(broker.head)
            .map_or(1_000_000, |next| next.at);
        let mut out = Vec::new();
        let wall_ms = at_end.then_some(START + wall);
        self.windows.advance(wall_ms, most, &mut out);
        self.publish(&mut out);
    }

    /// The newest first: acknowledgements come in any order.
    fn acknowledge(&mut self, broker: &mut Broker, most: usize) {
        for _ in 0..most {
            let Some((_, sent)) = self.on_their_way.pop() else {
                break;
            };
            broker.receive(sent);
        }
    }

    fn take_snapshot(&mut self) {
        if self.snapshot.is_none() {
            self.snapshot = Some((self.interval, self.windows.take_snapshot()));
            self.interval += 1;
        }
    }

    /// `None` when there is nothing that may be committed, otherwise whether it was.
    fn commit(&mut self, broker: &mut Broker) -> Option<bool> {
        let until = self.snapshot.as_ref()?.0;
        if self
            .on_their_way
            .iter()
            .any(|(interval, _)| *interval <= until)
        {
            return None;
        }
        let (_, snapshot) = self.snapshot.take()?;
        Some(broker.commit(self.owner, snapshot))
    }
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Append(usize),
    Read(usize),
    Tick(usize),
    Acknowledge(usize),
    Snapshot,
    Commit,
    Pack(usize),
    Learn,
    /// The process is gone; what it had sent arrives or does not.
    Crash {
        delivered: bool,
    },
    /// Somebody else claims the partition while this one goes on: a zombie.
    TakeOver,
    /// Rows of another version of the codec, or damaged ones: those whose number has a bit in the mask.
    Spoil {
        mask: u8,
        at: usize,
        bit: u8,
    },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (1usize..6).prop_map(Step::Append),
        8 => (1usize..8).prop_map(Step::Read),
        3 => (1usize..4).prop_map(Step::Tick),
        4 => (1usize..20).prop_map(Step::Acknowledge),
        4 => Just(Step::Snapshot),
        4 => Just(Step::Commit),
        3 => prop_oneof![Just(usize::MAX), 1usize..6000].prop_map(Step::Pack),
        2 => Just(Step::Learn),
        2 => any::<bool>().prop_map(|delivered| Step::Crash { delivered }),
        1 => Just(Step::TakeOver),
        1 => (any::<u8>(), prop_oneof![2 => Just(0usize), 1 => Just(1usize), 4 => 10usize..400], 0u8..8).prop_map(|(mask, at, bit)| Step::Spoil { mask, at, bit }),
    ]
}

struct World {
    broker: Broker,
    workers: Vec<Worker>,
}

impl World {
    fn new(log: &[Entry]) -> Self {
        let mut broker = Broker {
            log: log.to_vec(),
            head: 0,
            committed: (0, String::new()),
            changelog: BTreeMap::new(),
            owner: 0,
            published: Vec::new(),
            dead_letters: BTreeSet::new(),
        };
        let workers = vec![Worker::claim(&mut broker, false)];
        Self { broker, workers }
    }

    /// One step of one worker; the last one in the list owns the partition.
    fn step(&mut self, who: usize, step: Step) {
        let which = who % self.workers.len();
        let (broker, worker) = (&mut self.broker, &mut self.workers[which]);
        match step {
            Step::Append(count) => broker.head = (broker.head + count).min(broker.log.len()),
            Step::Read(most) => worker.read(broker, most),
            Step::Tick(most) => worker.tick(broker, most),
            Step::Acknowledge(most) => worker.acknowledge(broker, most),
            Step::Snapshot => worker.take_snapshot(),
            Step::Commit => {
                if worker.commit(broker) == Some(false) {
                    self.workers.remove(which);
                }
            }
            Step::Pack(bytes) => drop(worker.windows.pack(bytes)),
            Step::Learn => worker.windows.set_versions(rulesets(true)),
            Step::Crash { delivered } => {
                let gone = self.workers.remove(which);
                for (_, sent) in gone.on_their_way.into_iter().filter(|_| delivered) {
                    broker.receive(sent);
                }
                if which == self.workers.len() {
                    self.workers.push(Worker::claim(broker, false));
                }
            }
            Step::TakeOver => {
                if self.workers.len() < 3 {
                    self.workers.push(Worker::claim(broker, false));
                }
            }
            Step::Spoil { mask, at, bit } => broker.spoil(mask, at, bit),
        }
    }

    /// Everything is read, published, acknowledged and committed by the owner.
    fn finish(mut self) -> (Broker, OutcomeCounts) {
        self.broker.head = self.broker.log.len();
        let mut worker = self.workers.pop().unwrap();
        worker.windows.set_versions(rulesets(true));
        let broker = &mut self.broker;
        while worker.snapshot.is_some() {
            worker.acknowledge(broker, usize::MAX);
            assert_eq!(worker.commit(broker), Some(true));
        }
        worker.read(broker, usize::MAX);
        worker.tick(broker, usize::MAX);
        worker.acknowledge(broker, usize::MAX);
        worker.take_snapshot();
        assert_eq!(worker.commit(broker), Some(true));
        assert_eq!(broker.committed.0, broker.log.len() as i64);
        let outcomes = PartitionState::decode(&broker.committed.1)
            .unwrap()
            .outcomes;
        (self.broker, outcomes)
    }
}

impl Broker {
    fn spoil(&mut self, mask: u8, at: usize, bit: u8) {
        for (number, row) in self.changelog.values_mut().enumerate() {
            if mask & 1 << (number % 8) != 0
                && let Some(byte) = row.get_mut(at)
            {
                *byte ^= 1 << bit;
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]
    #[test]
    fn disturbances_change_no_verdict_and_no_count(
        log in log_strategy(),
        steps in prop::collection::vec((any::<usize>(), step()), 1..300),
    ) {
        let (expected, windows) = run_with_windows(&log);
        let expected = rows(expected);
        let mut world = World::new(&log);
        for (who, step) in steps {
            world.step(who, step);
        }
        let (broker, outcomes) = world.finish();
        let found = rows(broker.published);
        let missing: Vec<_> = expected.iter().filter(|(row, _)| !found.contains_key(row)).collect();
        let surplus: Vec<_> = found.iter().map(|(row, text)| (row, text, expected.get(row))).filter(|(_, text, wanted)| *wanted != Some(text)).collect();
        prop_assert!(missing.is_empty() && surplus.is_empty(), "missing {missing:#?}\nsurplus {surplus:#?}");
        prop_assert_eq!(outcomes, windows.state().outcomes);
        prop_assert_eq!(outcomes.total(), log.len() as u64);
        prop_assert_eq!(broker.dead_letters.len() as u64, outcomes.dead_lettered);
    }
}
