//! How two judgements of the same windows differ.

use std::collections::{BTreeMap, HashMap};

use schemas::ids::SessionId;
use serde::Serialize;

use super::results::{Key, Side};

/// Scores have four decimals; below half of one they are the same.
const SAME: f64 = 0.000_05;

/// Counts by what was said before and what is said now.
pub(super) type Matrix = BTreeMap<&'static str, BTreeMap<&'static str, u64>>;

/// What differs.
#[derive(Debug, Default, Serialize)]
pub(super) struct Difference {
    /// Windows with both verdicts.
    pub(super) compared: u64,
    /// Of these, windows with another class, risk or score.
    pub(super) changed: u64,
    /// Flagged as bots before, and now.
    pub(super) bots: (u64, u64),
    /// By class before and now.
    pub(super) classes: Matrix,
    /// By risk before and now.
    pub(super) risks: Matrix,
    /// Mean score before.
    pub(super) mean_score_before: f64,
    /// Mean score now.
    pub(super) mean_score_now: f64,
    /// Mean of what each score changed by.
    pub(super) mean_score_change: f64,
    /// Windows that are not over, so that nothing final can be said.
    pub(super) still_open: u64,
    /// Windows without a recorded final verdict.
    pub(super) no_recorded_verdict: u64,
    /// The most changed, the most first.
    pub(super) most_changed: Vec<Change>,
}

/// One window that is judged differently.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Change {
    pub(super) session_id: SessionId,
    pub(super) window: i64,
    pub(super) score_before: f64,
    pub(super) score_now: f64,
    pub(super) risk_before: &'static str,
    pub(super) risk_now: &'static str,
    pub(super) class_before: &'static str,
    pub(super) class_now: &'static str,
}

/// Compares; at most `list` changes are kept.
pub(super) fn compare(
    replayed: &HashMap<Key, Option<Side>>,
    recorded: &HashMap<Key, Side>,
    list: usize,
) -> Difference {
    let mut difference = Difference::default();
    let mut sums = (0.0, 0.0);
    // In the order of keys, so that sums do not depend on how a table happens to be laid out.
    let mut keys: Vec<&Key> = replayed.keys().collect();
    keys.sort_unstable();
    for key in keys {
        match (replayed.get(key).copied().flatten(), recorded.get(key)) {
            (None, _) => difference.still_open += 1,
            (Some(_), None) => difference.no_recorded_verdict += 1,
            (Some(now), Some(before)) => {
                sums.0 += before.score;
                sums.1 += now.score;
                difference.add(*key, before, &now, list);
            }
        }
    }
    let count = difference.compared.max(1) as f64;
    difference.mean_score_before = sums.0 / count;
    difference.mean_score_now = sums.1 / count;
    difference.mean_score_change = (sums.1 - sums.0) / count;
    difference.trim(list);
    difference
}

impl Difference {
    fn add(&mut self, (session_id, window): Key, before: &Side, now: &Side, list: usize) {
        let count = |matrix: &mut Matrix, before, now| {
            *matrix.entry(before).or_default().entry(now).or_default() += 1;
        };
        self.compared += 1;
        self.bots.0 += u64::from(before.is_bot);
        self.bots.1 += u64::from(now.is_bot);
        count(&mut self.classes, before.class.as_str(), now.class.as_str());
        count(&mut self.risks, before.risk.as_str(), now.risk.as_str());
        let is_same = (before.class, before.risk, before.is_bot)
            == (now.class, now.risk, now.is_bot)
            && (before.score - now.score).abs() < SAME;
        if is_same {
            return;
        }
        self.changed += 1;
        self.most_changed.push(Change {
            session_id,
            window,
            score_before: before.score,
            score_now: now.score,
            risk_before: before.risk.as_str(),
            risk_now: now.risk.as_str(),
            class_before: before.class.as_str(),
            class_now: now.class.as_str(),
        });
        if self.most_changed.len() > list.saturating_mul(2).max(1000) {
            self.trim(list);
        }
    }

    /// Keeps the most changed: those with another score first, the largest step first.
    fn trim(&mut self, list: usize) {
        let step = |change: &Change| (change.score_now - change.score_before).abs();
        self.most_changed.sort_by(|a, b| {
            let place = |change: &Change| (change.session_id, change.window);
            let larger = step(b).total_cmp(&step(a));
            larger.then_with(|| place(a).cmp(&place(b)))
        });
        self.most_changed.truncate(list);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemas::verdict::{Phase, Revision, RiskLevel, SessionClass};

    fn side(score: f64) -> Side {
        Side {
            revision: Revision {
                generation: 1,
                offset: 9,
                phase: Phase::Final,
            },
            is_bot: score >= 0.6,
            score,
            risk: if score >= 0.6 {
                RiskLevel::High
            } else {
                RiskLevel::Low
            },
            class: if score >= 0.6 {
                SessionClass::ScriptedBot
            } else {
                SessionClass::Human
            },
        }
    }

    fn key(number: u64) -> Key {
        let text = format!("018f0000-0000-7000-8000-{number:012x}");
        (text.parse().unwrap(), 0)
    }

    #[test]
    fn what_changed_and_what_could_not_be_compared_is_counted() {
        let replayed = HashMap::from([
            (key(1), Some(side(0.7))),
            (key(2), Some(side(0.1))),
            (key(3), Some(side(0.2))),
            (key(4), None),
            (key(5), Some(side(0.9))),
        ]);
        let recorded = HashMap::from([
            (key(1), side(0.2)),
            (key(2), side(0.1)),
            (key(3), side(0.1)),
            (key(4), side(0.1)),
        ]);
        let found = compare(&replayed, &recorded, 1);
        assert_eq!((found.compared, found.changed, found.bots), (3, 2, (0, 1)));
        assert_eq!((found.still_open, found.no_recorded_verdict), (1, 1));
        assert_eq!(found.classes["human"]["scripted_bot"], 1);
        assert_eq!(found.risks["LOW"]["LOW"], 2);
        assert!((found.mean_score_change - 0.2).abs() < 1e-9, "{found:?}");
        let listed: Vec<SessionId> = found.most_changed.iter().map(|c| c.session_id).collect();
        assert_eq!(listed, [key(1).0]);
    }

    #[test]
    fn equal_judgements_do_not_differ() {
        let replayed = (0..9)
            .map(|n| (key(n), Some(side(n as f64 / 10.0))))
            .collect();
        let recorded = (0..9).map(|n| (key(n), side(n as f64 / 10.0))).collect();
        let found = compare(&replayed, &recorded, 9);
        assert_eq!((found.compared, found.changed), (9, 0));
        assert_eq!(
            (found.mean_score_change, found.most_changed.len()),
            (0.0, 0)
        );
    }
}
