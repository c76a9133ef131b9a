//! Building the service from its settings, and running it.
//!
//! Production and tests use the same functions: [`setup`] makes the state, [`serve_background`] its
//! tasks, [`crate::api_routes`] its routes; [`run`] does all three on a listener of its own. The state
//! is one cloneable struct behind an `Arc`.

use std::sync::Arc;
use std::time::Duration;

use control::{Control, ControlError};
use kafka::config::KafkaConfig;
use kafka::metrics::ProducerMetrics;
use kafka::producer::{ClientError, Producer, ProducerOptions};
use prometheus::Registry;
use runtime::CancellationToken;
use runtime::health::{Component, Health};
use runtime::tasks::{TaskError, Tasks};
use schemas::ids::{IdError, OrganisationId, SessionId, SessionSecret};
use storage::StorageError;
use tokio::net::TcpListener;
use tokio_util::sync::DropGuard;

use crate::analysis::Analysis;
use crate::auth::Gate;
use crate::config::DashboardConfig;
use crate::database::Database;
use crate::error::ApiError;
use crate::metrics::Metrics;
use crate::router::router;

/// Longest time for the requests and tasks that are left at the end.
const STOP_CEILING: Duration = Duration::from_secs(10);
/// An analysis request that is not acknowledged by then has failed: its client waits.
const PUBLISH_TIMEOUT: Duration = Duration::from_secs(3);

/// Why the service cannot start or go on.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The organisation or the session secret is unusable.
    #[error("the settings are unusable: {0}")]
    Settings(#[from] IdError),
    /// The database's URL or pool.
    #[error("{0}")]
    Storage(#[from] StorageError),
    /// The Kafka client.
    #[error("{0}")]
    Kafka(#[from] ClientError),
    /// The keys of the control topic cannot be followed.
    #[error("keys cannot be followed: {0}")]
    Control(#[from] ControlError),
    /// A metric's name is taken.
    #[error("metrics cannot be registered: {0}")]
    Metrics(#[from] prometheus::Error),
    /// The address to listen on.
    #[error("cannot listen: {0}")]
    Listen(#[from] std::io::Error),
    /// A task ended that should not have.
    #[error("{0}")]
    Task(#[from] TaskError),
}

#[derive(Debug)]
struct Inner {
    organisation: OrganisationId,
    session_secret: SessionSecret,
    gate: Gate,
    database: Database,
    analysis: Analysis,
    metrics: Metrics,
    kafka: KafkaConfig,
    database_health: Component,
    kafka_health: Component,
    /// Reading the control topic ends with the state.
    _control: DropGuard,
}

/// Everything the routes share; clones are cheap.
#[derive(Debug, Clone)]
pub struct AppState(Arc<Inner>);

impl AppState {
    pub(crate) fn gate(&self) -> &Gate {
        &self.0.gate
    }

    pub(crate) fn database(&self) -> &Database {
        &self.0.database
    }

    pub(crate) fn analysis(&self) -> &Analysis {
        &self.0.analysis
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// Reads a session's id and checks that it was minted for `organisation`, without a look-up.
    pub(crate) fn session(
        &self,
        organisation: &OrganisationId,
        text: &str,
    ) -> Result<SessionId, ApiError> {
        let id: SessionId = text.parse().map_err(|_| ApiError::UnknownSession)?;
        if self.0.session_secret.verifies(organisation, id) {
            Ok(id)
        } else {
            Err(ApiError::UnknownSession)
        }
    }
}

/// Builds the state and starts to read the keys of the control topic; connects to nothing else yet.
/// Registers the components `database` (required), `verdicts` and `control` (informative).
///
/// # Errors
/// [`SetupError`] when a setting is unusable or a metric's name is taken.
pub fn setup(
    config: &DashboardConfig,
    health: &Health,
    registry: &Registry,
) -> Result<AppState, SetupError> {
    let organisation: OrganisationId = config.organisation.parse()?;
    let metrics = Metrics::register(registry)?;
    // In one process with the gateway the producers' counters are registered already.
    let producer_metrics =
        ProducerMetrics::register(registry).or_else(|_| ProducerMetrics::unregistered())?;
    let options = ProducerOptions {
        linger: Duration::ZERO,
        queue_bytes: 8 << 20,
        delivery_timeout: PUBLISH_TIMEOUT,
        ..ProducerOptions::default()
    };
    let producer = Producer::new(&config.kafka, &options, producer_metrics)?;
    let mut database = config.database.clone();
    if let Some(replica) = &config.database_read_url {
        database.url = replica.clone();
    }
    let reading = CancellationToken::new();
    let control = follow_keys(config, health, registry, &reading)?;
    let gate = Gate::new(config, &organisation, control);
    Ok(AppState(Arc::new(Inner {
        session_secret: SessionSecret::new(config.session_secret.expose())?,
        gate,
        database: Database::new(&database)?,
        analysis: Analysis::new(
            producer,
            &config.kafka,
            config.analyze_wait,
            config.analyze_waiters,
            metrics.clone(),
        ),
        metrics,
        kafka: config.kafka.clone(),
        database_health: health.required("database"),
        // Without Kafka everything but `analyze` goes on.
        kafka_health: health.informative("verdicts"),
        organisation,
        _control: reading.drop_guard(),
    })))
}

/// Without the control topic the bootstrap key and the page go on, so the service stays ready.
fn follow_keys(
    config: &DashboardConfig,
    health: &Health,
    registry: &Registry,
    reading: &CancellationToken,
) -> Result<Control, ControlError> {
    let topic = config.kafka.topics().control;
    let component = health.informative("control");
    Control::spawn_as(&config.kafka, &topic, registry, component, reading.clone())
}

/// Starts what runs beside the requests: the live tail and the watch over the database.
pub fn serve_background(state: &AppState, tasks: &mut Tasks, shutdown: &CancellationToken) {
    let inner = &state.0;
    let following = inner.analysis.clone().follow(
        inner.kafka.clone(),
        inner.kafka_health.clone(),
        shutdown.clone(),
    );
    tasks.spawn("dashboard verdicts tail", following);
    let watching = inner.database.clone().watch(
        inner.organisation.clone(),
        inner.database_health.clone(),
        inner.metrics.clone(),
        shutdown.clone(),
    );
    tasks.spawn("dashboard database watch", async {
        watching.await;
        Ok::<(), String>(())
    });
}

/// Runs the service until `shutdown`: readiness ends, requests finish, tasks end.
///
/// # Errors
/// [`SetupError`] when it cannot start, or when a part of it has died.
pub async fn run(config: DashboardConfig, shutdown: CancellationToken) -> Result<(), SetupError> {
    let (health, registry) = (Health::default(), Registry::new());
    let state = setup(&config, &health, &registry)?;
    let listener = TcpListener::bind(config.listen).await?;
    tracing::info!(address = %listener.local_addr()?, "listening");
    let mut tasks = Tasks::new(shutdown.clone());
    serve_background(&state, &mut tasks, &shutdown);
    let routes = router(state, health.clone(), registry);
    tasks.spawn(
        "dashboard http",
        runtime::http::serve(listener, routes, shutdown.clone()),
    );
    let stopping = shutdown.clone();
    tasks.spawn("dashboard readiness", async move {
        stopping.cancelled().await;
        health.begin_shutdown();
        Ok::<(), String>(())
    });
    tasks.wait(STOP_CEILING).await?;
    Ok(())
}
