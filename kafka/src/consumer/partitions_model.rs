//! The decisions against random schedules: a group that gives, takes and loses, a handler that takes its
//! time, a cluster that answers late. The world below knows what must hold and checks every action.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::super::leaving::{Cause, Limits, Seen};
use super::{Action, AssignmentEpoch, Partitions, Switches};
use crate::Partition;

const PARTITIONS: Partition = 4;
const LIMITS: Limits = Limits {
    drain: Duration::from_millis(1000),
    commit: Duration::from_millis(300),
};

#[derive(Debug, Clone)]
enum Step {
    Give(Partition),
    Take(Partition),
    Lose,
    Claim(Partition),
    /// The answer to the question asked now, or to the one asked before.
    Locate(Partition, bool),
    Place(Partition),
    /// A record this far from the next one.
    Record(Partition, i64),
    End(Partition),
    Demand(bool),
    Hold(Partition, bool),
    Drain(bool),
    EndCommit,
    Pass(u64),
    Shutdown,
}

fn step() -> impl Strategy<Value = Step> {
    let partition = || 0..PARTITIONS;
    prop_oneof![
        4 => partition().prop_map(Step::Give),
        3 => partition().prop_map(Step::Take),
        1 => Just(Step::Lose),
        6 => partition().prop_map(Step::Claim),
        6 => (partition(), prop::bool::weighted(0.2)).prop_map(|(partition, late)| Step::Locate(partition, late)),
        6 => partition().prop_map(Step::Place),
        12 => (partition(), -3i64..3).prop_map(|(partition, hole)| Step::Record(partition, hole)),
        2 => partition().prop_map(Step::End),
        2 => any::<bool>().prop_map(Step::Demand),
        2 => (partition(), any::<bool>()).prop_map(|(partition, held)| Step::Hold(partition, held)),
        3 => any::<bool>().prop_map(Step::Drain),
        3 => Just(Step::EndCommit),
        3 => (1u64..500).prop_map(Step::Pass),
        1 => prop::bool::weighted(0.2).prop_map(|ends| if ends { Step::Shutdown } else { Step::Pass(1) }),
    ]
}

#[derive(Debug, Clone, PartialEq)]
enum Rebalance {
    Give(Vec<Partition>),
    Take(Vec<Partition>),
}

/// What the handler knows of a partition.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Known {
    Claiming,
    Assigned { next: i64 },
    Draining,
}

struct World {
    partitions: Partitions,
    now: Instant,
    /// Not answered yet, the first is known to the loop.
    rebalances: VecDeque<Rebalance>,
    /// As the group sees it when all is answered.
    owned: BTreeSet<Partition>,
    handler: BTreeMap<Partition, Known>,
    questions: BTreeMap<Partition, Vec<AssignmentEpoch>>,
    placed: BTreeSet<Partition>,
    held: BTreeSet<Partition>,
    paused: BTreeSet<Partition>,
    wants_none: bool,
    is_lost: bool,
    is_drained: bool,
    is_committing: bool,
    /// A commit that began after the drain has ended.
    was_committed: bool,
    left_since: Option<Instant>,
    is_ending: bool,
    has_ended: bool,
}

impl World {
    fn new() -> Self {
        Self {
            partitions: Partitions::new(LIMITS),
            now: Instant::now(),
            rebalances: VecDeque::new(),
            owned: BTreeSet::new(),
            handler: BTreeMap::new(),
            questions: BTreeMap::new(),
            placed: BTreeSet::new(),
            held: BTreeSet::new(),
            paused: BTreeSet::new(),
            wants_none: false,
            is_lost: false,
            is_drained: false,
            is_committing: false,
            was_committed: false,
            left_since: None,
            is_ending: false,
            has_ended: false,
        }
    }

