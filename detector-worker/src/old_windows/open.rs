//! One open window: features, what was emitted of it, and when it ends.

use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, TimeZone, Utc};
use detection::{Folded, Ruleset, Window};
use schemas::batch::BatchRecord;
use schemas::ids::{OrganisationId, SessionId};
use schemas::session::SessionStarted;
use schemas::verdict::{
    Phase, Revision, RiskLevel, SessionFacts, Verdict, VerdictRecord, WindowStatus,
};

use super::phase_of;
use crate::config::WindowConfig;
use crate::windows::Input;

/// [`WindowConfig`] in milliseconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    gap: i64,
    grace: i64,
    max_length: i64,
    emit_after: i64,
    emit_events: u64,
    pub(super) clock_margin: i64,
    generation: u32,
}

impl Times {
    pub(super) fn new(config: WindowConfig) -> Self {
        let millis = |duration: std::time::Duration| {
            i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 4)
        };
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
}

/// What was last emitted of a window.
#[derive(Debug, Clone, Copy)]
struct Emitted {
    events: u64,
    broker_ms: i64,
    risk: Option<RiskLevel>,
    /// The final verdict of the last folded record is out.
    closed: bool,
}

#[derive(Debug)]
pub(super) struct OpenWindow {
    pub(super) session_id: SessionId,
    pub(super) organisation: OrganisationId,
    pub(super) first_offset: i64,
    pub(super) is_orphan: bool,
    features: Window,
    ruleset: Arc<Ruleset>,
    platform: Option<String>,
    survey_id: Option<String>,
    respondent_id: Option<String>,
    /// The experiment's arm stamped on the session's first record.
    experiment: Option<String>,
    created_at: DateTime<Utc>,
    expires_at: Option<DateTime<Utc>>,
    opened_ms: i64,
    last_ms: i64,
    last_offset: i64,
    completed_ms: Option<i64>,
    emitted: Emitted,
}

impl OpenWindow {
    /// A window that begins with the session's first record.
    pub(super) fn started(
        input: &Input<'_>,
        started: &SessionStarted,
        ruleset: Arc<Ruleset>,
    ) -> Self {
        let mut window = Self::orphan(input, ruleset);
        window.is_orphan = false;
        window.features.start(started);
        window.platform.clone_from(&started.platform);
        window.survey_id.clone_from(&started.survey_id);
        window.respondent_id.clone_from(&started.respondent_id);
        window.experiment.clone_from(&started.versions.experiment);
        window.created_at = started.created_at;
        window.expires_at = Some(started.expires_at);
        window
    }

    /// A window whose session's first record belongs to an earlier window.
    pub(super) fn orphan(input: &Input<'_>, ruleset: Arc<Ruleset>) -> Self {
        Self {
            session_id: input.session_id,
            organisation: input.organisation.clone(),
            first_offset: input.offset,
            is_orphan: true,
            features: Window::new(),
            ruleset,
            platform: None,
            survey_id: None,
            respondent_id: None,
            experiment: None,
            created_at: input.session_id.created_at(),
            expires_at: None,
            opened_ms: input.broker_ms,
            last_ms: input.broker_ms,
            last_offset: input.offset,
            completed_ms: None,
            emitted: Emitted {
                events: 0,
                broker_ms: input.broker_ms,
                risk: None,
                closed: false,
            },
        }
    }

    /// Folds a batch and emits what is due.
    pub(super) fn fold(
        &mut self,
        batch: &BatchRecord<'_>,
        input: &Input<'_>,
        times: &Times,
        out: &mut Vec<VerdictRecord>,
    ) -> Folded {
        if self.features.fold(batch) == Folded::Duplicate {
            return Folded::Duplicate;
        }
        self.touch(input);
        let status = self.status();
        let due = self.features.event_count() - self.emitted.events >= times.emit_events
            || input.broker_ms - self.emitted.broker_ms >= times.emit_after
            || self.completed_ms.is_some();
        let (verdict, micros) = self.judge();
        if due || Some(verdict.risk_level) != self.emitted.risk {
            out.push(self.emit(verdict, micros, status, times));
        }
        Folded::Folded
    }

    fn touch(&mut self, input: &Input<'_>) {
        self.last_ms = self.last_ms.max(input.broker_ms);
        self.last_offset = input.offset;
        self.emitted.closed = false;
    }

    pub(super) fn is_completed(&self) -> bool {
        self.completed_ms.is_some()
    }

    pub(super) fn complete(&mut self, input: &Input<'_>) {
        self.touch(input);
        self.completed_ms = Some(input.broker_ms);
    }

    fn status(&self) -> WindowStatus {
        if self.is_completed() {
            WindowStatus::Completed
        } else {
            WindowStatus::Active
        }
    }

