//! The control topic, read to its end and ready to be written.

use std::time::Duration;

use anyhow::{Context, bail};
use control::{Control, ControlWriter, Snapshot};
use kafka::config::KafkaConfig;
use prometheus::Registry;
use runtime::CancellationToken;
use runtime::health::{ComponentState, Health};
use schemas::control::{ControlKey, ControlRecord};
use tokio_util::sync::DropGuard;

/// How long the topic may take to be read: a cluster that has just been started needs some of it.
const PATIENCE: Duration = Duration::from_secs(10);
/// Name of the writer in the records' headers.
const SOURCE: &str = "/candor/command";

/// What an operator's verb works on.
#[derive(Debug)]
pub struct Desk {
    control: Control,
    writer: ControlWriter,
    _reading: DropGuard,
}

impl Desk {
    /// Reads the topic to its end.
    ///
    /// # Errors
    /// Why it cannot be read, after ten seconds.
    pub async fn open(config: &KafkaConfig) -> anyhow::Result<Self> {
        let topic = config.topics().control;
        let (registry, health) = (Registry::new(), Health::default());
        let shutdown = CancellationToken::new();
        let control = Control::spawn(config, &topic, &registry, &health, shutdown.clone())
            .context("cannot read the control topic")?;
        let reading = shutdown.drop_guard();
        if tokio::time::timeout(PATIENCE, control.ready())
            .await
            .is_err()
        {
            let reason = match health.state("control") {
                Some(ComponentState::Down { reason }) => reason,
                _ => format!("{topic} could not be read"),
            };
            bail!("{reason} (waited {} s)", PATIENCE.as_secs());
        }
        Ok(Self {
            control,
            writer: ControlWriter::new(config, SOURCE)?,
            _reading: reading,
        })
    }

    /// What the topic says.
    pub fn state(&self) -> Snapshot {
        self.control.state()
    }

    /// Writes a record and waits until it is durable.
    ///
    /// # Errors
    /// When the broker does not acknowledge it.
    pub async fn put(&self, record: ControlRecord) -> anyhow::Result<()> {
        let written = self.writer.put(&record).await;
        written.with_context(|| format!("{} may not have been written", record.key()))?;
        Ok(())
    }

    /// Removes a record and waits until that is durable.
    ///
    /// # Errors
    /// When the broker does not acknowledge it.
    pub async fn remove(&self, key: &ControlKey) -> anyhow::Result<()> {
        let written = self.writer.remove(key).await;
        written.with_context(|| format!("{key} may not have been removed"))?;
        Ok(())
    }
}
