//! The report as Markdown: figures first, then how they came about.

use super::Report;
use super::tables::MarkdownTable;
use crate::discrimination::Discrimination;
use crate::left_out::LeftOutRow;
use crate::metrics::{Bin, Share};
use crate::populations::Population;
use crate::targets::{measured, percent, share_percent};

/// Most problems that are listed.
const MAX_PROBLEMS: usize = 50;
/// Most reasons of a population.
const MAX_REASONS: usize = 4;

pub(super) fn write(report: &Report) -> String {
    [
        head(report),
        targets(report),
        populations(report, false),
        populations(report, true),
        discrimination(report),
        calibration(report),
        left_out(report),
        copies(report),
        changes(report),
        problems(report),
        timing(report),
    ]
    .concat()
}

fn head(report: &Report) -> String {
    let sessions: usize = report.surveys.iter().map(|survey| survey.sessions).sum();
    let mut text = format!(
        "# Evaluation\n\n{sessions} sessions in {} surveys (a file is one survey), ruleset `{}`, model `{}`, seed {}.\n",
        report.surveys.len(),
        report.ruleset,
        report.model,
        report.seed
    );
    if report.unlabelled > 0 {
        text.push_str(&format!(
            "{} sessions have no label: {} of them were called bots; they count in no figure below.\n",
            report.unlabelled, report.unlabelled_flagged
        ));
    }
    text.push_str(
        "Bounds are 95 % (Clopper–Pearson; for none or all of n one-sided, so 0 of n is bounded by about 3/n). They take \
         sessions as independent; sessions of one person are not, so a source of few people proves less than its bound says.\n\n",
    );
    let mut table = MarkdownTable::new(&["survey", "sessions"]);
    for survey in &report.surveys {
        table.row([survey.name.clone(), survey.sessions.to_string()]);
    }
    text + &table.finish()
}

fn targets(report: &Report) -> String {
    let mut table =
        MarkdownTable::new(&["population", "target", "measured (95 % bounds)", "outcome"]);
    for target in &report.targets {
        table.row([
            target.population.clone(),
            target.target.clone(),
            target.measured.clone(),
            target.outcome.as_str().to_owned(),
        ]);
    }
    format!(
        "## Targets\n\nThe thresholds of the fixed rules were set on recorded people, among them those of the public sets: on these, \
         false positives of the rules are no forecast. Sessions simulated by this program say that its parts work, not how well \
         it judges real people.\n\n{}",
        table.finish()
    )
}

fn populations(report: &Report, bots: bool) -> String {
    let (title, verb) = if bots {
        ("Bots", "found")
    } else {
        ("People", "flagged")
    };
    let mut table = MarkdownTable::new(&[
        "source",
        "kind",
        "n",
        "people",
        "abstained",
        "abstained, 20 s and more",
        verb,
        "rate (95 % bounds)",
        "of judged",
        "alone",
        "median score",
        "reasons",
    ]);
    let shown = report.populations.iter().filter(|p| p.bot == bots);
    for population in shown.filter(|population| !population.only_kind) {
        table.row(population_row(population));
    }
    let note = "*Alone*: called bots without the other sessions of the survey. Abstained: no method had enough to judge by.";
    format!("## {title}\n\n{note}\n\n{}", table.finish())
}

fn population_row(population: &Population) -> Vec<String> {
    let reasons: Vec<String> = population
        .reasons
        .iter()
        .take(MAX_REASONS)
        .map(|(code, count)| format!("{code} {count}"))
        .collect();
    vec![
        population.source.clone(),
        population.kind.clone().unwrap_or_else(|| "all".to_owned()),
        population.sessions.to_string(),
        population.people.to_string(),
        share_percent(&population.abstained),
        share_percent(&population.abstained_active),
        population.flagged.count.to_string(),
        measured(&population.flagged),
        measured(&population.flagged_judged),
        population.alone.count.to_string(),
        population
            .median_score
            .map_or_else(|| "–".to_owned(), |score| format!("{score:.3}")),
        reasons.join(", "),
    ]
}

fn discrimination(report: &Report) -> String {
    let mut table = MarkdownTable::new(&[
        "sessions",
        "people",
        "bots",
        "AUC",
        "false positives",
        "score above, pooled",
        "recall",
        "score above, worst source",
        "worst source",
        "recall",
    ]);
    for (name, of) in [("all", &report.all), ("judged", &report.judged)] {
        for row in discrimination_rows(name, of) {
            table.row(row);
        }
    }
    format!(
        "## People against bots\n\n![ROC curve](roc.svg)\n\nA pooled threshold keeps to the false positives over all people together \
         and may hide a source in which it does not; the worst source's keeps to them in every source. Scores are \
         mostly alike, so thresholds come in few steps.\n\n{}",
        table.finish()
    )
}

fn discrimination_rows(name: &str, of: &Discrimination) -> Vec<[String; 10]> {
    let auc = of
        .roc
        .auc
        .map_or_else(|| "–".to_owned(), |auc| format!("{auc:.4}"));
    of.recall_at
        .iter()
        .map(|at| {
            [
                name.to_owned(),
                of.roc.humans.to_string(),
                of.roc.bots.to_string(),
                auc.clone(),
                percent(at.allowed),
                format!("{:.4}", at.pooled_threshold),
                measured(&at.pooled_recall),
                format!("{:.4}", at.worst_threshold),
                at.worst_source.clone(),
                measured(&at.worst_recall),
            ]
        })
        .collect()
}

