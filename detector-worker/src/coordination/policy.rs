//! From a count of sessions with one device to a finding: from how many on there is one, how much it says, who is told;
//! and what copies of a trajectory or a rhythm are told.
//!
//! | sessions with one device | score | level |
//! |---|---|---|
//! | fewer than `min_sessions` (3) | no finding | |
//! | `min_sessions` up to `many_sessions` (50) | 0.30 rising to 0.59 with the logarithm | MEDIUM |
//! | more | 0.60, and 0.10 more for each doubling, at most 0.80 | HIGH |
//!
//! A device alone is never CRITICAL, and not HIGH before it is many, because innocent sessions share devices: households
//! with one tablet, school classes and call centres with equal computers behind one address, kiosks, phones of one model
//! in one mobile network. A survey that is answered in such a place should raise both numbers. The levels are those of
//! the compiled-in ruleset: a finding belongs to several sessions, so no one session's ruleset can judge it.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeZone, Utc};
use detection::Thresholds;
use schemas::coordination::{CoordinationFinding, FingerprintRecord};
use schemas::ids::SessionId;

use super::copies::Told;
use super::counter::Tally;

/// Score of the smallest finding.
const FIRST_SCORE: f64 = 0.3;
/// What a finding of fewer than many sessions stays below.
const BELOW_MANY: f64 = 0.59;
/// Score of many sessions.
const MANY_SCORE: f64 = 0.6;
/// What each doubling of many adds.
const DOUBLING: f64 = 0.1;
/// Never more.
const MAX_SCORE: f64 = 0.8;

/// From how many sessions on something is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// Sessions from which there is a finding; at least 2.
    pub min_sessions: u32,
    /// Sessions from which a device alone is a high risk; more than `min_sessions`.
    pub many_sessions: u32,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            min_sessions: 3,
            many_sessions: 50,
        }
    }
}

impl Rules {
    /// Whether sessions that were told of fewer are told again: at the first finding, and then at 2ⁿ and 3·2ⁿ. A
    /// session that is new is told in any case. So the number of findings stays within a small multiple of that of
    /// sessions, and what a session was told is never short of the truth by more than a third.
    pub fn tells_all(&self, sessions: u32) -> bool {
        let without_twos = sessions >> sessions.trailing_zeros().min(31);
        sessions == self.min_sessions
            || (sessions > self.min_sessions && matches!(without_twos, 1 | 3))
    }

    /// Probability of automation that so many sessions justify; `None` when they are too few.
    pub fn score(&self, sessions: u32) -> Option<f64> {
        if sessions < self.min_sessions {
            return None;
        }
        let doublings = |from: u32| (f64::from(sessions) / f64::from(from)).log2();
        let score = if sessions < self.many_sessions {
            let all = (f64::from(self.many_sessions) / f64::from(self.min_sessions)).log2();
            FIRST_SCORE + (BELOW_MANY - FIRST_SCORE) * doublings(self.min_sessions) / all
        } else {
            (MANY_SCORE + DOUBLING * doublings(self.many_sessions)).min(MAX_SCORE)
        };
        Some((score * 1e4).round() / 1e4)
    }

    /// What `session` is told of its device after `record` has brought the count to `tally`.
    pub fn finding(
        &self,
        record: &FingerprintRecord,
        session: SessionId,
        tally: Tally,
    ) -> Option<CoordinationFinding> {
        let score = self.score(tally.sessions)?;
        let minutes = (tally.last_ms - tally.first_ms) as f64 / 60_000.0;
        let evidence = [
            ("minutes", (minutes * 10.0).round() / 10.0),
            ("sessions", f64::from(tally.sessions)),
        ];
        Some(CoordinationFinding {
            session_id: session,
            organisation: record.organisation.clone(),
            survey_id: record.survey_id.clone(),
            kind: record.kind,
            fingerprint: record.fingerprint,
            sessions: tally.sessions,
            first_at: time(tally.first_ms),
            last_at: time(tally.last_ms),
            score,
            risk_level: Thresholds::default().level(score),
            revision: tally.sessions,
            code: "coordination.same_device".to_owned(),
            text: text(record, tally.sessions, minutes),
            evidence: evidence
                .map(|(name, value)| (name.to_owned(), value))
                .into_iter()
                .collect::<BTreeMap<_, _>>(),
        })
    }
}

