//! Handlers that keep their state in a changelog: members come, go and are cut off, and every record ends
//! in the state exactly once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use kafka::changelog::{Changelog, ChangelogCommit, ChangelogConfig, ChangelogError, ChangelogRow};
use kafka::consumer::{
    CommitPoint, ConsumerConfig, ConsumerError, Demand, GroupHandle, Handler, HandlerError,
    StartPosition, spawn,
};
use kafka::{Partition, Record};
use runtime::CancellationToken;
use testkit::{TcpFault, TestKafka, TestTopics, wait_until};
use tokio::task::JoinHandle;

use crate::bench::{Bench, DEADLINE};
use crate::owner::{Owner, Rows, changelog_config, metrics};

const PARTITIONS: i32 = 4;
const INTERVAL: Duration = Duration::from_millis(100);
/// Keys of the state, so that rows are overwritten.
const KEYS: i64 = 7;

/// A partition's state: how often each offset was counted, by key, and how far it is committed.
struct Counter {
    changelog: Changelog,
    counts: BTreeMap<i64, String>,
    changed: Vec<i64>,
    next_offset: i64,
    committed: i64,
    snapshot_at: Instant,
    drains: bool,
}

/// Writes each offset into the row of its key: a record that is counted twice, or not at all, shows.
struct CountingHandler {
    config: ChangelogConfig,
    group: Option<GroupHandle>,
    claims: BTreeMap<Partition, Changelog>,
    restored: BTreeMap<Partition, (Changelog, Rows)>,
    counters: BTreeMap<Partition, Counter>,
    takeovers: Arc<AtomicU64>,
}

impl CountingHandler {
    fn take_outcomes(&mut self) -> Result<(), HandlerError> {
        for counter in self.counters.values_mut() {
            match counter.changelog.take_outcome() {
                None => {}
                Some(Ok(committed)) => counter.committed = committed.next_offset,
                Some(Err(error)) => return Err(failed(&error)),
            }
        }
        Ok(())
    }
}

fn failed(error: &ChangelogError) -> HandlerError {
    let reason = error.to_string();
    HandlerError { reason }
}

impl Counter {
    fn count(&mut self, offset: i64) {
        assert!(offset >= self.next_offset, "{offset} again");
        let key = offset % KEYS;
        let row = self.counts.entry(key).or_default();
        row.push_str(&format!("{offset} "));
        self.changed.push(key);
        self.next_offset = offset + 1;
    }

    fn snapshot(&mut self) {
        let is_due = self.drains || self.snapshot_at.elapsed() >= INTERVAL;
        if self.changelog.is_busy() || !is_due || self.committed == self.next_offset {
            return;
        }
        self.snapshot_at = Instant::now();
        self.changed.sort_unstable();
        self.changed.dedup();
        let row = |key: i64| ChangelogRow {
            key: key.to_string().into_bytes(),
            value: Some(self.counts[&key].clone().into_bytes()),
        };
        let rows = std::mem::take(&mut self.changed);
        let commit = ChangelogCommit {
            rows: rows.into_iter().map(row).collect(),
            next_offset: self.next_offset,
            metadata: String::new(),
        };
        self.changelog.begin_commit(commit);
    }
}

impl Handler for CountingHandler {
    fn joined(&mut self, group: GroupHandle) {
        self.group = Some(group);
    }

    fn begin_claim(&mut self, partition: Partition) -> Result<(), HandlerError> {
        let group = self.group.clone().unwrap();
        let claim = Changelog::claim(&self.config, partition, group).unwrap();
        let before = self.claims.insert(partition, claim);
        assert!(before.is_none(), "{partition} claimed twice");
        Ok(())
    }

    fn is_claimed(&mut self, partition: Partition) -> Result<bool, HandlerError> {
        let restored = self.claims.get_mut(&partition).unwrap().take_restored();
        match restored {
            None => Ok(false),
            Some(Err(error)) => Err(failed(&error)),
            Some(Ok(restored)) => {
                let claim = self.claims.remove(&partition).unwrap();
                self.restored.insert(partition, (claim, restored.rows));
                Ok(true)
            }
        }
    }

    fn assigned(
        &mut self,
        partition: Partition,
        start: &StartPosition,
    ) -> Result<i64, HandlerError> {
        let (changelog, rows) = self.restored.remove(&partition).unwrap();
        self.takeovers
            .fetch_add(u64::from(!rows.is_empty()), Ordering::SeqCst);
        let text = |bytes: &[u8]| std::str::from_utf8(bytes).unwrap().to_owned();
        let counts = rows.iter();
        let counts = counts.map(|(key, value)| (text(key).parse().unwrap(), text(value)));
        let counter = Counter {
            changelog,
            counts: counts.collect(),
            changed: Vec::new(),
            next_offset: start.offset,
            committed: start.offset,
            snapshot_at: Instant::now(),
            drains: false,
        };
        self.counters.insert(partition, counter);
        Ok(start.offset)
    }

    fn record(&mut self, record: &Record<'_>) -> Result<(), HandlerError> {
        let counter = self.counters.get_mut(&record.partition).unwrap();
        counter.count(record.offset);
        Ok(())
    }

    fn tick(&mut self, _now_ms: i64) -> Result<Demand, HandlerError> {
        self.take_outcomes()?;
        self.counters.values_mut().for_each(Counter::snapshot);
        Ok(Demand::Continue)
    }

