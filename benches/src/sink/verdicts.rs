//! Verdicts: a sink reads a full topic from its beginning into an empty database, one round after the other; in the same
//! run what PostgreSQL does with flat rows of the same verdicts.
//!
//! A run counts from the first stored batch to the last one. CPU time is that of the sink's process and of PostgreSQL's
//! processes, from the kernel's account; the broker's is not counted.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{bail, ensure};
use chrono::{TimeDelta, Utc};
use clap::Args;
use embedded::PostgresServer;
use kafka::config::KafkaConfig;
use kafka::metrics::ProducerMetrics;
use kafka::producer::{Outgoing, Producer, ProducerOptions, SendError};
use schemas::header::{RecordHeaders, RecordType};
use schemas::topic::Topics;
use tokio_postgres::{Client, NoTls};

use super::flat;
use super::story::{Stream, Told};
use crate::detector::worker::{Worker, WorkerPlan};
use crate::place::Place;
use crate::{broker, postgres, profile, usage};

const PATIENCE: Duration = Duration::from_secs(900);
const LOOK: Duration = Duration::from_millis(100);
/// Longest part of a run that is profiled.
const PROFILED: Duration = Duration::from_secs(6);
const STORED: &str = "sink_rows_written_total";
const TABLES: [&str; 9] = [
    "sessions",
    "session_windows",
    "detection_results",
    "coordination_findings",
    "session_rollups",
    "session_rollups_daily",
    "organisation_rollups",
    "organisation_rollups_daily",
    "campaigns",
];

/// Options of the verdicts.
#[derive(Debug, Args)]
pub(crate) struct VerdictOptions {
    /// Records of the topic
    #[arg(long, default_value_t = 1_000_000)]
    verdicts: usize,
    /// Sessions that are open at a time
    #[arg(long, default_value_t = 40_000)]
    open: usize,
    /// Flat rows for floor and rival
    #[arg(long, default_value_t = 200_000)]
    flat: usize,
    /// Rounds of the sink; the figures are medians over them
    #[arg(long, default_value_t = 2)]
    verdict_rounds: usize,
    /// Writes a profile of the first round into this folder, by `perf record`
    #[arg(long, value_name = "FOLDER")]
    verdict_perf: Option<PathBuf>,
}

/// One run.
#[derive(Debug, Clone)]
struct Run {
    seconds: f64,
    /// CPU seconds of the sink and of PostgreSQL.
    cpu: [f64; 2],
    /// Most bytes of memory of the sink.
    peak: u64,
    wal: f64,
    /// Rows and bytes (indexes included) of each table.
    tables: Vec<(i64, i64)>,
}

/// What the topic holds.
#[derive(Debug)]
struct Filled {
    records: usize,
    payload: u64,
    /// Flat rows of the first verdicts.
    lines: Vec<String>,
}

/// Measures and returns the report.
pub(crate) fn run(
    place: &Place,
    options: &VerdictOptions,
    common: &super::CommonOptions,
) -> anyhow::Result<String> {
    let filled = fill(place, options)?;
    eprintln!(
        "{} records of {} bytes",
        filled.records,
        filled.payload / filled.records.max(1) as u64
    );
    let server = postgres::start(&place.folder.join("postgres"), &common.postgres)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut runs = Vec::new();
    for round in 0..options.verdict_rounds {
        let url = runtime.block_on(prepare(&server, &format!("verdicts_{round}")))?;
        let perf = options.verdict_perf.as_deref().filter(|_| round == 0);
        let sink = start(place, common, &url)?;
        let run = measure(&runtime, sink, (&server, &url), (filled.records, perf))?;
        let group = format!("{}-sink", place.prefix);
        broker::rewind(&place.brokers, &group, &Topics::new(&place.prefix).verdicts)?;
        eprintln!("round {}: {}", round + 1, line(&run, filled.records));
        runs.push(run);
    }
    let flat = runtime.block_on(async {
        let mut client = connect(&prepare(&server, "flat").await?).await?;
        flat::rates(&mut client, &filled.lines).await
    })?;
    drop(server);
    Ok(report(&runs, &filled, flat))
}

