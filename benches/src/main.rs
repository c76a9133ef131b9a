//! Measurements on real services, each with a Kafka (and PostgreSQL) of its own.
//!
//! Without a word: the whole pipeline, each service alone and the latency through all of them. `gateway`:
//! the gateway beside its floor and its rivals. `gateway-memory`: its memory under load. `detector`: the
//! detector beside its floor and its rivals; its memory, scoring and recovery. Programs are the release
//! ones that lie beside this one. Figures go to standard output, what happens to standard error.

mod broker;
mod detector;
mod gateway;
mod latency;
mod pipeline;
mod place;
mod process;
mod profile;
mod report;
mod stages;
mod usage;

use clap::{Parser, Subcommand};

/// Measures the whole pipeline, or the gateway or the detector beside others.
#[derive(Debug, Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct Options {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    pipeline: pipeline::PipelineOptions,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Gateway, floor and rivals side by side
    Gateway(gateway::GatewayOptions),
    /// Memory of the gateway under load and with a bulk upload
    GatewayMemory(gateway::MemoryOptions),
    /// Detector, floor and rivals side by side; its memory, scoring and recovery
    Detector(Box<detector::DetectorOptions>),
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let report = match &options.what {
        None => pipeline::run(&options.pipeline)?,
        Some(What::Gateway(options)) => gateway::run(options)?,
        Some(What::GatewayMemory(options)) => gateway::run_memory(options)?,
        Some(What::Detector(options)) => detector::run(options)?,
    };
    print!("{report}");
    Ok(())
}
