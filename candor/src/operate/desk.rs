//! The control topic, read to its end and ready to be written.

use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use control::{Control, ControlWriter, Snapshot};
use kafka::config::KafkaConfig;
use prometheus::Registry;
use runtime::CancellationToken;
use runtime::health::{ComponentState, Health};
use schemas::control::{ControlKey, ControlRecord, Experiment, ModelRecord, RulesetRecord};
use tokio_util::sync::DropGuard;

/// How long the topic may take to be read: a cluster that has just been started needs some of it.
const PATIENCE: Duration = Duration::from_secs(10);
/// Name of the writer in the records' headers.
const SOURCE: &str = "/candor/command";

/// How often the topic is looked at while a record is on its way back.
const GLANCE: Duration = Duration::from_millis(20);

/// What became of a record whose contents never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// It is new.
    New,
    /// It was there with the same contents.
    Unchanged,
}

impl Written {
    /// Tells the operator: what became of it on standard error, the version on standard output.
    pub(super) fn say(&self, version: &str) {
        match self {
            Self::New => eprintln!("written; detectors follow within a second"),
            Self::Unchanged => eprintln!("it was there already; nothing is changed"),
        }
        println!("{version}");
    }
}

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

    /// Writes a record whose contents never change once they are there: a ruleset, a model or an
    /// experiment. When somebody else wrote other contents at the same moment, what came first in the
    /// log is written again, so that it is also what compaction keeps.
    ///
    /// # Errors
    /// When other contents hold, or the broker does not acknowledge.
    pub async fn put_once(&self, record: ControlRecord) -> anyhow::Result<Written> {
        let key = record.key();
        if let Some(held) = self.held(&key) {
            ensure!(record.may_replace(&held), "{key} is there already");
            return Ok(Written::Unchanged);
        }
        self.put(record.clone()).await?;
        let end = Instant::now() + PATIENCE;
        let held = loop {
            if let Some(held) = self.held(&key) {
                break held;
            }
            ensure!(
                Instant::now() < end,
                "{key} is written, but could not be read back within {} s",
                PATIENCE.as_secs()
            );
            tokio::time::sleep(GLANCE).await;
        };
        if record.may_replace(&held) {
            return Ok(Written::New);
        }
        self.put(held).await?;
        bail!("{key} was written by somebody else a moment before");
    }

    /// What the topic says of a key whose contents never change.
    fn held(&self, key: &ControlKey) -> Option<ControlRecord> {
        let state = self.state();
        match key {
            ControlKey::Ruleset(version) => state
                .ruleset(version)
                .map(|held| ControlRecord::Ruleset(RulesetRecord::clone(held))),
            ControlKey::Model(version) => state
                .model(version)
                .map(|held| ControlRecord::Model(ModelRecord::clone(held))),
            ControlKey::Experiment(name) => state
                .experiment(name)
                .map(|held| ControlRecord::Experiment(Experiment::clone(held))),
            _ => None,
        }
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
