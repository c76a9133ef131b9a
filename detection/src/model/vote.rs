//! What a model says in a verdict: one finding, as strong as the ruleset lets it be.

use schemas::verdict::Method;

use super::{Explanation, Features, Model};
use crate::finding::{Finding, Judgement};
use crate::ruleset::Thresholds;

/// The model's vote. It is silent where no rule had enough to look at (`enough`): what it would say then is what
/// it has learned of missing channels, and that tells where data came from, not who answers.
pub(crate) fn vote(
    model: &Model,
    features: &Features,
    rules: &Thresholds,
    enough: bool,
) -> Judgement {
    let measured = u32::try_from(features.measured()).unwrap_or(u32::MAX);
    let mut judgement = Judgement::new(Method::Model, measured, enough && measured > 0);
    if !enough || measured == 0 || rules.model_weight <= 0.0 {
        return judgement;
    }
    let probability = model.predict(features);
    judgement.find(probability >= rules.model_score, || {
        finding(&model.explain(features), rules.model_weight)
    });
    judgement
}

fn finding(explanation: &Explanation, weight: f64) -> Finding {
    let probability = explanation.probability;
    let mut evidence = vec![("probability", probability)];
    let mut names = Vec::new();
    for one in explanation.strongest.iter().flatten() {
        if one.value.is_finite() {
            evidence.push((one.name, f64::from(one.value)));
        }
        names.push(one.name);
    }
    let because = match names.as_slice() {
        [] => String::new(),
        names => format!(", most of all by {}", names.join(", ")),
    };
    Finding {
        code: "model.trees",
        weight: weight * probability,
        evidence,
        text: format!(
            "A model learned from recorded people and bots gives {:.0} % for automation{because}.",
            probability * 100.0
        ),
    }
}
