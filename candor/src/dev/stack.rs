//! The four parts of Candor in one process, wired as their own programs wire them.
//!
//! Gateway and API share one server and one port; worker and sinks have no port of their own. Each part
//! has its own registry and health, shown together by [`super::combined`].

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use control::Control;
use dashboard_api::DashboardConfig;
use detector_worker::WorkerConfig;
use ingest_gateway::GatewayConfig;
use ingest_gateway::server::Server;
use result_sink::SinkConfig;
use runtime::CancellationToken;
use runtime::config::Secret;
use runtime::health::Health;
use runtime::tasks::Tasks;
use tokio::net::TcpListener;

use super::combined::{self, Instruments};
use super::demo;
use super::parts::Parts;
use super::settings::{Decided, load_under};

/// How long the parts may take to be ready; they go on trying afterwards.
const READY_WAIT: Duration = Duration::from_secs(60);
/// How long the API's tasks may take to end.
const API_CEILING: Duration = Duration::from_secs(10);

/// The running parts.
#[derive(Debug)]
pub(super) struct Stack {
    parts: Parts,
    health: Health,
}

/// The instruments of the four parts.
#[derive(Debug)]
struct All {
    gateway: Instruments,
    worker: Instruments,
    sink: Instruments,
    api: Instruments,
}

impl Stack {
    /// Builds and starts everything on `listener`. The end of a part cancels `shutdown`.
    pub(super) fn start(
        decided: &Decided,
        listener: TcpListener,
        shutdown: &CancellationToken,
    ) -> anyhow::Result<Self> {
        let all = All {
            gateway: Instruments::new("ingest-gateway")?,
            worker: Instruments::new("detector-worker")?,
            sink: Instruments::new("result-sink")?,
            api: Instruments::new("dashboard-api")?,
        };
        let health = Health::default();
        let mut parts = Parts::new(shutdown.clone());
        let api_config: DashboardConfig = load_under(decided)?;
        let api = dashboard_api::setup(&api_config, &all.api.health, &all.api.registry)?;
        let together = combined::registry(&[&all.gateway, &all.worker, &all.sink, &all.api])?;
        let routes = dashboard_api::api_routes(api.clone())
            .merge(runtime::health::router(health.clone(), together))
            .merge(dashboard_api::unknown_routes(api.clone()));
        start_gateway(decided, &all.gateway, &mut parts, (listener, routes))?;
        start_worker(decided, &all.worker, &mut parts)?;
        start_sink(decided, &all.sink, &mut parts)?;
        parts.spawn("dashboard-api", |token| {
            let mut tasks = Tasks::new(token.clone());
            dashboard_api::serve_background(&api, &mut tasks, &token);
            tasks.wait(API_CEILING)
        });
        let watched = vec![all.gateway, all.worker, all.sink, all.api];
        parts.spawn("health", |token| {
            let watch = combined::watch(&health, watched, token);
            async move {
                watch.await;
                Ok::<(), String>(())
            }
        });
        Ok(Self { parts, health })
    }

    /// Waits until every part is ready; `false` if `shutdown` came first. Says so when it takes long.
    pub(super) async fn wait_until_ready(&self, shutdown: &CancellationToken) -> bool {
        let warn_at = tokio::time::Instant::now() + READY_WAIT;
        let mut warned = false;
        let mut ticks = tokio::time::interval(Duration::from_millis(50));
        while !self.health.is_ready() {
            tokio::select! {
                _ = ticks.tick() => {}
                () = shutdown.cancelled() => return false,
            }
            if !warned && tokio::time::Instant::now() > warn_at {
                warned = true;
                tracing::warn!(health = ?self.health, "not ready after {} s; still trying", READY_WAIT.as_secs());
            }
        }
        true
    }

    /// Starts the demonstration's traffic.
    pub(super) fn feed(&mut self, address: SocketAddr, key: &Secret) {
        let key = key.clone();
        self.parts.spawn_first("demonstration", |token| async move {
            demo::feed(address, key, token).await;
            Ok::<(), String>(())
        });
    }

    /// Ends everything in order.
    ///
    /// # Errors
    /// The first part that failed.
    pub(super) async fn stop(self) -> anyhow::Result<()> {
        self.health.begin_shutdown();
        self.parts.stop().await
    }
}

/// Serves the gateway's routes and `others` on the listener.
fn start_gateway(
    decided: &Decided,
    instruments: &Instruments,
    parts: &mut Parts,
    (listener, others): (TcpListener, Router),
) -> anyhow::Result<()> {
    let config: GatewayConfig = load_under(decided)?;
    let follow = CancellationToken::new();
    let (registry, health) = (&instruments.registry, &instruments.health);
    let topic = config.kafka.topics().control;
    let control = Control::spawn(&config.kafka, &topic, registry, health, follow.clone())
        .context("cannot follow the control topic")?;
    let parts_of_it = (control, ingest_gateway::Clock::default());
    let gateway = ingest_gateway::setup(&config, parts_of_it, registry, health)
        .context("cannot build the gateway")?;
    let server = Server {
        router: ingest_gateway::router::api_routes(gateway.gateway()).merge(others),
        limits: config.server,
        connections: gateway.metrics().connections.clone(),
        drain_timeout: config.drain_timeout,
    };
    parts.spawn("ingest-gateway", |token| async move {
        let _follow = follow.drop_guard();
        let watch = gateway.tend(token.clone());
        let (cut, ()) = tokio::join!(server.serve(listener, token.clone()), watch);
        if cut > 0 {
            tracing::warn!(
                count = cut,
                "connections were cut; their requests took too long"
            );
        }
        gateway.flush().await;
        Ok::<(), String>(())
    });
    Ok(())
}

fn start_worker(
    decided: &Decided,
    instruments: &Instruments,
    parts: &mut Parts,
) -> anyhow::Result<()> {
    let config: WorkerConfig = load_under(decided)?;
    let worker = detector_worker::setup(config, &instruments.registry, &instruments.health)
        .context("cannot build the worker")?;
    parts.spawn("detector-worker", |token| worker.consume(token));
    Ok(())
}

fn start_sink(
    decided: &Decided,
    instruments: &Instruments,
    parts: &mut Parts,
) -> anyhow::Result<()> {
    let config: SinkConfig = load_under(decided)?;
    let sink = result_sink::build(config, &instruments.health, &instruments.registry)
        .context("cannot build the sinks")?;
    parts.spawn("result-sink", |token| sink.run(token));
    Ok(())
}
