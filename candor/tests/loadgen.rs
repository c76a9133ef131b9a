//! The load generator against a gateway that the test plays.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a step that fails is a failed test"
)]

mod gateway;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use candor::loadgen::{Authorisation, Form, Options, Summary, run};
use gateway::{Gateway, KEY, Refusal};
use generators::{Generator, Mix};
use runtime::CancellationToken;
use serde_json::Value;

/// A file that is removed with its folder when the test ends.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("candor-{}-{name}", std::process::id()));
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

async fn send(options: Options) -> Summary {
    let run = run(options, CancellationToken::new());
    tokio::time::timeout(Duration::from_secs(60), run)
        .await
        .expect("the run ends within a minute")
        .expect("the options are right")
}

fn synthetic(gateway: &Gateway, count: u64) -> Options {
    Options {
        synthetic: count,
        max: true,
        seed: 9,
        ..Options::new(gateway.url(), KEY)
    }
}

/// What simulated sessions 0 to `count` hold.
fn events_of(count: u64) -> u64 {
    let generator = Generator::new(9, Mix::default());
    (0..count)
        .map(|index| generator.session(index).events.len() as u64)
        .sum()
}

#[tokio::test]
async fn every_session_is_created_sent_in_order_and_completed() {
    let gateway = Gateway::start(Vec::new()).await;
    let hour = 3_600_000.0;
    let before = chrono::Utc::now().timestamp_millis() as f64;
    send(synthetic(&gateway, 12)).await;
    let after = chrono::Utc::now().timestamp_millis() as f64;
    let seen = gateway.seen();
    assert_eq!(seen.sessions.len(), 12);
    for session in seen.sessions.values() {
        assert!(session.completed);
        let sequences = session.batches.iter().map(|batch| batch.sequence);
        assert!(sequences.eq(0..session.batches.len() as u64));
        let writer = &session.batches[0].writer;
        assert!(session.batches.iter().all(|batch| batch.writer == *writer));
        let sizes = session.batches.iter().map(|batch| batch.timestamps.len());
        assert!(
            sizes.clone().all(|size| (1..=50).contains(&size)),
            "{:?}",
            sizes.collect::<Vec<_>>()
        );
        let times = session.times();
        assert!(times.is_sorted());
        assert!(times[times.len() - 1] <= after, "an event in the future");
        assert!(times[0] > before - hour, "an event of long ago");
    }
    let writers: BTreeSet<&str> = seen
        .sessions
        .values()
        .map(|session| session.batches[0].writer.as_str())
        .collect();
    assert_eq!(writers.len(), 12, "writers are shared");
}

#[tokio::test]
async fn the_compact_form_says_the_same_in_a_third_of_the_bytes() {
    let (canonical, compact) = (
        Gateway::start(Vec::new()).await,
        Gateway::start(Vec::new()).await,
    );
    send(synthetic(&canonical, 4)).await;
    send(Options {
        form: Form::Compact,
        ..synthetic(&compact, 4)
    })
    .await;
    let (canonical, compact) = (canonical.seen(), compact.seen());
    let events = |seen: &gateway::Seen| {
        let counts = seen.sessions.values().map(gateway::Session::events);
        counts.sum::<u64>()
    };
    assert_eq!(events(&canonical), events_of(4));
    assert_eq!(events(&compact), events_of(4));
    let bytes = |seen: &gateway::Seen| seen.bodies.iter().map(|body| body.len()).sum::<usize>();
    assert!(
        compact
            .bodies
            .iter()
            .all(|body| body.starts_with(b"{\"v\":1,"))
    );
    let (compact, canonical) = (bytes(&compact), bytes(&canonical));
    assert!(compact * 3 < canonical, "{compact} of {canonical} bytes");
}