    fn apply(&mut self, step: Step) {
        match step {
            Step::Give(partition) if !self.is_lost && self.owned.insert(partition) => {
                self.rebalances.push_back(Rebalance::Give(vec![partition]));
            }
            Step::Take(partition) if !self.is_lost && self.owned.remove(&partition) => {
                self.rebalances.push_back(Rebalance::Take(vec![partition]));
            }
            Step::Lose if !self.is_lost && !self.owned.is_empty() => {
                self.is_lost = true;
                let all = std::mem::take(&mut self.owned).into_iter().collect();
                self.rebalances.push_back(Rebalance::Take(all));
            }
            Step::Claim(partition) if self.handler.get(&partition) == Some(&Known::Claiming) => {
                self.partitions.claimed(partition);
            }
            Step::Locate(partition, late) => self.locate(partition, late),
            Step::Place(partition) => self.place(partition),
            Step::Record(partition, hole) => self.record(partition, hole),
            Step::End(partition) => {
                self.partitions.reach_end(partition);
                let told = self.partitions.at_end().contains(&partition);
                assert_eq!(told, self.is_running(partition), "end of {partition}");
            }
            Step::Demand(wants_none) => {
                self.wants_none = wants_none;
                self.partitions.set_demand(wants_none);
            }
            Step::Hold(partition, held) => {
                if held && self.handler.contains_key(&partition) {
                    self.held.insert(partition);
                } else {
                    self.held.remove(&partition);
                }
                self.partitions
                    .set_held(partition, self.held.contains(&partition));
            }
            Step::Drain(is_drained) => self.is_drained = is_drained,
            Step::EndCommit => self.is_committing = false,
            Step::Pass(milliseconds) => self.now += Duration::from_millis(milliseconds),
            Step::Shutdown => self.is_ending = true,
            _ => {}
        }
        self.round();
    }

    fn is_running(&self, partition: Partition) -> bool {
        let known = self.handler.get(&partition);
        matches!(known, Some(Known::Assigned { .. })) && self.placed.contains(&partition)
    }

    fn locate(&mut self, partition: Partition, late: bool) {
        for (asked, epoch) in self.partitions.locating() {
            self.questions.entry(asked).or_default().push(epoch);
        }
        let Some(asked) = self.questions.get(&partition) else {
            return;
        };
        let newest = *asked.last().unwrap();
        let oldest = asked[0];
        let epoch = if late { oldest } else { newest };
        let awaited = self.partitions.awaits_start(partition, epoch);
        if epoch != newest {
            assert!(
                !awaited,
                "{partition} takes the answer to another assignment"
            );
        }
        if awaited {
            assert_eq!(self.handler.get(&partition), Some(&Known::Claiming));
            self.handler.insert(partition, Known::Assigned { next: 10 });
            self.partitions.located(partition, 10);
        }
    }

    fn place(&mut self, partition: Partition) {
        for (placing, offset) in self.partitions.placing() {
            if placing == partition {
                let known = self.handler[&partition];
                assert_eq!(known, Known::Assigned { next: offset }, "{partition}");
                self.partitions.placed(partition);
                self.placed.insert(partition);
            }
        }
    }

    fn record(&mut self, partition: Partition, hole: i64) {
        let known = self.handler.get(&partition).copied();
        let next = match known {
            Some(Known::Assigned { next }) => next,
            _ => 10,
        };
        let offset = next + hole;
        let passed = self.partitions.pass(partition, offset);
        let should = self.is_running(partition) && hole >= 0;
        assert_eq!(
            passed, should,
            "{offset} of {partition}, which is {known:?}"
        );
        if passed {
            let next = offset + 1;
            self.handler.insert(partition, Known::Assigned { next });
        } else if hole < 0 {
            // It has to be placed again before anything passes.
            self.placed.remove(&partition);
        }
    }

    /// As the loop does it.
    fn round(&mut self) {
        if self.has_ended {
            return;
        }
        let actions = if self.partitions.is_leaving() {
            self.partitions.go_on_leaving(Seen {
                is_lost: self.is_lost,
                is_drained: self.is_drained,
                is_committing: self.is_committing,
                now: self.now,
            })
        } else if self.is_ending {
            self.partitions.begin_end(self.now)
        } else {
            match self.rebalances.front().cloned() {
                None => Vec::new(),
                Some(Rebalance::Give(given)) => self.partitions.assign(&given),
                Some(Rebalance::Take(taken)) => {
                    let cause = if self.is_lost {
                        Cause::Lost
                    } else {
                        Cause::Revoked
                    };
                    self.partitions.begin_leaving(taken, cause, self.now)
                }
            }
        };
        for action in actions {
            self.perform(action);
        }
        let Switches { pause, resume } = self.partitions.take_switches();
        self.paused.extend(pause);
        for partition in resume {
            assert!(self.paused.remove(&partition), "{partition} was not paused");
        }
        for partition in self.handler.keys() {
            let is_read =
                self.is_running(*partition) && !self.held.contains(partition) && !self.wants_none;
            assert_eq!(self.paused.contains(partition), !is_read, "{partition}");
        }
    }

