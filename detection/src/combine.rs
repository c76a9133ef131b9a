//! From findings to one verdict.
//!
//! Each finding carries the probability of automation it alone would justify; findings of different
//! tests are taken as independent and combined by noisy-or over the prior. The weights follow the false
//! positives and the recall measured on recorded sessions (docs/detection.md), so that the result is a calibrated
//! probability; the prior sinks when strong tests had enough data and stayed silent. The class is the kind of
//! automation the strongest findings point to.
//!
//! Assistive technology presses exact centres, jumps and types by itself. Where the browser says that it is in use, tests
//! of behaviour can ask for review and no more ([`ASSISTED_WEIGHT`]): a person decides, and a bot gains nothing by
//! claiming it but that person.

use std::collections::BTreeMap;

use schemas::session::StampedVersions;
use schemas::verdict::{DataSufficiency, Method, Reason, RecommendedAction, SessionClass, Verdict};

use crate::finding::{Finding, Judgement, Sufficiency, round};
use crate::judges::Judges;
use crate::ruleset::Thresholds;

/// Most reasons in a verdict.
const MAX_REASONS: usize = 12;
/// Nothing is ever certain.
pub(crate) const MAX_SCORE: f64 = 0.99;

/// Most that tests of behaviour weigh together when assistive technology is in use: below every level of
/// risk but the second.
const ASSISTED_WEIGHT: f64 = 0.35;
/// Methods that look at behaviour which assistive technology changes.
const BEHAVIOUR: [Method; 6] = [
    Method::Keystroke,
    Method::Mouse,
    Method::Timing,
    Method::Focus,
    Method::Scroll,
    Method::Model,
];
/// What remains of the prior when a method had enough data and found nothing: about the share of bots
/// that the method's tests miss.
const SILENCE: [(Method, f64); 2] = [(Method::Mouse, 0.35), (Method::Keystroke, 0.5)];

/// What the channels say of a window.
#[derive(Debug)]
pub(crate) struct Case {
    /// One of each channel, in the order of the methods.
    pub(crate) judgements: Vec<Judgement>,
    /// Events folded.
    pub(crate) event_count: u64,
    /// The browser says that assistive technology is in use.
    pub(crate) assistive: bool,
    /// An agent proved who it is.
    pub(crate) declared_agent: bool,
    /// Clicks come singly after pauses for thought.
    pub(crate) thinks_and_acts: bool,
}

pub(crate) fn verdict(case: Case, judges: Judges<'_>) -> Verdict {
    let rules = &judges.ruleset.thresholds;
    let data_sufficiency = sufficiency(&case.judgements);
    let mut method_scores = BTreeMap::new();
    let mut doubt = 1.0 - prior(&case.judgements, rules);
    let mut reasons: Vec<Reason> = Vec::new();
    let (event_count, declared) = (case.event_count, case.declared_agent);
    let agent = case.thinks_and_acts;
    for judgement in exempted(case) {
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
    let class = match (is_bot, declared) {
        (true, true) => SessionClass::DeclaredAgent,
        _ => class((is_bot, agent), &reasons, &data_sufficiency),
    };
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
            ruleset: judges.ruleset.version.clone(),
            model: judges.model_version().to_owned(),
            experiment: None,
            shadow: None,
        },
        data_sufficiency,
        summary: summary(class, confidence_score, &reasons),
        reasons,
        shadow: None,
    }
}

/// Whether some method of behaviour had enough to look at. A device or connection that looks ordinary says
/// nothing about who answers, and a model judges by what the others saw.
pub(crate) fn has_enough(judgements: &[Judgement]) -> bool {
    judgements.iter().any(|judgement| {
        judgement.sufficiency == Sufficiency::Judged
            && !matches!(
                judgement.method,
                Method::Device | Method::Network | Method::Model
            )
    })
}

fn sufficiency(judgements: &[Judgement]) -> DataSufficiency {
    let of = |wanted| -> Vec<Method> {
        judgements
            .iter()
            .filter(|judgement| judgement.sufficiency == wanted)
            .map(|judgement| judgement.method)
            .collect()
    };
    DataSufficiency {
        sufficient: has_enough(judgements),
        judged: of(Sufficiency::Judged),
        too_little: of(Sufficiency::TooLittle),
        absent: of(Sufficiency::Absent),
    }
}

/// The probability of automation before any finding: lower the more strong tests stayed silent.
fn prior(judgements: &[Judgement], rules: &Thresholds) -> f64 {
    let silent = |method: Method| {
        let mut of_method = judgements.iter().filter(|one| one.method == method);
        of_method.any(|one| one.sufficiency == Sufficiency::Judged && one.findings.is_empty())
    };
    let remaining = SILENCE.iter().filter(|(method, _)| silent(*method));
    rules.prior * remaining.map(|(_, rest)| rest).product::<f64>()
}

/// The findings; those of behaviour with less weight where assistive technology is in use: each doubt (1 - weight) is
/// raised to the power at which all of them together weigh [`ASSISTED_WEIGHT`].
fn exempted(case: Case) -> Vec<Judgement> {
    let mut judgements = case.judgements;
    if !case.assistive {
        return judgements;
    }
    let behaviour = |judgement: &&mut Judgement| BEHAVIOUR.contains(&judgement.method);
    let findings = judgements.iter_mut().filter(behaviour);
    let findings = findings.flat_map(|judgement| &mut judgement.findings);
    // Events made by script are no assistant's: it acts through the browser.
    let mut exempt: Vec<&mut Finding> = findings
        .filter(|one| !one.code.ends_with(".untrusted"))
        .collect();
    let doubt: f64 = exempt.iter().map(|one| 1.0 - one.weight).product();
    let power = ((1.0 - ASSISTED_WEIGHT).ln() / doubt.ln()).min(1.0);
    for finding in &mut exempt {
        finding.weight = round(1.0 - (1.0 - finding.weight).powf(power), 1e4);
    }
    judgements
}

