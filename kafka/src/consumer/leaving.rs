//! How partitions leave: drained, committed, handed back, in this order, because the next owner starts from
//! the commit. Each step has a longest time. What was lost goes at once and is not committed: somebody else
//! decides its offsets.

use std::time::{Duration, Instant};

use super::partitions::{Action, Partitions, Phase};
use crate::Partition;

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
pub(super) struct Departure {
    cause: Cause,
    /// As named by the group; the answer names them all.
    named: Vec<Partition>,
    stage: Stage,
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

impl Partitions {
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

    /// The next steps, by what was seen.
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
}
