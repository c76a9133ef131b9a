//! The partitions of one member and what the loop must do about them: decisions only, no Kafka, no clock
//! of its own.
//!
//! A partition is *claiming* (the handler fences and restores), *locating* (its commit is asked for),
//! *placing* (the reader is moved there), *running*, *draining*, gone. Records pass while it runs, and
//! never otherwise. Assignments are answered at once, because librdkafka fetches nothing for any partition
//! of the member until then; revocations after drain and commit, or at once when the group has given the
//! partitions away already. Whatever finishes late is recognised by the epoch of its assignment.
//!
//! What it does not do: talk to the handler or to librdkafka. [`Action`]s say what the loop has to do,
//! [`Seen`] says what the loop has seen.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::Partition;

/// One assignment of one partition; another assignment of the same has another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct AssignmentEpoch(u64);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Claiming,
    Locating,
    /// To be read from this offset.
    Placing(i64),
    Running,
    Draining,
}

#[derive(Debug)]
struct Entry {
    epoch: AssignmentEpoch,
    phase: Phase,
    is_held: bool,
    /// As librdkafka knows it.
    is_paused: bool,
    progress: Progress,
}

/// How far a partition is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Progress {
    /// Next offset to read.
    pub(super) position: i64,
    /// Its end was told after the last record.
    pub(super) at_end: bool,
}

/// Why partitions leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// The group wants them back and waits for the answer.
    Revoked,
    /// The group has given them away without asking; they may have another owner by now.
    Lost,
    /// The consumer is ending.
    Shutdown,
}

#[derive(Debug)]
enum Stage {
    Draining { until: Instant },
    Committing { until: Instant, is_begun: bool },
}

/// Partitions on their way out; at most one such group of them at a time.
#[derive(Debug)]
struct Departure {
    cause: Cause,
    /// As named by the group; the answer names them all.
    named: Vec<Partition>,
    stage: Stage,
}

/// What the loop must do, in the order given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Action {
    /// Answer the assignment; nothing of the partitions may be read yet.
    AnswerAssign(Vec<Partition>),
    /// Tell the handler to begin its claim.
    BeginClaim(Partition),
    /// Tell the handler to drain.
    BeginDrain(Vec<Partition>),
    /// Begin to commit what is done.
    Commit,
    /// Tell the handler that the partition is gone.
    Release(Partition),
    /// Answer the revocation.
    AnswerRevoke(Vec<Partition>),
    /// Everything is done: end.
    End,
}

/// What the loop sees while partitions leave.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    /// The group has given our partitions away.
    pub(super) is_lost: bool,
    /// The handler has nothing in flight for the draining partitions.
    pub(super) is_drained: bool,
    /// A commit is going on.
    pub(super) is_committing: bool,
    pub(super) now: Instant,
}

/// Longest times of a departure.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) drain: Duration,
    pub(super) commit: Duration,
}

/// What librdkafka has to be told to read and not to read.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Switches {
    pub(super) pause: Vec<Partition>,
    pub(super) resume: Vec<Partition>,
}

#[derive(Debug)]
pub(super) struct Partitions {
    entries: BTreeMap<Partition, Entry>,
    limits: Limits,
    departure: Option<Departure>,
    wants_none: bool,
    last_epoch: u64,
}