fn class(
    (is_bot, agent): (bool, bool),
    reasons: &[Reason],
    data: &DataSufficiency,
) -> SessionClass {
    let found = |codes: &[&str]| {
        reasons
            .iter()
            .any(|reason| codes.contains(&reason.code.as_str()))
    };
    if is_bot {
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

pub(crate) fn action(score: f64, rules: &Thresholds, class: SessionClass) -> RecommendedAction {
    if score >= rules.critical_score {
        RecommendedAction::Exclude
    } else if score >= rules.medium_score || class == SessionClass::AiAssisted {
        RecommendedAction::Review
    } else {
        RecommendedAction::Accept
    }
}

pub(crate) fn summary(class: SessionClass, score: f64, reasons: &[Reason]) -> String {
    let percent = (score * 100.0).round();
    let lead = match class {
        SessionClass::Human => "Nothing that was seen speaks for automation".to_owned(),
        SessionClass::ScriptedBot => format!("Probably a scripted bot, {percent} %"),
        SessionClass::AiAgent => format!("Probably an AI agent, {percent} %"),
        SessionClass::AiAssisted => format!("Possibly assisted by another tool, {percent} %"),
        SessionClass::DeclaredAgent => "An agent that declares itself and proves it".to_owned(),
        SessionClass::InsufficientData => "Too little was seen to judge".to_owned(),
    };
    match reasons.first() {
        Some(reason) => format!("{lead}. {}", reason.text),
        None => format!("{lead}."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ruleset::Ruleset;

    fn finding(code: &'static str, weight: f64) -> Finding {
        Finding {
            code,
            weight,
            evidence: Vec::new(),
            text: "Something was found.".to_owned(),
        }
    }

    fn case(assistive: bool, findings: &[(Method, &'static str, f64)]) -> Case {
        let judgements = Method::ALL.map(|method| {
            let mut judgement = Judgement::new(method, 10, true);
            let own = findings.iter().filter(|one| one.0 == method);
            judgement.findings = own
                .map(|(_, code, weight)| finding(code, *weight))
                .collect();
            judgement
        });
        Case {
            judgements: judgements.into(),
            event_count: 90,
            assistive,
            declared_agent: false,
            thinks_and_acts: false,
        }
    }

    fn judge(case: Case) -> Verdict {
        verdict(case, Judges::from(&Ruleset::default()))
    }

    const CRUDE: [(Method, &str, f64); 3] = [
        (Method::Mouse, "mouse.teleport", 0.9),
        (Method::Mouse, "mouse.centred_clicks", 0.85),
        (Method::Timing, "timing.clockwork_clicks", 0.85),
    ];

    #[test]
    fn assistive_technology_is_reviewed_and_no_more() {
        assert!(judge(case(false, &CRUDE)).is_bot);
        let assisted = judge(case(true, &CRUDE));
        assert!(!assisted.is_bot, "{assisted:?}");
        assert_eq!(assisted.risk_level, schemas::verdict::RiskLevel::Medium);
        assert_eq!(assisted.recommended_action, RecommendedAction::Review);
    }

    #[test]
    fn what_no_assistant_does_keeps_its_weight() {
        for (method, code, weight) in [
            (Method::Device, "device.webdriver", 0.95),
            (Method::Keystroke, "keystroke.untrusted", 0.97),
            (Method::Answers, "answers.honeypot", 0.9),
        ] {
            let found = [(method, code, weight)];
            assert_eq!(judge(case(true, &found)), judge(case(false, &found)));
        }
        // A weak finding stays as weak as it is.
        let weak = [(Method::Scroll, "scroll.jumps", 0.3)];
        assert_eq!(judge(case(true, &weak)), judge(case(false, &weak)));
    }

    #[test]
    fn strong_methods_that_stay_silent_lower_the_score_but_never_to_nothing() {
        let silent = judge(case(false, &[]));
        let mut unseen = case(false, &[]);
        for judgement in &mut unseen.judgements {
            judgement.sufficiency = Sufficiency::Absent;
        }
        let unseen = judge(unseen);
        assert!(silent.confidence_score < unseen.confidence_score);
        assert!(silent.confidence_score > 0.0);
        assert_eq!(silent.class, SessionClass::Human);
        assert_eq!(unseen.class, SessionClass::InsufficientData);
    }

    #[test]
    fn an_agent_that_proves_itself_is_called_so() {
        let mut declared = case(false, &[(Method::Network, "network.declared_agent", 0.99)]);
        declared.declared_agent = true;
        assert_eq!(judge(declared).class, SessionClass::DeclaredAgent);
        let mut thinking = case(false, &CRUDE);
        thinking.thinks_and_acts = true;
        assert_eq!(judge(thinking).class, SessionClass::AiAgent);
        assert_eq!(judge(case(false, &CRUDE)).class, SessionClass::ScriptedBot);
    }
}
