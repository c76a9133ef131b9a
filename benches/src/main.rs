//! Measurements on real services, each with a Kafka (and PostgreSQL) of its own.
//!
//! Without a word: the whole pipeline, each service alone and the latency through all of them. `gateway`:
//! the gateway beside its floor and its rivals. `gateway-memory`: its memory under load. `detector`: the
//! detector beside its floor and its rivals; its memory, scoring and recovery. `api`: the API over a
//! large database, and how soon a verdict can be read. `live`: its live feed with thousands of watchers. Programs are the release
//! ones that lie beside this one. Figures go to standard output, what happens to standard error.

mod api;
mod broker;
mod detector;
mod gateway;
mod latency;
mod live;
mod pipeline;
mod place;
mod postgres;
mod process;
mod profile;
mod report;
mod sink;
mod stages;
mod times;
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
    /// The sinks beside PostgreSQL
    Sink(sink::SinkOptions),
    /// The API over a large database, and how soon a verdict can be read
    Api(Box<api::ApiOptions>),
    /// The API's live feed with thousands of watchers
    Live(live::LiveOptions),
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let report = match &options.what {
        None => pipeline::run(&options.pipeline)?,
        Some(What::Gateway(options)) => gateway::run(options)?,
        Some(What::GatewayMemory(options)) => gateway::run_memory(options)?,
        Some(What::Detector(options)) => detector::run(options)?,
        Some(What::Sink(options)) => sink::run(options)?,
        Some(What::Api(options)) => api::run(options)?,
        Some(What::Live(options)) => live::run(options)?,
    };
    print!("{report}");
    Ok(())
}