impl Partitions {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            entries: BTreeMap::new(),
            limits,
            departure: None,
            wants_none: false,
            last_epoch: 0,
        }
    }

    /// The group gives us `partitions`; only while nothing leaves.
    pub(super) fn assign(&mut self, partitions: &[Partition]) -> Vec<Action> {
        let mut actions = vec![Action::AnswerAssign(partitions.to_vec())];
        for partition in partitions {
            self.last_epoch += 1;
            let entry = Entry {
                epoch: AssignmentEpoch(self.last_epoch),
                phase: Phase::Claiming,
                is_held: false,
                is_paused: false,
                progress: Progress {
                    position: 0,
                    at_end: false,
                },
            };
            self.entries.insert(*partition, entry);
            actions.push(Action::BeginClaim(*partition));
        }
        actions
    }

    /// Those whose claim the handler has not called done.
    pub(super) fn claiming(&self) -> Vec<Partition> {
        self.in_phase(|phase| phase == Phase::Claiming)
    }

    /// The claim is done: the commit may be read now, and not earlier.
    pub(super) fn claimed(&mut self, partition: Partition) {
        if let Some(entry) = self.entries.get_mut(&partition)
            && entry.phase == Phase::Claiming
        {
            entry.phase = Phase::Locating;
        }
    }

    /// Those whose commit has to be asked for.
    pub(super) fn locating(&self) -> Vec<(Partition, AssignmentEpoch)> {
        let locating = |entry: &&Entry| entry.phase == Phase::Locating;
        let entries = self.entries.iter().filter(|(_, entry)| locating(entry));
        entries
            .map(|(partition, entry)| (*partition, entry.epoch))
            .collect()
    }

    /// Whether a commit that was asked for in `epoch` is still waited for.
    pub(super) fn awaits_start(&self, partition: Partition, epoch: AssignmentEpoch) -> bool {
        self.entries
            .get(&partition)
            .is_some_and(|entry| entry.epoch == epoch && entry.phase == Phase::Locating)
    }

    /// The handler has the partition and wants it from `offset` on.
    pub(super) fn located(&mut self, partition: Partition, offset: i64) {
        if let Some(entry) = self.entries.get_mut(&partition)
            && entry.phase == Phase::Locating
        {
            entry.phase = Phase::Placing(offset);
            entry.progress.position = offset;
        }
    }

    /// Those whose reader has to be moved, and where to.
    pub(super) fn placing(&self) -> Vec<(Partition, i64)> {
        let offset = |(partition, entry): (&Partition, &Entry)| match entry.phase {
            Phase::Placing(offset) => Some((*partition, offset)),
            _ => None,
        };
        self.entries.iter().filter_map(offset).collect()
    }

    /// The reader stands there.
    pub(super) fn placed(&mut self, partition: Partition) {
        if let Some(entry) = self.entries.get_mut(&partition)
            && matches!(entry.phase, Phase::Placing(_))
        {
            entry.phase = Phase::Running;
        }
    }

    /// Whether a record may go to the handler; if so it counts as read.
    pub(super) fn pass(&mut self, partition: Partition, offset: i64) -> bool {
        let entry = self.entries.get_mut(&partition);
        let Some(entry) = entry.filter(|entry| entry.phase == Phase::Running) else {
            return false;
        };
        entry.progress = Progress {
            position: offset + 1,
            at_end: false,
        };
        true
    }

    /// Whether the end of the partition may be told to the handler.
    pub(super) fn pass_end(&mut self, partition: Partition) -> bool {
        let entry = self.entries.get_mut(&partition);
        let Some(entry) = entry.filter(|entry| entry.phase == Phase::Running) else {
            return false;
        };
        entry.progress.at_end = true;
        true
    }

    /// Those that the handler has, whose offsets may be committed.
    pub(super) fn committable(&self) -> Vec<Partition> {
        self.in_phase(|phase| matches!(phase, Phase::Running | Phase::Draining))
    }

    /// Those that the handler may hold.
    pub(super) fn running(&self) -> Vec<Partition> {
        self.in_phase(|phase| phase == Phase::Running)
    }

    pub(super) fn draining(&self) -> Vec<Partition> {
        self.in_phase(|phase| phase == Phase::Draining)
    }

    /// Those that should bring records when there are some. None while the group waits for an answer:
    /// librdkafka fetches nothing then.
    pub(super) fn watched(&self) -> impl Iterator<Item = (Partition, Progress)> {
        let is_still = self.wants_none || self.departure.is_some();
        self.entries.iter().filter_map(move |(partition, entry)| {
            let is_watched = !is_still && entry.phase == Phase::Running && !entry.is_held;
            is_watched.then_some((*partition, entry.progress))
        })
    }

    pub(super) fn set_demand(&mut self, wants_none: bool) {
        self.wants_none = wants_none;
    }

    pub(super) fn set_held(&mut self, partition: Partition, is_held: bool) {
        if let Some(entry) = self.entries.get_mut(&partition) {
            entry.is_held = is_held;
        }
    }

    /// What librdkafka has to be told so that it reads what should be read; counts as told.
    pub(super) fn take_switches(&mut self) -> Switches {
        let mut switches = Switches::default();
        for (partition, entry) in &mut self.entries {
            let is_read = entry.phase == Phase::Running && !entry.is_held && !self.wants_none;
            match (entry.is_paused, is_read) {
                (true, true) => switches.resume.push(*partition),
                (false, false) => switches.pause.push(*partition),
                _ => continue,
            }
            entry.is_paused = !is_read;
        }
        switches
    }

    /// Whether nothing is on its way in.
    pub(super) fn is_settled(&self) -> bool {
        let mut entries = self.entries.values();
        entries.all(|entry| matches!(entry.phase, Phase::Running | Phase::Draining))
    }

    pub(super) fn is_leaving(&self) -> bool {
        self.departure.is_some()
    }

    /// `named` go; only while nothing leaves. What is not claimed yet goes at once.
    pub(super) fn begin_leaving(
        &mut self,
        named: Vec<Partition>,
        cause: Cause,
        now: Instant,
    ) -> Vec<Action> {
        let mut actions = Vec::new();
        let mut draining = Vec::new();
        for partition in &named {
            let Some(entry) = self.entries.get_mut(partition) else {
                continue;
            };
            if matches!(entry.phase, Phase::Claiming | Phase::Locating) {
                self.entries.remove(partition);
                actions.push(Action::Release(*partition));
            } else {
                entry.phase = Phase::Draining;
                draining.push(*partition);
            }
        }
        let until = now + self.limits.drain;
        self.departure = Some(Departure {
            cause,
            named,
            stage: Stage::Draining { until },
        });
        if draining.is_empty() || cause == Cause::Lost {
            actions.extend(self.finish_leaving());
        } else {
            actions.push(Action::BeginDrain(draining));
        }
        actions
    }

    /// The consumer is ending: everything goes.
    pub(super) fn begin_end(&mut self, now: Instant) -> Vec<Action> {
        let all = self.entries.keys().copied().collect();
        self.begin_leaving(all, Cause::Shutdown, now)
    }

    /// Drains, commits, hands back, in this order: the next owner starts from the commit. What was lost
    /// is not committed: somebody else decides its offsets.
    pub(super) fn go_on_leaving(&mut self, seen: Seen) -> Vec<Action> {
        let Some(departure) = &mut self.departure else {
            return Vec::new();
        };
        if seen.is_lost {
            return self.finish_leaving();
        }
        match &mut departure.stage {
            Stage::Draining { until } => {
                if !seen.is_drained && seen.now < *until {
                    return Vec::new();
                }
                let until = seen.now + self.limits.commit;
                departure.stage = Stage::Committing {
                    until,
                    is_begun: false,
                };
                self.go_on_leaving(seen)
            }
            Stage::Committing { until, .. } if seen.is_committing && seen.now < *until => {
                Vec::new()
            }
            Stage::Committing { is_begun, .. } if !*is_begun && !seen.is_committing => {
                *is_begun = true;
                vec![Action::Commit]
            }
            Stage::Committing { .. } => self.finish_leaving(),
        }
    }

    fn finish_leaving(&mut self) -> Vec<Action> {
        let Some(Departure { cause, named, .. }) = self.departure.take() else {
            return Vec::new();
        };
        let mut actions = Vec::new();
        for partition in &named {
            if self.entries.remove(partition).is_some() {
                actions.push(Action::Release(*partition));
            }
        }
        actions.push(match cause {
            Cause::Revoked | Cause::Lost => Action::AnswerRevoke(named),
            Cause::Shutdown => Action::End,
        });
        actions
    }

    fn in_phase(&self, wanted: impl Fn(Phase) -> bool) -> Vec<Partition> {
        let entries = self.entries.iter().filter(|(_, entry)| wanted(entry.phase));
        entries.map(|(partition, _)| *partition).collect()
    }
}

#[cfg(test)]
#[path = "partitions_model.rs"]
mod model;
