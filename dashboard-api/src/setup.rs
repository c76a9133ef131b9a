//! Building the service from its settings, and running it.
//!
//! Production and tests use the same functions: [`setup`] makes the state, [`serve_background`] its
//! tasks, [`crate::api_routes`] its routes; [`run`] does all three on a listener of its own. The state
//! is one cloneable struct behind an `Arc`.

use std::sync::Arc;
use std::time::Duration;

use control::{Control, ControlError, ControlWriter, WriteError};
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
use crate::app::App;
use crate::auth::Gate;
use crate::config::DashboardConfig;
use crate::database::Database;
use crate::error::ApiError;
use crate::export::{Exports, FontError};
use crate::integrations::Console;
use crate::letters::Letters;
use crate::live::{self, Live};
use crate::metrics::Metrics;
use crate::pipeline::Pipeline;
use crate::preview::Previews;
use crate::read::shared::SharedSurveys;
use crate::router::router;
use crate::settings::{Relay, SOURCE};

/// Longest time for the requests and tasks that are left at the end.
const STOP_CEILING: Duration = Duration::from_secs(10);
/// Files beside the live connections: requests, the database, Kafka.
const OTHER_FILES: u64 = 2048;
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
    /// Settings cannot be published.
    #[error("settings cannot be published: {0}")]
    Relay(#[from] WriteError),
    /// A metric's name is taken.
    #[error("metrics cannot be registered: {0}")]
    Metrics(#[from] prometheus::Error),
    /// The client of the test console.
    #[error("the gateway cannot be called: {0}")]
    Gateway(#[from] reqwest::Error),
    /// The address to listen on.
    #[error("cannot listen: {0}")]
    Listen(#[from] std::io::Error),
    /// A font of the report.
    #[error("{0}")]
    Font(#[from] FontError),
    /// A task ended that should not have.
    #[error("{0}")]
    Task(#[from] TaskError),
}

#[derive(Debug)]
struct Inner {
    app: App,
    /// Where others reach the gateway.
    gateway_address: Option<String>,
    organisation: OrganisationId,
    session_secret: SessionSecret,
    gate: Gate,
    database: Database,
    surveys: SharedSurveys,
    analysis: Analysis,
    control: Control,
    relay: Relay,
    previews: Previews,
    pipeline: Pipeline,
    letters: Letters,
    console: Console,
    live: Live,
    exports: Exports,
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
    /// The web app.
    pub(crate) fn app(&self) -> &App {
        &self.0.app
    }

    /// Where respondents' browsers reach the gateway, if a setting says so.
    pub(crate) fn gateway_address(&self) -> Option<&str> {
        self.0.gateway_address.as_deref()
    }

    pub(crate) fn gate(&self) -> &Gate {
        &self.0.gate
    }

    pub(crate) fn database(&self) -> &Database {
        &self.0.database
    }

    /// Pages of surveys, which readers share.
    pub(crate) fn surveys(&self) -> &SharedSurveys {
        &self.0.surveys
    }

    pub(crate) fn analysis(&self) -> &Analysis {
        &self.0.analysis
    }

    /// What the control topic says.
    pub(crate) fn control(&self) -> &Control {
        &self.0.control
    }

    pub(crate) fn relay(&self) -> &Relay {
        &self.0.relay
    }

    pub(crate) fn previews(&self) -> &Previews {
        &self.0.previews
    }

    pub(crate) fn pipeline(&self) -> &Pipeline {
        &self.0.pipeline
    }

    pub(crate) fn letters(&self) -> &Letters {
        &self.0.letters
    }

    pub(crate) fn console(&self) -> &Console {
        &self.0.console
    }

    /// Whether the database could be read when it was last looked at.
    pub(crate) fn is_database_up(&self) -> bool {
        self.0.database_health.is_up()
    }

    pub(crate) fn live(&self) -> &Live {
        &self.0.live
    }

    pub(crate) fn exports(&self) -> &Exports {
        &self.0.exports
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
    let producer = Producer::new(&config.kafka, &producer_options(), producer_metrics)?;
    let reading = CancellationToken::new();
    let control = follow_keys(config, health, registry, &reading)?;
    let gate = Gate::new(config, &organisation, control.clone());
    let database = Database::new(
        &config.database,
        config.database_read_url.as_ref(),
        config.search_time,
    )?;
    let writer = ControlWriter::new(&config.kafka, SOURCE)?;
    let relay = Relay::new(&config.database, writer, metrics.clone())?;
    let session_secret = SessionSecret::new(config.session_secret.expose())?;
    Ok(AppState(Arc::new(Inner {
        app: App::embedded(),
        gateway_address: config.gateway_address(),
        pipeline: Pipeline::new(config.kafka.clone(), config.pipeline_interval),
        letters: Letters::new(config.kafka.clone()),
        console: Console::new(config.gateway_url.clone(), session_secret.clone())?,
        session_secret,
        gate,
        database,
        surveys: SharedSurveys::new(config.surveys_shared),
        control,
        relay,
        previews: Previews::default(),
        analysis: Analysis::new(
            producer,
            &config.kafka,
            config.analyze_wait,
            config.analyze_waiters,
            metrics.clone(),
        ),
        live: Live::new(config.live.clone(), registry)?,
        exports: Exports::register(config, registry)?,
        metrics,
        kafka: config.kafka.clone(),
        database_health: health.required("database"),
        // Without Kafka everything but `analyze` goes on.
        kafka_health: health.informative("verdicts"),
        organisation,
        _control: reading.drop_guard(),
    })))
}

/// Each request is sent by itself, and its client waits.
fn producer_options() -> ProducerOptions {
    ProducerOptions {
        linger: Duration::ZERO,
        queue_bytes: 8 << 20,
        delivery_timeout: PUBLISH_TIMEOUT,
        ..ProducerOptions::default()
    }
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
    let following = live::tail::follow(
        inner.kafka.clone(),
        inner.analysis.waiters(),
        inner.live.hub().clone(),
        inner.kafka_health.clone(),
        shutdown.clone(),
    );
    tasks.spawn("dashboard verdicts tail", following);
    let publishing = inner.relay.clone().run(shutdown.clone());
    tasks.spawn("dashboard settings relay", async {
        publishing.await;
        Ok::<(), String>(())
    });
    let looking = inner.pipeline.clone().watch(shutdown.clone());
    tasks.spawn("dashboard pipeline", async {
        looking.await;
        Ok::<(), String>(())
    });
    let telling = inner.live.clone().run(shutdown.clone());
    tasks.spawn("dashboard live", async {
        telling.await;
        Ok::<(), String>(())
    });
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

/// A bound of live connections that the system does not grant is worth a word at the start.
fn check_open_files(wanted: u64) {
    match runtime::open_files::raise_to(wanted) {
        Ok(limit) if limit >= wanted => {}
        Ok(limit) => tracing::warn!(
            limit,
            wanted,
            "too few open files for CANDOR_LIVE_CLIENTS; raise the limit (ulimit -n)"
        ),
        Err(error) => tracing::warn!(%error, "the limit of open files cannot be raised"),
    }
}

/// Runs the service until `shutdown`: readiness ends, requests finish, tasks end.
///
/// # Errors
/// [`SetupError`] when it cannot start, or when a part of it has died.
pub async fn run(config: DashboardConfig, shutdown: CancellationToken) -> Result<(), SetupError> {
    check_open_files(config.live.clients as u64 + OTHER_FILES);
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
