//! When a window ends, and until when a record still belongs to it. All times are broker time in
//! milliseconds since 1970.
//!
//! Owns the arithmetic and nothing else, so that a window that is put away can be asked as well as one in
//! memory. Times saturate: no stored value can make them overflow.

use std::time::Duration;

use schemas::verdict::WindowStatus;
use serde::{Deserialize, Serialize};

use crate::config::WindowConfig;

/// [`WindowConfig`] in milliseconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    gap: i64,
    grace: i64,
    max_length: i64,
    pub(super) emit_after: i64,
    pub(super) emit_events: u64,
    pub(super) clock_margin: i64,
    pub(super) generation: u32,
}

impl Times {
    pub(super) fn new(config: WindowConfig) -> Self {
        let millis =
            |duration: Duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 4);
        Self {
            gap: millis(config.gap),
            grace: millis(config.grace),
            max_length: millis(config.max_length),
            emit_after: millis(config.emit_after),
            emit_events: config.emit_events,
            clock_margin: millis(config.clock_margin),
            generation: config.generation,
        }
    }

    /// The last time at which a session is remembered, given its last record's.
    pub(super) fn remembered_until(&self, last_ms: i64) -> i64 {
        last_ms.saturating_add(self.max_length)
    }
}

/// The times of one window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Span {
    /// Its first record.
    pub(super) opened_ms: i64,
    /// The latest record folded.
    pub(super) last_ms: i64,
    /// Its completion.
    pub(super) completed_ms: Option<i64>,
    /// Whether the final verdict of everything folded is out.
    pub(super) closed: bool,
}

impl Span {
    /// Of a window that begins now.
    pub(super) fn opened(broker_ms: i64) -> Self {
        Self {
            opened_ms: broker_ms,
            last_ms: broker_ms,
            completed_ms: None,
            closed: false,
        }
    }

    /// Whether a record of that time belongs to the window.
    pub(super) fn accepts(&self, broker_ms: i64, times: &Times) -> bool {
        broker_ms <= self.accepts_until(times)
    }

    /// How the window has ended when that time has come; `None` while it is open.
    pub(super) fn ended_by(&self, broker_ms: i64, times: &Times) -> Option<WindowStatus> {
        if self.completed_ms.is_some() {
            return Some(WindowStatus::Completed);
        }
        if broker_ms <= self.open_until(times) {
            return None;
        }
        // Which end came first, not when somebody looked: the status must not depend on a clock.
        let by_gap = self.idle_from(times) <= self.longest(times);
        Some(if by_gap {
            WindowStatus::Idle
        } else {
            WindowStatus::MaxLength
        })
    }

    /// The last time at which the window is still open.
    pub(super) fn open_until(&self, times: &Times) -> i64 {
        self.idle_from(times).min(self.longest(times))
    }

    /// The last time at which a record still belongs to the window.
    pub(super) fn accepts_until(&self, times: &Times) -> i64 {
        let deadline = match self.completed_ms {
            Some(completed) => completed.saturating_add(times.grace),
            None => self.idle_from(times).saturating_add(times.grace),
        };
        deadline.min(self.longest(times))
    }

    fn idle_from(&self, times: &Times) -> i64 {
        self.last_ms.saturating_add(times.gap)
    }

    fn longest(&self, times: &Times) -> i64 {
        self.opened_ms.saturating_add(times.max_length)
    }
}
