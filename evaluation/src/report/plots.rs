//! The plots of a report.

use super::svg::{Axis, BOTS, PEOPLE, Plot, REFERENCE, Scale, fifths};
use super::{Histogram, Report};
use crate::discrimination::Discrimination;
use crate::metrics::{Bin, number};
use crate::populations::Population;
use crate::targets::percent;

const SIZE: (f64, f64) = (640.0, 460.0);
/// Smallest share of false positives that the ROC shows.
const LEAST_FALSE: f64 = 1e-4;
/// Height of a row of populations, pixels.
const ROW: f64 = 24.0;
/// Height of a plot without its rows.
const FRAME: f64 = 110.0;
/// Room for names, pixels.
const NAMES: f64 = 200.0;

pub(super) fn all(report: &Report) -> Vec<(&'static str, String)> {
    vec![
        ("roc.svg", roc(&report.all, &report.judged)),
        ("calibration.svg", calibration(report)),
        ("scores.svg", scores(&report.histograms)),
        ("false-positives.svg", false_positives(&report.populations)),
    ]
}

fn roc(all: &Discrimination, judged: &Discrimination) -> String {
    let ticks = [1e-4, 1e-3, 1e-2, 0.1, 1.0]
        .map(|share| (share, percent(share)))
        .into();
    let x = Axis {
        title: "false positives (share of people flagged), logarithmic",
        scale: Scale::Log(LEAST_FALSE, 1.0),
        ticks,
    };
    let y = Axis {
        title: "recall (share of bots flagged)",
        scale: Scale::Linear(0.0, 1.0),
        ticks: fifths(),
    };
    let mut plot = Plot::new("Recall against false positives", SIZE, 0.0, (&x, &y));
    let chance: Vec<(f64, f64)> = (0..=40)
        .map(|step| {
            let share = LEAST_FALSE.powf(1.0 - f64::from(step) / 40.0);
            (share, share)
        })
        .collect();
    plot.line(&chance, REFERENCE, true);
    for (of, colour) in [(all, PEOPLE), (judged, BOTS)] {
        plot.line(&steps(of), colour, false);
    }
    let name = |name: &str, of: &Discrimination| match of.roc.auc {
        Some(auc) => format!("{name} (AUC {auc:.4})"),
        None => name.to_owned(),
    };
    let (all, judged) = (name("all sessions", all), name("judged", judged));
    plot.legend(&[(&all, PEOPLE), (&judged, BOTS), ("chance", REFERENCE)]);
    plot.finish()
}

/// The curve as steps: recall is reached at the false positives of its point, not before.
fn steps(of: &Discrimination) -> Vec<(f64, f64)> {
    let mut steps = vec![(0.0, 0.0)];
    let mut recall = 0.0;
    for point in &of.roc.points {
        steps.push((point.false_positives, recall));
        steps.push((point.false_positives, point.recall));
        recall = point.recall;
    }
    steps
}

fn calibration(report: &Report) -> String {
    let x = Axis {
        title: "mean score of the bin",
        scale: Scale::Linear(0.0, 1.0),
        ticks: fifths(),
    };
    let y = Axis {
        title: "share of bots in the bin",
        scale: Scale::Linear(0.0, 1.0),
        ticks: fifths(),
    };
    let mut plot = Plot::new("Reliability, judged sessions", SIZE, 0.0, (&x, &y));
    plot.line(&[(0.0, 0.0), (1.0, 1.0)], REFERENCE, true);
    let shown = [("as recorded", PEOPLE), ("populations balanced", BOTS)];
    for (name, colour) in shown {
        let named = report.calibrations.iter().find(|named| named.name == name);
        let bins: &[Bin] = named.map_or(&[], |named| &named.calibration.bins);
        let places: Vec<(f64, f64)> = bins.iter().map(|bin| (bin.mean_score, bin.bots)).collect();
        plot.line(&places, colour, false);
        for (place, bin) in places.iter().zip(bins) {
            // The area of a dot is the bin's mass.
            plot.dot(*place, 3.0 + 12.0 * bin.mass.sqrt(), colour);
        }
    }
    plot.legend(&[shown[0], shown[1], ("perfect", REFERENCE)]);
    plot.finish()
}

/// One row of a named thing for each of `names`, the first on top.
fn rows(title: &str, names: &[String], x: &Axis) -> Plot {
    let count = number(names.len().max(1));
    let ticks = names
        .iter()
        .enumerate()
        .map(|(row, name)| (count - number(row) - 0.5, shortened(name)))
        .collect();
    let y = Axis {
        title: "",
        scale: Scale::Linear(0.0, count),
        ticks,
    };
    Plot::new(title, (900.0, FRAME + ROW * count), NAMES, (x, &y))
}

fn shortened(name: &str) -> String {
    const LONGEST: usize = 36;
    if name.chars().count() <= LONGEST {
        return name.to_owned();
    }
    let start: String = name.chars().take(LONGEST - 1).collect();
    start + "…"
}

fn scores(histograms: &[Histogram]) -> String {
    let x = Axis {
        title: "score",
        scale: Scale::Linear(0.0, 1.0),
        ticks: fifths(),
    };
    let sessions = |histogram: &Histogram| histogram.counts.iter().sum::<usize>();
    let names: Vec<String> = histograms
        .iter()
        .map(|histogram| format!("{} ({})", histogram.source, sessions(histogram)))
        .collect();
    let mut plot = rows("Scores by source", &names, &x);
    let top = number(histograms.len());
    for (row, histogram) in histograms.iter().enumerate() {
        let base = top - number(row) - 1.0;
        let colour = if histogram.bot { BOTS } else { PEOPLE };
        let bins = number(histogram.counts.len());
        for (bin, count) in histogram
            .counts
            .iter()
            .enumerate()
            .filter(|(_, count)| **count > 0)
        {
            // A square root keeps a few sessions visible beside thousands.
            let height = 0.9 * (number(*count) / number(sessions(histogram))).sqrt();
            let (from, to) = (number(bin) / bins, number(bin + 1) / bins);
            plot.bar((from, base + 0.02), (to, base + 0.02 + height), colour);
        }
    }
    plot.legend(&[
        ("people", PEOPLE),
        ("bots", BOTS),
        ("height: root of the share", "none"),
    ]);
    plot.finish()
}

fn false_positives(populations: &[Population]) -> String {
    let people: Vec<&Population> = populations
        .iter()
        .filter(|p| !p.bot && p.kind.is_none())
        .collect();
    let widest = people.iter().map(|p| p.flagged.upper).fold(0.1, f64::max);
    let ticks = [0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0]
        .into_iter()
        .filter(|share| *share <= widest)
        .map(|share| (share, percent(share)));
    let x = Axis {
        title: "share of people's sessions flagged, with 95 % bounds",
        scale: Scale::Linear(0.0, 1.2 * widest),
        ticks: ticks.collect(),
    };
    let names: Vec<String> = people.iter().map(|p| p.source.clone()).collect();
    let mut plot = rows("False positives by population", &names, &x);
    let top = number(people.len());
    plot.line(&[(0.01, 0.0), (0.01, top)], REFERENCE, true);
    for (row, population) in people.iter().enumerate() {
        let y = top - number(row) - 0.5;
        let share = &population.flagged;
        plot.line(&[(share.lower, y), (share.upper, y)], PEOPLE, false);
        plot.dot((share.rate.unwrap_or(0.0), y), 4.5, PEOPLE);
        plot.note(
            (share.upper, y),
            &format!("{} of {}", share.count, share.of),
        );
    }
    plot.legend(&[("target 1 %", REFERENCE)]);
    plot.finish()
}
