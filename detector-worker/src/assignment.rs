//! One assignment of one partition: its windows, what is on its way, and its snapshots.
//!
//! A snapshot is taken at one moment between two records and committed later: first everything published
//! before that moment must be acknowledged, then one transaction writes the changed windows and the
//! position they account for (INV-5). Meanwhile records go on being folded. At most one snapshot is
//! under way. The clock decides only when snapshots are taken, never what is in them.
//!
//! A partition can be *held*: records that come although the loop has been told are kept in order and
//! handled when it goes on. They are not in the windows, so nothing commits them.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use kafka::OwnedRecord;
use kafka::changelog::{Changelog, ChangelogCommit, ChangelogError, ChangelogRow};

use crate::flood::FloodGauge;
use crate::publications::{Interval, Publications};
use crate::versions::Missing;
use crate::windows::PartitionWindows;

/// Where the snapshots stand.
enum Cycle {
    /// None is under way since this moment.
    Resting { since: Instant },
    /// One is taken and waits for acknowledgements.
    Settling {
        commit: ChangelogCommit,
        until: Interval,
    },
    /// One is being committed.
    Committing,
    /// The partition belongs to somebody else, who has fenced this assignment.
    Fenced { since: Instant },
}

/// Whether the partition is about to be handed back.
#[derive(PartialEq)]
enum Drain {
    No,
    /// A last snapshot is to be taken.
    Wanted,
    /// It has been taken.
    Taken,
}

/// Why a partition alone does not go on.
#[derive(Debug)]
pub(crate) enum Hold {
    /// The first held record needs a version that is not known yet.
    Version { missing: Missing, since: Instant },
    /// Most of what comes is poison.
    Flood,
}

impl Hold {
    /// Labels of the metric.
    pub(crate) const REASONS: [&'static str; 2] = ["version", "flood"];

    /// The metric's label.
    pub(crate) fn reason(&self) -> &'static str {
        match self {
            Self::Version { .. } => "version",
            Self::Flood => "flood",
        }
    }
}

pub(crate) struct Assignment {
    pub(crate) epoch: u64,
    pub(crate) windows: PartitionWindows,
    pub(crate) publications: Publications,
    pub(crate) flood: FloodGauge,
    /// Everything that was in the log at this time of the wall clock, milliseconds since 1970, has been
    /// handled.
    pub(crate) caught_up_ms: Option<i64>,
    pub(crate) hold: Option<Hold>,
    /// Records that came while the partition was held, and first the one it is held for.
    pub(crate) held: VecDeque<OwnedRecord>,
    changelog: Changelog,
    cycle: Cycle,
    drain: Drain,
    committed: i64,
}

impl Assignment {
    /// A partition whose windows account for everything before `committed`.
    pub(crate) fn new(
        epoch: u64,
        windows: PartitionWindows,
        changelog: Changelog,
        committed: i64,
    ) -> Self {
        Self {
            epoch,
            windows,
            publications: Publications::default(),
            flood: FloodGauge::default(),
            caught_up_ms: None,
            hold: None,
            held: VecDeque::new(),
            changelog,
            cycle: Cycle::Resting {
                since: Instant::now(),
            },
            drain: Drain::No,
            committed,
        }
    }

    /// Whether records have to wait.
    pub(crate) fn is_held(&self) -> bool {
        self.hold.is_some() || matches!(self.cycle, Cycle::Fenced { .. })
    }

    /// How long somebody else has owned the partition, if that is so.
    pub(crate) fn fenced_for(&self) -> Option<Duration> {
        match self.cycle {
            Cycle::Fenced { since } => Some(since.elapsed()),
            _ => None,
        }
    }

    /// The partition goes elsewhere: one more snapshot, however short the time since the last.
    pub(crate) fn begin_drain(&mut self) {
        self.drain = Drain::Wanted;
    }

    /// Whether everything is acknowledged and committed, or nothing can be any more.
    pub(crate) fn is_drained(&self) -> bool {
        match self.cycle {
            Cycle::Fenced { .. } => true,
            Cycle::Resting { .. } => self.drain == Drain::Taken,
            Cycle::Settling { .. } | Cycle::Committing => false,
        }
    }

    /// Moves the snapshots on: takes one, commits one, or notes how a commit went.
    ///
    /// # Errors
    /// When the changelog cannot go on.
    pub(crate) fn advance_snapshots(&mut self, interval: Duration) -> Result<(), ChangelogError> {
        self.take_outcome()?;
        let due = match self.cycle {
            Cycle::Resting { since } => {
                self.drain == Drain::Wanted
                    || (self.drain == Drain::No && since.elapsed() >= interval)
            }
            _ => false,
        };
        if due {
            self.take_snapshot();
        }
        let settled = match &self.cycle {
            Cycle::Settling { until, .. } => self.publications.is_settled(*until),
            _ => false,
        };
        if settled
            && let Cycle::Settling { commit, .. } =
                std::mem::replace(&mut self.cycle, Cycle::Committing)
        {
            self.changelog.begin_commit(commit);
        }
        Ok(())
    }

    fn take_outcome(&mut self) -> Result<(), ChangelogError> {
        match self.changelog.take_outcome() {
            None => Ok(()),
            Some(Ok(committed)) => {
                self.committed = committed.next_offset;
                self.cycle = Cycle::Resting {
                    since: Instant::now(),
                };
                Ok(())
            }
            Some(Err(error)) if error.is_fenced() => {
                tracing::warn!(error = %error, "the partition belongs to another worker; nothing more of it is committed here");
                self.cycle = Cycle::Fenced {
                    since: Instant::now(),
                };
                Ok(())
            }
            Some(Err(error)) => Err(error),
        }
    }

    fn take_snapshot(&mut self) {
        if self.drain == Drain::Wanted {
            self.drain = Drain::Taken;
        }
        let snapshot = self.windows.take_snapshot();
        if snapshot.rows.is_empty() && snapshot.next_offset <= self.committed {
            self.cycle = Cycle::Resting {
                since: Instant::now(),
            };
            return;
        }
        let rows = snapshot.rows.into_iter().map(|row| ChangelogRow {
            key: row.session_id.to_string().into_bytes(),
            value: row.value,
        });
        self.cycle = Cycle::Settling {
            commit: ChangelogCommit {
                rows: rows.collect(),
                next_offset: snapshot.next_offset,
                metadata: snapshot.state.encode(),
            },
            until: self.publications.close_interval(),
        };
    }
}
