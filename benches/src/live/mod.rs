//! The live feed with thousands of watchers: memory of one, latency of messages, what slow ones cost.
//!
//! A real `dashboard-api` is told by a real Kafka; the watchers are in this process, over loopback. A
//! message's latency is from handing its record to the producer to the watcher's having read it, so it
//! holds the broker's part, and the load generator's.

mod watchers;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use chrono::Utc;
use clap::Args;
use control::{ControlWriter, NewKeyOptions};
use embedded::{DataFolder, ServiceOptions, Services};
use kafka::config::KafkaConfig;
use kafka::metrics::ProducerMetrics;
use kafka::producer::{Producer, ProducerOptions};
use schemas::control::{KeyKind, KeyMode, Scope};
use schemas::header::{RecordHeaders, RecordType};
use schemas::verdict::VerdictRecord;

use crate::broker;
use crate::pipeline::Bench;
use crate::process::Service;
use crate::usage;
use watchers::{Crowd, Heard};

const GOLDEN: &str = include_str!("../../../schemas/golden/candor.verdict.v1.json");
/// What is on its way at the end has arrived by then.
const SETTLING: Duration = Duration::from_secs(5);
/// Longest wait for the API to know the keys.
const KEYS: Duration = Duration::from_secs(30);
/// Files beside the watchers' sockets.
const OTHER_FILES: u64 = 512;

/// Options of `live`.
#[derive(Debug, Args)]
pub(crate) struct LiveOptions {
    /// Watchers, over WebSocket
    #[arg(long, default_value_t = 5000)]
    clients: usize,
    /// How many of them stop reading once they are connected
    #[arg(long, default_value_t = 100)]
    slow: usize,
    /// Organisations that they are spread over
    #[arg(long, default_value_t = 20)]
    organisations: usize,
    /// Verdicts a second, of all organisations
    #[arg(long, default_value_t = 200)]
    rate: u64,
    /// Seconds of verdicts
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// Partitions of the topics
    #[arg(long, default_value_t = 4)]
    partitions: i32,
}

/// Measures and returns the report.
#[tokio::main]
pub(crate) async fn run(options: &LiveOptions) -> anyhow::Result<String> {
    let wanted = options.clients as u64 + OTHER_FILES;
    let limit = runtime::open_files::raise_to(wanted)?;
    ensure!(
        limit >= wanted,
        "{wanted} open files are needed, {limit} allowed (ulimit -n)"
    );
    let programs = std::env::current_exe()?;
    let programs = programs
        .parent()
        .context("a program lies in a folder")?
        .to_owned();
    let stamp = Utc::now().timestamp_millis();
    let folder = std::env::temp_dir().join(format!("candor-bench-live-{stamp}"));
    let data = DataFolder::new(&folder);
    let start = move || Services::start(&data, ServiceOptions::default());
    let services = tokio::task::spawn_blocking(start).await??;
    let bench = Bench {
        brokers: services.brokers().to_owned(),
        prefix: "bench".to_owned(),
        database_url: services.database_url().to_owned(),
        programs,
    };
    let outcome = measure(&bench, options).await;
    tokio::task::spawn_blocking(move || services.stop()).await?;
    remove(&folder)?;
    outcome
}

fn remove(folder: &Path) -> anyhow::Result<()> {
    std::fs::remove_dir_all(folder)
        .with_context(|| format!("{} cannot be removed", folder.display()))
}

/// Memory and CPU time of the API at one moment.
struct Reading {
    resident: u64,
    cpu_seconds: f64,
}

impl Reading {
    fn of(api: &Service) -> anyhow::Result<Self> {
        Ok(Self {
            resident: usage::memory(&[api.id()])?.resident,
            cpu_seconds: api.cpu_seconds()?,
        })
    }
}

