//! One session judged again: by what judged it then, and by what is tried.

use std::sync::Arc;

use control::{BUILTIN_MODEL, Snapshot};
use detection::model::BUILTIN_TREES;
use detection::{Judges, Model, Ruleset, Window};
use schemas::batch::BatchRecord;
use schemas::verdict::Verdict;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::load::{MAX_EVENTS, Session, Side};
use crate::settings::known_ruleset;
use crate::verdict::{RiskLevel, SessionClass};

/// Why a session cannot be judged again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum NotJudged {
    /// None of its raw events is stored (any more).
    NoRawEvents,
    /// Some of its raw events are missing, or stored twice because the client sent them twice.
    RawEventsDiffer,
    /// It has more events than a preview loads.
    TooManyEvents,
    /// This program does not have the ruleset or the model that judged it.
    VersionUnknown,
    /// The stored events alone do not give the stored verdict: what was known of the device or the
    /// connection when the session began is not stored with them.
    NotReproduced,
    /// The time was over.
    NotReached,
}

/// Judges sessions by one ruleset.
#[derive(Debug)]
pub(super) struct Judge {
    state: Snapshot,
    ruleset: Ruleset,
}

impl Judge {
    pub(super) fn new(state: Snapshot, ruleset: Ruleset) -> Self {
        Self { state, ruleset }
    }

    /// The verdict of the ruleset that is tried.
    pub(super) fn judge(&self, session: &Session, events: &[String]) -> Result<Verdict, NotJudged> {
        if session.events > MAX_EVENTS {
            return Err(NotJudged::TooManyEvents);
        }
        let held = known_ruleset(&self.state, &session.ruleset);
        let held = held.map_err(|_| NotJudged::VersionUnknown)?;
        let model = self.model(&session.model)?;
        if events.is_empty() {
            return Err(NotJudged::NoRawEvents);
        }
        let window = fold(events).ok_or(NotJudged::RawEventsDiffer)?;
        if i64::try_from(window.event_count()) != Ok(session.events) {
            return Err(NotJudged::RawEventsDiffer);
        }
        let by = |ruleset| {
            let model = model.as_deref();
            window.verdict(Judges { ruleset, model })
        };
        if Side::of(&by(&held)) != session.verdict {
            return Err(NotJudged::NotReproduced);
        }
        Ok(by(&self.ruleset))
    }

    fn model(&self, version: &str) -> Result<Option<Arc<Model>>, NotJudged> {
        if version == BUILTIN_MODEL {
            return Ok(None);
        }
        if version == BUILTIN_TREES
            && let Some(model) = Model::builtin()
        {
            return Ok(Some(Arc::clone(model)));
        }
        let record = self.state.model(version);
        let record = record.ok_or(NotJudged::VersionUnknown)?;
        let model = Model::from_record(record).map_err(|_| NotJudged::VersionUnknown)?;
        Ok(Some(Arc::new(model)))
    }
}

/// The window of stored batches, in their order.
fn fold(batches: &[String]) -> Option<Window> {
    let mut window = Window::new();
    for events in batches {
        // The envelope of a batch record; the events are as they were accepted.
        let record = format!("{{\"batch_id\":\"stored\",\"events\":{events}}}");
        window.fold(&BatchRecord::decode(record.as_bytes()).ok()?);
    }
    Some(window)
}

impl Side {
    pub(super) fn of(verdict: &Verdict) -> Self {
        Self {
            is_bot: verdict.is_bot,
            thousandths: thousandths(verdict.confidence_score),
            risk: match verdict.risk_level {
                schemas::verdict::RiskLevel::Low => RiskLevel::Low,
                schemas::verdict::RiskLevel::Medium => RiskLevel::Medium,
                schemas::verdict::RiskLevel::High => RiskLevel::High,
                schemas::verdict::RiskLevel::Critical => RiskLevel::Critical,
            },
            class: match verdict.class {
                schemas::verdict::SessionClass::Human => SessionClass::Human,
                schemas::verdict::SessionClass::ScriptedBot => SessionClass::ScriptedBot,
                schemas::verdict::SessionClass::AiAgent => SessionClass::AiAgent,
                schemas::verdict::SessionClass::AiAssisted => SessionClass::AiAssisted,
                schemas::verdict::SessionClass::DeclaredAgent => SessionClass::DeclaredAgent,
                schemas::verdict::SessionClass::InsufficientData => SessionClass::InsufficientData,
            },
        }
    }
}

/// A score as the sink stores it.
#[expect(clippy::cast_possible_truncation, reason = "0 to 1000")]
fn thousandths(score: f64) -> i16 {
    (score * 1000.0).round() as i16
}
