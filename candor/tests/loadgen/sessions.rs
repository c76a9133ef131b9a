//! What arrives of simulated sessions, and what the summary says of it.

use std::collections::BTreeSet;

use candor::loadgen::{Form, Options};

use crate::gateway::{self, Gateway};
use crate::{Scratch, events_of, send, synthetic};

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
