//! Killing and stopping things while load runs.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::{TestKafka, TestPostgres, Until, collect, wait_until};

use crate::rows::{wait_until_complete, wait_until_equal};
use e2e::processes::{LoadReport, LoadRun, Pipeline, Stack, migrated};

/// How long Kafka and PostgreSQL are away.
const OUTAGE: Duration = Duration::from_secs(20);
/// Load that lasts about half a minute: long enough to kill things in its middle.
const STEADY: [&str; 6] = ["--synthetic", "60", "--rate", "1500", "--concurrency", "24"];

fn events(report: &LoadReport) -> u64 {
    report
        .sessions
        .iter()
        .map(|session| session["events"].as_u64().unwrap())
        .sum()
}

async fn wait_for_rows(pipeline: &Pipeline, at_least: i64) {
    let client = pipeline.database.client().await;
    wait_until(
        "rows of running sessions",
        Duration::from_secs(60),
        async || {
            let count: i64 = client
                .query_one("SELECT count(*) FROM sessions", &[])
                .await
                .unwrap()
                .get(0);
            if count >= at_least {
                Ok(())
            } else {
                Err(count)
            }
        },
    )
    .await;
}

/// Workers and sinks are killed again and again under load; another group with topics and a database of
/// its own reads the same events undisturbed. Both end with the same rows.
#[tokio::test(flavor = "multi_thread")]
async fn kill_9_of_worker_and_sink_changes_no_row() {
    let stack = Stack::shared().await;
    let mut pipeline = Pipeline::start(&stack).await;
    let undisturbed = Stack::shared().await;
    let untouched = migrated().await;
    let events_topic = stack.topics.topics().events.clone();
    let _worker = undisturbed
        .service("detector-worker", &[("CANDOR_EVENTS_TOPIC", &events_topic)])
        .await;
    let rows = [
        ("CANDOR_DATABASE_URL", untouched.url()),
        ("CANDOR_SINK_RAW", "false"),
    ];
    let _sink = undisturbed.service("result-sink", &rows).await;

    let load = LoadRun::start(&pipeline, &STEADY);
    for sessions in [8, 20, 32] {
        wait_for_rows(&pipeline, sessions).await;
        pipeline.worker.process.kill9();
        pipeline.sink.process.kill9();
        pipeline.worker = stack.service("detector-worker", &[]).await;
        pipeline.sink = stack
            .service(
                "result-sink",
                &[("CANDOR_DATABASE_URL", pipeline.database.url())],
            )
            .await;
    }
    let report = load.finish().await;
    assert_eq!(report.summary["errors"], 0, "{}", report.summary);
    wait_until_complete(&pipeline.database, report.sessions.len(), events(&report)).await;
    wait_until_equal(&pipeline.database, &untouched, report.sessions.len()).await;
}

/// One small batch.
fn batch() -> Value {
    json!([{"event_type": "focus", "timestamp": 1_790_000_000_000u64}])
}

