//! The gateway beside its floor and its rivals: the same requests, the same broker, in turn.
//!
//! All targets run during the whole measurement, so that each is warm; one at a time is under load. A
//! round measures every target at every number of connections, and each round begins with another
//! target, so that what else happens on the machine meets all of them. The report gives medians over the
//! rounds. Nothing is asserted but that the records acknowledged are in the topic.

pub(crate) mod load;
mod memory;
mod report;
mod target;
pub(crate) mod traffic;

use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::ensure;
use chrono::Utc;
use clap::Args;

use crate::place::{Place, with_broker};
use crate::times::Times;
use crate::usage::Memory;
use crate::{broker, profile, usage};
use load::{Span, Tally};
pub(crate) use memory::{MemoryOptions, run as run_memory};
use target::{Running, Selection, Target};
use traffic::{BATCH, Traffic};

/// Load before the first round.
const WARMING: Duration = Duration::from_secs(8);

/// Options of `gateway`.
#[derive(Debug, Args)]
pub(crate) struct GatewayOptions {
    /// Rounds; the figures are medians over them
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Seconds counted of each measurement
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Seconds before them that are not counted
    #[arg(long, default_value_t = 3)]
    warm_up: u64,
    /// Numbers of connections
    #[arg(long, value_delimiter = ',', default_values_t = [64, 512])]
    connections: Vec<usize>,
    /// Only these targets: floor, floor-http, floor-kafka, candor, vertx, bento, fastapi
    #[arg(long, value_delimiter = ',')]
    only: Vec<Selection>,
    /// How long records wait for company, of every target, milliseconds
    #[arg(long, default_value_t = 5)]
    linger_ms: u64,
    /// Sessions that are posted to
    #[arg(long, default_value_t = 10_000)]
    sessions: usize,
    /// Partitions of the topic
    #[arg(long, default_value_t = 4)]
    partitions: i32,
    /// The gateway's program, instead of the one of this build
    #[arg(long, value_name = "FILE")]
    gateway: Option<PathBuf>,
    /// Another build of the gateway, measured beside it as candor-before
    #[arg(long, value_name = "FILE")]
    before: Option<PathBuf>,
    /// Writes a profile of every measurement of the first round into this folder, by `perf record`
    #[arg(long, value_name = "FOLDER")]
    perf: Option<PathBuf>,
}

impl GatewayOptions {
    fn targets(&self) -> Vec<Target> {
        let wanted = |target: &Target| {
            let selected = self.only.is_empty() || self.only.iter().any(|only| only.has(*target));
            match target {
                Target::CandorBefore => self.before.is_some(),
                _ => selected,
            }
        };
        Target::ALL.into_iter().filter(wanted).collect()
    }
}

/// What every target is started and loaded with.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) traffic: Arc<Traffic>,
    pub(crate) linger_ms: u64,
    pub(crate) gateway: Option<PathBuf>,
    pub(crate) before: Option<PathBuf>,
}

/// One measurement of one target.
#[derive(Debug, Clone)]
pub(crate) struct Sample {
    pub(crate) target: Target,
    pub(crate) connections: usize,
    pub(crate) requests_per_second: f64,
    /// Milliseconds.
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    pub(crate) cpu_per_million: f64,
    pub(crate) memory: Memory,
    pub(crate) failed: u64,
}

impl Sample {
    pub(crate) fn events_per_second(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a batch is small")]
        let batch = BATCH as f64;
        self.requests_per_second * batch
    }
}

/// Measures and returns the report.
pub(crate) fn run(options: &GatewayOptions) -> anyhow::Result<String> {
    with_broker(options.partitions, |place| {
        let plan = Plan {
            traffic: Arc::new(Traffic::build(options.sessions, Utc::now())?),
            linger_ms: options.linger_ms,
            gateway: options.gateway.clone(),
            before: options.before.clone(),
        };
        eprintln!(
            "{} sessions, {BATCH} events or {} bytes a request",
            plan.traffic.len(),
            plan.traffic.mean_body()
        );
        let running = start_all(&options.targets(), place, &plan);
        let samples =
            warm(&running, &plan).and_then(|()| rounds(options, place, (&running, &plan)));
        for target in running {
            target.stop();
        }
        Ok(report::markdown(&samples?, &options.connections))
    })
}