fn fill(place: &Place, options: &VerdictOptions) -> anyhow::Result<Filled> {
    let kafka = KafkaConfig {
        brokers: place.brokers.clone(),
        ..KafkaConfig::default()
    };
    let wide = ProducerOptions {
        linger: Duration::from_millis(20),
        queue_bytes: 256 << 20,
        ..ProducerOptions::default()
    };
    let producer = Producer::new(&kafka, &wide, ProducerMetrics::unregistered()?)?;
    let topic = Topics::new(&place.prefix).verdicts;
    let mut stream = Stream::new(options.open, Utc::now() - TimeDelta::hours(8))?;
    let mut filled = Filled {
        records: options.verdicts,
        payload: 0,
        lines: Vec::new(),
    };
    for _ in 0..options.verdicts {
        let told = stream.next();
        if let Told::Verdict(record) = &told
            && filled.lines.len() < options.flat
        {
            filled.lines.push(flat::line(record)?);
        }
        filled.payload += send(&producer, &topic, &told)?;
    }
    ensure!(producer.flush(PATIENCE) == 0, "records were not delivered");
    let stored = broker::records(&place.brokers, &topic)?;
    ensure!(
        stored == options.verdicts as u64,
        "{stored} records are in the topic"
    );
    Ok(filled)
}

/// Sends a record; the size of its value.
fn send(producer: &Producer, topic: &str, told: &Told) -> anyhow::Result<u64> {
    let (record_type, id, organisation, value) = match told {
        Told::Verdict(record) => {
            let value = serde_json::to_vec(record)?;
            (
                RecordType::Verdict,
                record.session_id,
                &record.organisation,
                value,
            )
        }
        Told::Finding(finding) => {
            let value = serde_json::to_vec(finding)?;
            (
                RecordType::CoordinationFinding,
                finding.session_id,
                &finding.organisation,
                value,
            )
        }
    };
    let key = id.to_string();
    let headers = RecordHeaders {
        record_type,
        id: key.clone(),
        source: "/candor/detector".to_owned(),
        organisation: organisation.clone(),
        traceparent: None,
    };
    let encoded = headers.encode();
    let encoded: Vec<(&str, &[u8])> = encoded
        .iter()
        .map(|(name, value)| (*name, value.as_bytes()))
        .collect();
    loop {
        let record = Outgoing {
            topic,
            partition: None,
            key: key.as_bytes(),
            payload: &value,
            headers: &encoded,
        };
        match producer.send_with(record, |_| ()) {
            Ok(()) => return Ok(value.len() as u64),
            Err(SendError::QueueFull) => std::thread::sleep(Duration::from_millis(1)),
            Err(error) => bail!("a record was not taken: {error}"),
        }
    }
}

/// A migrated database with today's partitions; its URL.
async fn prepare(server: &PostgresServer, database: &str) -> anyhow::Result<String> {
    let client = connect(&server.url_for("postgres")).await?;
    client
        .batch_execute(&format!("CREATE DATABASE {database}"))
        .await?;
    let url = server.url_for(database);
    storage::migrate(&url).await?;
    let client = connect(&url).await?;
    let partitions = "SELECT candor_ensure_partitions(current_date - 7, current_date + 7)";
    client.execute(partitions, &[]).await?;
    client.batch_execute("CHECKPOINT").await?;
    Ok(url)
}

async fn connect(url: &str) -> anyhow::Result<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

fn start(place: &Place, common: &super::CommonOptions, url: &str) -> anyhow::Result<Worker> {
    let mut plan = WorkerPlan {
        program: place.program("result-sink")?,
        prefix: place.prefix.clone(),
        events: place.topic.clone(),
        settings: Vec::new(),
    }
    .with("CANDOR_DATABASE_URL", url)
    .with("CANDOR_SINK_RAW", "false")
    .with("CANDOR_KAFKA_SESSION_TIMEOUT_SECONDS", "11");
    plan.settings.extend(common.set.iter().cloned());
    let name = url.rsplit('/').next().unwrap_or_default();
    Worker::start(place, &plan, name)
}

