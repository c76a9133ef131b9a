//! Where messages meet watchers: one publisher, any number of watchers, one lock.
//!
//! Publishing a message, registering a watcher and making a cursor each happen in one step, so that a
//! cursor never stands behind a message that its owner has not been given. Queues and rings are bounded,
//! so no step waits for a watcher.

mod state;
mod watch;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use kafka::Partition;
use kafka::tail::TailStart;
use schemas::ids::{OrganisationId, SessionId};
use schemas::live::{LiveMessage, LiveSnapshot, SnapshotReason};
use state::{Organisation, State, Topic};
pub(crate) use watch::Watch;

use crate::error::ApiError;
use crate::live::config::LiveConfig;
use crate::live::counts::Counts;
use crate::live::cursor::{Cursor, TopicIdentity};
use crate::live::filter::FeedQuery;
use crate::live::message::{Kind, Message, Subject};
use crate::live::metrics::LiveMetrics;
use crate::live::rates::Rates;
use crate::live::ring::Ring;
use crate::live::watcher::{Closed, Transport, Watcher};

/// A connection is given what waits for it at most once in this time for each connection of the process.
/// At 5,000 that is every 50 ms: what handing out may cost is bounded, and what comes meanwhile goes together.
const PACE: Duration = Duration::from_micros(10);
/// Figures are told once a second: of a tenth of the organisations at a time.
pub(crate) const TURNS: u32 = 10;

/// What a published record counts as.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counted {
    /// The session.
    pub(crate) session: SessionId,
    /// Whether a judgement says "bot".
    pub(crate) is_bot: bool,
}

#[derive(Debug)]
struct Inner {
    state: Mutex<State>,
    connected: AtomicUsize,
    config: LiveConfig,
    metrics: LiveMetrics,
    rates: Rates,
}

/// The meeting place; clones are cheap.
#[derive(Debug, Clone)]
pub(crate) struct Hub(Arc<Inner>);