#[tokio::test]
async fn the_summary_is_exact() {
    let gateway = Gateway::start(Vec::new()).await;
    let summary = send(synthetic(&gateway, 12)).await;
    let sessions = gateway.seen().sessions;
    let batches: u64 = sessions
        .values()
        .map(|session| session.batches.len() as u64)
        .sum();
    let events: u64 = sessions.values().map(|session| session.events()).sum();
    assert_eq!(events, events_of(12));
    assert_eq!(
        (
            summary.sessions,
            summary.sessions_completed,
            summary.sessions_failed
        ),
        (12, 12, 0)
    );
    assert_eq!((summary.batches, summary.events), (batches, events));
    assert_eq!(summary.answers_2xx, batches + 24);
    assert_eq!(
        (summary.errors, summary.retries, summary.bad_lines),
        (0, 0, 0)
    );
    assert_eq!((summary.events_rejected, summary.events_dropped), (0, 0));
    let latency = summary.latency_ms;
    assert!(0.0 < latency.p50 && latency.p50 <= latency.p95);
    assert!(latency.p95 <= latency.p99 && latency.p99 <= latency.max);
    assert!(summary.events_per_second > 0.0);
    let printed = serde_json::to_value(&summary).unwrap();
    for name in [
        "sessions",
        "batches",
        "events",
        "2xx",
        "errors",
        "events_per_second",
        "retries",
    ] {
        assert!(printed[name].is_number(), "{name} in {printed}");
    }
    for name in ["p50", "p95", "p99"] {
        assert!(
            printed["latency_ms"][name].is_number(),
            "{name} in {printed}"
        );
    }
}

#[tokio::test]
async fn metadata_is_empty_unless_asked_for_and_then_holds_tokens() {
    let gateway = Gateway::start(Vec::new()).await;
    send(synthetic(&gateway, 1)).await;
    let plain = gateway.take().created.remove(0);
    assert_eq!(
        plain,
        serde_json::json!({ "platform": "loadgen", "survey_id": "loadgen" })
    );
    let file = Scratch::new("slashes.jsonl");
    std::fs::write(
        &file.0,
        "{\"session_id\":\"a b/1\",\"label\":\"human\",\"events\":[{\"type\":\"focus\",\"t\":0}]}",
    )
    .unwrap();
    let options = Options {
        replay: vec![file.0.clone()],
        synthetic: 0,
        survey: "s-7".to_owned(),
        label_metadata: true,
        ..synthetic(&gateway, 0)
    };
    send(options).await;
    let body = gateway.take().created.remove(0);
    assert_eq!(body["survey_id"], "s-7");
    assert_eq!(
        body["metadata"],
        serde_json::json!({ "label": "human", "recording": "a_b_1" })
    );
}

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

/// A good session with an event that the test's gateway rejects and one without canonical form, a bad
/// line, and another good session.
const MIXED: &str = r#"{"session_id":"a","label":"bot","kind":"k","events":[{"type":"focus","t":0},{"type":"blur","t":1},{"type":"gesture","t":2}]}
not a session
{"session_id":"b","events":[{"type":"focus","t":0}]}
"#;

#[tokio::test]
async fn rejected_events_and_bad_lines_are_counted_and_the_rest_goes_on() {
    let gateway = Gateway::start(Vec::new()).await;
    let file = Scratch::new("mixed.jsonl");
    std::fs::write(&file.0, MIXED).unwrap();
    let missing = PathBuf::from("/nonexistent/recording.jsonl");
    let options = Options {
        replay: vec![missing, file.0.clone()],
        ..synthetic(&gateway, 0)
    };
    let summary = send(options).await;
    assert_eq!(
        (summary.sessions, summary.events, summary.events_rejected),
        (2, 2, 1)
    );
    assert_eq!(
        summary.rejected_by,
        BTreeMap::from([("content_refused".to_owned(), 1)])
    );
    assert_eq!(
        (summary.bad_lines, summary.events_dropped, summary.errors),
        (2, 1, 0)
    );
}

