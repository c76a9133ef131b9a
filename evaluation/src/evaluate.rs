//! The evaluation as a whole: a data set in, a report out.

use std::collections::BTreeMap;

use crate::copies::{Copies, copies};
use crate::dataset::DataSet;
use crate::discrimination::{calibrations, discrimination};
use crate::judge::{Judge, Judged};
use crate::left_out::{LeftOutReport, Trial, left_out};
use crate::metrics::{bin, number};
use crate::populations::{median, populations};
use crate::report::{Histogram, Report, Slow, Timing};
use crate::robustness::{Change, changes};
use crate::targets::targets;

/// Bins of the histograms of scores.
const BINS: usize = 20;
/// Slowest sessions that are listed.
const SLOWEST: usize = 10;

/// What is found beside the verdicts themselves.
#[derive(Debug, Clone, Default)]
pub struct Parts {
    /// Seed of everything drawn.
    pub seed: u64,
    /// The learned part.
    pub left_out: Option<LeftOutReport>,
    /// Replayed sessions.
    pub copies: Option<Copies>,
    /// Verdicts on changed sessions.
    pub changes: Vec<Change>,
}

/// Judges `set` and reports on it. With a `trial` the learned part is tried on what it has not seen.
pub fn evaluate(set: &DataSet, judge: &Judge, seed: u64, trial: Option<&Trial<'_>>) -> Report {
    let judged = judge.judge(set);
    let parts = Parts {
        seed,
        left_out: trial.map(|trial| left_out(set, &judged, trial)),
        copies: copies(set, judge, seed),
        changes: changes(set, judge, &judged),
    };
    report(set, judge, &judged, parts)
}

/// The report on verdicts that have been given.
pub fn report(set: &DataSet, judge: &Judge, judged: &[Judged], parts: Parts) -> Report {
    let populations = populations(set, judged);
    let calibrations = calibrations(set, judged);
    let unlabelled = || {
        let sessions = set.sessions.iter().zip(judged);
        sessions.filter(|(session, _)| session.bot.is_none())
    };
    Report {
        seed: parts.seed,
        ruleset: judge.ruleset_version().to_owned(),
        model: judge.model_version().to_owned(),
        surveys: set.surveys.clone(),
        unlabelled: unlabelled().count(),
        unlabelled_flagged: unlabelled()
            .filter(|(_, judged)| judged.verdict.is_bot)
            .count(),
        problems: set.problems.clone(),
        targets: targets(&populations, &calibrations, parts.copies.as_ref()),
        populations,
        all: discrimination(set, judged, false),
        judged: discrimination(set, judged, true),
        calibrations,
        left_out: parts.left_out,
        copies: parts.copies,
        changes: parts.changes,
        histograms: histograms(set, judged),
        timing: timing(set, judged),
    }
}

fn histograms(set: &DataSet, judged: &[Judged]) -> Vec<Histogram> {
    let mut counts: BTreeMap<(bool, &str), Vec<usize>> = BTreeMap::new();
    for (place, session, bot) in set.labelled() {
        // Bots by generator: sources of bots mix them.
        let name = if bot { &session.kind } else { &session.source };
        let counts = counts.entry((bot, name)).or_insert_with(|| vec![0; BINS]);
        counts[bin(judged[place].verdict.confidence_score, BINS)] += 1;
    }
    counts
        .into_iter()
        .map(|((bot, source), counts)| Histogram {
            bot,
            source: source.to_owned(),
            counts,
        })
        .collect()
}

fn timing(set: &DataSet, judged: &[Judged]) -> Timing {
    let mut order: Vec<usize> = (0..judged.len()).collect();
    order.sort_by(|a, b| judged[*b].micros.total_cmp(&judged[*a].micros));
    let slow = |place: &usize| {
        let session = &set.sessions[*place];
        Slow {
            session: format!("{} ({})", session.name, session.source),
            events: session.events,
            verdict_micros: judged[*place].micros,
            fold_micros: session.fold_micros,
        }
    };
    let of_events = set.sessions.iter().filter(|session| session.events > 0);
    Timing {
        verdict_median_micros: median(judged.iter().map(|judged| judged.micros).collect())
            .unwrap_or(0.0),
        verdict_p99_micros: order
            .get(order.len() / 100)
            .map_or(0.0, |place| judged[*place].micros),
        fold_median_micros_per_event: median(
            of_events
                .map(|session| session.fold_micros / number(session.events))
                .collect(),
        )
        .unwrap_or(0.0),
        slowest: order.iter().take(SLOWEST).map(slow).collect(),
    }
}
