//! What was said then: the recorded final verdicts of the windows in scope.

use std::collections::HashMap;
use std::ops::ControlFlow;

use chrono::{DateTime, TimeDelta, Utc};
use kafka::Record;
use kafka::scan::{ScanOptions, scan};
use schemas::header::RecordType;
use schemas::ids::SessionId;
use schemas::verdict::{Phase, Revision, RiskLevel, SessionClass};
use serde::Deserialize;

use super::results::{Key, Side};
use super::{PATIENCE, Plan};

/// More than the clocks of brokers and workers differ.
const CLOCKS: TimeDelta = TimeDelta::minutes(10);

/// The members of a verdict record that are compared.
#[derive(Debug, Deserialize)]
struct Recorded {
    session_id: SessionId,
    window: i64,
    revision: Revision,
    verdict: Option<Judged>,
}

#[derive(Debug, Deserialize)]
struct Judged {
    is_bot: bool,
    confidence_score: f64,
    risk_level: RiskLevel,
    class: SessionClass,
}

/// The final verdict with the highest revision of each window that was replayed.
pub(super) fn read(
    plan: &Plan,
    since: DateTime<Utc>,
    replayed: &HashMap<Key, Option<Side>>,
) -> anyhow::Result<HashMap<Key, Side>> {
    let generation = plan.config.windows.generation;
    let mut recorded: HashMap<Key, Side> = HashMap::new();
    let options = ScanOptions {
        topic: &plan.config.verdicts_topic,
        // A window's final verdict is written after its first record.
        since_ms: Some((since - CLOCKS).timestamp_millis()),
        patience: PATIENCE,
    };
    scan(&plan.config.kafka, options, |record| {
        if let Some((key, side)) = side_of(record)
            && side.revision.generation == generation
            && replayed.contains_key(&key)
        {
            let held = recorded.entry(key).or_insert(side);
            if held.revision < side.revision {
                *held = side;
            }
        }
        ControlFlow::Continue(())
    })?;
    Ok(recorded)
}

fn side_of(record: &Record<'_>) -> Option<(Key, Side)> {
    let is_verdict = record.header("ce_type") == Some(RecordType::Verdict.as_str().as_bytes());
    if !is_verdict {
        return None;
    }
    let found: Recorded = serde_json::from_slice(record.payload).ok()?;
    let judged = found.verdict?;
    let side = Side {
        revision: found.revision,
        is_bot: judged.is_bot,
        score: judged.confidence_score,
        risk: judged.risk_level,
        class: judged.class,
    };
    (side.revision.phase == Phase::Final).then_some(((found.session_id, found.window), side))
}
