//! `candor topics`: makes and lists Candor's topics.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::{Args, Subcommand};
use kafka::admin::{TopicOutcome, TopicSizes, create_topics, list_topics};
use kafka::config::KafkaConfig;

/// How long a cluster may take to answer a listing.
const LIST_TIMEOUT: Duration = Duration::from_secs(10);

/// What to do with topics.
#[derive(Debug, Clone, Subcommand)]
pub enum Verb {
    /// Make every topic that does not exist; harmless when repeated
    Create(Sizes),
    /// List the topics of the cluster that Candor uses
    List,
}

/// Options of `candor topics create`.
#[derive(Debug, Clone, Args)]
pub struct Sizes {
    /// Partitions of every topic that is keyed by session
    #[arg(long, value_name = "N", default_value_t = 12, value_parser = clap::value_parser!(i32).range(1..=10_000))]
    pub partitions: i32,
    /// Copies of each partition (3 in production, 1 on a single broker)
    #[arg(long, value_name = "R", default_value_t = 1, value_parser = clap::value_parser!(i32).range(1..=9))]
    pub replication_factor: i32,
}

/// Runs the verb.
///
/// # Errors
/// When the cluster does not answer or refuses a topic.
pub async fn command(verb: Verb, config: KafkaConfig) -> anyhow::Result<ExitCode> {
    match verb {
        Verb::Create(sizes) => create(sizes, &config).await?,
        Verb::List => list(config).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn create(sizes: Sizes, config: &KafkaConfig) -> anyhow::Result<()> {
    let sizes = TopicSizes {
        partitions: sizes.partitions,
        replication: sizes.replication_factor,
    };
    for (topic, outcome) in create_topics(config, &config.topics(), sizes).await? {
        let outcome = match outcome {
            TopicOutcome::Created => "created",
            TopicOutcome::Existed => "exists",
        };
        println!("{outcome:<8} {topic}");
    }
    Ok(())
}

async fn list(config: KafkaConfig) -> anyhow::Result<()> {
    let wanted = config.topics().specs();
    // librdkafka's metadata request blocks its thread.
    let present = tokio::task::spawn_blocking(move || list_topics(&config, LIST_TIMEOUT))
        .await
        .context("the listing thread panicked")??;
    for spec in wanted {
        match present.iter().find(|(name, _)| *name == spec.name) {
            Some((name, partitions)) => println!("{partitions:>5} partitions  {name}"),
            None => println!("          missing  {}", spec.name),
        }
    }
    Ok(())
}
