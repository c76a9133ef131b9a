//! A handler that writes down what it is told and does what the test says, and a group of them.
//!
//! All members of a group write into one journal, so that its order is the order of the world: who owns a partition
//! when, and which offsets were handed over, can be checked across members.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use kafka::consumer::{
    CommitPoint, ConsumerConfig, ConsumerError, Demand, Handler, HandlerError, StartPosition, spawn,
};
use kafka::metrics::ConsumerMetrics;
use kafka::{Partition, Record};
use prometheus::Registry;
use runtime::CancellationToken;
use testkit::wait_until;
use tokio::task::JoinHandle;

use crate::bench::{Bench, DEADLINE};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    BeginClaim(Partition),
    Assigned(Partition, StartPosition),
    Record(Partition, i64),
    End(Partition),
    BeginDrain(Vec<Partition>),
    Released(Partition),
}

/// What a member is told to do.
#[derive(Debug, Clone, Default)]
pub(crate) struct Orders {
    pub(crate) pause: bool,
    /// This partition alone waits.
    pub(crate) held: Option<Partition>,
    /// No claim gets done.
    pub(crate) hold_claims: bool,
    pub(crate) hold_drain: bool,
    /// Nothing from this offset on is done.
    pub(crate) done_below: Option<i64>,
    pub(crate) metadata: Option<String>,
    pub(crate) fail: Option<String>,
    pub(crate) panic: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Journal {
    pub(crate) entries: Vec<(&'static str, Event)>,
    pub(crate) ticks: BTreeMap<&'static str, u64>,
    orders: BTreeMap<&'static str, Orders>,
}

impl Journal {
    /// Events of one member.
    pub(crate) fn of(&self, member: &str) -> Vec<Event> {
        let mine = self.entries.iter().filter(|(name, _)| *name == member);
        mine.map(|(_, event)| event.clone()).collect()
    }

    /// Who owns which partition now. Fails when two ever owned one, or a record came to another.
    pub(crate) fn owners(&self) -> BTreeMap<Partition, &'static str> {
        let mut owners = BTreeMap::new();
        for (member, event) in &self.entries {
            match event {
                Event::Assigned(partition, _) => {
                    let other = owners.insert(*partition, *member);
                    assert_eq!(other, None, "{partition} given to {member} too");
                }
                Event::Released(partition) => {
                    assert_eq!(owners.remove(partition), Some(*member), "{partition}");
                }
                Event::Record(partition, _) | Event::End(partition) => {
                    assert_eq!(owners.get(partition), Some(member), "{event:?}");
                }
                Event::BeginClaim(_) | Event::BeginDrain(_) => {}
            }
        }
        owners
    }

    pub(crate) fn owned_by(&self, member: &str) -> Vec<Partition> {
        let owners = self.owners();
        let mine = owners.into_iter().filter(|(_, owner)| *owner == member);
        mine.map(|(partition, _)| partition).collect()
    }

    /// Offsets handed over of a partition, whoever got them.
    pub(crate) fn offsets(&self, partition: Partition) -> Vec<i64> {
        let offsets = self.entries.iter().filter_map(|(_, event)| match event {
            Event::Record(from, offset) if *from == partition => Some(*offset),
            _ => None,
        });
        offsets.collect()
    }

    pub(crate) fn starts(&self, member: &str) -> BTreeMap<Partition, StartPosition> {
        let events = self.of(member).into_iter();
        let starts = events.filter_map(|event| match event {
            Event::Assigned(partition, start) => Some((partition, start)),
            _ => None,
        });
        starts.collect()
    }
}

/// The members of one group.
#[derive(Clone)]
pub(crate) struct Group {
    pub(crate) bench: Bench,
    journal: Arc<Mutex<Journal>>,
    registry: Registry,
    metrics: ConsumerMetrics,
}

impl Group {
    pub(crate) fn new(bench: &Bench) -> Self {
        let registry = Registry::new();
        Self {
            bench: bench.clone(),
            journal: Arc::default(),
            metrics: ConsumerMetrics::register(&registry).unwrap(),
            registry,
        }
    }

