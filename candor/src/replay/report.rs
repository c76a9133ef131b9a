//! What a replay prints.

use std::collections::BTreeSet;

use serde_json::json;

use super::Plan;
use super::compare::{Difference, Matrix};
use super::pass::Counts;
use crate::operate::print_json;

/// Prints what was replayed, and how it differs.
pub(super) fn print(plan: &Plan, counts: &Counts, difference: &Difference) -> anyhow::Result<()> {
    let (from, to) = (plan.options.from, plan.options.to);
    if plan.options.json {
        return print_json(&json!({
            "topic": plan.into,
            "from": from,
            "to": to,
            "ruleset": plan.judge.ruleset,
            "model": plan.judge.model,
            "counts": counts,
            "difference": difference,
        }));
    }
    let or_stamped = |version: &Option<String>| version.clone().unwrap_or("as stamped".to_owned());
    println!("ruleset    {}", or_stamped(&plan.judge.ruleset));
    println!("model      {}", or_stamped(&plan.judge.model));
    println!("range      {} to {}", from.to_rfc3339(), to.to_rfc3339());
    println!("written    {}", plan.into);
    println!(
        "met        {} sessions, {} windows, {} records read",
        counts.sessions, counts.windows, counts.records
    );
    println!(
        "compared   {} windows: {} changed",
        difference.compared, difference.changed
    );
    println!(
        "left out   {} still open, {} without a recorded verdict; {} sessions began before, {} have versions that are not known; {} records cannot be processed",
        difference.still_open,
        difference.no_recorded_verdict,
        counts.began_before,
        counts.version_missing,
        counts.poison
    );
    println!(
        "bots       {} before, {} now",
        difference.bots.0, difference.bots.1
    );
    println!(
        "mean score {:.4} before, {:.4} now ({:+.4})",
        difference.mean_score_before, difference.mean_score_now, difference.mean_score_change
    );
    print_matrix("class", &difference.classes);
    print_matrix("risk", &difference.risks);
    print_changes(difference);
    Ok(())
}

/// Rows are what was said before, columns what is said now.
fn print_matrix(what: &str, matrix: &Matrix) {
    let columns: BTreeSet<&str> = matrix
        .values()
        .flat_map(|row| row.keys().copied())
        .collect();
    if columns.is_empty() {
        return;
    }
    let heads: Vec<String> = columns.iter().map(|name| format!("{name:>17}")).collect();
    println!(
        "\n{:<20}{}",
        format!("{what} before \\ now"),
        heads.concat()
    );
    for (before, row) in matrix {
        let cells = columns
            .iter()
            .map(|now| format!("{:>17}", row.get(now).copied().unwrap_or_default()));
        println!("{before:<20}{}", cells.collect::<String>());
    }
}

fn print_changes(difference: &Difference) {
    if difference.most_changed.is_empty() {
        return;
    }
    println!("\nmost changed");
    for change in &difference.most_changed {
        println!(
            "{}  {:.4} -> {:.4}  {} -> {}  {} -> {}",
            change.session_id,
            change.score_before,
            change.score_now,
            change.risk_before,
            change.risk_now,
            change.class_before,
            change.class_now
        );
    }
    let more = difference.changed - difference.most_changed.len() as u64;
    if more > 0 {
        println!("and {more} more; see --list");
    }
}
