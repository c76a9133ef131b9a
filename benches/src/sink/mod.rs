//! The sinks beside PostgreSQL, and what they cost.
//!
//! | part | what is measured |
//! |---|---|
//! | verdicts | verdicts and findings from a full topic into all tables, roll-ups included |
//! | raw | batches of events from a full topic into `behavior_batches` |
//!
//! Each part has a broker and a PostgreSQL of its own, which synchronises to disk as a real one does.

mod flat;
mod raw;
mod story;
mod verdicts;

use clap::{Args, ValueEnum};

use crate::place::with_broker;

/// A part of the measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Verdicts and findings
    Verdicts,
    /// Raw events
    Raw,
}

/// Options of every part.
#[derive(Debug, Args)]
pub(crate) struct CommonOptions {
    /// Partitions of the topics
    #[arg(long, default_value_t = 4)]
    partitions: i32,
    /// More settings of the sinks, as NAME=VALUE
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = crate::detector::setting)]
    set: Vec<(String, String)>,
    /// More settings of PostgreSQL, as name=value
    #[arg(long = "postgres", value_name = "NAME=VALUE", value_parser = crate::detector::setting)]
    postgres: Vec<(String, String)>,
}

/// Options of `sink`.
#[derive(Debug, Args)]
pub(crate) struct SinkOptions {
    /// Only these parts
    #[arg(long, value_enum, value_delimiter = ',')]
    part: Vec<Part>,
    #[command(flatten)]
    common: CommonOptions,
    #[command(flatten)]
    verdicts: verdicts::VerdictOptions,
    #[command(flatten)]
    raw: raw::RawOptions,
}

/// Measures and returns the report.
pub(crate) fn run(options: &SinkOptions) -> anyhow::Result<String> {
    let common = &options.common;
    let mut text = String::new();
    for part in Part::value_variants() {
        if !options.part.is_empty() && !options.part.contains(part) {
            continue;
        }
        eprintln!("{part:?}");
        text.push_str(&match part {
            Part::Verdicts => with_broker(common.partitions, |place| {
                verdicts::run(place, &options.verdicts, common)
            })?,
            Part::Raw => with_broker(common.partitions, |place| {
                raw::run(place, &options.raw, common)
            })?,
        });
    }
    Ok(text)
}