    fn perform(&mut self, action: Action) {
        match action {
            Action::AnswerAssign(answered) => {
                let asked = self.rebalances.pop_front();
                assert_eq!(asked, Some(Rebalance::Give(answered)));
            }
            Action::BeginClaim(partition) => {
                let before = self.handler.insert(partition, Known::Claiming);
                assert_eq!(before, None, "{partition} was not released");
            }
            Action::BeginDrain(draining) => {
                self.left_since = Some(self.now);
                self.was_committed = false;
                for partition in draining {
                    let before = self.handler.insert(partition, Known::Draining);
                    assert!(matches!(before, Some(Known::Assigned { .. })), "{before:?}");
                }
            }
            Action::Commit => {
                assert!(!self.is_lost, "a commit of what was lost");
                assert!(!self.is_committing, "two commits at a time");
                assert!(self.is_drained || self.is_late(LIMITS.drain), "not drained");
                (self.is_committing, self.was_committed) = (true, true);
            }
            Action::Release(partition) => {
                let before = self.handler.remove(&partition);
                assert_ne!(before, None, "{partition} released twice");
                if before == Some(Known::Draining) {
                    let is_committed = self.was_committed && !self.is_committing;
                    let is_late = self.is_late(LIMITS.commit);
                    assert!(self.is_lost || is_committed || is_late, "not committed");
                }
                self.placed.remove(&partition);
                self.held.remove(&partition);
                self.paused.remove(&partition);
            }
            Action::AnswerRevoke(answered) => {
                for partition in &answered {
                    assert!(!self.handler.contains_key(partition), "{partition}");
                }
                let asked = self.rebalances.pop_front();
                assert_eq!(asked, Some(Rebalance::Take(answered)));
                // What was lost is told last.
                self.is_lost &= !self.rebalances.is_empty();
            }
            Action::End => {
                assert!(self.handler.is_empty(), "{:?}", self.handler);
                self.has_ended = true;
            }
        }
    }

    fn is_late(&self, limit: Duration) -> bool {
        self.left_since
            .is_some_and(|since| self.now >= since + limit)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// Whatever happens, every action keeps the rules; and once handler and cluster answer, every
    /// rebalance is answered and every partition is what the group says.
    #[test]
    fn partitions_come_and_go_by_the_rules(steps in prop::collection::vec(step(), 1..120)) {
        let mut world = World::new();
        for step in steps {
            world.apply(step);
        }
        world.is_drained = true;
        for _ in 0..100 {
            world.apply(Step::EndCommit);
        }
        if world.has_ended {
            prop_assert!(world.handler.is_empty());
        } else {
            prop_assert_eq!(&world.rebalances, &VecDeque::new());
            let known: BTreeSet<Partition> = world.handler.keys().copied().collect();
            prop_assert_eq!(known, world.owned);
        }
    }
}

/// A partition that runs, read from offset 10.
fn running(partition: Partition) -> World {
    let mut world = World::new();
    for step in [
        Step::Give(partition),
        Step::Claim(partition),
        Step::Locate(partition, false),
        Step::Place(partition),
    ] {
        world.apply(step);
    }
    assert!(world.is_running(partition), "{:?}", world.handler);
    world
}

#[test]
fn demand_closes_and_opens_the_gate_for_all_partitions() {
    let mut world = running(1);
    assert_eq!(world.paused, BTreeSet::new());
    world.apply(Step::Demand(true));
    assert_eq!(world.paused, BTreeSet::from([1]));
    world.apply(Step::Demand(false));
    assert_eq!(world.paused, BTreeSet::new());
}

#[test]
fn a_held_partition_waits_alone() {
    let mut world = running(1);
    for step in [
        Step::Give(2),
        Step::Claim(2),
        Step::Locate(2, false),
        Step::Place(2),
    ] {
        world.apply(step);
    }
    world.apply(Step::Hold(2, true));
    assert_eq!(world.paused, BTreeSet::from([2]));
    world.apply(Step::Hold(2, false));
    assert_eq!(world.paused, BTreeSet::new());
}

#[test]
fn a_reader_that_jumps_back_is_placed_again_before_anything_passes() {
    let mut world = running(1);
    world.apply(Step::Record(1, 0));
    world.apply(Step::Record(1, -2));
    assert_eq!(world.partitions.placing(), [(1, 11)]);
    assert_eq!(world.paused, BTreeSet::from([1]));
    world.apply(Step::Place(1));
    world.apply(Step::Record(1, 0));
    assert_eq!(world.handler[&1], Known::Assigned { next: 12 });
}
