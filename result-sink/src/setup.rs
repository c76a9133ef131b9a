//! Puts the sinks together: [`build`] makes the parts, [`Sink::run`] runs them until a shutdown.
//!
//! Shutdown: the consumers pause and keep polling, the writers commit the open batches (bounded), the frontier is
//! committed, the groups are left, the writers end, the pool closes.

use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::Pool;
use kafka::consumer::{self, ConsumerConfig, ConsumerError};
use kafka::metrics::{ConsumerMetrics, ProducerMetrics};
use kafka::producer::{Producer, ProducerOptions};
use prometheus::Registry;
use runtime::CancellationToken;
use runtime::health::{self, Component, Health};
use runtime::tasks::Tasks;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::buffer::Buffer;
use crate::config::SinkConfig;
use crate::dead_letters::DeadLetters;
use crate::deliveries::Deliveries;
use crate::destination::Destination;
use crate::error::SinkError;
use crate::handler::SinkHandler;
use crate::metrics::SinkMetrics;
use crate::partitions::{DAYS_BACK, PartitionKeeper};
use crate::raw::{self, RawEvents};
use crate::retention::Retention;
use crate::verdict_sql;
use crate::verdicts::Verdicts;
use crate::writer::Writer;

/// Beside the drain, what an end may take: commit, leaving the group, closing connections.
const SHUTDOWN_MARGIN: Duration = Duration::from_secs(10);
/// Above the dead-letter topic's source records, which have up to 2 MiB, by the size of the added headers.
const DEAD_LETTER_BYTES: usize = 3 << 20;

/// The sinks, built and not yet running.
#[derive(Debug)]
pub struct Sink {
    config: SinkConfig,
    pool: Pool,
    dead_letters: DeadLetters,
    metrics: SinkMetrics,
    consumer_metrics: ConsumerMetrics,
    health: SinkHealth,
}

/// Builds the sinks; connects to nothing yet.
///
/// # Errors
/// [`SinkError`] when settings cannot be used or a metric's name is taken.
pub fn build(config: SinkConfig, health: &Health, registry: &Registry) -> Result<Sink, SinkError> {
    let setup = format!("{}{}", verdict_sql::STAGING, raw::STAGING);
    let pool = storage::pool_with_setup(&config.database, setup)?;
    let options = ProducerOptions {
        record_bytes: DEAD_LETTER_BYTES,
        ..ProducerOptions::default()
    };
    let producer = Producer::new(
        &config.kafka,
        &options,
        ProducerMetrics::register(registry)?,
    )?;
    let dead_letters = DeadLetters::new(producer, config.kafka.topics().dead_letters);
    Ok(Sink {
        pool,
        dead_letters,
        metrics: SinkMetrics::register(registry)?,
        consumer_metrics: ConsumerMetrics::register(registry)?,
        health: SinkHealth::register(health, &config),
        config,
    })
}

/// The components of the service's health. Registered when the sinks are built, so that the service is never taken for
/// ready because nothing has begun yet.
#[derive(Debug, Clone)]
struct SinkHealth {
    verdicts: Option<PipelineHealth>,
    raw_events: Option<PipelineHealth>,
    deliveries: Option<PipelineHealth>,
    partitions: Component,
}

/// The two sides of one sink.
#[derive(Debug, Clone)]
struct PipelineHealth {
    /// Shows whether the consumer runs.
    reading: Component,
    /// Shows whether the database takes what it read.
    writing: Component,
}

impl SinkHealth {
    fn register(health: &Health, config: &SinkConfig) -> Self {
        let register = |reading, writing| {
            let (reading, writing) = (health.required(reading), health.required(writing));
            // Until a write fails nothing speaks against it: an idle sink is ready.
            writing.up();
            PipelineHealth { reading, writing }
        };
        let (verdicts, raw_events) = (config.verdicts, config.raw_events);
        Self {
            verdicts: verdicts.then(|| register("verdicts.consumer", "verdicts.database")),
            raw_events: raw_events.then(|| register("raw.consumer", "raw.database")),
            deliveries: config
                .deliveries
                .then(|| register("deliveries.consumer", "deliveries.database")),
            partitions: health.required("partitions"),
        }
    }
}

/// What one sink is called and reads, and where its health is shown.
struct Pipeline {
    consumer: ConsumerConfig,
    health: PipelineHealth,
    /// How many batches are written at once.
    writers: usize,
    /// How many lanes the writers have; as many as writers, or one that they share.
    lanes: usize,
}

/// Runs what would run for ever until the shutdown.
fn spawn_until(
    tasks: &mut Tasks,
    name: &'static str,
    work: impl Future<Output = ()> + Send + 'static,
    shutdown: &CancellationToken,
) {
    let token = shutdown.clone();
    tasks.spawn(name, async move {
        token.run_until_cancelled(work).await;
        Ok::<_, std::convert::Infallible>(())
    });
}

