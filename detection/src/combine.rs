//! From findings to one verdict.
//!
//! Each finding carries the probability of automation it alone would justify; findings of different
//! tests are taken as independent and combined by noisy-or over the prior. This is a first, rule-based
//! calibration: the weights follow the false positives measured on recorded people, and a learned
//! combination will replace it. The class is the kind of automation the strongest findings point to.

use std::collections::BTreeMap;

use schemas::session::StampedVersions;
use schemas::verdict::{DataSufficiency, Method, Reason, RecommendedAction, SessionClass, Verdict};

use crate::finding::{Judgement, Sufficiency, round};
use crate::ruleset::{BUILTIN_MODEL, Ruleset, Thresholds};

/// Most reasons in a verdict.
const MAX_REASONS: usize = 12;
/// Nothing is ever certain.
const MAX_SCORE: f64 = 0.99;

pub(crate) fn verdict(judgements: Vec<Judgement>, event_count: u64, ruleset: &Ruleset) -> Verdict {
    let rules = &ruleset.thresholds;
    let data_sufficiency = sufficiency(&judgements);
    let mut method_scores = BTreeMap::new();
    let mut doubt = 1.0 - rules.prior;
    let mut reasons: Vec<Reason> = Vec::new();
    for judgement in judgements {
        let score = judgement.score();
        doubt *= 1.0 - score;
        if judgement.sufficiency == Sufficiency::Judged || score > 0.0 {
            method_scores.insert(judgement.method, round(score, 1e4));
        }
        let method = judgement.method;
        reasons.extend(
            judgement
                .findings
                .into_iter()
                .map(|finding| finding.into_reason(method)),
        );
    }
    // Ties keep the order of the methods, so that equal windows print equal verdicts.
    reasons.sort_by(|a, b| b.weight.total_cmp(&a.weight));
    reasons.truncate(MAX_REASONS);
    let confidence_score = round((1.0 - doubt).min(MAX_SCORE), 1e4);
    let is_bot = confidence_score >= rules.bot_score;
    let class = class(is_bot, &reasons, &data_sufficiency);
    Verdict {
        is_bot,
        confidence_score,
        risk_level: rules.level(confidence_score),
        class,
        method_scores,
        recommended_action: action(confidence_score, rules, class),
        event_count,
        processing_time_ms: 0.0,
        versions: StampedVersions {
            ruleset: ruleset.version.clone(),
            model: BUILTIN_MODEL.to_owned(),
            experiment: None,
        },
        data_sufficiency,
        summary: summary(class, confidence_score, &reasons),
        reasons,
    }
}

fn sufficiency(judgements: &[Judgement]) -> DataSufficiency {
    let of = |wanted| -> Vec<Method> {
        judgements
            .iter()
            .filter(|judgement| judgement.sufficiency == wanted)
            .map(|judgement| judgement.method)
            .collect()
    };
    let judged = of(Sufficiency::Judged);
    // A device or connection that looks ordinary says nothing about who answers.
    let behaviour = judged
        .iter()
        .any(|method| !matches!(method, Method::Device | Method::Network));
    DataSufficiency {
        sufficient: behaviour,
        judged,
        too_little: of(Sufficiency::TooLittle),
        absent: of(Sufficiency::Absent),
    }
}

fn class(is_bot: bool, reasons: &[Reason], data: &DataSufficiency) -> SessionClass {
    let found = |codes: &[&str]| {
        reasons
            .iter()
            .any(|reason| codes.contains(&reason.code.as_str()))
    };
    if is_bot {
        let agent = found(&["timing.think_act_rhythm"]);
        if agent {
            SessionClass::AiAgent
        } else {
            SessionClass::ScriptedBot
        }
    } else if found(&["focus.left_then_pasted"]) {
        SessionClass::AiAssisted
    } else if data.sufficient {
        SessionClass::Human
    } else {
        SessionClass::InsufficientData
    }
}

fn action(score: f64, rules: &Thresholds, class: SessionClass) -> RecommendedAction {
    if score >= rules.critical_score {
        RecommendedAction::Exclude
    } else if score >= rules.medium_score || class == SessionClass::AiAssisted {
        RecommendedAction::Review
    } else {
        RecommendedAction::Accept
    }
}

fn summary(class: SessionClass, score: f64, reasons: &[Reason]) -> String {
    let percent = (score * 100.0).round();
    let lead = match class {
        SessionClass::Human => "Nothing that was seen speaks for automation".to_owned(),
        SessionClass::ScriptedBot => format!("Probably a scripted bot, {percent} %"),
        SessionClass::AiAgent => format!("Probably an AI agent, {percent} %"),
        SessionClass::AiAssisted => format!("Possibly assisted by another tool, {percent} %"),
        SessionClass::DeclaredAgent => "An agent that declares itself".to_owned(),
        SessionClass::InsufficientData => "Too little was seen to judge".to_owned(),
    };
    match reasons.first() {
        Some(reason) => format!("{lead}. {}", reason.text),
        None => format!("{lead}."),
    }
}
