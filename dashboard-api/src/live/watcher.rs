//! One watcher: what it wants, and what waits for it.
//!
//! The queue is bounded in messages and bytes. When it is full everything in it is dropped, and the
//! watcher is told once that it has to read again: a slow watcher costs a fixed amount of memory.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use schemas::live::SnapshotReason;
use tokio::sync::Notify;

use crate::live::config::LiveConfig;
use crate::live::filter::Filter;
use crate::live::message::{Kind, Message};

/// How a watcher is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transport {
    /// WebSocket.
    Socket,
    /// Server-sent events.
    Stream,
}

impl Transport {
    /// The stable text.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Socket => "websocket",
            Self::Stream => "sse",
        }
    }
}

/// What ended a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Closed {
    /// The watcher has left.
    Left,
    /// The process ends.
    Shutdown,
    /// The key or the sign-in does not hold any more.
    Credentials,
    /// It took nothing for too long.
    Slow,
    /// It gave no sign of life.
    Silent,
    /// The connection broke, or what came was no WebSocket.
    Broken,
}

impl Closed {
    /// Everything that may end one.
    pub(crate) const ALL: [Self; 6] = [
        Self::Left,
        Self::Shutdown,
        Self::Credentials,
        Self::Slow,
        Self::Silent,
        Self::Broken,
    ];

    /// The stable text.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Shutdown => "shutdown",
            Self::Credentials => "credentials_invalid",
            Self::Slow => "slow",
            Self::Silent => "silent",
            Self::Broken => "broken",
        }
    }
}

/// What is next for a watcher.
#[derive(Debug)]
pub(crate) enum Next {
    /// These messages, in order.
    Messages(VecDeque<Arc<Message>>),
    /// To be told that messages are missing.
    Lost(SnapshotReason),
    /// The end.
    Ended(Closed),
}

/// Bounds of a queue.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    messages: usize,
    bytes: usize,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<Arc<Message>>,
    /// Messages and bytes that came since the watcher last took something; what is replayed to it does not count.
    messages: usize,
    bytes: usize,
    lost: Option<SnapshotReason>,
    ended: Option<Closed>,
    /// Since when something waits.
    since: Option<Instant>,
}

/// One watcher.
#[derive(Debug)]
pub(crate) struct Watcher {
    pub(crate) filter: Filter,
    pub(crate) transport: Transport,
    bounds: Bounds,
    queue: Mutex<Queue>,
    wake: Notify,
}

impl Watcher {
    /// A watcher that has to read everything first, for the reason given.
    pub(crate) fn new(
        filter: Filter,
        transport: Transport,
        config: &LiveConfig,
        reason: SnapshotReason,
    ) -> Self {
        let queue = Queue {
            lost: Some(reason),
            since: Some(Instant::now()),
            ..Queue::default()
        };
        Self {
            filter,
            transport,
            bounds: Bounds {
                messages: config.queue_messages,
                bytes: config.queue_bytes,
            },
            queue: Mutex::new(queue),
            wake: Notify::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has nothing lost after all: `missed` is all there is between its cursor and now.
    pub(crate) fn resume(&self, missed: VecDeque<Arc<Message>>) {
        let mut queue = self.lock();
        queue.lost = None;
        queue.since = (!missed.is_empty()).then(Instant::now);
        queue.waiting = missed;
    }

    /// Adds a message that it wants.
    pub(crate) fn push(&self, message: &Arc<Message>) {
        let mut queue = self.lock();
        if queue.lost.is_some() || queue.ended.is_some() {
            return;
        }
        if message.subject.kind == Kind::Stats {
            // Figures that nobody has taken yet are outdated by these.
            let last = queue.waiting.back_mut();
            if let Some(last) = last.filter(|last| last.subject.kind == Kind::Stats) {
                *last = Arc::clone(message);
                return;
            }
        }
        queue.messages += 1;
        queue.bytes += message.size();
        if queue.messages > self.bounds.messages || queue.bytes > self.bounds.bytes {
            self.drop_all(queue, SnapshotReason::Slow);
            return;
        }
        queue.waiting.push_back(Arc::clone(message));
        queue.since.get_or_insert_with(Instant::now);
        drop(queue);
        self.wake.notify_one();
    }

    /// Drops what waits; the watcher has to read again.
    pub(crate) fn lose(&self, reason: SnapshotReason) {
        self.drop_all(self.lock(), reason);
    }

    fn drop_all(&self, mut queue: MutexGuard<'_, Queue>, reason: SnapshotReason) {
        queue.lost = Some(reason);
        queue.waiting = VecDeque::new();
        queue.since.get_or_insert_with(Instant::now);
        drop(queue);
        self.wake.notify_one();
    }

    /// Ends the connection from outside.
    pub(crate) fn end(&self, reason: Closed) {
        let mut queue = self.lock();
        queue.waiting = VecDeque::new();
        queue.ended.get_or_insert(reason);
        drop(queue);
        self.wake.notify_one();
    }

    /// Whether something waits for longer than `limit`.
    pub(crate) fn is_stuck(&self, now: Instant, limit: Duration) -> bool {
        let since = self.lock().since;
        since.is_some_and(|since| now.saturating_duration_since(since) > limit)
    }

    /// Whether it has been told everything.
    pub(crate) fn is_idle(&self) -> bool {
        let queue = self.lock();
        queue.waiting.is_empty() && queue.lost.is_none()
    }

    /// What is next, without waiting. After [`Next::Lost`] messages are collected again, so the caller
    /// holds what keeps others from publishing.
    pub(crate) fn take(&self) -> Option<Next> {
        let mut queue = self.lock();
        if let Some(reason) = queue.ended {
            return Some(Next::Ended(reason));
        }
        if let Some(reason) = queue.lost {
            return Some(Next::Lost(reason));
        }
        if queue.waiting.is_empty() {
            return None;
        }
        (queue.messages, queue.bytes, queue.since) = (0, 0, None);
        Some(Next::Messages(std::mem::take(&mut queue.waiting)))
    }

    /// Collects messages again; the caller holds what keeps others from publishing.
    pub(crate) fn recover(&self) {
        let mut queue = self.lock();
        queue.lost = None;
        (queue.messages, queue.bytes, queue.since) = (0, 0, None);
    }

    /// Waits for what is next. Nothing is lost when it is given up.
    pub(crate) async fn next(&self) -> Next {
        loop {
            if let Some(next) = self.take() {
                return next;
            }
            self.wake.notified().await;
        }
    }
}
