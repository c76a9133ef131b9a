//! Gateways that say later, no, or nothing.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use candor::loadgen::Options;

use crate::gateway::{Gateway, KEY, Refusal};
use crate::{events_of, send, synthetic};

#[tokio::test]
async fn a_gateway_that_says_later_gets_the_same_batch_again() {
    let later = |status| Refusal {
        path: "/events",
        status,
        code: "later",
        retry_after: Some(0),
    };
    let gateway = Gateway::start(vec![later(503), later(503), later(429)]).await;
    let summary = send(Options {
        concurrency: 1,
        ..synthetic(&gateway, 1)
    })
    .await;
    assert_eq!((summary.errors, summary.retries), (0, 3));
    let by = BTreeMap::from([("503 later".to_owned(), 2), ("429 later".to_owned(), 1)]);
    assert_eq!(summary.retries_by, by);
    assert_eq!(summary.events, events_of(1));
    let bodies = &gateway.seen().bodies;
    assert!(bodies[0] == bodies[1] && bodies[1] == bodies[2] && bodies[2] == bodies[3]);
    assert_ne!(bodies[3], bodies[4]);
}

#[tokio::test]
async fn retry_after_is_obeyed() {
    let later = Refusal {
        path: "/events",
        status: 503,
        code: "later",
        retry_after: Some(1),
    };
    let gateway = Gateway::start(vec![later]).await;
    let started = Instant::now();
    let summary = send(Options {
        concurrency: 1,
        ..synthetic(&gateway, 1)
    })
    .await;
    assert_eq!((summary.errors, summary.retries), (0, 1));
    assert!(started.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn repeats_are_bounded_and_what_is_given_up_is_counted_by_status_and_code() {
    let refuse = |path, status, code| Refusal {
        path,
        status,
        code,
        retry_after: None,
    };
    let refusals = vec![
        refuse("/events", 503, "broker_unavailable"),
        refuse("/events", 503, "broker_unavailable"),
        refuse("/events", 413, "too_large"),
        refuse("/complete", 404, "unknown_session"),
    ];
    let gateway = Gateway::start(refusals).await;
    let summary = send(Options {
        concurrency: 1,
        retries: 1,
        ..synthetic(&gateway, 1)
    })
    .await;
    let errors = [
        ("404 unknown_session", 1),
        ("413 too_large", 1),
        ("503 broker_unavailable", 1),
    ];
    let errors: BTreeMap<String, u64> = errors.map(|(name, count)| (name.to_owned(), count)).into();
    assert_eq!(
        (summary.errors_by, summary.errors, summary.retries),
        (errors, 3, 1)
    );
    assert_eq!((summary.sessions, summary.sessions_completed), (1, 0));
    let received: u64 = gateway
        .seen()
        .sessions
        .values()
        .map(|session| session.events())
        .sum();
    assert_eq!(summary.events, received);
    // Two batches of the default size are missing.
    assert_eq!(received, events_of(1) - 100);
}

#[tokio::test]
async fn a_wrong_key_and_an_absent_gateway_fail_every_session_but_not_the_run() {
    let gateway = Gateway::start(Vec::new()).await;
    let wrong = Options {
        key: "sk_test_wrong".to_owned(),
        ..synthetic(&gateway, 3)
    };
    let summary = send(wrong).await;
    assert_eq!((summary.sessions, summary.sessions_failed), (0, 3));
    assert_eq!(
        summary.errors_by,
        BTreeMap::from([("401 unauthorized".to_owned(), 3)])
    );
    let url = gateway.url();
    gateway.stop().await;
    let absent = Options {
        synthetic: 2,
        max: true,
        retries: 1,
        ..Options::new(url, KEY)
    };
    let summary = send(absent).await;
    assert_eq!(
        (summary.sessions_failed, summary.errors, summary.retries),
        (2, 2, 2)
    );
    assert_eq!(
        summary.errors_by,
        BTreeMap::from([("0 connect_failed".to_owned(), 2)])
    );
}
