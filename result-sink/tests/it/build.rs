//! Records for tests.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeZone, Utc};
use schemas::coordination::{CoordinationFinding, Fingerprint, FingerprintKind};
use schemas::ids::SessionId;
use schemas::session::StampedVersions;
use schemas::verdict::{
    DataSufficiency, Method, Phase, Reason, RecommendedAction, Revision, RiskLevel, SessionClass,
    SessionFacts, Verdict, VerdictRecord, WindowStatus,
};
use uuid::Uuid;

/// 2026-09-21, milliseconds.
const BEGIN: i64 = 1_789_948_800_000;

/// The time of an offset: records are a second apart.
pub(crate) fn time_of(offset: i64) -> DateTime<Utc> {
    Utc.timestamp_millis_opt(BEGIN + offset * 1000).unwrap()
}

/// A session created at `millis`.
pub(crate) fn session_at(millis: i64, number: u16) -> SessionId {
    let bits =
        (u128::from(millis.unsigned_abs()) << 80) | (0x7 << 76) | (0x8 << 60) | u128::from(number);
    Uuid::from_u128(bits).try_into().unwrap()
}

/// The session of that number.
pub(crate) fn session(number: u16) -> SessionId {
    session_at(BEGIN, number)
}

fn level_of(score: f64) -> RiskLevel {
    match score {
        score if score < 0.3 => RiskLevel::Low,
        score if score < 0.6 => RiskLevel::Medium,
        score if score < 0.9 => RiskLevel::High,
        _ => RiskLevel::Critical,
    }
}

/// A judgement with that score of that many events.
pub(crate) fn judgement(score: f64, event_count: u64) -> Verdict {
    Verdict {
        is_bot: score >= 0.6,
        confidence_score: score,
        risk_level: level_of(score),
        class: if score >= 0.6 {
            SessionClass::ScriptedBot
        } else {
            SessionClass::Human
        },
        method_scores: BTreeMap::from([(Method::Mouse, score)]),
        reasons: vec![Reason {
            code: "mouse.instant_press".to_owned(),
            method: Method::Mouse,
            weight: score,
            evidence: BTreeMap::from([("presses".to_owned(), 14.0)]),
            text: "Presses without duration.".to_owned(),
        }],
        recommended_action: if score >= 0.9 {
            RecommendedAction::Exclude
        } else {
            RecommendedAction::Review
        },
        event_count,
        processing_time_ms: 0.25,
        versions: StampedVersions {
            ruleset: "builtin-1".to_owned(),
            model: "none".to_owned(),
            experiment: None,
            shadow: None,
        },
        data_sufficiency: DataSufficiency {
            sufficient: true,
            judged: vec![Method::Mouse],
            too_little: vec![],
            absent: vec![Method::Keystroke],
        },
        summary: format!("{score} by the mouse"),
        shadow: None,
    }
}

/// A verdict of the window that began at `window`, accounting for the log up to `offset`.
pub(crate) fn verdict(
    session_id: SessionId,
    window: i64,
    offset: i64,
    phase: Phase,
    score: f64,
) -> VerdictRecord {
    let known = window < 1000;
    VerdictRecord {
        session_id,
        organisation: "acme".parse().unwrap(),
        window,
        revision: Revision {
            generation: 1,
            offset,
            phase,
        },
        status: if phase == Phase::Final {
            WindowStatus::Completed
        } else {
            WindowStatus::Active
        },
        session: SessionFacts {
            created_at: time_of(0),
            updated_at: time_of(offset),
            expires_at: known.then(|| time_of(86_400)),
            platform: known.then(|| "qualtrics".to_owned()),
            survey_id: known.then(|| "SV_1".to_owned()),
            respondent_id: known.then(|| format!("R_{session_id}")),
        },
        verdict: Some(judgement(
            score,
            u64::try_from(offset - window).unwrap() + 1,
        )),
        risk_changed: false,
        request_id: (phase == Phase::Requested).then(|| format!("request-{offset}")),
    }
}

/// Verdicts of `sessions` sessions: two windows each, running, requested and final, scores up and down.
pub(crate) fn stories(sessions: u16) -> Vec<VerdictRecord> {
    let mut records = Vec::new();
    for step in 0..6_i64 {
        for number in 0..sessions {
            let window = if step < 3 {
                i64::from(number)
            } else {
                1000 + i64::from(number)
            };
            let offset = window + 100 * step;
            let phase = [Phase::Running, Phase::Requested, Phase::Final]
                [usize::try_from(step % 3).unwrap()];
            let score = f64::from((u16::try_from(step).unwrap() * 37 + number * 13) % 100) / 100.0;
            let mut record = verdict(session(number), window, offset, phase, score);
            record.risk_changed = step % 2 == 0;
            if step == 0 {
                record.verdict = None;
            }
            records.push(record);
        }
    }
    records
}

/// The records in another order, the same for the same seed.
pub(crate) fn shuffled<T: Clone>(records: &[T], seed: u64) -> Vec<T> {
    let mut order: Vec<(u64, usize)> = (0..records.len())
        .map(|index| {
            let mixed =
                (index as u64 + 1).wrapping_mul(seed.wrapping_mul(2) + 0x9E37_79B9_7F4A_7C15);
            (mixed ^ (mixed >> 29), index)
        })
        .collect();
    order.sort_unstable();
    order
        .into_iter()
        .map(|(_, index)| records[index].clone())
        .collect()
}

/// What a session is told after `sessions` have been seen with one device.
pub(crate) fn finding(session_id: SessionId, sessions: u32, score: f64) -> CoordinationFinding {
    CoordinationFinding {
        session_id,
        organisation: "acme".parse().unwrap(),
        survey_id: Some("SV_1".to_owned()),
        kind: FingerprintKind::Device,
        fingerprint: Fingerprint::new(7),
        sessions,
        first_at: time_of(0),
        last_at: time_of(i64::from(sessions)),
        score,
        risk_level: level_of(score),
        revision: sessions,
        code: "coordination.same_device".to_owned(),
        text: format!("{sessions} sessions came from one device."),
        evidence: BTreeMap::from([("sessions".to_owned(), f64::from(sessions))]),
    }
}
