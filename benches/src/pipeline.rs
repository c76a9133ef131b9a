//! First figures of the whole pipeline: each service alone, then the latency through all of them.
//!
//! Starts a Kafka and a PostgreSQL of its own, and the release programs that lie beside this one.
//! Gateway, worker and sink are measured one after the other on the same events, so that each has the
//! machine to itself and the load generator; CPU time is the service's own, from the kernel's account.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context;
use clap::Args;
use embedded::{DataFolder, ServiceOptions, Services};
use kafka::config::KafkaConfig;

use crate::{broker, latency, report, stages};

/// Options of the measurement of the pipeline.
#[derive(Debug, Args)]
pub(crate) struct PipelineOptions {
    /// Simulated sessions (some 800 events each)
    #[arg(long, default_value_t = 5000)]
    sessions: u64,
    /// Sessions sent at once
    #[arg(long, default_value_t = 64)]
    concurrency: usize,
    /// Batches whose way to a readable verdict is timed
    #[arg(long, default_value_t = 300)]
    latency_samples: u64,
    /// Partitions of the topics
    #[arg(long, default_value_t = 4)]
    partitions: i32,
}

/// What every service of the run shares.
#[derive(Debug)]
pub(crate) struct Bench {
    pub(crate) brokers: String,
    pub(crate) prefix: String,
    pub(crate) database_url: String,
    pub(crate) programs: PathBuf,
}

/// Measures gateway, worker, sink and the latency through the pipeline; the report.
#[tokio::main]
pub(crate) async fn run(options: &PipelineOptions) -> anyhow::Result<String> {
    let programs = std::env::current_exe()?
        .parent()
        .context("a program lies in a folder")?
        .to_owned();
    let stamp = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis();
    let folder = std::env::temp_dir().join(format!("candor-bench-{stamp}"));
    let data = DataFolder::new(&folder);
    let services =
        tokio::task::spawn_blocking(move || Services::start(&data, ServiceOptions::default()))
            .await??;
    let bench = Bench {
        brokers: services.brokers().to_owned(),
        prefix: "bench".to_owned(),
        database_url: services.database_url().to_owned(),
        programs,
    };
    let outcome = measure(&bench, options).await;
    tokio::task::spawn_blocking(move || services.stop()).await?;
    std::fs::remove_dir_all(&folder)
        .with_context(|| format!("{} cannot be removed", folder.display()))?;
    outcome
}

async fn measure(bench: &Bench, options: &PipelineOptions) -> anyhow::Result<String> {
    let kafka = KafkaConfig {
        brokers: bench.brokers.clone(),
        prefix: bench.prefix.clone(),
        ..KafkaConfig::default()
    };
    broker::prepare(&kafka, options.partitions).await?;
    storage::migrate(&bench.database_url).await?;
    eprintln!("gateway");
    let gateway = stages::gateway(bench, options.sessions, options.concurrency).await?;
    eprintln!("worker");
    let worker = stages::worker(bench, gateway.events).await?;
    eprintln!("sink");
    let sink = stages::sink(bench, gateway.events).await?;
    eprintln!("latency");
    let latency = latency::measure(bench, options.latency_samples).await?;
    Ok(report::markdown(&[gateway, worker, sink], &latency))
}
