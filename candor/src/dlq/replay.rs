//! `candor dlq replay`: letters back to where they came from.
//!
//! First the topic is read to its end: which letters are wanted, and how they stand (`plan`). Then they
//! are read again and written back, with entries in the account before and after (`write`).

use std::io::{BufRead, IsTerminal, Write};
use std::process::ExitCode;

use anyhow::ensure;
use clap::Args;
use kafka::config::KafkaConfig;
use serde_json::json;

use super::letter::Position;
use super::plan::{Plan, Tally, plan};
use super::select::Selection;
use super::write::Writer;
use crate::operate::print_json;

/// Options of `candor dlq replay`.
#[derive(Debug, Clone, Args)]
pub struct Replaying {
    /// The letters, as `list` shows them; all that the other options take when none is named
    #[arg(value_name = "PARTITION:OFFSET")]
    pub positions: Vec<Position>,
    /// Which letters.
    #[command(flatten)]
    pub selection: Selection,
    /// Says what would be done and does nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Does not ask
    #[arg(long)]
    pub yes: bool,
    /// Also letters that have been replayed before
    #[arg(long)]
    pub again: bool,
    /// Prints a JSON object
    #[arg(long)]
    pub json: bool,
}

/// Reads, asks, writes, and says what was done.
pub(super) fn run(replaying: &Replaying, config: &KafkaConfig) -> anyhow::Result<ExitCode> {
    let topic = replaying.selection.topic(config);
    let mut plan = plan(replaying, config, &topic)?;
    let wanted = plan.chosen.len() + plan.found_back.len();
    if replaying.dry_run || wanted == 0 || !confirmed(replaying, &plan)? {
        report(&plan.tally, replaying)?;
        return Ok(ExitCode::SUCCESS);
    }
    let written = Writer::new(config, &topic)?.write(&mut plan);
    report(&plan.tally, replaying)?;
    written?;
    let failed = plan.tally.failed > 0;
    Ok(if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

fn confirmed(replaying: &Replaying, plan: &Plan) -> anyhow::Result<bool> {
    if replaying.yes || plan.chosen.is_empty() {
        return Ok(true);
    }
    let count = plan.chosen.len();
    ensure!(
        std::io::stdin().is_terminal(),
        "{count} letters would be replayed; say --yes, or --dry-run to see which"
    );
    for (topic, letters) in &plan.tally.by_topic {
        eprintln!("{letters} letters go back to {topic}");
    }
    eprint!("Type {count} to go on: ");
    std::io::stderr().flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(answer.trim() == count.to_string())
}

fn report(tally: &Tally, replaying: &Replaying) -> anyhow::Result<()> {
    if replaying.json {
        return print_json(&json!({
            "letters": tally.letters,
            "replayed_before": tally.replayed_before,
            "to_replay": tally.by_topic.values().sum::<u64>(),
            "by_reason": tally.by_reason,
            "by_topic": tally.by_topic,
            "replayed": tally.replayed,
            "failed": tally.failed,
            "dry_run": replaying.dry_run,
        }));
    }
    for (reason, letters) in &tally.by_reason {
        println!(
            "{letters:>9}  {}",
            super::text::short(reason.as_bytes(), 64)
        );
    }
    println!(
        "{} letters: {} replayed before, {} to replay, {} replayed, {} failed",
        tally.letters,
        tally.replayed_before,
        tally.by_topic.values().sum::<u64>(),
        tally.replayed,
        tally.failed
    );
    Ok(())
}