/// What a session is told that moves or types as others do.
pub(super) fn copied(record: &FingerprintRecord, told: Told) -> CoordinationFinding {
    let score = told.found.weight;
    let minutes = (told.last_ms - told.first_ms) as f64 / 60_000.0;
    let evidence = told.found.evidence.iter().copied();
    let evidence = evidence.chain([("minutes", minutes)]);
    CoordinationFinding {
        session_id: told.session,
        organisation: record.organisation.clone(),
        survey_id: record.survey_id.clone(),
        kind: record.kind,
        fingerprint: told.group,
        sessions: told.found.sessions,
        first_at: time(told.first_ms),
        last_at: time(told.last_ms),
        score,
        risk_level: Thresholds::default().level(score),
        revision: told.found.sessions,
        code: told.found.code.to_owned(),
        text: told.found.text,
        evidence: evidence
            .map(|(name, value)| (name.to_owned(), (value * 1e4).round() / 1e4))
            .collect(),
    }
}

fn text(record: &FingerprintRecord, sessions: u32, minutes: f64) -> String {
    let of_what = if record.survey_id.is_some() {
        " of this survey"
    } else {
        ""
    };
    let (number, unit) = if minutes > 60.0 {
        ((minutes / 60.0).ceil(), "hour")
    } else {
        (minutes.ceil().max(1.0), "minute")
    };
    let plural = if number > 1.0 { "s" } else { "" };
    format!(
        "{sessions} sessions{of_what} came from one device, or from devices that cannot be told apart, within {number} {unit}{plural}."
    )
}

fn time(millis: i64) -> DateTime<Utc> {
    Utc.timestamp_millis_opt(millis)
        .single()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemas::verdict::RiskLevel;

    const RULES: Rules = Rules {
        min_sessions: 3,
        many_sessions: 50,
    };

    #[test]
    fn a_device_alone_is_medium_high_only_when_many_and_never_critical() {
        let mut before = 0.0;
        for sessions in 0..2000 {
            let score = RULES.score(sessions);
            let Some(score) = score else {
                assert!(sessions < 3, "{sessions}");
                continue;
            };
            assert!(score >= before, "{sessions}: {score} after {before}");
            before = score;
            let expected = if sessions < 50 {
                RiskLevel::Medium
            } else {
                RiskLevel::High
            };
            assert_eq!(
                Thresholds::default().level(score),
                expected,
                "{sessions}: {score}"
            );
        }
        let at = |sessions| RULES.score(sessions);
        assert_eq!(
            [at(2), at(3), at(6), at(50), at(100), at(1000)],
            [
                None,
                Some(0.3),
                Some(0.3714),
                Some(0.6),
                Some(0.7),
                Some(0.8)
            ]
        );
    }

    #[test]
    fn all_are_told_at_the_first_finding_and_at_half_doublings() {
        let told: Vec<u32> = (0..100)
            .filter(|sessions| RULES.tells_all(*sessions))
            .collect();
        assert_eq!(told, [3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96]);
        let five = Rules {
            min_sessions: 5,
            ..RULES
        };
        let told: Vec<u32> = (0..30)
            .filter(|sessions| five.tells_all(*sessions))
            .collect();
        assert_eq!(told, [5, 6, 8, 12, 16, 24]);
    }

    #[test]
    fn the_golden_finding_is_what_six_sessions_are_told() {
        let record = include_str!("../../../schemas/golden/candor.fingerprint.v1.json");
        let golden = include_str!("../../../schemas/golden/candor.coordination.finding.v1.json");
        let record: FingerprintRecord = serde_json::from_str(record).unwrap();
        let golden: CoordinationFinding = serde_json::from_str(golden).unwrap();
        let tally = Tally {
            sessions: 6,
            first_ms: golden.first_at.timestamp_millis(),
            last_ms: golden.last_at.timestamp_millis(),
        };
        assert_eq!(
            RULES.finding(&record, record.session_id, tally),
            Some(golden)
        );
    }
}
