//! The changelog of one partition's state: a compacted topic whose rows and the input offset they account
//! for become visible together, written by one owner at a time.
//!
//! A [`Changelog`] belongs to one assignment of one partition and works on a thread of its own: it fences
//! whoever owned the partition before, reads the rows that stand, and then writes one transaction after the
//! other. The caller's thread never blocks. Invariants: what [`Changelog::take_restored`] gives is all
//! that was ever committed, by anybody; once it has given it, no earlier owner can commit any more; and a
//! commit is there with its rows and its offset or not at all.
//!
//! What is transient is tried again, with the same rows, until it works, until another owner has fenced
//! this one, or until the [`Changelog`] is dropped. What rows mean is not known here. How fencing works and
//! why: docs/adr/0007.

mod error;
mod hanging;
mod keeper;
mod reading;
mod transaction;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::time::Duration;

use crate::Partition;
use crate::config::KafkaConfig;
use crate::consumer::GroupHandle;
use crate::metrics::ChangelogMetrics;
use crate::producer::ClientError;

pub use error::ChangelogError;

/// Settings of the changelogs of one group.
#[derive(Debug, Clone)]
pub struct ChangelogConfig {
    /// How to reach Kafka.
    pub kafka: KafkaConfig,
    /// The compacted topic, with as many partitions as `source`.
    pub topic: String,
    /// The topic whose offsets are committed.
    pub source: String,
    /// The group that commits them.
    pub group: String,
    /// How long a transaction may stay open before the cluster aborts it; an owner whose transaction was
    /// aborted so is fenced. It must be longer than the longest commit, outages included.
    pub transaction_timeout: Duration,
    /// Where it counts.
    pub metrics: ChangelogMetrics,
}

/// One row to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangelogRow {
    /// Its key; not empty.
    pub key: Vec<u8>,
    /// What the key stands for from now on; `None` removes it.
    pub value: Option<Vec<u8>>,
}

/// Rows and the offset they account for, to be committed together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangelogCommit {
    /// The rows; a later row of the same key wins.
    pub rows: Vec<ChangelogRow>,
    /// Next offset of the source to read.
    pub next_offset: i64,
    /// Stored with the offset; at most [`crate::consumer::MAX_METADATA`] bytes.
    pub metadata: String,
}

/// What stood in the changelog when it was claimed.
#[derive(Debug, Clone, Default)]
pub struct Restored {
    /// The newest value of every key that has one.
    pub rows: HashMap<Vec<u8>, Vec<u8>>,
    /// Records read.
    pub records: u64,
    /// Bytes of their keys and values.
    pub bytes: u64,
    /// The whole time since the claim.
    pub took: Duration,
    /// The part of it until earlier owners were fenced.
    pub fencing: Duration,
}

/// A commit that is visible. A broker that is killed at this very moment may still take it back, rows and
/// offset together (docs/adr/0007); no later commit can be without it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// As asked for.
    pub next_offset: i64,
    /// Rows written.
    pub rows: usize,
    /// Time it took, with all attempts.
    pub took: Duration,
}

/// One partition of the changelog, owned by one assignment.
#[derive(Debug)]
pub struct Changelog {
    commits: SyncSender<ChangelogCommit>,
    restored: Option<Receiver<Result<Restored, ChangelogError>>>,
    outcomes: Receiver<Result<Committed, ChangelogError>>,
    is_busy: bool,
    stop: Arc<AtomicBool>,
}

impl Changelog {
    /// Begins to fence earlier owners and to restore; returns at once.
    ///
    /// # Errors
    /// When librdkafka refuses the settings, or no thread can be started.
    pub fn claim(
        config: &ChangelogConfig,
        partition: Partition,
        group: GroupHandle,
    ) -> Result<Self, ClientError> {
        let stop = Arc::new(AtomicBool::new(false));
        let (commits, received) = sync_channel(1);
        let (tell_restored, restored) = sync_channel(1);
        let (tell_outcome, outcomes) = sync_channel(1);
        let links = keeper::Links {
            commits: received,
            restored: tell_restored,
            outcomes: tell_outcome,
            stop: Arc::clone(&stop),
        };
        keeper::spawn(config, partition, group, links)?;
        Ok(Self {
            commits,
            restored: Some(restored),
            outcomes,
            is_busy: false,
            stop,
        })
    }

    /// What was restored, once it is; then never again.
    pub fn take_restored(&mut self) -> Option<Result<Restored, ChangelogError>> {
        let restored = match self.restored.as_ref()?.try_recv() {
            Ok(restored) => restored,
            Err(TryRecvError::Empty) => return None,
            Err(TryRecvError::Disconnected) => Err(ChangelogError::Ended),
        };
        self.restored = None;
        Some(restored)
    }

    /// Begins a commit. Only after the restored rows were taken and while [`Self::is_busy`] says no: what
    /// is given otherwise is not written, and no outcome comes of it.
    pub fn begin_commit(&mut self, commit: ChangelogCommit) {
        if !self.is_busy && self.restored.is_none() {
            // A thread that has ended shows in the outcome.
            drop(self.commits.try_send(commit));
            self.is_busy = true;
        }
    }

    /// Whether a commit was begun whose outcome has not been taken.
    pub fn is_busy(&self) -> bool {
        self.is_busy
    }

    /// How the commit went, once that is known.
    pub fn take_outcome(&mut self) -> Option<Result<Committed, ChangelogError>> {
        if !self.is_busy {
            return None;
        }
        let outcome = match self.outcomes.try_recv() {
            Ok(outcome) => outcome,
            Err(TryRecvError::Empty) => return None,
            Err(TryRecvError::Disconnected) => Err(ChangelogError::Ended),
        };
        self.is_busy = false;
        Some(outcome)
    }
}

impl Drop for Changelog {
    /// Does not wait: the thread aborts what is open and ends. A commit that is just being decided may
    /// still become visible, until the next owner's claim.
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
    }
}