#[tokio::test]
async fn created_sessions_are_listed_and_tokens_are_used_when_asked_for() {
    let gateway = Gateway::start(Vec::new()).await;
    let (file, out) = (Scratch::new("listed.jsonl"), Scratch::new("sessions.jsonl"));
    std::fs::write(&file.0, MIXED).unwrap();
    let options = Options {
        replay: vec![file.0.clone()],
        sessions_out: Some(out.0.clone()),
        concurrency: 1,
        auth: Authorisation::Token,
        ..synthetic(&gateway, 0)
    };
    send(options).await;
    let seen = gateway.seen();
    assert!(seen.tokens_used);
    let written = std::fs::read_to_string(&out.0).unwrap();
    let rows: Vec<Value> = written
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let names: Vec<&String> = seen.sessions.keys().collect();
    assert_eq!(rows.len(), 2);
    assert_eq!(
        rows[0],
        serde_json::json!({ "session_id": names[0], "recording": "a", "label": "bot", "source": null, "kind": "k", "events": 1 })
    );
    assert_eq!(
        rows[1],
        serde_json::json!({ "session_id": names[1], "recording": "b", "label": null, "source": null, "kind": null, "events": 1 })
    );
}

#[tokio::test]
async fn gaps_are_kept_divided_by_the_speedup_and_a_rate_is_a_ceiling() {
    let gateway = Gateway::start(Vec::new()).await;
    let file = Scratch::new("gaps.jsonl");
    let line = r#"{"session_id":"a","events":[{"type":"focus","t":0},{"type":"focus","t":2000},{"type":"focus","t":4000}]}"#;
    std::fs::write(&file.0, line).unwrap();
    let base = Options {
        replay: vec![file.0.clone()],
        max: false,
        ..synthetic(&gateway, 0)
    };
    let started = Instant::now();
    let summary = send(Options {
        speedup: Some(8.0),
        batch_interval_ms: 100,
        ..base.clone()
    })
    .await;
    let took = started.elapsed();
    assert!(
        took >= Duration::from_millis(500) && took < Duration::from_secs(10),
        "{took:?}"
    );
    assert_eq!((summary.batches, summary.events), (3, 3));
    let now = chrono::Utc::now().timestamp_millis() as f64;
    let times: Vec<f64> = gateway
        .take()
        .sessions
        .values()
        .flat_map(|session| session.times())
        .collect();
    assert!(
        times.iter().all(|time| *time <= now),
        "{times:?} after {now}"
    );

    let started = Instant::now();
    let summary = send(Options {
        rate: Some(4.0),
        batch_events: 1,
        ..base
    })
    .await;
    let took = started.elapsed();
    assert_eq!(summary.events, 3);
    // The first passes at once, two wait a quarter of a second each: the gaps of seconds are not kept.
    assert!(
        took >= Duration::from_millis(500) && took < Duration::from_millis(3900),
        "{took:?}"
    );
}

#[tokio::test]
async fn a_run_that_is_ended_prints_what_was_done() {
    let gateway = Gateway::start(Vec::new()).await;
    let shutdown = CancellationToken::new();
    let options = Options {
        max: false,
        speedup: Some(0.001),
        ..synthetic(&gateway, 1000)
    };
    let running = tokio::spawn(run(options, shutdown.clone()));
    gateway.wait_for_sessions(16).await;
    shutdown.cancel();
    let summary = tokio::time::timeout(Duration::from_secs(20), running)
        .await
        .unwrap()
        .unwrap()
        .unwrap();
    assert_eq!(
        (summary.sessions, summary.sessions_completed, summary.errors),
        (16, 0, 0)
    );
}

#[tokio::test]
async fn a_run_without_input_or_with_a_strange_target_does_not_start() {
    let options = Options::new("http://127.0.0.1:1", KEY);
    assert!(run(options, CancellationToken::new()).await.is_err());
    let options = Options {
        synthetic: 1,
        ..Options::new("https://example.org", KEY)
    };
    assert!(run(options, CancellationToken::new()).await.is_err());
}
