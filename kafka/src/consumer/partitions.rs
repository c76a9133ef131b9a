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
//! [`super::leaving::Seen`] says what the loop has seen.

use std::collections::BTreeMap;

use super::leaving::{Departure, Limits};
use crate::Partition;

/// One assignment of one partition; another assignment of the same has another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct AssignmentEpoch(u64);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Claiming,
    Locating,
    /// To be read from this offset.
    Placing(i64),
    Running,
    Draining,
}

#[derive(Debug)]
pub(super) struct Entry {
    epoch: AssignmentEpoch,
    pub(super) phase: Phase,
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

/// What librdkafka has to be told to read and not to read.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Switches {
    pub(super) pause: Vec<Partition>,
    pub(super) resume: Vec<Partition>,
}

#[derive(Debug)]
pub(super) struct Partitions {
    pub(super) entries: BTreeMap<Partition, Entry>,
    pub(super) limits: Limits,
    pub(super) departure: Option<Departure>,
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

    /// Whether a record may go to the handler; if so it counts as read. A record from before the position
    /// means that the reader has jumped back; it is moved again.
    pub(super) fn pass(&mut self, partition: Partition, offset: i64) -> bool {
        let entry = self.entries.get_mut(&partition);
        let Some(entry) = entry.filter(|entry| entry.phase == Phase::Running) else {
            return false;
        };
        if offset < entry.progress.position {
            entry.phase = Phase::Placing(entry.progress.position);
            return false;
        }
        entry.progress = Progress {
            position: offset + 1,
            at_end: false,
        };
        true
    }

    /// The reader is at the end of the partition, or was a moment ago.
    pub(super) fn reach_end(&mut self, partition: Partition) {
        let entry = self.entries.get_mut(&partition);
        if let Some(entry) = entry.filter(|entry| entry.phase == Phase::Running) {
            entry.progress.at_end = true;
        }
    }

    /// Those whose reader was at the end when it was last heard of.
    pub(super) fn at_end(&self) -> Vec<Partition> {
        let entries = self.entries.iter();
        let at_end =
            entries.filter(|(_, entry)| entry.phase == Phase::Running && entry.progress.at_end);
        at_end.map(|(partition, _)| *partition).collect()
    }

    /// Whether the handler has been given everything before `end`.
    pub(super) fn has_read_to(&self, partition: Partition, end: i64) -> bool {
        let entry = self.entries.get(&partition);
        entry.is_some_and(|entry| entry.phase == Phase::Running && entry.progress.position >= end)
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

    fn in_phase(&self, wanted: impl Fn(Phase) -> bool) -> Vec<Partition> {
        let entries = self.entries.iter().filter(|(_, entry)| wanted(entry.phase));
        entries.map(|(partition, _)| *partition).collect()
    }
}

#[cfg(test)]
#[path = "partitions_model.rs"]
mod model;