/// Opens sessions and posts to them for as long as an outage lasts; each answer must be a 202.
async fn post_through_outage(pipeline: &Pipeline) -> usize {
    let begun = Instant::now();
    let mut accepted = 0;
    while begun.elapsed() < OUTAGE {
        let id = pipeline.create_session().await;
        let (status, body) = pipeline.post_events(&id, &batch()).await;
        assert_eq!(status, 202, "{body}");
        accepted += 1;
        // A pace, not a synchronisation: the outage is meant to last.
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    accepted
}

async fn wait_for_count(pipeline: &Pipeline, sessions: usize) {
    let client = pipeline.database.client().await;
    wait_until(
        "every session stored",
        Duration::from_secs(90),
        async || {
            let row = client
                .query_one("SELECT count(*) FROM sessions", &[])
                .await
                .unwrap();
            let count: i64 = row.get(0);
            if count as usize == sessions {
                Ok(())
            } else {
                Err(count)
            }
        },
    )
    .await;
}

/// PostgreSQL is away for 20 s: the gateway does not notice, and afterwards the tables are complete.
#[tokio::test(flavor = "multi_thread")]
async fn without_postgresql_the_gateway_goes_on_and_nothing_is_lost() {
    let stack = Stack::shared().await;
    let mut server = tokio::task::spawn_blocking(TestPostgres::own)
        .await
        .unwrap();
    let pipeline = Pipeline::start_with(&stack, &server).await;
    let load = LoadRun::start(&pipeline, &STEADY);
    wait_for_rows(&pipeline, 5).await;
    server.stop();
    let accepted = post_through_outage(&pipeline).await;
    server.restart();
    let report = load.finish().await;
    let troubles = (&report.summary["errors"], &report.summary["retries"]);
    assert_eq!(troubles, (&json!(0), &json!(0)), "{}", report.summary);
    wait_for_count(&pipeline, report.sessions.len() + accepted).await;
    wait_until_complete(
        &pipeline.database,
        report.sessions.len(),
        events(&report) + accepted as u64,
    )
    .await;
}

/// Posts for as long as the outage lasts; each answer must be a 503 that says when to come back.
async fn be_refused_through_outage(pipeline: &Pipeline, id: &str) -> usize {
    let begun = Instant::now();
    let mut refused = 0;
    while begun.elapsed() < OUTAGE {
        let (status, body, retry) = pipeline.try_post(id, &batch()).await.unwrap();
        assert_eq!(
            (status, &body["code"]),
            (503, &json!("broker_unavailable")),
            "{body}"
        );
        let seconds: u64 = retry.unwrap().parse().unwrap();
        assert!((1..=60).contains(&seconds), "{seconds}");
        refused += 1;
    }
    refused
}

/// Every acknowledged batch is in the events topic, and in the table once the sink has caught up.
async fn nothing_is_missing(pipeline: &Pipeline, stack: &Stack, acknowledged: &HashSet<String>) {
    let topic = &stack.topics.topics().events;
    let records = collect(stack.topics.brokers(), topic, Until::HighWatermark).await;
    let stored: HashSet<&str> = records
        .iter()
        .filter_map(|record| record.header("ce_id"))
        .collect();
    let lost: Vec<&String> = acknowledged
        .iter()
        .filter(|batch| !stored.contains(batch.as_str()))
        .collect();
    assert_eq!(lost, Vec::<&String>::new());
    let client = pipeline.database.client().await;
    wait_until(
        "every acknowledged batch stored",
        Duration::from_secs(60),
        async || {
            let rows = client
                .query("SELECT batch_id FROM behavior_batches", &[])
                .await
                .unwrap();
            let rows: HashSet<String> = rows.iter().map(|row| row.get(0)).collect();
            let missing = acknowledged
                .iter()
                .filter(|batch| !rows.contains(*batch))
                .count();
            if missing == 0 { Ok(()) } else { Err(missing) }
        },
    )
    .await;
}

/// Kafka is away for 20 s: 503 with `Retry-After`, and every acknowledged batch is in the topic and the table.
#[tokio::test(flavor = "multi_thread")]
async fn without_kafka_the_gateway_says_so_and_loses_nothing_acknowledged() {
    let mut kafka = tokio::task::spawn_blocking(TestKafka::own).await.unwrap();
    let stack = Stack::on(&kafka).await;
    let pipeline = Pipeline::start(&stack).await;
    let id = pipeline.create_session().await;
    let mut acknowledged = HashSet::new();
    for _ in 0..50 {
        let (status, body) = pipeline.post_events(&id, &batch()).await;
        assert_eq!(status, 202, "{body}");
        acknowledged.insert(body["batch_id"].as_str().unwrap().to_owned());
    }
    kafka.kill();
    assert!(be_refused_through_outage(&pipeline, &id).await > 0);
    kafka.restart();
    let back = wait_until("a 202 again", Duration::from_secs(60), async || {
        let (status, body, _) = pipeline.try_post(&id, &batch()).await.unwrap();
        if status == 202 { Ok(body) } else { Err(body) }
    })
    .await;
    acknowledged.insert(back["batch_id"].as_str().unwrap().to_owned());
    nothing_is_missing(&pipeline, &stack, &acknowledged).await;
}
