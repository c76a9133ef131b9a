//! A member of a group whose handle the test uses, and changelogs that the test drives itself.

use std::collections::HashMap;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Duration;

use kafka::changelog::{
    Changelog, ChangelogCommit, ChangelogConfig, ChangelogError, ChangelogRow, Committed, Restored,
};
use kafka::consumer::{
    CommitPoint, ConsumerConfig, ConsumerError, Demand, GroupHandle, Handler, HandlerError,
    StartPosition, spawn,
};
use kafka::metrics::{ChangelogMetrics, ConsumerMetrics};
use kafka::{Partition, Record};
use prometheus::Registry;
use runtime::CancellationToken;
use testkit::wait_until;
use tokio::task::JoinHandle;

use crate::bench::{Bench, DEADLINE};

pub(crate) type Rows = HashMap<Vec<u8>, Vec<u8>>;

/// A member that has all partitions of the topic and does nothing with them.
pub(crate) struct Owner {
    pub(crate) bench: Bench,
    pub(crate) group: GroupHandle,
    pub(crate) config: ChangelogConfig,
    token: CancellationToken,
    task: JoinHandle<Result<(), ConsumerError>>,
}

impl Owner {
    pub(crate) async fn join(bench: &Bench) -> Self {
        let config = ConsumerConfig::new(bench.kafka.clone(), bench.group(), &bench.topic);
        let (joined, has_joined) = sync_channel(1);
        let (assigned, is_assigned) = sync_channel(64);
        let token = CancellationToken::new();
        let idle = Idle { joined, assigned };
        let consumer = spawn(config, idle, metrics(), token.clone());
        let task = tokio::spawn(consumer);
        let group = wait_until("a group", DEADLINE, async || has_joined.try_recv()).await;
        for _ in 0..bench.partitions {
            wait_until("a partition", DEADLINE, async || is_assigned.try_recv()).await;
        }
        Self {
            config: changelog_config(bench),
            bench: bench.clone(),
            group,
            token,
            task,
        }
    }

    pub(crate) fn claim(&self, partition: Partition) -> Changelog {
        Changelog::claim(&self.config, partition, self.group.clone()).unwrap()
    }

    /// A changelog that is ready, and what stood in it.
    pub(crate) async fn restore(&self, partition: Partition) -> (Changelog, Restored) {
        let mut changelog = self.claim(partition);
        let restored = restored(&mut changelog).await;
        (changelog, restored)
    }

    pub(crate) async fn leave(self) {
        self.token.cancel();
        let outcome = tokio::time::timeout(DEADLINE, self.task).await;
        outcome.unwrap().unwrap().unwrap();
    }
}

pub(crate) fn changelog_config(bench: &Bench) -> ChangelogConfig {
    ChangelogConfig {
        kafka: bench.kafka.clone(),
        topic: bench.kafka.topics().windows,
        source: bench.topic.clone(),
        group: bench.group(),
        transaction_timeout: Duration::from_secs(60),
        metrics: ChangelogMetrics::register(&Registry::new()).unwrap(),
    }
}

pub(crate) fn metrics() -> ConsumerMetrics {
    ConsumerMetrics::register(&Registry::new()).unwrap()
}

pub(crate) async fn restored(changelog: &mut Changelog) -> Restored {
    let restored = wait_until("what was restored", DEADLINE, async || {
        changelog.take_restored()
    });
    restored.await.unwrap()
}

pub(crate) async fn outcome(changelog: &mut Changelog) -> Result<Committed, ChangelogError> {
    wait_until("an outcome", DEADLINE, async || changelog.take_outcome()).await
}

pub(crate) async fn commit(
    changelog: &mut Changelog,
    commit: ChangelogCommit,
) -> Result<Committed, ChangelogError> {
    changelog.begin_commit(commit);
    assert!(changelog.is_busy());
    let outcome = outcome(changelog).await;
    assert!(!changelog.is_busy());
    outcome
}

pub(crate) fn row(key: &str, value: Option<&str>) -> ChangelogRow {
    ChangelogRow {
        key: key.as_bytes().to_vec(),
        value: value.map(|value| value.as_bytes().to_vec()),
    }
}

pub(crate) fn rows(rows: &[(&str, &str)]) -> Rows {
    let owned = |(key, value): &(&str, &str)| (key.as_bytes().to_vec(), value.as_bytes().to_vec());
    rows.iter().map(owned).collect()
}

/// A commit of these rows, accounting for everything below `next_offset`.
pub(crate) fn of(rows: Vec<ChangelogRow>, next_offset: i64) -> ChangelogCommit {
    ChangelogCommit {
        rows,
        next_offset,
        metadata: format!("below {next_offset}"),
    }
}

struct Idle {
    joined: SyncSender<GroupHandle>,
    assigned: SyncSender<Partition>,
}

impl Handler for Idle {
    fn joined(&mut self, group: GroupHandle) {
        drop(self.joined.send(group));
    }

    fn assigned(
        &mut self,
        partition: Partition,
        start: &StartPosition,
    ) -> Result<i64, HandlerError> {
        // Assigned again, when nobody waits for it any more.
        let _ = self.assigned.send(partition);
        Ok(start.offset)
    }

    fn record(&mut self, _record: &Record<'_>) -> Result<(), HandlerError> {
        Ok(())
    }

    fn tick(&mut self, _now_ms: i64) -> Result<Demand, HandlerError> {
        Ok(Demand::Continue)
    }

    fn commit_point(&mut self, _partition: Partition) -> Option<CommitPoint> {
        None
    }

    fn begin_drain(&mut self, _partitions: &[Partition]) {}

    fn is_drained(&mut self, _partitions: &[Partition]) -> bool {
        true
    }

    fn released(&mut self, _partition: Partition) {}
}
