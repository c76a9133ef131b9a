//! One open window: features, what was emitted of it, and when it ends.
//!
//! Owns what is said of the window in verdicts. Which records come here, and when time has passed, is
//! decided outside; what judges is handed in, because a window put away has none.

use std::time::Instant;

use chrono::{DateTime, TimeZone, Utc};
use detection::{Folded, Window};
use schemas::batch::BatchRecord;
use schemas::ids::SessionId;
use schemas::verdict::{
    Phase, Revision, RiskLevel, SessionFacts, ShadowVerdict, Verdict, VerdictRecord, WindowStatus,
};

use super::facts::Facts;
use super::times::{Span, Times};
use super::{Emit, Input};
use crate::versions::Judging;

/// What was last emitted of a window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Emitted {
    pub(super) events: u64,
    pub(super) broker_ms: i64,
    pub(super) risk: Option<RiskLevel>,
}

#[derive(Debug)]
pub(super) struct OpenWindow {
    pub(super) session_id: SessionId,
    pub(super) facts: Facts,
    pub(super) first_offset: i64,
    pub(super) last_offset: i64,
    pub(super) span: Span,
    pub(super) emitted: Emitted,
    pub(super) features: Window,
}

/// What judges a window.
#[derive(Debug, Clone, Copy)]
pub(super) struct Judge<'a> {
    pub(super) times: &'a Times,
    pub(super) judging: &'a Judging,
}

impl OpenWindow {
    /// A window that begins with this record.
    pub(super) fn new(input: &Input<'_>, facts: Facts) -> Self {
        Self {
            session_id: input.session_id,
            facts,
            first_offset: input.offset,
            last_offset: input.offset,
            span: Span::opened(input.broker_ms),
            emitted: Emitted {
                events: 0,
                broker_ms: input.broker_ms,
                risk: None,
            },
            features: Window::new(),
        }
    }

    /// Folds a batch and emits what is due.
    pub(super) fn fold(
        &mut self,
        batch: &BatchRecord<'_>,
        input: &Input<'_>,
        judge: Judge<'_>,
        out: &mut dyn Emit,
    ) -> Folded {
        if self.features.fold(batch) == Folded::Duplicate {
            return Folded::Duplicate;
        }
        self.touch(input);
        let status = self.status();
        let due = self.features.event_count() - self.emitted.events >= judge.times.emit_events
            || input.broker_ms - self.emitted.broker_ms >= judge.times.emit_after
            || self.is_completed();
        let verdict = self.judge(judge.judging);
        if due || Some(verdict.risk_level) != self.emitted.risk {
            let record = self.emit(verdict, status, judge);
            out.emit(record, &self.features);
        }
        Folded::Folded
    }

    fn touch(&mut self, input: &Input<'_>) {
        self.span.last_ms = self.span.last_ms.max(input.broker_ms);
        self.last_offset = input.offset;
        self.span.closed = false;
    }

    pub(super) fn is_completed(&self) -> bool {
        self.span.completed_ms.is_some()
    }

    pub(super) fn complete(&mut self, input: &Input<'_>) {
        self.touch(input);
        self.span.completed_ms = Some(input.broker_ms);
    }

    fn status(&self) -> WindowStatus {
        if self.is_completed() {
            WindowStatus::Completed
        } else {
            WindowStatus::Active
        }
    }

    /// Emits the final verdict, unless it is out already.
    pub(super) fn close(&mut self, status: WindowStatus, judge: Judge<'_>, out: &mut dyn Emit) {
        if self.span.closed {
            return;
        }
        let verdict = self.judge(judge.judging);
        let record = self.emit(verdict, status, judge);
        out.emit(record, &self.features);
    }

    /// The verdict that answers an analysis request. It does not count as an emission, so that asking
    /// never changes what is emitted otherwise.
    pub(super) fn answer(
        &self,
        input: &Input<'_>,
        request_id: &str,
        judge: Judge<'_>,
    ) -> VerdictRecord {
        let revision = Revision {
            generation: judge.times.generation,
            offset: input.offset,
            phase: Phase::Requested,
        };
        let ended = self.span.ended_by(input.broker_ms, judge.times);
        let verdict = self.with_shadow(self.judge(judge.judging), judge.judging);
        let mut record = self.record(Some(verdict), revision, ended.unwrap_or(self.status()));
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

    fn judge(&self, judging: &Judging) -> Verdict {
        let begin = Instant::now();
        let mut verdict = self.features.verdict(judging.held.judges());
        let versions = &self.facts.shared.value.versions;
        verdict.versions.experiment.clone_from(&versions.experiment);
        verdict.processing_time_ms = begin.elapsed().as_secs_f64() * 1e3;
        verdict
    }

    /// A verdict that goes out carries what the session's shadow versions say, if it has any.
    fn with_shadow(&self, mut verdict: Verdict, judging: &Judging) -> Verdict {
        verdict.shadow = judging.shadow.as_ref().map(|held| {
            let judges = held.judges();
            let shadow = self.features.verdict(judges);
            let probability = |model: &detection::Model| model.predict(&self.features.features());
            ShadowVerdict {
                ruleset: shadow.versions.ruleset,
                model: shadow.versions.model,
                is_bot: shadow.is_bot,
                confidence_score: shadow.confidence_score,
                risk_level: shadow.risk_level,
                model_probability: judges.model.map(probability),
            }
        });
        verdict
    }

    fn emit(&mut self, verdict: Verdict, status: WindowStatus, judge: Judge<'_>) -> VerdictRecord {
        let risk = Some(verdict.risk_level);
        let changed = risk != self.emitted.risk;
        self.emitted = Emitted {
            events: self.features.event_count(),
            broker_ms: self.span.last_ms,
            risk,
        };
        self.span.closed = status != WindowStatus::Active;
        let phase = if status == WindowStatus::Active {
            Phase::Running
        } else {
            Phase::Final
        };
        let revision = Revision {
            generation: judge.times.generation,
            offset: self.last_offset,
            phase,
        };
        let verdict = self.with_shadow(verdict, judge.judging);
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
        let shared = &self.facts.shared.value;
        VerdictRecord {
            session_id: self.session_id,
            organisation: shared.organisation.clone(),
            window: self.first_offset,
            revision,
            status,
            session: SessionFacts {
                created_at: self.facts.created_at,
                updated_at: time(self.span.last_ms),
                expires_at: self.facts.expires_at,
                platform: shared.platform.clone(),
                survey_id: shared.survey_id.clone(),
                respondent_id: self.facts.respondent_id.as_deref().map(str::to_owned),
            },
            verdict,
            risk_changed: false,
            request_id: None,
        }
    }

    /// Bytes of memory.
    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>() + self.facts.heap_bytes()
    }
}

fn time(millis: i64) -> DateTime<Utc> {
    Utc.timestamp_millis_opt(millis)
        .single()
        .unwrap_or_default()
}
