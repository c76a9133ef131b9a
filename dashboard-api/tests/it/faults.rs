//! The database goes away and comes back; the process stays.

use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use testkit::{TcpFault, TestDatabase, wait_until};

use crate::harness::{DEADLINE, TestApi, database, login_url, problem};

const OVERVIEW: &str = "/api/v1/dashboard/overview";

async fn api_behind(fault: &TcpFault, database: &TestDatabase) -> TestApi {
    let through = login_url(database).replace(&database.address(), fault.address());
    assert!(through.contains(fault.address()), "{through}");
    TestApi::start_with(&through, |config| {
        config.database.connect_timeout = Duration::from_millis(500);
        config.database.statement_timeout = Duration::from_millis(500);
    })
    .await
}

async fn wait_for_answers(api: &TestApi) {
    wait_until("answer", DEADLINE, async || {
        match api.get(OVERVIEW).await.status() {
            StatusCode::OK => Ok(()),
            other => Err(other),
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_database_is_503_until_it_is_back() {
    let database = database().await;
    let fault = TcpFault::before(database.address()).await;
    let api = api_behind(&fault, &database).await;
    wait_for_answers(&api).await;
    fault.cut().await;
    api.wait_ready(StatusCode::SERVICE_UNAVAILABLE).await;
    let session = format!("/api/v1/detection/sessions/{}", api.mint());
    for path in [OVERVIEW.to_owned(), format!("{session}/status")] {
        let response = api.get(&path).await;
        assert_eq!(response.headers()["retry-after"], "1");
        problem(response, 503, "database_unavailable").await;
    }
    problem(
        api.post(&format!("{session}/analyze")).await,
        503,
        "database_unavailable",
    )
    .await;
    let live = api
        .request(Method::GET, "/health/live")
        .send()
        .await
        .unwrap();
    assert_eq!(live.status(), StatusCode::OK);
    fault.heal().await;
    api.wait_ready(StatusCode::OK).await;
    wait_for_answers(&api).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_hangs_is_given_up_in_time() {
    let database = database().await;
    let fault = TcpFault::before(database.address()).await;
    let api = api_behind(&fault, &database).await;
    wait_for_answers(&api).await;
    fault.stall().await;
    let begun = Instant::now();
    let response = api.get(OVERVIEW).await;
    let waited = begun.elapsed();
    problem(response, 503, "database_unavailable").await;
    assert!(waited < Duration::from_secs(5), "{waited:?}");
    fault.heal().await;
    wait_for_answers(&api).await;
    api.wait_ready(StatusCode::OK).await;
}