    pub(crate) fn journal(&self) -> MutexGuard<'_, Journal> {
        // A member that panics on purpose must not hide what it saw before.
        self.journal
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    pub(crate) fn config(&self) -> ConsumerConfig {
        let bench = &self.bench;
        ConsumerConfig {
            commit_interval: Duration::from_millis(100),
            ..ConsumerConfig::new(bench.kafka.clone(), bench.group(), &bench.topic)
        }
    }

    pub(crate) fn join(&self, name: &'static str) -> Member {
        self.join_with(name, self.config(), Orders::default())
    }

    pub(crate) fn join_with(
        &self,
        name: &'static str,
        config: ConsumerConfig,
        orders: Orders,
    ) -> Member {
        self.order(name, |current| *current = orders);
        let probe = Probe {
            name,
            journal: Arc::clone(&self.journal),
            positions: BTreeMap::new(),
        };
        let token = CancellationToken::new();
        let consumer = spawn(config, probe, self.metrics.clone(), token.clone());
        Member {
            token,
            task: tokio::spawn(consumer),
        }
    }

    pub(crate) fn order(&self, name: &'static str, change: impl FnOnce(&mut Orders)) {
        change(self.journal().orders.entry(name).or_default());
    }

    /// Waits until `look` is content with the journal.
    pub(crate) async fn wait(&self, what: &str, look: impl Fn(&Journal) -> bool) {
        wait_until(what, DEADLINE, async || {
            let journal = self.journal();
            if look(&journal) {
                return Ok(());
            }
            let last: Vec<_> = journal.entries.iter().rev().take(6).cloned().collect();
            Err((last, journal.entries.len(), journal.owners()))
        })
        .await;
    }

    /// Waits for more ticks of a member: it goes on polling.
    pub(crate) async fn wait_for_ticks(&self, member: &'static str, more: u64) {
        let before = self.journal().ticks[member];
        self.wait("ticks", |journal| journal.ticks[member] >= before + more)
            .await;
    }

