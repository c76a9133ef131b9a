//! Wiring: the same functions for production, `candor dev` and tests.
//!
//! [`setup`] builds the parts, [`bind`] takes the address, [`Bound::run`] serves until the shutdown and
//! then drains in this order: readiness off, no new connection, requests that have begun are finished,
//! the producer is flushed, what could not be delivered is logged. Nothing here waits for Kafka: a
//! gateway without a broker starts, is not ready, and answers 503 (INV-10).

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use control::{Control, ControlError};
use kafka::metrics::ProducerMetrics;
use kafka::producer::{ClientError, Producer, ProducerOptions};
use prometheus::Registry;
use runtime::CancellationToken;
use runtime::health::{Component, Health};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::DropGuard;

use crate::access_log::AccessLog;
use crate::body::BodyReader;
use crate::config::GatewayConfig;
use crate::limits::RateLimits;
use crate::metrics::Metrics;
use crate::publish::Publisher;
use crate::router;
use crate::server::Server;
use crate::state::{Clock, Gateway};
use crate::webhooks::Webhooks;

/// How often Kafka is looked at: readiness follows within a few seconds.
const PROBE_INTERVAL: Duration = Duration::from_secs(2);
/// Longest wait for one look.
const PROBE_TIMEOUT: Duration = Duration::from_secs(3);