impl Sink {
    /// Runs until `shutdown`; drains, then ends.
    ///
    /// # Errors
    /// [`SinkError::Task`] when a part ends by itself.
    pub async fn run(self, shutdown: CancellationToken) -> Result<(), SinkError> {
        let mut tasks = Tasks::new(shutdown.clone());
        let topics = self.config.kafka.topics();
        if let Some(health) = self.health.verdicts.clone() {
            // Two that wrote revisions of the same windows would wait for each other.
            let writers = self.config.verdict_writers;
            let pipeline = Pipeline {
                writers,
                lanes: writers,
                ..self.pipeline("sink", topics.verdicts, health)
            };
            tasks.spawn("verdicts", self.run_pipeline(Verdicts, pipeline, &shutdown));
        }
        let generation = i32::try_from(self.config.generation).unwrap_or(i32::MAX);
        if let Some(health) = self.health.deliveries.clone() {
            let pipeline = self.pipeline("deliveries", topics.webhooks, health);
            let deliveries = Deliveries { generation };
            tasks.spawn(
                "deliveries",
                self.run_pipeline(deliveries, pipeline, &shutdown),
            );
        }
        if let Some(health) = self.health.raw_events.clone() {
            let pipeline = Pipeline {
                writers: self.config.raw_writers,
                ..self.pipeline("raw", topics.events, health)
            };
            let raw_events = RawEvents { generation };
            tasks.spawn("raw", self.run_pipeline(raw_events, pipeline, &shutdown));
        }
        let keeper = PartitionKeeper {
            pool: self.pool.clone(),
            days_ahead: self.config.partition_days,
            days_back: self.config.retention.common_days(DAYS_BACK),
            metrics: self.metrics.clone(),
            health: self.health.partitions.clone(),
        };
        spawn_until(&mut tasks, "partitions", keeper.run(), &shutdown);
        let retention = Retention {
            pool: self.pool.clone(),
            config: self.config.retention,
            metrics: self.metrics.clone(),
        };
        spawn_until(&mut tasks, "retention", retention.run(), &shutdown);
        let outcome = tasks
            .wait(self.config.drain_timeout + SHUTDOWN_MARGIN)
            .await;
        self.pool.close();
        Ok(outcome?)
    }

    fn pipeline(&self, group: &str, topic: String, health: PipelineHealth) -> Pipeline {
        let config = &self.config;
        let group = format!("{}-{group}", config.kafka.prefix);
        let consumer = ConsumerConfig {
            commit_interval: config.commit_interval,
            drain_timeout: config.drain_timeout,
            ..ConsumerConfig::new(config.kafka.clone(), group, topic)
        };
        Pipeline {
            consumer,
            health,
            writers: 1,
            lanes: 1,
        }
    }

    fn run_pipeline<D: Destination>(
        &self,
        destination: D,
        pipeline: Pipeline,
        shutdown: &CancellationToken,
    ) -> impl Future<Output = Result<(), ConsumerError>> + Send + 'static {
        let buffer = Arc::new(Buffer::new(self.config.buffer.clone(), pipeline.lanes));
        let writer = Writer {
            destination,
            buffer: buffer.clone(),
            lane: 0,
            pool: self.pool.clone(),
            dead_letters: self.dead_letters.clone(),
            metrics: self.metrics.clone(),
            health: pipeline.health.writing,
            write_timeout: self.config.write_timeout,
        };
        let handler = SinkHandler::new(buffer, pipeline.health.reading);
        let group = pipeline.consumer.group.clone();
        let metrics = self.consumer_metrics.clone();
        let shutdown = shutdown.clone();
        async move {
            let stop = CancellationToken::new();
            let mut writing = JoinSet::new();
            for number in 0..pipeline.writers {
                let lane = number % pipeline.lanes;
                let writer = Writer {
                    lane,
                    ..writer.clone()
                };
                writing.spawn(writer.run(stop.clone()));
            }
            let reading = consumer::spawn(pipeline.consumer, handler, metrics, shutdown);
            tokio::select! {
                outcome = reading => {
                    // The consumer has drained: what a writer still holds is read again by the next owner.
                    stop.cancel();
                    // Each ends at its next await; a panic has nothing left to lose.
                    while writing.join_next().await.is_some() {}
                    outcome
                }
                // Only a panic ends a writer before the consumer.
                _ = writing.join_next() => Err(ConsumerError::Thread { group }),
            }
        }
    }
}

/// Runs the sinks with health and metrics on their own port until `shutdown`.
///
/// # Errors
/// [`SinkError`].
pub async fn run(config: SinkConfig, shutdown: CancellationToken) -> Result<(), SinkError> {
    let (health, registry) = (Health::default(), Registry::new());
    let listen = config.listen;
    let ceiling = config.drain_timeout + 2 * SHUTDOWN_MARGIN;
    let sink = build(config, &health, &registry)?;
    let listener = TcpListener::bind(listen)
        .await
        .map_err(|source| SinkError::Listen { listen, source })?;
    tracing::info!(address = ?listener.local_addr().ok(), "listening");
    let mut tasks = Tasks::new(shutdown.clone());
    let (router, token) = (health::router(health.clone(), registry), shutdown.clone());
    tasks.spawn("http", runtime::http::serve(listener, router, token));
    tasks.spawn("sinks", sink.run(shutdown.clone()));
    tasks.spawn("readiness", async move {
        shutdown.cancelled().await;
        health.begin_shutdown();
        Ok::<_, std::convert::Infallible>(())
    });
    Ok(tasks.wait(ceiling).await?)
}
