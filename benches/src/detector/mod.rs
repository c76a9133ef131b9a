//! The detector beside its floor and its rivals, and what it costs by itself.
//!
//! | part | what is measured |
//! |---|---|
//! | throughput | floor, worker and rivals read the same topic, one after the other |
//! | memory | what a worker grows by when many sessions are opened and left open |
//! | scoring | one judgement, in this process |
//! | recovery | a worker with many open sessions is killed under load |
//! | pair | two workers beside one: shares, and whether a verdict differs |
//!
//! Each part has a broker of its own. The report goes to standard output, what happens to standard error.

pub(crate) mod crowd;
pub(crate) mod feed;
mod memory;
mod pair;
pub(crate) mod pool;
mod recovery;
mod report;
mod scoring;
mod target;
mod throughput;
mod verdicts;
pub(crate) mod worker;

use clap::{Args, ValueEnum};

use crate::place::with_broker;

/// Events of a batch; some 4 kB in the canonical form.
const BATCH: usize = 50;

/// A part of the measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Floor, worker and rivals read the same topic
    Throughput,
    /// Memory of open sessions
    Memory,
    /// Time of one judgement
    Scoring,
    /// A worker is killed
    Recovery,
    /// Two workers beside one
    Pair,
}

/// Options of every part.
#[derive(Debug, Args)]
pub(crate) struct CommonOptions {
    /// Partitions of the topics
    #[arg(long, default_value_t = 4)]
    partitions: i32,
    /// More settings of the workers, as NAME=VALUE
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = setting)]
    set: Vec<(String, String)>,
}

impl CommonOptions {
    fn settings(&self) -> Vec<(String, String)> {
        self.set.clone()
    }
}

/// Options of `detector`.
#[derive(Debug, Args)]
pub(crate) struct DetectorOptions {
    /// Only these parts
    #[arg(long, value_enum, value_delimiter = ',')]
    part: Vec<Part>,
    #[command(flatten)]
    common: CommonOptions,
    #[command(flatten)]
    throughput: throughput::ThroughputOptions,
    #[command(flatten)]
    memory: memory::MemoryOptions,
    #[command(flatten)]
    scoring: scoring::ScoringOptions,
    #[command(flatten)]
    recovery: recovery::RecoveryOptions,
    #[command(flatten)]
    pair: pair::PairOptions,
}

/// Measures and returns the report.
pub(crate) fn run(options: &DetectorOptions) -> anyhow::Result<String> {
    let common = &options.common;
    let mut text = String::new();
    for part in Part::value_variants() {
        if !options.part.is_empty() && !options.part.contains(part) {
            continue;
        }
        eprintln!("{part:?}");
        let partitions = common.partitions;
        text.push_str(&match part {
            Part::Throughput => with_broker(partitions, |place| {
                throughput::run(place, &options.throughput, common)
            })?,
            Part::Memory => with_broker(partitions, |place| {
                memory::run(place, &options.memory, common)
            })?,
            Part::Scoring => scoring::run(&options.scoring)?,
            Part::Recovery => with_broker(partitions, |place| {
                recovery::run(place, &options.recovery, common)
            })?,
            Part::Pair => with_broker(partitions, |place| pair::run(place, &options.pair, common))?,
        });
    }
    Ok(text)
}

/// A setting as it is given on the command line.
pub(crate) fn setting(text: &str) -> Result<(String, String), String> {
    let (name, value) = text
        .split_once('=')
        .ok_or_else(|| format!("`{text}` is not NAME=VALUE"))?;
    Ok((name.to_owned(), value.to_owned()))
}