fn measure(
    runtime: &tokio::runtime::Runtime,
    mut sink: Worker,
    (server, url): (&PostgresServer, &str),
    (records, perf): (usize, Option<&std::path::Path>),
) -> anyhow::Result<Run> {
    let tree = || usage::tree(server.process_id().unwrap_or_default());
    let before = runtime.block_on(position(url))?;
    let cpu_before = usage::cpu_seconds(&tree()?)?;
    let mut recording = None;
    let mut first: Option<(Instant, f64)> = None;
    #[expect(clippy::cast_precision_loss, reason = "a count far below 2^53")]
    let all = records as f64;
    loop {
        let stored = sink.metrics()?.sum(STORED);
        if stored > 0.0 && first.is_none() {
            first = Some((Instant::now(), stored));
            let processes = [&[sink.id()], &tree()?[..]].concat();
            let begin = |folder| profile::start(folder, ("verdicts", &processes), PROFILED);
            recording = perf.map(begin).transpose()?;
        }
        if let (true, Some((first, early))) = (stored >= all, first) {
            // As if the rest had been the whole.
            let seconds = first.elapsed().as_secs_f64() * all / (all - early).max(1.0);
            let cpu = [
                usage::cpu_seconds(&[sink.id()])?,
                usage::cpu_seconds(&tree()?)? - cpu_before,
            ];
            let peak = usage::memory(&[sink.id()])?.peak;
            recording.map_or(Ok(()), profile::Profile::finish)?;
            sink.stop();
            let (wal, tables) = runtime.block_on(sizes(url, &before))?;
            return Ok(Run {
                seconds,
                cpu,
                peak,
                wal,
                tables,
            });
        }
        ensure!(
            sink.started.elapsed() < PATIENCE,
            "{stored} rows after {PATIENCE:?}"
        );
        std::thread::sleep(LOOK);
    }
}

/// Where PostgreSQL's log is.
async fn position(url: &str) -> anyhow::Result<String> {
    let statement = "SELECT pg_current_wal_lsn()::text";
    Ok(connect(url).await?.query_one(statement, &[]).await?.get(0))
}

/// Bytes of the log since `before`; rows and bytes of the tables.
async fn sizes(url: &str, before: &str) -> anyhow::Result<(f64, Vec<(i64, i64)>)> {
    let client = connect(url).await?;
    let statement = "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), $1::text::pg_lsn)::float8";
    let wal = client.query_one(statement, &[&before]).await?.get(0);
    let mut tables = Vec::new();
    for table in TABLES {
        let statement = format!(
            "SELECT (SELECT count(*) FROM {table}), \
             (SELECT sum(pg_total_relation_size(relid)) FROM pg_partition_tree('{table}'))::bigint"
        );
        let row = client.query_one(&statement, &[]).await?;
        let bytes: Option<i64> = row.get(1);
        tables.push((row.get(0), bytes.unwrap_or_default()));
    }
    Ok((wal, tables))
}

/// Records a second, CPU seconds per million records of sink and PostgreSQL, megabytes, bytes of log a record.
#[expect(clippy::cast_precision_loss, reason = "counts far below 2^53")]
fn figures(run: &Run, records: usize) -> [f64; 5] {
    let records = records as f64;
    let [sink, postgres] = run.cpu.map(|cpu| cpu / records * 1e6);
    [
        records / run.seconds,
        sink,
        postgres,
        run.peak as f64 / 1e6,
        run.wal / records,
    ]
}

fn line(run: &Run, records: usize) -> String {
    let [rate, sink, postgres, peak, wal] = figures(run, records);
    format!("{rate:.0} | {sink:.2} | {postgres:.1} | {peak:.0} | {wal:.0}")
}

fn report(runs: &[Run], filled: &Filled, flat: [f64; 2]) -> String {
    let mut ordered: Vec<&Run> = runs.iter().collect();
    ordered.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
    let Some(run) = ordered.get(ordered.len() / 2) else {
        return String::new();
    };
    let mut text = format!(
        "{} records, values of {} bytes\n\n\
         | sink | records/s | CPU-s per million, sink | the same, PostgreSQL | RSS peak MB | WAL bytes a record |\n\
         |---|---:|---:|---:|---:|---:|\n| candor | {} |\n\n| table | rows | bytes a row, indexes included |\n|---|---:|---:|\n",
        filled.records,
        filled.payload / filled.records.max(1) as u64,
        line(run, filled.records)
    );
    for (table, (rows, bytes)) in TABLES.iter().zip(&run.tables) {
        text.push_str(&format!(
            "| {table} | {rows} | {} |\n",
            bytes / rows.max(&1)
        ));
    }
    let [floor, upsert] = flat;
    let [rate, ..] = figures(run, filled.records);
    text.push_str(&format!(
        "\n| one flat row each | rows/s | candor is |\n|---|---:|---:|\n\
         | COPY | {floor:.0} | {:.2} |\n| COPY and upsert | {upsert:.0} | {:.2} |\n",
        rate / floor,
        rate / upsert
    ));
    text
}
