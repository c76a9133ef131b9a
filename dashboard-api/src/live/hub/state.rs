//! What the hub's one lock guards: the topic as far as it was read, and by organisation who watches and what is kept.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, Utc};
use kafka::Partition;
use schemas::ids::OrganisationId;
use schemas::live::{LiveMessage, LiveStats, SnapshotReason};

use super::TURNS;
use crate::live::counts::Counts;
use crate::live::cursor::{Cursor, TopicIdentity};
use crate::live::message::{Kind, Message, Subject};
use crate::live::metrics::LiveMetrics;
use crate::live::ring::Ring;
use crate::live::watcher::Watcher;

/// Clocks of instances may differ by so much.
const SKEW_SECONDS: i64 = 60;

/// The verdicts topic as far as it was read.
#[derive(Debug)]
pub(super) struct Topic {
    pub(super) identity: TopicIdentity,
    pub(super) begun_at: i64,
    /// By partition: where it ended when reading began.
    pub(super) ends: Vec<i64>,
    /// By partition: the next offset.
    pub(super) positions: Vec<i64>,
    /// By partition: the first offset that was read.
    pub(super) begin: Vec<i64>,
}

impl Topic {
    pub(super) fn cursor(&self) -> String {
        let made_at = Utc::now().timestamp();
        Cursor::new(self.identity, made_at, self.positions.clone()).close()
    }

    /// Whether a cursor can be one of this topic's.
    fn knows(&self, cursor: &Cursor) -> bool {
        // What was made before reading began was not behind the end of then.
        let is_old = cursor.made_at + SKEW_SECONDS < self.begun_at;
        // What is between the beginning and the end of then may still have to be read.
        let limits = self.positions.iter().zip(&self.ends);
        let is_behind =
            |(at, (position, end)): (&i64, (&i64, &i64))| at <= end || (!is_old && at <= position);
        cursor.topic == self.identity
            && cursor.positions.len() == self.positions.len()
            && cursor.positions.iter().zip(limits).all(is_behind)
    }
}

#[derive(Debug)]
pub(super) struct Organisation {
    pub(super) ring: Ring,
    pub(super) watchers: HashMap<u64, Arc<Watcher>>,
    pub(super) counts: Counts,
    /// Its place among the turns of figures.
    pub(super) turn: u32,
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) topic: Option<Topic>,
    pub(super) organisations: HashMap<OrganisationId, Organisation>,
    pub(super) kept_bytes: usize,
    pub(super) watchers: usize,
    pub(super) next_watcher: u64,
}

impl State {
    pub(super) fn organisation(&mut self, id: &OrganisationId) -> &mut Organisation {
        let turn = u32::try_from(self.organisations.len() % TURNS as usize).unwrap_or(0);
        if !self.organisations.contains_key(id) {
            let floor = self.topic.as_ref().map(|topic| topic.begin.clone());
            let organisation = Organisation {
                ring: Ring::new(floor.unwrap_or_default()),
                watchers: HashMap::new(),
                counts: Counts::new(Instant::now()),
                turn,
            };
            self.organisations.insert(id.clone(), organisation);
        }
        #[expect(clippy::expect_used, reason = "inserted above if it was absent")]
        self.organisations.get_mut(id).expect("is there")
    }

    /// Has read a place; tells whether the record came after reading began.
    pub(super) fn advance(&mut self, (partition, offset): (Partition, i64)) -> bool {
        let Some((topic, index)) = self.topic.as_mut().zip(usize::try_from(partition).ok()) else {
            return false;
        };
        if let Some(position) = topic.positions.get_mut(index) {
            *position = (*position).max(offset + 1);
        }
        topic.ends.get(index).is_some_and(|end| offset >= *end)
    }

    /// Gives a watcher what it has missed, if all of it is kept.
    pub(super) fn resume(
        &self,
        organisation: &OrganisationId,
        watcher: &Watcher,
        cursor: &Cursor,
        metrics: &LiveMetrics,
    ) {
        let topic = self.topic.as_ref();
        if !topic.is_some_and(|topic| topic.knows(cursor)) {
            watcher.lose(SnapshotReason::UnknownCursor);
            return;
        }
        let ring = self
            .organisations
            .get(organisation)
            .map(|known| &known.ring);
        let missed = ring.and_then(|ring| ring.after(&cursor.positions, &watcher.filter));
        if let Some(missed) = missed {
            metrics.replayed.inc_by(missed.len() as u64);
            watcher.resume(missed);
        }
    }

    /// Forgets the oldest messages of whoever keeps most, until everything fits.
    pub(super) fn forget_beyond(&mut self, limit: usize) {
        if self.kept_bytes <= limit {
            return;
        }
        // A little more than needed, so that the search is not repeated for every message.
        let target = limit - limit / 64;
        while self.kept_bytes > target {
            let rings = self.organisations.values_mut().map(|known| &mut known.ring);
            let Some(largest) = rings.max_by_key(|ring| ring.bytes()) else {
                return;
            };
            let mut freed = 0;
            for _ in 0..largest.len().min(32) {
                freed += largest.forget_oldest();
            }
            if freed == 0 {
                return;
            }
            self.kept_bytes -= freed;
        }
    }
}

impl Organisation {
    /// The figures since the last, and starts to count anew.
    pub(super) fn figures(
        &mut self,
        now: Instant,
        at: DateTime<Utc>,
        cursor: &str,
    ) -> Option<Arc<Message>> {
        let counts = std::mem::replace(&mut self.counts, Counts::new(now));
        let seconds = now.saturating_duration_since(counts.since).as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
        let rate = counts.verdicts as f64 / seconds.max(0.001);
        let stats = LiveStats {
            cursor: cursor.to_owned(),
            at,
            seconds: round(seconds),
            verdicts: counts.verdicts,
            verdicts_per_second: round(rate),
            sessions: counts.sessions(),
            bots: counts.bots,
            findings: counts.findings,
            connections: self.watchers.len() as u64,
        };
        let body = LiveMessage::Stats(stats);
        Message::write(Subject::of(Kind::Stats), None, (cursor, &body)).ok()
    }
}

/// To thousandths: nobody reads more.
fn round(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}
