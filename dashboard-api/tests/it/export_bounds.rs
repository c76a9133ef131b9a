//! Exports that are too many, too slow, or whose client leaves.

use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::{Method, Response, StatusCode};
use serde_json::Value;
use testkit::{TestDatabase, wait_until};
use uuid::Uuid;

use crate::exports::{CSV, LINES, api_with, ended, ids, wait_for_metric};
use crate::harness::{DEADLINE, KEY, TestApi, database, mint, problem};
use crate::rows::Row;

/// Many sessions with a verdict, each with a summary of `bytes`.
async fn store_many(database: &TestDatabase, count: usize, bytes: i32) {
    let ids: Vec<Uuid> = (0..count).map(|_| mint("ours").uuid()).collect();
    let client = database.client().await;
    let sessions = "INSERT INTO sessions (id, organisation, created_at, updated_at, status, is_completed, window_count, \
         event_count, generation, rev_offset, rev_phase, headline_generation, headline_window, is_bot, \
         confidence_score, score_thousandths, risk_level, class, recommended_action) \
         SELECT id, 'ours', now(), now(), 'completed', true, 1, 10, 1, 20, 2, 1, 7, false, 0.1, 100, 'LOW', 'human', \
         'accept' FROM unnest($1::uuid[]) AS id";
    client.execute(sessions, &[&ids]).await.unwrap();
    let windows = "INSERT INTO session_windows (session_id, organisation, generation, window_offset, rev_offset, rev_phase, \
         status, created_at, updated_at, is_bot, confidence_score, score_thousandths, risk_level, class, \
         recommended_action, event_count, analysis_summary, method_scores, reasons) \
         SELECT id, 'ours', 1, 7, 20, 2, 'completed', now(), now(), false, 0.1, 100, 'LOW', 'human', 'accept', 10, \
         repeat('x', $2::integer), '{\"mouse\": 0.1}', '[]' FROM unnest($1::uuid[]) AS id";
    client.execute(windows, &[&ids, &bytes]).await.unwrap();
}

/// Holds whoever reads windows until it is dropped.
async fn held(database: &TestDatabase) -> tokio_postgres::Client {
    let client = database.client().await;
    let statement = "BEGIN; LOCK TABLE session_windows IN ACCESS EXCLUSIVE MODE";
    client.batch_execute(statement).await.unwrap();
    client
}

/// The statements that wait for a lock: their connection, and when they began.
async fn waiting(client: &tokio_postgres::Client) -> Vec<(i32, DateTime<Utc>)> {
    let statement = "SELECT pid, query_start FROM pg_stat_activity \
         WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let rows = client.query(statement, &[]).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

fn begin(api: &TestApi, path: &str) -> tokio::task::JoinHandle<Response> {
    let request = api.request(Method::GET, path).bearer_auth(KEY);
    tokio::spawn(async move { request.send().await.unwrap() })
}

#[tokio::test(flavor = "multi_thread")]
async fn exports_are_bounded_for_an_organisation_and_in_all() {
    let database = database().await;
    for (at_once, per_organisation, status, code) in
        [(4, 1, 429, "too_many_exports"), (1, 2, 503, "exports_busy")]
    {
        let api = api_with(&database, |exports| {
            (exports.at_once, exports.per_organisation) = (at_once, per_organisation);
        })
        .await;
        let row = Row::new(api.mint());
        row.store(&database).await;
        let lock = held(&database).await;
        let first = begin(&api, CSV);
        wait_for_metric(&api, "dashboard_exports_running", 1).await;
        let refused = api.get(LINES).await;
        assert_eq!(refused.headers()["retry-after"], "10");
        problem(refused, status, code).await;
        lock.batch_execute("COMMIT").await.unwrap();
        let whole = first.await.unwrap().text().await.unwrap();
        assert!(whole.contains(&row.id.to_string()), "{whole}");
        wait_for_metric(&api, "dashboard_exports_running", 0).await;
        assert_eq!(api.get(LINES).await.status(), StatusCode::OK);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_before_the_first_row_frees_its_place() {
    let database = database().await;
    let api = api_with(&database, |_| {}).await;
    Row::new(api.mint()).store(&database).await;
    let lock = held(&database).await;
    let waiting = begin(&api, CSV);
    wait_for_metric(&api, "dashboard_exports_running", 1).await;
    waiting.abort();
    wait_for_metric(&api, "dashboard_exports_running", 0).await;
    lock.batch_execute("COMMIT").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_midway_ends_the_work() {
    let database = database().await;
    let api = api_with(&database, |_| {}).await;
    // Far more than the sockets between the two hold.
    store_many(&database, 400, 100_000).await;
    let mut response = api.get(LINES).await;
    assert!(response.chunk().await.unwrap().is_some());
    drop(response);
    wait_for_metric(&api, &ended("jsonl", "abandoned"), 1).await;
    wait_for_metric(&api, "dashboard_exports_running", 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_takes_nothing_is_cut_off() {
    let database = database().await;
    let api = api_with(&database, |exports| {
        exports.stall = Duration::from_millis(300);
    })
    .await;
    store_many(&database, 400, 100_000).await;
    let mut response = api.get(LINES).await;
    assert!(response.chunk().await.unwrap().is_some());
    wait_for_metric(&api, &ended("jsonl", "stalled"), 1).await;
    wait_for_metric(&api, "dashboard_exports_running", 0).await;
    // What was under way arrives, and then no end.
    let rest = loop {
        match response.chunk().await {
            Ok(Some(_)) => {}
            end => break end,
        }
    };
    assert!(rest.is_err(), "{rest:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_index_finds_in_time_is_read_in_slices() {
    let database = database().await;
    let api = api_with(&database, |exports| {
        exports.chunk_timeout = Duration::from_secs(5);
    })
    .await;
    // Three slices of twenty sessions; what is asked for is in the last one only.
    let wanted = Row {
        survey: Some("rare"),
        ..Row::new(api.mint())
    };
    wanted.store(&database).await;
    store_many(&database, 50, 10).await;
    let lock = held(&database).await;
    let export = begin(&api, &format!("{LINES}?survey=rare"));
    let watching = database.client().await;
    let first = wait_until("a waiting chunk", DEADLINE, async || {
        let waiting = waiting(&watching).await;
        if waiting.len() == 1 {
            Ok(waiting)
        } else {
            Err(waiting)
        }
    })
    .await;
    wait_until("the next attempt", DEADLINE, async || {
        let waiting = waiting(&watching).await;
        let is_next = !waiting.is_empty() && waiting != first;
        if is_next { Ok(()) } else { Err(waiting) }
    })
    .await;
    lock.batch_execute("COMMIT").await.unwrap();
    let lines = export.await.unwrap().text().await.unwrap();
    let lines: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(ids(&lines), [wanted.id.to_string()]);
}