fn calibration(report: &Report) -> String {
    let mut table = MarkdownTable::new(&[
        "weighting",
        "share of bots",
        "ECE, equal width",
        "ECE, equal mass",
        "Brier",
    ]);
    let mut bins = String::new();
    for named in &report.calibrations {
        let found = &named.calibration;
        table.row([
            named.name.to_owned(),
            percent(found.prevalence),
            format!("{:.4}", found.ece_equal_width),
            format!("{:.4}", found.ece_equal_mass),
            format!("{:.4}", found.brier),
        ]);
        if named.name == "as recorded" {
            bins = format!(
                "Bins of equal width, as recorded:\n\n{}",
                reliability(&found.bins)
            );
        }
    }
    format!(
        "## Calibration\n\n![Reliability](calibration.svg)\n\nJudged sessions only. A score is a probability for one share of bots only: \
         where bots are rarer than here the same score means less, and these sets hold far more bots than a survey does.\n\n{}{bins}",
        table.finish()
    )
}

fn reliability(bins: &[Bin]) -> String {
    let mut table = MarkdownTable::new(&["sessions", "mean score", "share of bots"]);
    for bin in bins {
        table.row([
            bin.sessions.to_string(),
            format!("{:.3}", bin.mean_score),
            format!("{:.3}", bin.bots),
        ]);
    }
    table.finish()
}

fn left_out(report: &Report) -> String {
    let Some(found) = &report.left_out else {
        return "## Learned part, left out\n\nNothing was learned in this run.\n\n".to_owned();
    };
    let table = |rows: &[LeftOutRow], head: &str| {
        let mut table = MarkdownTable::new(&[
            head,
            "sessions",
            "judged",
            "rules alone",
            "model speaks",
            "rules with the model",
            "median probability",
        ]);
        for row in rows {
            let shares =
                [&row.rules, &row.model, &row.together].map(|share: &Share| measured(share));
            let [rules, model, together] = shares;
            let median = row.median_probability;
            table.row([
                row.name.clone(),
                row.sessions.to_string(),
                row.judged.to_string(),
                rules,
                model,
                together,
                median.map_or_else(|| "–".to_owned(), |median| format!("{median:.3}")),
            ]);
        }
        table.finish()
    };
    let auc = found
        .auc
        .map_or_else(|| "–".to_owned(), |auc| format!("{auc:.4}"));
    let mut text = format!(
        "## Learned part, left out\n\nA model is learned anew for every row, without any session of that source or family of generators; \
         {} sessions have a licence that lets them teach. Shares are of the sessions with enough data, each judged alone. The rules are fixed, whoever is left out. AUC of the model over all these \
         answers: {auc}.\n\n{}{}",
        found.cleared,
        table(&found.sources, "people of"),
        table(&found.generators, "bots of")
    );
    for problem in &found.problems {
        text.push_str(&format!("- {problem}\n"));
    }
    text
}

fn copies(report: &Report) -> String {
    let Some(copies) = &report.copies else {
        return String::new();
    };
    let mut table =
        MarkdownTable::new(&["copies", "found (95 % bounds)", "other people called bots"]);
    for row in &copies.rows {
        table.row([
            row.name.clone(),
            measured(&row.found),
            measured(&row.accused),
        ]);
    }
    let mut pairs = MarkdownTable::new(&[
        "pairs of different people of",
        "taken for copies",
        "that can be compared",
    ]);
    for found in &copies.false_pairs {
        pairs.row([
            found.source.clone(),
            found.pairs.count.to_string(),
            found.pairs.of.to_string(),
        ]);
    }
    format!(
        "## Replayed sessions\n\nA copy of a person's session is a person's in every single verdict; only other sessions of its survey \
         show it. Copies are made of people with enough movement and mixed with all people of their source.\n\n{}{}",
        table.finish(),
        pairs.finish()
    )
}

fn changes(report: &Report) -> String {
    let mut table = MarkdownTable::new(&[
        "change",
        "sessions",
        "bot before only",
        "bot after only",
        "of these people",
        "scores that differ",
        "where",
    ]);
    for change in &report.changes {
        let sources: Vec<String> = change
            .sources
            .iter()
            .map(|(source, count)| format!("{source} {count}"))
            .collect();
        table.row([
            change.name.to_owned(),
            change.sessions.to_string(),
            change.acquitted.to_string(),
            change.accused.to_string(),
            change.accused_people.to_string(),
            change.scores_differ.to_string(),
            sources.join(", "),
        ]);
    }
    format!(
        "## What verdicts must not rest on\n\nThe first two rows must show no changed verdict.\n\n{}![Scores by source](scores.svg)\n\n\
         ![False positives by population](false-positives.svg)\n\n",
        table.finish()
    )
}

fn problems(report: &Report) -> String {
    if report.problems.is_empty() {
        return String::new();
    }
    let mut text = format!("## Not read\n\n{} problems.\n\n", report.problems.len());
    for problem in report.problems.iter().take(MAX_PROBLEMS) {
        text.push_str(&format!("- {problem}\n"));
    }
    text.push('\n');
    text
}

fn timing(report: &Report) -> String {
    let timing = &report.timing;
    let mut table = MarkdownTable::new(&["slowest verdicts", "events", "verdict, µs", "fold, µs"]);
    for slow in &timing.slowest {
        table.row([
            slow.session.clone(),
            slow.events.to_string(),
            format!("{:.0}", slow.verdict_micros),
            format!("{:.0}", slow.fold_micros),
        ]);
    }
    format!(
        "## Timing\n\nWall times, the only section that differs between runs. A verdict: {:.1} µs (median), {:.1} µs (99th percentile). \
         A folded event, its text scanned: {:.2} µs (median).\n\n{}",
        timing.verdict_median_micros,
        timing.verdict_p99_micros,
        timing.fold_median_micros_per_event,
        table.finish()
    )
}
