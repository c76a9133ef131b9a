//! Each service by itself, on the same events.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use serde_json::Value;
use tokio_postgres::NoTls;

use crate::pipeline::Bench;
use crate::process::{KEY, Service, program};

const PATIENCE: Duration = Duration::from_secs(600);

/// What one service did.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) name: &'static str,
    pub(crate) events: u64,
    pub(crate) seconds: f64,
    pub(crate) cpu_seconds: f64,
    pub(crate) remark: String,
}

/// Load over HTTP until every session is acknowledged; nothing else runs.
pub(crate) async fn gateway(
    bench: &Bench,
    sessions: u64,
    concurrency: usize,
) -> anyhow::Result<Stage> {
    let service = Service::start(bench, "ingest-gateway").await?;
    let before = service.cpu_seconds()?;
    let summary = load(bench, &service, sessions, concurrency).await?;
    let number = |name: &str| {
        summary[name]
            .as_f64()
            .with_context(|| format!("no {name} in {summary}"))
    };
    ensure!(number("errors")? == 0.0, "{summary}");
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count"
    )]
    let events = number("events")? as u64;
    let latency = &summary["latency_ms"];
    let seconds = number("events")? / number("events_per_second")?;
    let cpu_seconds = service.cpu_seconds()? - before;
    let remark = format!(
        "{concurrency} sessions at once, 50 events a batch; answer p50 {} ms, p99 {} ms; the load generator shares the cores",
        latency["p50"], latency["p99"]
    );
    Ok(Stage {
        name: "ingest-gateway",
        events,
        seconds,
        cpu_seconds,
        remark,
    })
}

/// Runs the load generator to its end; its summary.
async fn load(
    bench: &Bench,
    gateway: &Service,
    sessions: u64,
    concurrency: usize,
) -> anyhow::Result<Value> {
    let output = tokio::process::Command::new(program(&bench.programs, "candor")?)
        .args([
            "loadgen",
            "--target",
            &gateway.url,
            "--key",
            KEY,
            "--max",
            "--quiet",
        ])
        .args(["--synthetic", &sessions.to_string()])
        .args(["--concurrency", &concurrency.to_string()])
        .output()
        .await?;
    ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).context("loadgen prints JSON")
}

/// A worker reads everything from the beginning; its start is part of the time.
pub(crate) async fn worker(bench: &Bench, events: u64) -> anyhow::Result<Stage> {
    let service = Service::start(bench, "detector-worker").await?;
    #[expect(clippy::cast_precision_loss, reason = "a count far below 2^53")]
    let wanted = events as f64;
    wait_until(async || Ok(service.metric("detector_events_folded_total").await? >= wanted))
        .await?;
    let seconds = service.started().elapsed().as_secs_f64();
    let cpu_seconds = service.cpu_seconds()?;
    let verdicts = service.metric("detector_verdicts_total").await?;
    // Let the last verdicts be acknowledged and the position be committed.
    wait_until(async || {
        Ok(service
            .metric("kafka_producer_records_delivered_total")
            .await?
            >= verdicts)
    })
    .await?;
    let remark = format!("from start to the last event, {verdicts} verdicts published");
    Ok(Stage {
        name: "detector-worker",
        events,
        seconds,
        cpu_seconds,
        remark,
    })
}

/// A sink stores every verdict and every raw event; its start is part of the time.
pub(crate) async fn sink(bench: &Bench, events: u64) -> anyhow::Result<Stage> {
    let service = Service::start(bench, "result-sink").await?;
    let (client, connection) = tokio_postgres::connect(&bench.database_url, NoTls).await?;
    let connection = tokio::spawn(connection);
    wait_until(async || {
        let raw = client
            .query_one(
                "SELECT coalesce(sum(event_count), 0)::bigint FROM behavior_batches",
                &[],
            )
            .await?;
        let open = client
            .query_one("SELECT count(*) FROM sessions WHERE NOT is_completed", &[])
            .await?;
        let done = client
            .query_one("SELECT count(*) FROM sessions", &[])
            .await?;
        let (raw, open, done): (i64, i64, i64) = (raw.get(0), open.get(0), done.get(0));
        Ok(u64::try_from(raw)? >= events && open == 0 && done > 0)
    })
    .await?;
    let seconds = service.started().elapsed().as_secs_f64();
    let cpu_seconds = service.cpu_seconds()?;
    let results: i64 = client
        .query_one("SELECT count(*) FROM detection_results", &[])
        .await?
        .get(0);
    let sessions: i64 = client
        .query_one("SELECT count(*) FROM sessions", &[])
        .await?
        .get(0);
    drop(client);
    connection.await??;
    let remark = format!("raw events and verdicts; {sessions} sessions, {results} results kept");
    Ok(Stage {
        name: "result-sink",
        events,
        seconds,
        cpu_seconds,
        remark,
    })
}

async fn wait_until(mut done: impl AsyncFnMut() -> anyhow::Result<bool>) -> anyhow::Result<()> {
    let begun = Instant::now();
    while !done().await? {
        ensure!(begun.elapsed() < PATIENCE, "not done after {PATIENCE:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}
