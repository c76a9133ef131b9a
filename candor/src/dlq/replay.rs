//! `candor dlq replay`: letters back to where they came from.
//!
//! First the topic is read to its end: which letters are wanted, and how they stand. Then they are read
//! again and written back, with entries in the account before and after.

use std::io::{BufRead, IsTerminal, Write};
use std::process::ExitCode;

use anyhow::ensure;
use clap::Args;
use dead_letters::{MOST_LETTERS, Notice, Plan, Position, Tally, Wanted, Writer, plan};
use kafka::config::KafkaConfig;
use serde_json::json;

use super::select::Selection;
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
    let wanted = Wanted {
        positions: replaying.positions.clone(),
        selection: replaying.selection.letters(),
        again: replaying.again,
        most: MOST_LETTERS,
        within: None,
    };
    let mut plan = plan(&wanted, config, &topic, &mut tell)?;
    if replaying.dry_run || plan.work() == 0 || !confirmed(replaying, &plan)? {
        report(&plan.tally, replaying)?;
        return Ok(ExitCode::SUCCESS);
    }
    let written = Writer::new(config, &topic, &mut tell)?.write(&mut plan);
    report(&plan.tally, replaying)?;
    written?;
    let failed = plan.tally.failed > 0;
    Ok(if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

fn tell(notice: Notice<'_>) {
    match notice {
        Notice::Interrupted { topic } => {
            eprintln!("an earlier replay into {topic} was interrupted; looking for what it wrote")
        }
        Notice::NotSent { at, error } => eprintln!("{at} is not replayed: {error}"),
        Notice::NotAcknowledged { at, error } => eprintln!("{at} may not be replayed: {error}"),
    }
}

fn confirmed(replaying: &Replaying, plan: &Plan) -> anyhow::Result<bool> {
    if replaying.yes || plan.to_replay() == 0 {
        return Ok(true);
    }
    let count = plan.to_replay();
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