/// The API answers before it has read the keys of the control topic.
async fn wait_for_keys(api: &Service, keys: &[String]) -> anyhow::Result<()> {
    let client = reqwest::Client::new();
    let url = format!("{}/api/v1/dashboard/surveys", api.url);
    for key in keys {
        loop {
            let request = client.get(&url).header("x-api-key", key).send();
            match request.await?.status() {
                reqwest::StatusCode::OK => break,
                status => anyhow::ensure!(
                    api.started().elapsed() < KEYS,
                    "a key is answered with {status} after {KEYS:?}"
                ),
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    Ok(())
}

async fn measure(bench: &Bench, options: &LiveOptions) -> anyhow::Result<String> {
    let kafka = KafkaConfig {
        brokers: bench.brokers.clone(),
        prefix: bench.prefix.clone(),
        ..KafkaConfig::default()
    };
    broker::prepare(&kafka, options.partitions).await?;
    storage::migrate(&bench.database_url).await?;
    let keys = keys(&kafka, options.organisations).await?;
    let api = Service::start(bench, "dashboard-api").await?;
    wait_for_keys(&api, &keys).await?;
    let idle = Reading::of(&api)?;
    eprintln!("connecting {} watchers", options.clients);
    let heard = Arc::new(Heard::new()?);
    let slow = options.slow.min(options.clients);
    let crowd = Crowd::connect(&api, &keys, (options.clients, slow), &heard).await?;
    let connected = Reading::of(&api)?;
    eprintln!("publishing {} verdicts a second", options.rate);
    let sent = publish(&kafka, options, &heard).await?;
    tokio::time::sleep(SETTLING).await;
    let loaded = Reading::of(&api)?;
    let figures = Figures {
        readings: [idle, connected, loaded],
        expected: crowd.expected(&sent),
        snapshots: api
            .metric("dashboard_live_snapshots_total{reason=\"slow\"}")
            .await?,
        closed: api
            .metric("dashboard_live_closed_total{reason=\"slow\"}")
            .await?,
    };
    Ok(report(options, &figures, &heard))
}

/// What was measured of the API.
struct Figures {
    /// Before there is a watcher, with all of them, and after the load.
    readings: [Reading; 3],
    expected: u64,
    snapshots: f64,
    closed: f64,
}

fn report(options: &LiveOptions, figures: &Figures, heard: &Heard) -> String {
    let [idle, connected, loaded] = &figures.readings;
    let mut text = format!(
        "{} watchers ({} of them read nothing) of {} organisations, {} verdicts a second for {} s\n\n\
         | figure | value |\n|---|---:|\n",
        options.clients, options.slow, options.organisations, options.rate, options.seconds
    );
    let mut row = |what: &str, value: String| text.push_str(&format!("| {what} | {value} |\n"));
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let each = |to: &Reading| {
        to.resident.saturating_sub(idle.resident) as f64 / 1024.0 / options.clients as f64
    };
    row(
        "memory of one watcher, idle, KiB",
        format!("{:.1}", each(connected)),
    );
    row(
        "memory of one watcher, after the load, KiB",
        format!("{:.1}", each(loaded)),
    );
    row(
        "resident memory of the API, MiB",
        (loaded.resident >> 20).to_string(),
    );
    let cpu = loaded.cpu_seconds - connected.cpu_seconds;
    row("CPU-s of the API under load", format!("{cpu:.1}"));
    let told = format!("{} of {}", heard.verdicts(), figures.expected);
    row("messages told of those to tell", told);
    let [p50, p99, most] = heard.latencies();
    row(
        "latency p50, p99, greatest, ms",
        format!("{p50:.1}, {p99:.1}, {most:.1}"),
    );
    row(
        "snapshots to watchers that read",
        heard.snapshots().to_string(),
    );
    let ended = format!("{:.0}, {:.0}", figures.snapshots, figures.closed);
    row("snapshots for slowness, connections closed for it", ended);
    text
}

/// A reading key of each organisation.
async fn keys(kafka: &KafkaConfig, organisations: usize) -> anyhow::Result<Vec<String>> {
    let writer = ControlWriter::new(kafka, "/candor/bench")?;
    let mut keys = Vec::new();
    for number in 0..organisations {
        let options = NewKeyOptions {
            scopes: vec![Scope::VerdictsRead],
            ..NewKeyOptions::new(
                organisation(number).parse()?,
                KeyKind::Secret,
                KeyMode::Test,
            )
        };
        let key = writer.create_key(options, Utc::now()).await?;
        keys.push(key.text.to_string());
    }
    Ok(keys)
}

fn organisation(number: usize) -> String {
    format!("org-{number}")
}

/// Publishes verdicts at an even rate; how many of each organisation.
async fn publish(
    kafka: &KafkaConfig,
    options: &LiveOptions,
    heard: &Heard,
) -> anyhow::Result<Vec<u64>> {
    let producer = ProducerOptions {
        linger: Duration::ZERO,
        ..ProducerOptions::default()
    };
    let producer = Producer::new(kafka, &producer, ProducerMetrics::unregistered()?)?;
    let topic = kafka.topics().verdicts;
    let mut verdict: VerdictRecord = serde_json::from_str(GOLDEN)?;
    let mut sent = vec![0; options.organisations];
    let begun = Instant::now();
    for number in 0..options.rate * options.seconds {
        let due =
            begun + Duration::from_secs(1) * u32::try_from(number)? / u32::try_from(options.rate)?;
        tokio::time::sleep_until(due.into()).await;
        let at = usize::try_from(number)? % options.organisations;
        verdict.organisation = organisation(at).parse()?;
        verdict.revision.offset = i64::try_from(number)?;
        // Comes back in the message.
        verdict.request_id = Some(heard.now().to_string());
        let key = format!("session-{number}");
        let headers = RecordHeaders {
            record_type: RecordType::Verdict,
            id: key.clone(),
            source: "/candor/bench".to_owned(),
            organisation: verdict.organisation.clone(),
            traceparent: None,
        };
        let payload = serde_json::to_vec(&verdict)?;
        drop(producer.send(&topic, key.as_bytes(), &payload, &headers)?);
        sent[at] += 1;
    }
    Ok(sent)
}
