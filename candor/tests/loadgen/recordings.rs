//! Recorded sessions: bad lines, lists, gaps, and runs that end early or do not begin.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use candor::loadgen::{Authorisation, Options, run};
use runtime::CancellationToken;
use serde_json::Value;

use crate::gateway::{Gateway, KEY};
use crate::{Scratch, send, synthetic};

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