impl Hub {
    pub(crate) fn new(config: LiveConfig, metrics: LiveMetrics) -> Self {
        let limit = i64::try_from(config.clients).unwrap_or(i64::MAX);
        metrics.clients_limit.set(limit);
        Self(Arc::new(Inner {
            state: Mutex::default(),
            connected: AtomicUsize::new(0),
            config,
            metrics,
            rates: Rates::new(Utc::now()),
        }))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn config(&self) -> &LiveConfig {
        &self.0.config
    }

    pub(crate) fn metrics(&self) -> &LiveMetrics {
        &self.0.metrics
    }

    /// How fast verdicts come.
    pub(crate) fn rates(&self) -> &Rates {
        &self.0.rates
    }

    /// How long a connection rests between two deliveries.
    pub(crate) fn pace(&self) -> Duration {
        let connected = u32::try_from(self.0.connected.load(Ordering::Relaxed));
        PACE * connected.unwrap_or(u32::MAX)
    }

    /// Reading the topic begins, or begins anew: who watches has to read again, nothing is kept.
    pub(crate) fn begin(&self, name: &str, start: &TailStart) {
        let (begin, ends) = offsets(start);
        let mut state = self.lock();
        state.topic = Some(Topic {
            identity: TopicIdentity::of(start.cluster.as_deref(), name, begin.len()),
            begun_at: Utc::now().timestamp(),
            positions: begin.clone(),
            ends,
            begin: begin.clone(),
        });
        state.kept_bytes = 0;
        for organisation in state.organisations.values_mut() {
            organisation.ring = Ring::new(begin.clone());
            for watcher in organisation.watchers.values() {
                watcher.lose(SnapshotReason::Replaced);
            }
        }
    }

    /// The cursor after the record at a place; `None` when the place cannot follow what was read, which
    /// means that the topic was made anew.
    pub(crate) fn cursor_after(&self, (partition, offset): (Partition, i64)) -> Option<String> {
        let state = self.lock();
        let topic = state.topic.as_ref()?;
        let mut positions = topic.positions.clone();
        let identity = topic.identity;
        drop(state);
        let position = positions.get_mut(usize::try_from(partition).ok()?)?;
        if offset < *position {
            return None;
        }
        *position = offset + 1;
        Some(Cursor::new(identity, Utc::now().timestamp(), positions).close())
    }

    /// Has read the record at a place, which is told to nobody.
    pub(crate) fn pass(&self, place: (Partition, i64)) {
        self.lock().advance(place);
    }

    /// Tells a record's message to who wants it, and keeps it. There is one publisher.
    pub(crate) fn publish(
        &self,
        organisation: &OrganisationId,
        counted: Counted,
        message: &Arc<Message>,
    ) {
        let metrics = &self.0.metrics;
        let kind = message.subject.kind;
        metrics.messages.with_label_values(&[kind.as_str()]).inc();
        let mut state = self.lock();
        let is_new = message.place.is_some_and(|place| state.advance(place));
        let config = &self.0.config;
        let known = state.organisation(organisation);
        if is_new && !known.watchers.is_empty() {
            match kind {
                Kind::Finding => known.counts.findings += 1,
                _ => known.counts.verdict(counted.session, counted.is_bot),
            }
        }
        for watcher in known.watchers.values() {
            if watcher.filter.wants(&message.subject) {
                watcher.push(message);
            }
        }
        known.ring.push(Arc::clone(message));
        let mut freed = 0;
        while known.ring.len() > config.replay_messages {
            freed += known.ring.forget_oldest();
        }
        state.kept_bytes = state.kept_bytes + message.size() - freed;
        state.forget_beyond(config.replay_bytes);
        let kept = i64::try_from(state.kept_bytes).unwrap_or(i64::MAX);
        metrics.kept_bytes.set(kept);
    }

    /// Registers a watcher of an organisation; it has missed nothing since its cursor, or is told so.
    ///
    /// # Errors
    /// No room, or the topic has not been found yet.
    pub(crate) fn register(
        &self,
        organisation: &OrganisationId,
        query: FeedQuery,
        transport: Transport,
    ) -> Result<Watch, ApiError> {
        let Inner {
            config, metrics, ..
        } = &*self.0;
        let refuse = |room: &str| metrics.refused.with_label_values(&[room]).inc();
        let mut state = self.lock();
        if state.topic.is_none() {
            return Err(ApiError::LiveNotStarted);
        }
        if state.watchers >= config.clients {
            refuse("process");
            return Err(ApiError::LiveFull);
        }
        let known = state.organisation(organisation);
        if known.watchers.len() >= config.organisation_clients {
            refuse("organisation");
            return Err(ApiError::TooManyLive);
        }
        if known.watchers.is_empty() {
            known.counts = Counts::new(Instant::now());
        }
        let opened = query.cursor.as_deref().map(Cursor::open);
        let reason = match opened {
            None => SnapshotReason::Start,
            Some(None) => SnapshotReason::UnknownCursor,
            Some(Some(_)) => SnapshotReason::TooOld,
        };
        let watcher = Arc::new(Watcher::new(query.filter, transport, config, reason));
        if let Some(cursor) = opened.flatten() {
            state.resume(organisation, &watcher, &cursor, metrics);
        }
        let id = state.next_watcher;
        state.next_watcher += 1;
        state.watchers += 1;
        let known = state.organisation(organisation);
        known.watchers.insert(id, Arc::clone(&watcher));
        drop(state);
        self.0.connected.fetch_add(1, Ordering::Relaxed);
        metrics
            .clients
            .with_label_values(&[transport.as_str()])
            .inc();
        Ok(Watch {
            hub: self.clone(),
            organisation: organisation.clone(),
            id,
            watcher,
            closed: Closed::Left,
        })
    }

    /// The message that tells a watcher to read again; from its cursor on, messages are collected again.
    pub(crate) fn snapshot(
        &self,
        watcher: &Watcher,
        reason: SnapshotReason,
    ) -> Option<Arc<Message>> {
        let state = self.lock();
        let cursor = state.topic.as_ref()?.cursor();
        watcher.recover();
        drop(state);
        let label = reason.as_str();
        self.0.metrics.snapshots.with_label_values(&[label]).inc();
        let body = LiveSnapshot {
            cursor: cursor.clone(),
            at: Utc::now(),
            reason,
        };
        let subject = Subject::of(Kind::Snapshot);
        Message::write(subject, None, (&cursor, &LiveMessage::Snapshot(body))).ok()
    }

    /// The cursor of a watcher that has been told everything up to now.
    pub(crate) fn idle_cursor(&self, watcher: &Watcher) -> Option<String> {
        let state = self.lock();
        let topic = state.topic.as_ref()?;
        watcher.is_idle().then(|| topic.cursor())
    }

    /// Tells the organisations of this turn their figures, and ends connections that are stuck.
    pub(crate) fn tell_figures(&self, turn: u32, now: Instant, at: DateTime<Utc>) {
        let mut guard = self.lock();
        let state = &mut *guard;
        let Some(topic) = &state.topic else { return };
        // Made for the first who is told, as everything is published under this lock.
        let mut cursor = None;
        let mut ended = 0;
        for organisation in state.organisations.values_mut() {
            if organisation.turn != turn || organisation.watchers.is_empty() {
                continue;
            }
            ended += self.end_stuck(organisation, now);
            let cursor = cursor.get_or_insert_with(|| topic.cursor());
            if let Some(message) = organisation.figures(now, at, cursor) {
                for watcher in organisation.watchers.values() {
                    if watcher.filter.wants(&message.subject) {
                        watcher.push(&message);
                    }
                }
            }
        }
        state.watchers -= ended;
    }

    /// Ends streams that take nothing. Only their connection knows that it is stuck, and does not say so; a
    /// socket's own task ends itself.
    fn end_stuck(&self, organisation: &mut Organisation, now: Instant) -> usize {
        let limit = self.0.config.write_timeout;
        let before = organisation.watchers.len();
        organisation.watchers.retain(|_, watcher| {
            let is_stuck = watcher.transport == Transport::Stream && watcher.is_stuck(now, limit);
            if is_stuck {
                watcher.end(Closed::Slow);
                self.count_left(watcher.transport, Closed::Slow);
            }
            !is_stuck
        });
        before - organisation.watchers.len()
    }

    fn count_left(&self, transport: Transport, reason: Closed) {
        let Inner {
            metrics, connected, ..
        } = &*self.0;
        connected.fetch_sub(1, Ordering::Relaxed);
        metrics
            .clients
            .with_label_values(&[transport.as_str()])
            .dec();
        metrics.closed.with_label_values(&[reason.as_str()]).inc();
    }
}

fn offsets(start: &TailStart) -> (Vec<i64>, Vec<i64>) {
    let partitions = start.partitions.iter();
    // Partitions are numbered from 0 without gaps.
    partitions
        .map(|partition| (partition.begin, partition.end))
        .unzip()
}
