//! Where a measurement happens: a broker of its own in a folder of its own, both gone afterwards.

use std::path::PathBuf;

use anyhow::Context;
use chrono::Utc;
use embedded::{Durability, KafkaOptions, KafkaServer};
use kafka::config::KafkaConfig;

use crate::broker;

const PREFIX: &str = "bench";
/// The broker must not be what runs out of memory.
const BROKER_HEAP: u32 = 1024;

/// Where things are during a run.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) folder: PathBuf,
    pub(crate) cache: PathBuf,
    programs: PathBuf,
    pub(crate) brokers: String,
    pub(crate) prefix: String,
    pub(crate) topic: String,
}

impl Place {
    /// Where the programs of this build lie.
    pub(crate) fn programs(&self) -> &std::path::Path {
        &self.programs
    }

    /// A program of this build.
    pub(crate) fn program(&self, name: &str) -> anyhow::Result<PathBuf> {
        crate::process::program(&self.programs, name)
    }
}

/// Starts a broker in a folder of its own, prepares its topics, and removes everything afterwards.
pub(crate) fn with_broker<T>(
    partitions: i32,
    work: impl FnOnce(&Place) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let stamp = Utc::now().timestamp_millis();
    let folder = std::env::temp_dir().join(format!("candor-bench-{stamp}"));
    std::fs::create_dir_all(&folder)?;
    let kafka = KafkaServer::start(KafkaOptions {
        durability: Durability::Disposable,
        heap_megabytes: BROKER_HEAP,
        ..KafkaOptions::new(folder.join("kafka"))
    })?;
    let config = KafkaConfig {
        brokers: kafka.brokers().to_owned(),
        prefix: PREFIX.to_owned(),
        ..KafkaConfig::default()
    };
    let programs = std::env::current_exe()?;
    let place = Place {
        cache: embedded::cache_folder()?.join("rivals"),
        programs: programs
            .parent()
            .context("a program lies in a folder")?
            .to_owned(),
        brokers: config.brokers.clone(),
        prefix: PREFIX.to_owned(),
        topic: config.topics().events,
        folder: folder.clone(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(broker::prepare(&config, partitions))?;
    broker::prepare_groups(&place.brokers, &place.topic)?;
    let outcome = work(&place);
    drop(kafka);
    if outcome.is_ok() {
        std::fs::remove_dir_all(&folder)
            .with_context(|| format!("{} cannot be removed", folder.display()))?;
    } else {
        eprintln!("logs are kept in {}", folder.display());
    }
    outcome
}
