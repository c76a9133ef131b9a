//! Building the worker and running it until a shutdown.

use std::time::Duration;

use control::Control;
use kafka::consumer::{self, ConsumerConfig, ConsumerError};
use kafka::metrics::{ChangelogMetrics, ConsumerMetrics, ProducerMetrics};
use kafka::producer::{Producer, ProducerOptions};
use prometheus::Registry;
use runtime::CancellationToken;
use runtime::health::{Component, Health};
use runtime::tasks::{TaskError, Tasks};
use tokio::net::TcpListener;
use tokio_util::sync::DropGuard;

use crate::config::WorkerConfig;
use crate::coordination::{self, Coordination};
use crate::handler::DetectorHandler;
use crate::metrics::Metrics;
use crate::outbox::Outbox;
use crate::versions::Versions;

/// How long the cluster may take to answer at start.
const START_WAIT: Duration = Duration::from_secs(60);
/// How long everything may take to stop.
const STOP_CEILING: Duration = Duration::from_secs(30);
/// How long a verdict is retried before the worker starts again from its commit.
const DELIVERY_TIMEOUT: Duration = Duration::from_secs(300);

/// Why the worker could not start or ended.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// A metric's name is taken.
    #[error("metrics cannot be registered")]
    Metrics(#[from] prometheus::Error),
    /// The Kafka client cannot be made.
    #[error(transparent)]
    Client(#[from] kafka::producer::ClientError),
    /// The control topic cannot be followed.
    #[error(transparent)]
    Control(#[from] control::ControlError),
    /// Topics are missing, or the cluster does not answer.
    #[error("{0}")]
    Topics(String),
    /// The health address cannot be listened on.
    #[error("{address} cannot be listened on")]
    Listen {
        /// The address.
        address: std::net::SocketAddr,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// A task ended.
    #[error(transparent)]
    Task(#[from] TaskError),
}

/// A worker that is ready to run.
pub struct Components {
    config: WorkerConfig,
    handler: DetectorHandler,
    coordination: Option<Coordination>,
    consumer_metrics: ConsumerMetrics,
    kafka_health: Component,
    control: Control,
    /// Ends the following of the control topic with the worker.
    _following: DropGuard,
}

impl std::fmt::Debug for Components {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Components")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

/// Builds a worker. Its metrics go to `registry`, its health to `health`.
///
/// # Errors
/// [`WorkerError`] when a client or a metric cannot be made.
pub fn setup(
    config: WorkerConfig,
    registry: &Registry,
    health: &Health,
) -> Result<Components, WorkerError> {
    let options = ProducerOptions {
        delivery_timeout: DELIVERY_TIMEOUT,
        linger: config.state.linger,
        ..ProducerOptions::default()
    };
    let producer = Producer::new(
        &config.kafka,
        &options,
        ProducerMetrics::register(registry)?,
    )?;
    let following = CancellationToken::new();
    let control = Control::spawn(
        &config.kafka,
        &config.control_topic,
        registry,
        health,
        following.clone(),
    )?;
    let consumer_metrics = ConsumerMetrics::register(registry)?;
    let coordination = match config.coordination.enabled {
        true => {
            let (producer, metrics) = (producer.clone(), consumer_metrics.clone());
            Some(coordination::setup(
                &config, producer, metrics, registry, health,
            )?)
        }
        false => None,
    };
    let handler = DetectorHandler::new(
        config.clone(),
        Versions::following(control.clone()),
        Outbox::new(producer, config.dead_letter_topic.clone()),
        (
            Metrics::register(registry)?,
            ChangelogMetrics::register(registry)?,
        ),
    );
    let kafka_health = health.required("kafka");
    Ok(Components {
        config,
        handler,
        coordination,
        consumer_metrics,
        kafka_health,
        control,
        _following: following.drop_guard(),
    })
}

impl Components {
    /// Consumes until `shutdown`, then drains, commits and leaves the group.
    ///
    /// # Errors
    /// [`WorkerError`] when topics are missing, or what stopped the consumer.
    pub async fn consume(self, shutdown: CancellationToken) -> Result<(), WorkerError> {
        let config = self.config;
        require_topics(&config).await?;
        self.kafka_health.up();
        // A partition that waits for a ruleset which is only not read yet would wait for nothing.
        tokio::select! {
            () = self.control.ready() => {}
            () = shutdown.cancelled() => return Ok(()),
        }
        let consumer = ConsumerConfig::new(config.kafka, config.group, config.events_topic);
        // Neither stage goes on without the other: the process ends and starts again as a whole.
        let stop = shutdown.child_token();
        let first = consumer::spawn(consumer, self.handler, self.consumer_metrics, stop.clone());
        let second = async {
            match self.coordination {
                Some(coordination) => coordination.consume(stop.clone()).await,
                None => {
                    stop.cancelled().await;
                    Ok(())
                }
            }
        };
        let (first, second) = tokio::join!(
            stopping("consumer", first, &stop),
            stopping("coordination", second, &stop)
        );
        self.kafka_health.down("the consumer has ended");
        first.and(second)
    }
}

async fn require_topics(config: &WorkerConfig) -> Result<(), WorkerError> {
    let kafka = config.kafka.clone();
    let topics = [
        config.events_topic.clone(),
        config.verdicts_topic.clone(),
        config.dead_letter_topic.clone(),
        config.windows_topic.clone(),
        config.control_topic.clone(),
        config.fingerprints_topic.clone(),
    ];
    let check = tokio::task::spawn_blocking(move || {
        kafka::admin::require_topics(&kafka, &topics.each_ref().map(String::as_str), START_WAIT)
    });
    check
        .await
        .map_err(|error| WorkerError::Topics(error.to_string()))?
        .map_err(WorkerError::Topics)
}

/// Waits for a stage and lets the other end with it.
async fn stopping(
    name: &'static str,
    stage: impl Future<Output = Result<(), ConsumerError>>,
    stop: &CancellationToken,
) -> Result<(), WorkerError> {
    let outcome = stage.await;
    stop.cancel();
    outcome.map_err(|error| {
        let reason = error.to_string();
        WorkerError::Task(TaskError::Failed { name, reason })
    })
}

/// Runs a worker with its health and metrics server until `shutdown`.
///
/// # Errors
/// What stopped it.
pub async fn run(config: WorkerConfig, shutdown: CancellationToken) -> Result<(), WorkerError> {
    let (registry, health) = (Registry::new(), Health::default());
    let address = config.listen;
    let components = setup(config, &registry, &health)?;
    let listener = TcpListener::bind(address)
        .await
        .map_err(|source| WorkerError::Listen { address, source })?;
    let router = runtime::health::router(health.clone(), registry);
    let mut tasks = Tasks::new(shutdown.clone());
    tasks.spawn("consumer", components.consume(shutdown.clone()));
    tasks.spawn(
        "health",
        runtime::http::serve(listener, router, shutdown.clone()),
    );
    let stopping = shutdown.clone();
    tasks.spawn("readiness", async move {
        stopping.cancelled().await;
        health.begin_shutdown();
        Ok::<(), std::convert::Infallible>(())
    });
    Ok(tasks.wait(STOP_CEILING).await?)
}
