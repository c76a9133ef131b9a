//! Raw events: a sink reads a full topic from its beginning into an empty database, one round after the other.
//!
//! A run counts from the start of the process and from its first stored batch, to the last one. CPU time is that of the
//! sink's process and of PostgreSQL's processes, from the kernel's account; the broker's is not counted.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::ensure;
use clap::Args;
use embedded::PostgresServer;
use tokio_postgres::NoTls;

use crate::detector::crowd::Crowd;
use crate::detector::feed::Feed;
use crate::detector::pool::{Form, Pool};
use crate::detector::worker::{Worker, WorkerPlan};
use crate::place::Place;
use crate::{broker, postgres, profile, usage};

const PATIENCE: Duration = Duration::from_secs(900);
/// Longest part of a run that is profiled.
const PROFILED: Duration = Duration::from_secs(6);
const STORED: &str = "sink_rows_written_total";

/// Options of the raw events.
#[derive(Debug, Args)]
pub(crate) struct RawOptions {
    /// Events of the topic
    #[arg(long, default_value_t = 5_000_000)]
    raw_events: u64,
    /// Events of a batch
    #[arg(long, default_value_t = 50)]
    raw_batch: usize,
    /// How events are written
    #[arg(long, value_enum, default_value_t = Form::Canonical)]
    raw_form: Form,
    /// Rounds of each sink; the figures are medians over them
    #[arg(long, default_value_t = 3)]
    raw_rounds: usize,
    /// Another build of the sink, measured in turn with this one
    #[arg(long, value_name = "FILE")]
    raw_before: Option<PathBuf>,
    /// Writes a profile of each sink's first round into this folder, by `perf record`
    #[arg(long, value_name = "FOLDER")]
    raw_perf: Option<PathBuf>,
}

/// What the topic holds.
#[derive(Debug, Clone, Copy)]
struct Filled {
    events: u64,
    batches: u64,
    sessions: usize,
    batch_bytes: f64,
}

/// One run.
#[derive(Debug, Clone)]
struct Run {
    sink: &'static str,
    /// Seconds from the start of the process, and from the first stored batch.
    seconds: [f64; 2],
    /// CPU seconds of the sink and of PostgreSQL.
    cpu: [f64; 2],
    /// Most bytes of memory of the sink.
    peak: u64,
    /// Bytes of log that PostgreSQL wrote, and of table and index.
    wal: f64,
    table: f64,
}

/// Measures and returns the report.
pub(crate) fn run(
    place: &Place,
    options: &RawOptions,
    common: &super::CommonOptions,
) -> anyhow::Result<String> {
    let filled = fill(place, options, common.partitions)?;
    let server = postgres::start(&place.folder.join("postgres"), &common.postgres)?;
    let mut sinks = vec![("candor", place.program("result-sink")?)];
    sinks.extend(
        options
            .raw_before
            .clone()
            .map(|path| ("candor-before", path)),
    );
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut runs = Vec::new();
    for round in 0..options.raw_rounds {
        for (name, program) in &sinks {
            let job = Job {
                place,
                server: &server,
                database: format!("raw_{}_{round}", name.replace('-', "_")),
                program: program.clone(),
                settings: common.set.clone(),
                perf: options.raw_perf.clone().filter(|_| round == 0),
            };
            let run = measure(&runtime, (name, &job), filled)?;
            eprintln!("round {}: {}", round + 1, line(&run, filled));
            runs.push(run);
        }
    }
    drop(server);
    Ok(report(&runs, filled))
}