/// Those that cannot be had are left out, with the reason.
fn start_all(targets: &[Target], place: &Place, plan: &Plan) -> Vec<Running> {
    let start = |target: &Target| {
        eprintln!("starting {target}");
        let begun =
            target::install(*target, place).and_then(|()| Running::start(*target, place, plan));
        begun
            .inspect_err(|error| eprintln!("{target} is left out: {error:#}"))
            .ok()
    };
    targets.iter().filter_map(start).collect()
}

/// Loads each target for a while, so that no round finds a program that has not been compiled yet.
fn warm(running: &[Running], plan: &Plan) -> anyhow::Result<()> {
    for target in running {
        eprintln!("warming {}", target.target);
        let span = Span::from_now(Duration::ZERO, WARMING);
        joined(load::spawn(
            (target.address, plan.traffic.clone()),
            64,
            span,
        )?)?;
    }
    Ok(())
}

/// What a load saw, once it has ended.
fn joined(load: JoinHandle<anyhow::Result<Tally>>) -> anyhow::Result<Tally> {
    load.join()
        .map_err(|_| anyhow::anyhow!("the load generator panicked"))?
}

fn rounds(
    options: &GatewayOptions,
    place: &Place,
    (running, plan): (&[Running], &Plan),
) -> anyhow::Result<Vec<Sample>> {
    ensure!(!running.is_empty(), "there is nothing to measure");
    let mut samples = Vec::new();
    for round in 0..options.rounds {
        for connections in &options.connections {
            for turn in 0..running.len() {
                let target = &running[(round + turn) % running.len()];
                let perf = options.perf.as_deref().filter(|_| round == 0);
                let once = Once {
                    connections: *connections,
                    warm_up: Duration::from_secs(options.warm_up),
                    counted: Duration::from_secs(options.seconds),
                    perf,
                };
                let sample = measure(target, place, (plan, &once))?;
                eprintln!("round {}: {}", round + 1, report::line(&sample));
                samples.push(sample);
            }
        }
    }
    Ok(samples)
}

/// One measurement.
#[derive(Debug, Clone, Copy)]
struct Once<'a> {
    connections: usize,
    warm_up: Duration,
    counted: Duration,
    perf: Option<&'a std::path::Path>,
}

fn measure(
    running: &Running,
    place: &Place,
    (plan, once): (&Plan, &Once<'_>),
) -> anyhow::Result<Sample> {
    let before = broker::records(&place.brokers, &place.topic)?;
    usage::forget_peak(&running.processes)?;
    let span = Span::from_now(once.warm_up, once.counted);
    let load = load::spawn(
        (running.address, plan.traffic.clone()),
        once.connections,
        span.clone(),
    )?;
    sleep_until(span.counted_from);
    let profile = once.perf.map(|folder| {
        let name = format!("{}-{}", running.target, once.connections);
        profile::start(folder, (&name, &running.processes), once.counted)
    });
    let cpu = usage::cpu_seconds(&running.processes)?;
    sleep_until(span.until);
    let cpu = usage::cpu_seconds(&running.processes)? - cpu;
    let memory = usage::memory(&running.processes)?;
    let tally = joined(load)?;
    profile.map_or(Ok(()), |profile| profile?.finish())?;
    if running.target.produces() {
        let stored = broker::records(&place.brokers, &place.topic)? - before;
        ensure!(
            stored >= tally.acknowledged,
            "{}: {} requests were acknowledged, {stored} records are stored",
            running.target,
            tally.acknowledged
        );
    }
    if let Some(example) = &tally.example {
        eprintln!("{}: {example}", running.target);
    }
    sample(running.target, (once, cpu, memory), &tally)
}

fn sample(
    target: Target,
    (once, cpu, memory): (&Once<'_>, f64, Memory),
    tally: &Tally,
) -> anyhow::Result<Sample> {
    let mut times = Times::new()?;
    for micros in &tally.micros {
        times.add(Duration::from_micros(u64::from(*micros)))?;
    }
    #[expect(clippy::cast_precision_loss, reason = "counts of a short run")]
    let (requests, batch) = (tally.micros.len() as f64, BATCH as f64);
    Ok(Sample {
        target,
        connections: once.connections,
        requests_per_second: requests / once.counted.as_secs_f64(),
        p50: times.at(0.5),
        p99: times.at(0.99),
        cpu_per_million: cpu / (requests * batch).max(1.0) * 1e6,
        memory,
        failed: tally.refused + tally.broken,
    })
}

fn sleep_until(moment: std::time::Instant) {
    std::thread::sleep(moment.saturating_duration_since(std::time::Instant::now()));
}
