//! Following the control topic, and handing out what it says.
//!
//! Readers take a [`Snapshot`] from an atomic pointer: no lock, no waiting, whatever the writer does.
//! The writer, one thread, collects what has come in a moment and puts a whole new state in place. That
//! costs a pass over all records for each change, which is cheap where it happens (a change of keys is
//! rare) and free where it matters (every request reads).

use std::collections::HashSet;
use std::ops::Deref;
use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};
use kafka::config::KafkaConfig;
use kafka::metrics::MetricsError;
use kafka::table::{Row, TableHandler};
use prometheus::Registry;
use runtime::CancellationToken;
use runtime::health::{Component, Health};
use schemas::control::ControlRecord;
use tokio::sync::watch;

use crate::metrics::Metrics;
use crate::state::ControlState;
use crate::table::Table;

/// Most unreadable keys that are remembered as told.
const TOLD: usize = 1000;

/// Why the control topic cannot be followed at all.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// A metric's name is taken.
    #[error("metrics cannot be registered")]
    Metrics(#[from] MetricsError),
    /// The system refuses a thread.
    #[error("no thread can be started")]
    Thread(#[from] std::io::Error),
}

/// Keys and settings as the control topic has them; clones share them.
#[derive(Clone)]
pub struct Control(Arc<Shared>);

struct Shared {
    state: ArcSwap<ControlState>,
    ready: watch::Sender<bool>,
}

impl std::fmt::Debug for Control {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Control")
            .field("ready", &self.is_ready())
            .field("counts", &self.state().counts())
            .finish()
    }
}

/// A state as it stood when it was taken. Meant to be short-lived: ask, and let it go.
pub struct Snapshot(Guard<Arc<ControlState>>);

impl Deref for Snapshot {
    type Target = ControlState;

    fn deref(&self) -> &ControlState {
        &self.0
    }
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Snapshot").field(&self.counts()).finish()
    }
}

impl Control {
    /// Starts to follow `topic` until `shutdown`. The health component `control` is down, with the
    /// reason, until the topic has been read to its end; from then on it stays up, because keys that are
    /// known go on to hold when Kafka goes away.
    ///
    /// # Errors
    /// [`ControlError`]. Never because of Kafka: without it, this keeps trying.
    pub fn spawn(
        config: &KafkaConfig,
        topic: &str,
        registry: &Registry,
        health: &Health,
        shutdown: CancellationToken,
    ) -> Result<Self, ControlError> {
        Self::spawn_as(
            config,
            topic,
            registry,
            health.required("control"),
            shutdown,
        )
    }

    /// As [`Self::spawn`], with a component of the caller's own: for a service that goes on without keys.
    ///
    /// # Errors
    /// [`ControlError`].
    pub fn spawn_as(
        config: &KafkaConfig,
        topic: &str,
        registry: &Registry,
        component: Component,
        shutdown: CancellationToken,
    ) -> Result<Self, ControlError> {
        let metrics = Metrics::register(registry)?;
        let control = Self::new(ControlState::default(), false);
        component.down(format!("{topic} has not been read yet"));
        let follower = Follower {
            topic: topic.to_owned(),
            control: control.clone(),
            table: Table::default(),
            changed: true,
            told: HashSet::new(),
            metrics,
            component,
            shutdown: shutdown.clone(),
        };
        kafka::table::spawn(config, topic, follower, shutdown)?;
        Ok(control)
    }

    /// A control that is ready and holds these records for ever: for tests and measurements.
    pub fn fixed(records: impl IntoIterator<Item = ControlRecord>) -> Self {
        Self::new(ControlState::of(records), true)
    }

    fn new(state: ControlState, ready: bool) -> Self {
        Self(Arc::new(Shared {
            state: ArcSwap::from_pointee(state),
            ready: watch::Sender::new(ready),
        }))
    }

    /// The newest state; empty before [`Self::is_ready`]. Neither waits nor allocates.
    pub fn state(&self) -> Snapshot {
        Snapshot(self.0.state.load())
    }

    /// Whether the topic has been read to its end once.
    pub fn is_ready(&self) -> bool {
        *self.0.ready.borrow()
    }

    /// Resolves when the topic has been read to its end once.
    ///
    /// # Cancel safety
    /// Nothing is lost when it is dropped.
    pub async fn ready(&self) {
        let mut ready = self.0.ready.subscribe();
        // The sender lives as long as this handle, so the wait ends by becoming ready only.
        let _ = ready.wait_for(|ready| *ready).await;
    }
}

struct Follower {
    topic: String,
    control: Control,
    table: Table,
    changed: bool,
    told: HashSet<Vec<u8>>,
    metrics: Metrics,
    component: Component,
    shutdown: CancellationToken,
}

impl TableHandler for Follower {
    fn begin(&mut self) {
        self.metrics.reads.inc();
        self.table = Table::default();
        self.changed = true;
    }

    fn row(&mut self, row: Row<'_>) {
        self.changed = true;
        let Err(error) = self.table.apply(row.key, row.value) else {
            self.told.remove(row.key);
            return;
        };
        let problem = error.kind();
        self.metrics.unreadable.with_label_values(&[problem]).inc();
        // Once for each key: a topic that is read again would tell the same again.
        if self.told.len() < TOLD && self.told.insert(row.key.to_vec()) {
            tracing::error!(%error, kafka.topic = self.topic, kafka.offset = row.offset, "control record cannot be read");
        }
    }

    fn caught_up(&mut self) {
        self.metrics.read_to_end();
        if self.changed {
            self.changed = false;
            let state = self.table.state();
            self.metrics.show(state.counts());
            self.control.0.state.store(Arc::new(state));
        }
        self.component.up();
        // Once only: whoever asks for readiness never meets a writer after that.
        if !self.control.is_ready() {
            self.control.0.ready.send_replace(true);
            let counts = self.control.state().counts();
            tracing::info!(kafka.topic = self.topic, ?counts, "control topic is read");
        }
    }

    fn unavailable(&mut self, reason: &str) {
        tracing::warn!(reason, "control topic cannot be read");
        if !self.control.is_ready() {
            self.component.down(reason);
        }
    }
}

impl Drop for Follower {
    /// Without its reader a process would go on with keys that may have been revoked long since.
    fn drop(&mut self) {
        if !self.shutdown.is_cancelled() {
            tracing::error!(
                kafka.topic = self.topic,
                "control topic is not read any more"
            );
            self.component
                .down("the reader of the control topic has stopped");
        }
    }
}
