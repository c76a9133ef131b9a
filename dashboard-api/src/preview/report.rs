//! What a preview answers: counts before and after, what changes, and what could not be judged.

use std::collections::BTreeMap;

use detection::Ruleset;
use schemas::verdict::Verdict;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use super::judge::NotJudged;
use super::load::{Session, Side};
use crate::verdict::{RiskLevel, SessionClass, score};

/// Most sessions that are listed, and most reasons of each.
const LISTED: (usize, usize) = (100, 5);

/// What another ruleset would have said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct PreviewAnswer {
    /// The ruleset that was tried: its version, should it be settled.
    ruleset: String,
    /// Its thresholds.
    #[schema(value_type = BTreeMap<String, f64>)]
    thresholds: Map<String, Value>,
    /// Sessions that were judged again.
    judged: u64,
    /// Whether the period has more judged sessions than were looked at.
    has_more: bool,
    /// What was said of them.
    before: Tally,
    /// What would have been said.
    after: Tally,
    /// How many go from which risk (outer) to which (inner).
    risks: Matrix,
    /// How many go from which class (outer) to which (inner).
    classes: Matrix,
    /// Sessions with another risk, class or decision.
    changed: u64,
    /// Those whose score changes most, at most 100.
    changes: Vec<Change>,
    /// Sessions that could not be judged again, by reason.
    not_judged: Vec<NotJudgedCount>,
}

/// How many of each.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Tally {
    /// Sessions that count as bots.
    bots: u64,
    /// By risk.
    risks: BTreeMap<String, u64>,
    /// By class.
    classes: BTreeMap<String, u64>,
}

type Matrix = BTreeMap<String, BTreeMap<String, u64>>;

/// Sessions that could not be judged again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct NotJudgedCount {
    /// Why.
    reason: NotJudged,
    /// How many.
    sessions: u64,
}

/// A session of which something else would have been said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Change {
    /// The session.
    session_id: Uuid,
    /// What was said.
    before: Opinion,
    /// What would have been said.
    after: Opinion,
    /// Why, strongest first, at most five.
    reasons: Vec<ChangeReason>,
}

/// A verdict in short.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Opinion {
    /// Whether it counts as a bot.
    is_bot: bool,
    /// Its score, 0 to 1.
    confidence_score: f64,
    /// The score as a level.
    risk_level: RiskLevel,
    /// What it looks like.
    class: SessionClass,
}

/// A reason of the verdict that would have been.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct ChangeReason {
    /// Stable name of the test.
    code: String,
    /// How strongly it speaks for automation, 0 to 1.
    weight: f64,
    /// A sentence.
    text: String,
}

/// A report in the making.
#[derive(Debug)]
pub(super) struct Report {
    answer: PreviewAnswer,
    not_judged: BTreeMap<NotJudged, u64>,
}

impl Report {
    pub(super) fn new(ruleset: &Ruleset, has_more: bool) -> Self {
        Self {
            answer: PreviewAnswer {
                ruleset: ruleset.version.clone(),
                thresholds: ruleset.thresholds.encode(),
                judged: 0,
                has_more,
                before: Tally::default(),
                after: Tally::default(),
                risks: Matrix::new(),
                classes: Matrix::new(),
                changed: 0,
                changes: Vec::new(),
                not_judged: Vec::new(),
            },
            not_judged: BTreeMap::new(),
        }
    }

    pub(super) fn not_reached(&mut self, sessions: usize) {
        let count = self.not_judged.entry(NotJudged::NotReached).or_default();
        *count += sessions as u64;
    }

    pub(super) fn add(&mut self, session: Session, judged: Result<Verdict, NotJudged>) {
        let verdict = match judged {
            Ok(verdict) => verdict,
            Err(reason) => {
                *self.not_judged.entry(reason).or_default() += 1;
                return;
            }
        };
        let (before, after) = (session.verdict, Side::of(&verdict));
        let answer = &mut self.answer;
        answer.judged += 1;
        answer.before.add(before);
        answer.after.add(after);
        let from_to = |matrix: &mut Matrix, from: &str, to: &str| {
            let row = matrix.entry(from.to_owned()).or_default();
            *row.entry(to.to_owned()).or_default() += 1;
        };
        from_to(&mut answer.risks, before.risk.as_str(), after.risk.as_str());
        from_to(
            &mut answer.classes,
            before.class.as_str(),
            after.class.as_str(),
        );
        let is_same =
            (before.is_bot, before.risk, before.class) == (after.is_bot, after.risk, after.class);
        if is_same {
            return;
        }
        answer.changed += 1;
        let reasons = verdict.reasons.into_iter().take(LISTED.1);
        answer.changes.push(Change {
            session_id: session.id,
            before: Opinion::of(before),
            after: Opinion::of(after),
            reasons: reasons
                .map(|reason| ChangeReason {
                    code: reason.code,
                    weight: reason.weight,
                    text: reason.text,
                })
                .collect(),
        });
        if answer.changes.len() > 2 * LISTED.0 {
            answer.trim();
        }
    }

    pub(super) fn finish(mut self) -> PreviewAnswer {
        self.answer.trim();
        let counts = self.not_judged.into_iter();
        self.answer.not_judged = counts
            .map(|(reason, sessions)| NotJudgedCount { reason, sessions })
            .collect();
        self.answer
    }
}

impl PreviewAnswer {
    /// Keeps the largest steps of the score; of equal ones the newest session.
    fn trim(&mut self) {
        let step = |change: &Change| {
            (change.after.confidence_score - change.before.confidence_score).abs()
        };
        self.changes.sort_by(|a, b| {
            let larger = step(b).total_cmp(&step(a));
            larger.then_with(|| b.session_id.cmp(&a.session_id))
        });
        self.changes.truncate(LISTED.0);
    }
}

impl Tally {
    fn add(&mut self, side: Side) {
        self.bots += u64::from(side.is_bot);
        *self.risks.entry(side.risk.as_str().to_owned()).or_default() += 1;
        let class = side.class.as_str().to_owned();
        *self.classes.entry(class).or_default() += 1;
    }
}

impl Opinion {
    fn of(side: Side) -> Self {
        Self {
            is_bot: side.is_bot,
            confidence_score: score(side.thousandths),
            risk_level: side.risk,
            class: side.class,
        }
    }
}