fn fill(place: &Place, options: &RawOptions, partitions: i32) -> anyhow::Result<Filled> {
    let recordings = usize::try_from(options.raw_events / 4000)?.clamp(200, 1500);
    eprintln!("simulating {recordings} sessions");
    let pool = Pool::build(recordings, options.raw_batch, options.raw_form)?;
    let mut feed = Feed::new(&place.brokers, &place.topic, usize::try_from(partitions)?)?;
    let mut crowd = Crowd::open(&pool, 4000, &mut feed)?;
    while feed.sums.events < options.raw_events {
        crowd.turn(&mut feed)?;
    }
    let sessions = crowd.complete(&mut feed)?;
    feed.flush()?;
    let stored = broker::records(&place.brokers, &place.topic)?;
    ensure!(stored == feed.sent(), "{stored} of {} records", feed.sent());
    let filled = Filled {
        events: feed.sums.events,
        // Beside its batches every session has a start and an end.
        batches: stored - 2 * sessions as u64,
        sessions,
        batch_bytes: pool.mean_batch().1,
    };
    eprintln!("{filled:?}");
    Ok(filled)
}

/// One run's sink and where it writes.
#[derive(Debug)]
struct Job<'a> {
    place: &'a Place,
    server: &'a PostgresServer,
    database: String,
    program: PathBuf,
    settings: Vec<(String, String)>,
    perf: Option<PathBuf>,
}

fn measure(
    runtime: &tokio::runtime::Runtime,
    (name, job): (&'static str, &Job<'_>),
    filled: Filled,
) -> anyhow::Result<Run> {
    let url = runtime.block_on(prepare(job))?;
    let plan = plan(job, &url);
    let log_before = runtime.block_on(position(&url))?;
    let cpu_before = postgres_cpu(job)?;
    let mut sink = Worker::start(job.place, &plan, &job.database)?;
    let first = first_stored(&mut sink)?;
    let processes = [&[sink.id()], &postgres(job)?[..]].concat();
    let begin =
        |folder: &std::path::Path| profile::start(folder, (&job.database, &processes), PROFILED);
    let recording = job.perf.as_deref().map(begin).transpose()?;
    #[expect(clippy::cast_precision_loss, reason = "a count far below 2^53")]
    let wanted = filled.batches as f64;
    sink.wait_for((STORED, wanted), PATIENCE)?;
    let seconds = [sink.started, first].map(|moment| moment.elapsed().as_secs_f64());
    let cpu = [
        usage::cpu_seconds(&[sink.id()])?,
        postgres_cpu(job)? - cpu_before,
    ];
    let peak = usage::memory(&[sink.id()])?.peak;
    recording.map_or(Ok(()), profile::Profile::finish)?;
    sink.stop();
    let (wal, table) = runtime.block_on(check(&url, &log_before, filled))?;
    broker::rewind(&job.place.brokers, "bench-raw", &job.place.topic)?;
    Ok(Run {
        sink: name,
        seconds,
        cpu,
        peak,
        wal,
        table,
    })
}

/// When the first batch was stored.
fn first_stored(sink: &mut Worker) -> anyhow::Result<Instant> {
    sink.wait_for((STORED, 1.0), PATIENCE)?;
    Ok(Instant::now())
}

/// PostgreSQL's processes.
fn postgres(job: &Job<'_>) -> anyhow::Result<Vec<u32>> {
    usage::tree(job.server.process_id().unwrap_or_default())
}

/// Their CPU seconds. One that has just ended, as those of the autovacuum do, is not counted.
fn postgres_cpu(job: &Job<'_>) -> anyhow::Result<f64> {
    let processes = postgres(job)?;
    let seconds = processes.iter().map(|id| usage::cpu_seconds(&[*id]));
    Ok(seconds.filter_map(Result::ok).sum())
}

fn plan(job: &Job<'_>, url: &str) -> WorkerPlan {
    let mut plan = WorkerPlan {
        program: job.program.clone(),
        prefix: job.place.prefix.clone(),
        events: job.place.topic.clone(),
        settings: Vec::new(),
    }
    .with("CANDOR_DATABASE_URL", url)
    .with("CANDOR_SINK_VERDICTS", "false")
    .with("CANDOR_KAFKA_SESSION_TIMEOUT_SECONDS", "11");
    plan.settings.extend(job.settings.iter().cloned());
    plan
}