    /// Waits until each of the members owns as many partitions as said, all together every one.
    pub(crate) async fn wait_for_shares(&self, shares: &[(&'static str, usize)]) {
        let what = format!("shares {shares:?}");
        let is_shared = |journal: &Journal| {
            let owned = |member| journal.owned_by(member).len();
            shares.iter().all(|(member, share)| owned(member) == *share)
        };
        self.wait(&what, is_shared).await;
    }

    /// Waits until every partition is read to its end, then checks that each offset was handed over exactly once and
    /// in order, over all members.
    pub(crate) async fn expect_every_record_once(&self) {
        let ends = self.bench.ends();
        let is_read = |journal: &Journal| {
            let read = |partition: usize| journal.offsets(i32::try_from(partition).unwrap());
            let last = |partition| read(partition).last().copied();
            (0..ends.len()).all(|partition| last(partition) == Some(ends[partition] - 1))
        };
        self.wait("every record", is_read).await;
        for (partition, end) in (0..).zip(&ends) {
            let all: Vec<i64> = (0..*end).collect();
            assert_eq!(self.journal().offsets(partition), all, "{partition}");
        }
        self.journal().owners();
    }

    /// The value of a counter or gauge, `None` when there is none with these labels.
    pub(crate) fn metric(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let families = self.registry.gather();
        let family = families.iter().find(|family| family.name() == name)?;
        let metric = family.get_metric().iter().find(|metric| {
            let has = |(name, value): &(&str, &str)| {
                let mut pairs = metric.get_label().iter();
                pairs.any(|pair| pair.name() == *name && pair.value() == *value)
            };
            labels.iter().all(has)
        })?;
        Some(metric.get_counter().get_value() + metric.get_gauge().get_value())
    }

    /// Rebalances of all members so far.
    pub(crate) fn rebalances(&self) -> f64 {
        let count = |event| self.metric(kafka::metrics::REBALANCES, &[("event", event)]);
        let events = ["assign", "revoke", "lost"].into_iter();
        events.filter_map(count).sum()
    }
}

pub(crate) struct Member {
    token: CancellationToken,
    task: JoinHandle<Result<(), ConsumerError>>,
}

impl Member {
    pub(crate) fn begin_shutdown(&self) {
        self.token.cancel();
    }

    /// How it ended, waited for at the most as long as said.
    pub(crate) async fn outcome(self, deadline: Duration) -> Result<(), ConsumerError> {
        let ended = tokio::time::timeout(deadline, self.task).await;
        assert!(
            ended.is_ok(),
            "the consumer has not ended within {deadline:?}"
        );
        ended.unwrap().unwrap()
    }

    pub(crate) async fn shut_down(self) {
        self.begin_shutdown();
        self.outcome(DEADLINE).await.unwrap();
    }
}

struct Probe {
    name: &'static str,
    journal: Arc<Mutex<Journal>>,
    positions: BTreeMap<Partition, i64>,
}

impl Probe {
    fn write(&self, event: Event) {
        self.journal
            .lock()
            .unwrap()
            .entries
            .push((self.name, event));
    }

    fn orders(&self) -> Orders {
        self.journal.lock().unwrap().orders[self.name].clone()
    }
}

impl Handler for Probe {
    fn begin_claim(&mut self, partition: Partition) -> Result<(), HandlerError> {
        self.write(Event::BeginClaim(partition));
        Ok(())
    }

    fn is_claimed(&mut self, _partition: Partition) -> Result<bool, HandlerError> {
        Ok(!self.orders().hold_claims)
    }

    fn is_held(&mut self, partition: Partition) -> bool {
        self.orders().held == Some(partition)
    }

    fn assigned(
        &mut self,
        partition: Partition,
        start: &StartPosition,
    ) -> Result<i64, HandlerError> {
        self.positions.insert(partition, start.offset);
        self.write(Event::Assigned(partition, start.clone()));
        Ok(start.offset)
    }

    fn record(&mut self, record: &Record<'_>) -> Result<(), HandlerError> {
        self.positions.insert(record.partition, record.offset + 1);
        self.write(Event::Record(record.partition, record.offset));
        Ok(())
    }

    fn caught_up(&mut self, partition: Partition, wall_ms: i64) {
        assert!(wall_ms > 1_600_000_000_000, "{wall_ms}");
        self.write(Event::End(partition));
    }

    fn tick(&mut self, now_ms: i64) -> Result<Demand, HandlerError> {
        assert!(now_ms > 1_600_000_000_000, "{now_ms}");
        let mut journal = self.journal.lock().unwrap();
        *journal.ticks.entry(self.name).or_default() += 1;
        drop(journal);
        let orders = self.orders();
        assert!(!orders.panic, "as ordered");
        if let Some(reason) = orders.fail {
            return Err(HandlerError { reason });
        }
        Ok(if orders.pause {
            Demand::Pause
        } else {
            Demand::Continue
        })
    }

    fn commit_point(&mut self, partition: Partition) -> Option<CommitPoint> {
        let orders = self.orders();
        let position = *self.positions.get(&partition)?;
        let next_offset = orders.done_below.map_or(position, |end| end.min(position));
        let metadata = orders.metadata;
        Some(CommitPoint {
            next_offset,
            metadata: metadata.unwrap_or_else(|| format!("below {next_offset}")),
        })
    }

    fn begin_drain(&mut self, partitions: &[Partition]) {
        self.write(Event::BeginDrain(partitions.to_vec()));
    }

    fn is_drained(&mut self, _partitions: &[Partition]) -> bool {
        !self.orders().hold_drain
    }

    fn released(&mut self, partition: Partition) {
        // One that goes before its claim is done was never ours.
        if self.positions.remove(&partition).is_some() {
            self.write(Event::Released(partition));
        }
    }
}