/// Why the gateway cannot start or run.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The Kafka client refuses its settings.
    #[error(transparent)]
    Kafka(#[from] ClientError),
    /// A metric's name is taken.
    #[error("metrics cannot be registered")]
    Metrics(#[from] prometheus::Error),
    /// The control topic cannot be followed.
    #[error("keys and settings cannot be followed")]
    Control(#[from] ControlError),
    /// The address is taken or not ours.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The system's answer.
        source: std::io::Error,
    },
}

/// The gateway's parts, built but not serving.
#[derive(Debug)]
pub struct Components {
    gateway: Arc<Gateway>,
    metrics: Metrics,
    producer: Producer,
    kafka_health: Component,
    events_topic: String,
    drain_timeout: Duration,
}

/// Builds the gateway's parts around the keys and settings of `control`; metrics go to `registry`, the
/// state of Kafka to `health`.
///
/// # Errors
/// [`StartError`] when the Kafka client refuses its settings or a metric's name is taken.
pub fn setup(
    config: &GatewayConfig,
    (control, clock): (Control, Clock),
    registry: &Registry,
    health: &Health,
) -> Result<Components, StartError> {
    let metrics = Metrics::register(registry)?;
    let options = ProducerOptions {
        linger: config.limits.linger,
        queue_bytes: config.limits.in_flight_bytes,
        // Once nobody waits any more, a late delivery only makes duplicates of the client's retry.
        delivery_timeout: config.limits.ack_timeout,
        ..ProducerOptions::default()
    };
    let producer = Producer::new(
        &config.kafka,
        &options,
        ProducerMetrics::register(registry)?,
    )?;
    let events_topic = config.kafka.topics().events;
    let gateway = Gateway {
        control,
        secret: config.session_secret.clone(),
        clock,
        publisher: Publisher {
            producer: producer.clone(),
            topic: events_topic.clone(),
            webhooks_topic: config.kafka.topics().webhooks,
            ack_timeout: config.limits.ack_timeout,
            metrics: metrics.clone(),
        },
        bodies: BodyReader::new(&config.limits, metrics.clone()),
        slots: Arc::new(Semaphore::new(config.limits.concurrent_requests)),
        batch_events: config.limits.batch_events,
        session_lifetime: config.session_lifetime,
        trusted_proxies: config.trusted_proxies.clone(),
        authorities: config.public_authorities.clone(),
        denied_networks: config.denied_networks.clone(),
        rate_limits: Arc::new(RateLimits::new(&config.rate_limits, metrics.limits.clone())),
        access_log: AccessLog::new(config.access_log),
        webhooks: Webhooks::new(config, metrics.webhooks.clone()),
        metrics: metrics.clone(),
    };
    Ok(Components {
        gateway: Arc::new(gateway),
        metrics,
        producer,
        kafka_health: health.required("ingest_kafka"),
        events_topic,
        drain_timeout: config.drain_timeout,
    })
}

impl Components {
    /// The state that [`router::api_routes`] needs.
    pub fn gateway(&self) -> Arc<Gateway> {
        Arc::clone(&self.gateway)
    }

    /// The gateway's metrics.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// What goes on beside the requests until `shutdown`: the health component `ingest_kafka` is kept true
    /// to the broker, and rate limits that nobody uses any more are forgotten.
    pub async fn tend(&self, shutdown: CancellationToken) {
        let limits = Arc::clone(&self.gateway.rate_limits);
        tokio::join!(
            self.watch_kafka(shutdown.clone()),
            limits.keep_swept(shutdown)
        );
    }

    async fn watch_kafka(&self, shutdown: CancellationToken) {
        let mut was_up = None;
        while !shutdown.is_cancelled() {
            let (producer, topic) = (self.producer.clone(), self.events_topic.clone());
            let probe = move || producer.check_topic(&topic, PROBE_TIMEOUT);
            let outcome = tokio::task::spawn_blocking(probe).await;
            let outcome = outcome.unwrap_or_else(|error| Err(error.to_string()));
            let is_up = outcome.is_ok();
            let changed = was_up.replace(is_up) != Some(is_up);
            match outcome {
                Ok(()) => {
                    self.kafka_health.up();
                    if changed {
                        tracing::info!(kafka.topic = self.events_topic, "kafka is reachable");
                    }
                }
                Err(reason) => {
                    if changed {
                        tracing::warn!(reason, "kafka is not reachable; requests get 503");
                    }
                    self.kafka_health.down(reason);
                }
            }
            let pause = tokio::time::sleep(PROBE_INTERVAL);
            let _ = shutdown.run_until_cancelled(pause).await;
        }
    }

    /// Waits for the records in flight; returns how many are left undelivered. No request waits for
    /// one of these any more, so none of them was acknowledged to a client.
    pub async fn flush(&self) -> usize {
        let (producer, budget) = (self.producer.clone(), self.drain_timeout);
        let flushing = tokio::task::spawn_blocking(move || producer.flush(budget));
        let left = flushing.await.unwrap_or_else(|_| self.producer.in_flight());
        let left = usize::try_from(left).unwrap_or_default();
        if left > 0 {
            tracing::warn!(
                count = left,
                "records were not delivered; nobody was told they were"
            );
        }
        left
    }
}

/// A gateway that has its address and does not serve yet.
#[derive(Debug)]
pub struct Bound {
    listener: TcpListener,
    address: SocketAddr,
    router: Router,
    components: Components,
    health: Health,
    config: GatewayConfig,
    /// Ends the reading of the control topic with the gateway.
    follow: DropGuard,
}

/// Builds the gateway and takes its address; port 0 takes a free one.
///
/// # Errors
/// [`StartError`].
pub async fn bind(config: GatewayConfig) -> Result<Bound, StartError> {
    bind_with(config, Clock::default()).await
}

/// The same with a clock of the caller's: for tests of what happens when it jumps.
///
/// # Errors
/// [`StartError`].
pub async fn bind_with(config: GatewayConfig, clock: Clock) -> Result<Bound, StartError> {
    let (registry, health) = (Registry::new(), Health::default());
    let follow = CancellationToken::new();
    let topic = config.kafka.topics().control;
    let control = Control::spawn(&config.kafka, &topic, &registry, &health, follow.clone())?;
    let components = setup(&config, (control, clock), &registry, &health)?;
    let router = router::router(components.gateway(), health.clone(), registry);
    let listen = |source| StartError::Listen {
        address: config.listen,
        source,
    };
    let listener = TcpListener::bind(config.listen).await.map_err(listen)?;
    let address = listener.local_addr().map_err(listen)?;
    Ok(Bound {
        listener,
        address,
        router,
        components,
        health,
        config,
        follow: follow.drop_guard(),
    })
}

impl Bound {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its health.
    pub fn health(&self) -> &Health {
        &self.health
    }

    /// Serves until `shutdown`, then drains.
    pub async fn run(self, shutdown: CancellationToken) {
        let server = Server {
            router: self.router,
            limits: self.config.server,
            connections: self.components.metrics.connections.clone(),
            drain_timeout: self.config.drain_timeout,
        };
        tracing::info!(address = %self.address, "listening");
        // Readiness turns off before the server hears of the shutdown.
        let stop_serving = CancellationToken::new();
        let begin_drain = async {
            shutdown.cancelled().await;
            self.health.begin_shutdown();
            stop_serving.cancel();
        };
        let serve = server.serve(self.listener, stop_serving.clone());
        let watch = self.components.tend(shutdown.clone());
        let (cut, (), ()) = tokio::join!(serve, begin_drain, watch);
        if cut > 0 {
            tracing::warn!(
                count = cut,
                "connections were cut; their requests took too long"
            );
        }
        self.components.flush().await;
        drop(self.follow);
    }
}

/// Runs the gateway until `shutdown`.
///
/// # Errors
/// [`StartError`].
pub async fn run(config: GatewayConfig, shutdown: CancellationToken) -> Result<(), StartError> {
    bind(config).await?.run(shutdown).await;
    Ok(())
}