    fn commit_point(&mut self, _partition: Partition) -> Option<CommitPoint> {
        None
    }

    fn begin_drain(&mut self, partitions: &[Partition]) {
        for partition in partitions {
            self.counters.get_mut(partition).unwrap().drains = true;
        }
    }

    fn is_drained(&mut self, partitions: &[Partition]) -> bool {
        let mut counters = partitions.iter().map(|partition| &self.counters[partition]);
        counters.all(|counter| counter.committed == counter.next_offset)
    }

    fn released(&mut self, partition: Partition) {
        self.claims.remove(&partition);
        self.restored.remove(&partition);
        self.counters.remove(&partition);
    }
}

/// A member behind a line of its own.
struct Member {
    token: CancellationToken,
    task: JoinHandle<Result<(), ConsumerError>>,
}

impl Member {
    fn join(bench: &Bench, takeovers: &Arc<AtomicU64>) -> Self {
        let token = CancellationToken::new();
        let handler = CountingHandler {
            config: changelog_config(bench),
            group: None,
            claims: BTreeMap::new(),
            restored: BTreeMap::new(),
            counters: BTreeMap::new(),
            takeovers: Arc::clone(takeovers),
        };
        let mut config = ConsumerConfig::new(bench.kafka.clone(), bench.group(), &bench.topic);
        config.kafka.session_timeout = Duration::from_secs(2);
        config.drain_timeout = Duration::from_secs(4);
        let consumer = spawn(config, handler, metrics(), token.clone());
        Self {
            token,
            task: tokio::spawn(consumer),
        }
    }

    /// However it ends: one that was fenced ends by itself.
    async fn end(self) {
        self.token.cancel();
        let ended = tokio::time::timeout(DEADLINE, self.task).await;
        match ended.unwrap().unwrap() {
            Ok(()) | Err(ConsumerError::Handler { .. } | ConsumerError::Kafka { .. }) => {}
            Err(other) => panic!("{other}"),
        }
    }
}

async fn expect_each_offset_once(bench: &Bench) {
    let ends = bench.ends();
    for partition in 0..PARTITIONS {
        let end = ends[usize::try_from(partition).unwrap()];
        wait_until(
            "the whole partition committed",
            DEADLINE,
            async || match bench.committed(partition) {
                Some((offset, _)) if offset == end => Ok(()),
                other => Err((other, end)),
            },
        )
        .await;
    }
    // A member of another group: the fence asks for no membership.
    let mut other = bench.clone();
    other.kafka.prefix.push_str("-reader");
    let mut reader = Owner::join(&other).await;
    reader.config = changelog_config(bench);
    for partition in 0..PARTITIONS {
        let end = ends[usize::try_from(partition).unwrap()];
        let (_, restored) = reader.restore(partition).await;
        for key in 0..KEYS {
            let offsets = (key..end).step_by(usize::try_from(KEYS).unwrap());
            let expected: String = offsets.map(|offset| format!("{offset} ")).collect();
            let row = restored.rows.get(key.to_string().as_bytes());
            let row = row.map_or("", |row| std::str::from_utf8(row).unwrap());
            assert_eq!(row, expected, "row {key} of partition {partition}");
        }
    }
    reader.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_record_is_counted_once_while_members_come_go_and_are_cut_off() {
    let (kafka, fault) = TestKafka::behind_fault().await;
    let topics = TestTopics::create_on(&kafka, PARTITIONS).await;
    let direct = Bench::of(&topics, PARTITIONS);
    let through = Bench::of(&topics.through(fault.address()), PARTITIONS);
    let takeovers = Arc::new(AtomicU64::new(0));
    let traffic = direct.start_traffic();
    let mut steady = Member::join(&direct, &takeovers);
    let mut cut_off = Member::join(&through, &takeovers);
    let begun = Instant::now();
    // Until everything has happened twice, and state was taken over from others again and again.
    let mut round = 0;
    while round < 6 || takeovers.load(Ordering::SeqCst) < 8 {
        assert!(
            begun.elapsed() < 3 * DEADLINE,
            "round {round}, {takeovers:?}"
        );
        // Not to wait for something, but to hit another moment each time.
        tokio::time::sleep(Duration::from_millis(700 + 433 * (round % 4))).await;
        match round % 3 {
            0 => restart(&mut steady, &direct, &takeovers).await,
            1 => {
                // Longer than the session: its partitions go elsewhere while it believes to have them.
                blow(&fault, Duration::from_secs(4)).await;
            }
            _ => restart(&mut cut_off, &through, &takeovers).await,
        }
        round += 1;
        if steady.task.is_finished() {
            restart(&mut steady, &direct, &takeovers).await;
        }
        if cut_off.task.is_finished() {
            restart(&mut cut_off, &through, &takeovers).await;
        }
    }
    traffic.stop().await;
    cut_off.end().await;
    if steady.task.is_finished() {
        restart(&mut steady, &direct, &takeovers).await;
    }
    expect_each_offset_once(&direct).await;
    steady.end().await;
}

async fn restart(member: &mut Member, bench: &Bench, takeovers: &Arc<AtomicU64>) {
    let next = Member::join(bench, takeovers);
    std::mem::replace(member, next).end().await;
}

async fn blow(fault: &TcpFault, length: Duration) {
    fault.stall().await;
    tokio::time::sleep(length).await;
    fault.heal().await;
}
