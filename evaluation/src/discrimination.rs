//! How well the score tells people and bots apart, and how far it is a probability.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::dataset::DataSet;
use crate::folds::{self, LeftOut};
use crate::judge::Judged;
use crate::metrics::{
    Calibration, Isotonic, Roc, Scored, Share, calibration, number, roc, threshold_for,
};

/// Shares of false positives at which recall is stated.
const ALLOWED: [f64; 2] = [0.001, 0.01];

/// Recall at a share of false positives.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RecallAt {
    /// The share of people that may be flagged.
    pub allowed: f64,
    /// The threshold that keeps to it over all people together.
    pub pooled_threshold: f64,
    /// Bots flagged by it.
    pub pooled_recall: Share,
    /// The threshold that keeps to it in every source.
    pub worst_threshold: f64,
    /// The source that asks for the highest threshold.
    pub worst_source: String,
    /// Bots flagged by it.
    pub worst_recall: Share,
}

/// ROC and recall over some sessions.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Discrimination {
    /// The curve.
    pub roc: Roc,
    /// Recall at given false positives.
    pub recall_at: Vec<RecallAt>,
}

/// Calibration under one weighting of sessions.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NamedCalibration {
    /// What was weighted how.
    pub name: &'static str,
    /// Whether the scores were turned into other probabilities first.
    pub refitted: bool,
    /// The figures.
    pub calibration: Calibration,
}

/// A session's score with its source.
struct Row<'a> {
    source: &'a str,
    scored: Scored,
}

fn rows<'a>(set: &'a DataSet, judged: &[Judged], only_judged: bool) -> Vec<Row<'a>> {
    set.labelled()
        .filter(|(place, ..)| !only_judged || judged[*place].has_enough())
        .map(|(place, session, bot)| Row {
            source: &session.source,
            scored: Scored {
                score: judged[place].verdict.confidence_score,
                bot,
                weight: 1.0,
            },
        })
        .collect()
}

/// ROC and recall over all sessions, or over those that were judged.
pub fn discrimination(set: &DataSet, judged: &[Judged], only_judged: bool) -> Discrimination {
    let rows = rows(set, judged, only_judged);
    let scored: Vec<Scored> = rows.iter().map(|row| row.scored).collect();
    let mut people: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for row in rows.iter().filter(|row| !row.scored.bot) {
        people.entry(row.source).or_default().push(row.scored.score);
    }
    let recall = |threshold: f64| {
        let bots = scored.iter().filter(|scored| scored.bot);
        Share::of(bots, |scored| scored.score >= threshold)
    };
    let at = |allowed: f64| {
        let pooled: Vec<f64> = people.values().flatten().copied().collect();
        let pooled_threshold = threshold_for(&pooled, allowed);
        let (worst_threshold, worst_source) = people
            .iter()
            .map(|(source, scores)| (threshold_for(scores, allowed), *source))
            .fold(
                (0.0, ""),
                |worst, next| if next.0 > worst.0 { next } else { worst },
            );
        RecallAt {
            allowed,
            pooled_threshold,
            pooled_recall: recall(pooled_threshold),
            worst_threshold,
            worst_source: worst_source.to_owned(),
            worst_recall: recall(worst_threshold),
        }
    };
    Discrimination {
        roc: roc(&scored),
        recall_at: ALLOWED.map(at).into(),
    }
}

/// Calibration of the judged sessions: as recorded, with classes balanced, with populations balanced, and
/// after an isotonic fit to the other sources and generators.
pub fn calibrations(set: &DataSet, judged: &[Judged]) -> Vec<NamedCalibration> {
    let recorded: Vec<Scored> = rows(set, judged, true)
        .iter()
        .map(|row| row.scored)
        .collect();
    let named = |name, refitted, scored: &[Scored]| {
        calibration(scored).map(|calibration| NamedCalibration {
            name,
            refitted,
            calibration,
        })
    };
    [
        named("as recorded", false, &recorded),
        named("classes balanced", false, &balanced(&recorded)),
        named("populations balanced", false, &by_population(set, judged)),
        named(
            "classes balanced, isotonic fit to other sources and generators",
            true,
            &refitted(set, judged),
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Weights with which people and bots count the same in sum.
fn balanced(scored: &[Scored]) -> Vec<Scored> {
    let bots = scored.iter().filter(|scored| scored.bot).count();
    let people = scored.len() - bots;
    let weighted = scored.iter().map(|scored| Scored {
        weight: 1.0 / number(if scored.bot { bots } else { people }),
        ..*scored
    });
    weighted.collect()
}

/// Weights with which people and bots count the same, and within each the sources of people and the kinds of
/// bots: one large source does not speak for all.
fn by_population(set: &DataSet, judged: &[Judged]) -> Vec<Scored> {
    let mut members: BTreeMap<(bool, &str), Vec<f64>> = BTreeMap::new();
    for (place, session, bot) in set.labelled() {
        if judged[place].has_enough() {
            let name = if bot { &session.kind } else { &session.source };
            let score = judged[place].verdict.confidence_score;
            members.entry((bot, name)).or_default().push(score);
        }
    }
    let populations = |of_bots: bool| members.keys().filter(|(bot, _)| *bot == of_bots).count();
    let (bots, people) = (populations(true), populations(false));
    let mut weighted = Vec::new();
    for ((bot, _), scores) in &members {
        let weight = 1.0 / number(if *bot { bots } else { people }) / number(scores.len());
        weighted.extend(scores.iter().map(|score| Scored {
            score: *score,
            bot: *bot,
            weight,
        }));
    }
    weighted
}

/// Scores turned into probabilities by what other sources and generators showed.
fn refitted(set: &DataSet, judged: &[Judged]) -> Vec<Scored> {
    let scored_at = |place: &usize| {
        let bot = set.sessions[*place].bot?;
        judged[*place].has_enough().then(|| Scored {
            score: judged[*place].verdict.confidence_score,
            bot,
            weight: 1.0,
        })
    };
    let mut refitted = Vec::new();
    let folds = folds::leave_one_source_out(set).into_iter();
    for fold in folds.chain(folds::leave_one_generator_out(set)) {
        let others: Vec<Scored> = fold.train.iter().filter_map(scored_at).collect();
        let both = others.iter().any(|o| o.bot) && others.iter().any(|o| !o.bot);
        let Some(fit) = Isotonic::fit(&balanced(&others)).filter(|_| both) else {
            continue;
        };
        // People are asked when their source is left out, bots when their generator is.
        let asked_bots = matches!(fold.left_out, LeftOut::Generator(_));
        let asked = fold.test.iter().filter_map(scored_at);
        refitted.extend(
            asked
                .filter(|scored| scored.bot == asked_bots)
                .map(|scored| Scored {
                    score: fit.probability(scored.score),
                    ..scored
                }),
        );
    }
    balanced(&refitted)
}
