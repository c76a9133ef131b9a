//! What holds for every answer: conditional requests, compression; and what becomes of queries that nobody waits for.

use std::time::Duration;

use reqwest::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, ETAG, IF_NONE_MATCH};
use reqwest::{Method, StatusCode};
use testkit::{TestDatabase, wait_until};

use crate::harness::{DEADLINE, KEY, TestApi, database, login_url, problem};
use crate::rows::Row;

const LIST: &str = "/api/v1/dashboard/sessions";

#[tokio::test]
async fn an_answer_that_has_not_changed_is_not_sent_again() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    Row::new(api.mint()).store(&database).await;
    let first = api.get(LIST).await;
    let tag = first.headers()[ETAG].clone();
    assert_eq!(first.headers()[CACHE_CONTROL], "private, no-cache");
    let again = async || {
        let request = api.request(Method::GET, LIST).bearer_auth(KEY);
        request.header(IF_NONE_MATCH, &tag).send().await.unwrap()
    };
    let same = again().await;
    assert_eq!(same.status(), StatusCode::NOT_MODIFIED);
    assert_eq!(same.headers()[ETAG], tag);
    assert!(same.headers().contains_key("x-request-id"));
    assert_eq!(same.text().await.unwrap(), "");
    Row::new(api.mint()).store(&database).await;
    let changed = again().await;
    assert_eq!(changed.status(), StatusCode::OK);
    assert_ne!(changed.headers()[ETAG], tag);
    // Nobody learns by a tag what needs a key.
    let request = api.request(Method::GET, LIST).header(IF_NONE_MATCH, &tag);
    problem(request.send().await.unwrap(), 401, "credentials_missing").await;
    let missing = api.get("/api/v1/dashboard/surveys/none").await;
    assert!(!missing.headers().contains_key(ETAG));
    assert_eq!(missing.headers()[CACHE_CONTROL], "no-store");
}

#[tokio::test]
async fn long_answers_are_compressed_as_the_client_likes() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    for _ in 0..20 {
        Row::new(api.mint()).store(&database).await;
    }
    let plain = api.get(LIST).await;
    assert!(!plain.headers().contains_key(CONTENT_ENCODING));
    let whole = plain.bytes().await.unwrap().len();
    for encoding in ["gzip", "br", "zstd"] {
        let request = api.request(Method::GET, LIST).bearer_auth(KEY);
        let request = request.header(ACCEPT_ENCODING, encoding);
        let response = request.send().await.unwrap();
        assert_eq!(response.headers()[CONTENT_ENCODING], encoding);
        assert!(response.headers().contains_key(ETAG));
        let short = response.bytes().await.unwrap().len();
        assert!(short * 3 < whole, "{encoding}: {short} of {whole}");
    }
    let path = "/api/v1/dashboard/sessions?limit=1";
    let request = api.request(Method::GET, path).bearer_auth(KEY);
    let response = request
        .header(ACCEPT_ENCODING, "gzip")
        .send()
        .await
        .unwrap();
    assert!(!response.headers().contains_key(CONTENT_ENCODING));
}

/// How many queries of the API PostgreSQL works on, other than the probe's.
async fn running(database: &TestDatabase, name: &str) -> i64 {
    let client = database.client().await;
    let query = "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1 AND state <> 'idle' \
        AND query LIKE '%behavior_batches%'";
    client.query_one(query, &[&name]).await.unwrap().get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn postgresql_stops_what_a_client_no_longer_waits_for() {
    let database = database().await;
    let name = "reads-of-a-client-that-leaves";
    let api = TestApi::start_with(&login_url(&database), |config| {
        name.clone_into(&mut config.database.application_name);
    })
    .await;
    let row = Row::new(api.mint());
    row.store(&database).await;
    // Nobody reads the events as long as this lock is held.
    let mut locking = database.client().await;
    let lock = locking.transaction().await.unwrap();
    lock.batch_execute("LOCK TABLE behavior_batches IN ACCESS EXCLUSIVE MODE")
        .await
        .unwrap();
    let path = format!("/api/v1/dashboard/sessions/{}/typing", row.id);
    let request = api.request(Method::GET, &path).bearer_auth(KEY);
    let waiting = tokio::spawn(request.timeout(DEADLINE).send());
    wait_until("a query that waits", DEADLINE, async || {
        match running(&database, name).await {
            1.. => Ok(()),
            none => Err(none),
        }
    })
    .await;
    waiting.abort();
    wait_until("no query", DEADLINE, async || {
        match running(&database, name).await {
            0 => Ok(()),
            some => Err(some),
        }
    })
    .await;
    lock.rollback().await.unwrap();
    assert_eq!(api.get(&path).await.status(), StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_finds_no_free_connection_is_told_to_come_again() {
    let database = database().await;
    let api = TestApi::start_with(&login_url(&database), |config| {
        config.database.pool_size = 2;
        config.database.wait_timeout = Duration::from_millis(100);
    })
    .await;
    let row = Row::new(api.mint());
    row.store(&database).await;
    let mut locking = database.client().await;
    let lock = locking.transaction().await.unwrap();
    lock.batch_execute("LOCK TABLE behavior_batches IN ACCESS EXCLUSIVE MODE")
        .await
        .unwrap();
    let path = format!("/api/v1/dashboard/sessions/{}/typing", row.id);
    let held: Vec<_> = (0..2)
        .map(|_| {
            let request = api.request(Method::GET, &path).bearer_auth(KEY);
            tokio::spawn(request.send())
        })
        .collect();
    wait_until("no free connection", DEADLINE, async || {
        let response = api.get(LIST).await;
        match response.status() {
            StatusCode::SERVICE_UNAVAILABLE => Ok(response),
            other => Err(other),
        }
    })
    .await;
    let refused = api.get(LIST).await;
    assert_eq!(refused.headers()["retry-after"], "1");
    problem(refused, 503, "database_busy").await;
    lock.rollback().await.unwrap();
    for request in held {
        assert_eq!(request.await.unwrap().unwrap().status(), StatusCode::OK);
    }
    assert_eq!(api.get(LIST).await.status(), StatusCode::OK);
}