    /// Whether a record of that broker time belongs to this window.
    pub(super) fn accepts(&self, broker_ms: i64, times: &Times) -> bool {
        broker_ms <= self.accepts_until(times)
    }

    /// How the window has ended when that time has come; `None` while it is open.
    pub(super) fn ended_by(&self, broker_ms: i64, times: &Times) -> Option<WindowStatus> {
        if self.is_completed() {
            return Some(WindowStatus::Completed);
        }
        if broker_ms <= self.open_until(times) {
            return None;
        }
        // Which end came first, not when somebody looked: the status must not depend on a clock.
        let by_gap = self.last_ms + times.gap <= self.opened_ms + times.max_length;
        Some(if by_gap {
            WindowStatus::Idle
        } else {
            WindowStatus::MaxLength
        })
    }

    /// The last time at which the window is still open.
    pub(super) fn open_until(&self, times: &Times) -> i64 {
        (self.last_ms + times.gap).min(self.opened_ms + times.max_length)
    }

    /// The last time at which a record still belongs to the window.
    pub(super) fn accepts_until(&self, times: &Times) -> i64 {
        let deadline = match self.completed_ms {
            Some(completed) => completed + times.grace,
            None => self.last_ms + times.gap + times.grace,
        };
        deadline.min(self.opened_ms + times.max_length)
    }

    /// Whether the final verdict of everything folded is out.
    pub(super) fn is_closed(&self) -> bool {
        self.emitted.closed
    }

    /// The final verdict, unless it is out already.
    pub(super) fn close(&mut self, status: WindowStatus, times: &Times) -> Option<VerdictRecord> {
        if self.emitted.closed {
            return None;
        }
        let (verdict, micros) = self.judge();
        let record = self.emit(verdict, micros, status, times);
        self.emitted.closed = true;
        Some(record)
    }

    /// The verdict that answers an analysis request. It does not count as an emission, so that asking
    /// never changes what is emitted otherwise.
    pub(super) fn answer(
        &self,
        input: &Input<'_>,
        request_id: &str,
        times: &Times,
    ) -> VerdictRecord {
        let (mut verdict, millis) = self.judge();
        verdict.processing_time_ms = millis;
        let revision = Revision {
            generation: times.generation,
            offset: input.offset,
            phase: Phase::Requested,
        };
        let status = self
            .ended_by(input.broker_ms, times)
            .unwrap_or(self.status());
        let mut record = self.record(Some(verdict), revision, status);
        record.session.updated_at = time(input.broker_ms);
        record.request_id = Some(request_id.to_owned());
        record
    }

    /// The record that only says that the session has begun.
    pub(super) fn state_only(&self, times: &Times) -> VerdictRecord {
        let revision = Revision {
            generation: times.generation,
            offset: self.first_offset,
            phase: Phase::Running,
        };
        self.record(None, revision, WindowStatus::Active)
    }

    fn judge(&self) -> (Verdict, f64) {
        let begin = Instant::now();
        let mut verdict = self.features.verdict(&self.ruleset);
        verdict.versions.experiment.clone_from(&self.experiment);
        (verdict, begin.elapsed().as_secs_f64() * 1e3)
    }

    fn emit(
        &mut self,
        mut verdict: Verdict,
        millis: f64,
        status: WindowStatus,
        times: &Times,
    ) -> VerdictRecord {
        verdict.processing_time_ms = millis;
        let risk = Some(verdict.risk_level);
        let changed = risk != self.emitted.risk;
        self.emitted.risk = risk;
        self.emitted.events = self.features.event_count();
        self.emitted.broker_ms = self.last_ms;
        self.emitted.closed = status != WindowStatus::Active;
        let revision = Revision {
            generation: times.generation,
            offset: self.last_offset,
            phase: phase_of(status),
        };
        let mut record = self.record(Some(verdict), revision, status);
        record.risk_changed = changed;
        record
    }

    fn record(
        &self,
        verdict: Option<Verdict>,
        revision: Revision,
        status: WindowStatus,
    ) -> VerdictRecord {
        VerdictRecord {
            session_id: self.session_id,
            organisation: self.organisation.clone(),
            window: self.first_offset,
            revision,
            status,
            session: SessionFacts {
                created_at: self.created_at,
                updated_at: time(self.last_ms),
                expires_at: self.expires_at,
                platform: self.platform.clone(),
                survey_id: self.survey_id.clone(),
                respondent_id: self.respondent_id.clone(),
            },
            verdict,
            risk_changed: false,
            request_id: None,
        }
    }
}

fn time(millis: i64) -> DateTime<Utc> {
    Utc.timestamp_millis_opt(millis)
        .single()
        .unwrap_or_default()
}
