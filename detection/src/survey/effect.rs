//! A verdict and the findings of its survey, shown together.
//!
//! In production findings stand beside verdicts and the reader takes the higher risk; offline there is one line for a
//! session, and this is what it says. The verdict of the window alone is not touched by it.

use schemas::verdict::{Method, SessionClass, Verdict};

use super::Coordinated;
use crate::combine;
use crate::finding::{Finding, round};
use crate::ruleset::Ruleset;

/// Adds what a session has in common with others to its verdict, as one more independent method.
pub fn apply(verdict: &mut Verdict, found: Vec<Coordinated>, ruleset: &Ruleset) {
    if found.is_empty() {
        return;
    }
    let rules = &ruleset.thresholds;
    let doubt: f64 = found.iter().map(|found| 1.0 - found.weight).product();
    let score = 1.0 - (1.0 - verdict.confidence_score) * doubt;
    verdict.confidence_score = round(score.min(combine::MAX_SCORE), 1e4);
    verdict.risk_level = rules.level(verdict.confidence_score);
    if !verdict.is_bot && verdict.confidence_score >= rules.bot_score {
        verdict.is_bot = true;
        verdict.class = SessionClass::ScriptedBot;
    }
    let method = Method::Coordination;
    verdict
        .method_scores
        .insert(method, round(1.0 - doubt, 1e4));
    verdict.data_sufficiency.judged.push(method);
    verdict.data_sufficiency.sufficient = true;
    let reasons = found.into_iter().map(Coordinated::finding);
    verdict
        .reasons
        .extend(reasons.map(|finding: Finding| finding.into_reason(method)));
    verdict
        .reasons
        .sort_by(|a, b| b.weight.total_cmp(&a.weight));
    verdict.recommended_action = combine::action(verdict.confidence_score, rules, verdict.class);
    verdict.summary = combine::summary(verdict.class, verdict.confidence_score, &verdict.reasons);
}