/// A migrated database with today's partitions; its URL.
async fn prepare(job: &Job<'_>) -> anyhow::Result<String> {
    let client = connect(&job.server.url_for("postgres")).await?;
    client
        .batch_execute(&format!("CREATE DATABASE {}", job.database))
        .await?;
    let url = job.server.url_for(&job.database);
    storage::migrate(&url).await?;
    let client = connect(&url).await?;
    let partitions = "SELECT candor_ensure_partitions(current_date - 7, current_date + 7)";
    client.execute(partitions, &[]).await?;
    client.batch_execute("CHECKPOINT").await?;
    Ok(url)
}

async fn connect(url: &str) -> anyhow::Result<tokio_postgres::Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// Where PostgreSQL's log is.
async fn position(url: &str) -> anyhow::Result<String> {
    let row = connect(url)
        .await?
        .query_one("SELECT pg_current_wal_lsn()::text", &[])
        .await?;
    Ok(row.get(0))
}

/// Every event is there, once; bytes of the log since `before`, and of the table.
async fn check(url: &str, before: &str, filled: Filled) -> anyhow::Result<(f64, f64)> {
    let client = connect(url).await?;
    let statement = "SELECT count(*), coalesce(sum(event_count), 0)::bigint, \
        pg_wal_lsn_diff(pg_current_wal_lsn(), $1::text::pg_lsn)::float8, \
        (SELECT sum(pg_total_relation_size(relid)) FROM pg_partition_tree('behavior_batches'))::float8 FROM behavior_batches";
    let row = client.query_one(statement, &[&before]).await?;
    let (batches, events): (i64, i64) = (row.get(0), row.get(1));
    let expected = (
        i64::try_from(filled.batches)?,
        i64::try_from(filled.events)?,
    );
    ensure!(
        (batches, events) == expected,
        "{batches} batches of {events} events, not {expected:?}"
    );
    Ok((row.get(2), row.get(3)))
}

/// Events a second of both spans, CPU seconds per million events of sink and PostgreSQL, megabytes, bytes an event.
#[expect(clippy::cast_precision_loss, reason = "counts far below 2^53")]
fn figures(run: &Run, filled: Filled) -> [f64; 7] {
    let events = filled.events as f64;
    let [start, first] = run.seconds.map(|seconds| events / seconds);
    let [sink, postgres] = run.cpu.map(|cpu| cpu / events * 1e6);
    [
        start,
        first,
        sink,
        postgres,
        run.peak as f64 / 1e6,
        run.wal / events,
        run.table / events,
    ]
}

fn row(figures: [f64; 7]) -> String {
    let [start, first, sink, postgres, peak, wal, table] = figures;
    format!(
        "{start:.0} | {first:.0} | {sink:.2} | {postgres:.2} | {peak:.0} | {wal:.0} | {table:.0}"
    )
}

fn line(run: &Run, filled: Filled) -> String {
    format!("{} | {}", run.sink, row(figures(run, filled)))
}

fn report(runs: &[Run], filled: Filled) -> String {
    let mut text = format!(
        "{} events of {} sessions in {} batches of {:.0} bytes\n\n\
         | sink | events/s | from the first batch | CPU-s per million events, sink | the same, PostgreSQL | RSS peak MB | WAL bytes an event | table bytes an event |\n\
         |---|---:|---:|---:|---:|---:|---:|---:|\n",
        filled.events, filled.sessions, filled.batches, filled.batch_bytes
    );
    for name in ["candor", "candor-before"] {
        let all: Vec<[f64; 7]> = runs
            .iter()
            .filter(|run| run.sink == name)
            .map(|run| figures(run, filled))
            .collect();
        if all.is_empty() {
            continue;
        }
        let median: [f64; 7] = std::array::from_fn(|column| {
            let mut values: Vec<f64> = all.iter().map(|run| run[column]).collect();
            values.sort_by(f64::total_cmp);
            values[values.len() / 2]
        });
        text.push_str(&format!("| {name} | {} |\n", row(median)));
    }
    text
}
