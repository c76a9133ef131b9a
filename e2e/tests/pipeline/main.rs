//! What the product promises, shown on four separate processes with a real Kafka and a real PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a broken fixture is a failed test")]

mod coordination;
mod faults;
mod rows;

use std::time::Duration;

use e2e::processes::{Pipeline, Stack, loadgen};
use serde_json::{Value, json};
use testkit::wait_until;

/// Every session of a run is in the API with a final verdict and all of its events.
#[tokio::test(flavor = "multi_thread")]
async fn sessions_posted_over_http_come_out_of_the_api_with_their_verdicts() {
    let stack = Stack::shared().await;
    let pipeline = Pipeline::start(&stack).await;
    let report = loadgen(&pipeline, &["--synthetic", "40", "--max", "--seed", "11"]).await;
    assert_eq!(
        (
            report.summary["sessions"].as_u64(),
            report.summary["errors"].as_u64()
        ),
        (Some(40), Some(0)),
        "{}",
        report.summary
    );
    for session in &report.sessions {
        let id = session["session_id"].as_str().unwrap();
        let details = wait_until(
            "final verdict in the API",
            Duration::from_secs(30),
            async || {
                let details = pipeline
                    .api_get(&format!("/api/v1/detection/sessions/{id}/status"))
                    .await;
                if details["status"] == "completed" {
                    Ok(details)
                } else {
                    Err(details)
                }
            },
        )
        .await;
        let events = session["events"].as_u64().unwrap();
        let counted = pipeline.database.client().await;
        let row = counted
            .query_one(
                "SELECT event_count, class FROM sessions WHERE id = $1::text::uuid",
                &[&id],
            )
            .await
            .unwrap();
        assert_eq!(row.get::<_, i64>(0) as u64, events, "{details}");
        let raw = counted
            .query_one(
                "SELECT count(*) FROM behavior_data WHERE session_id = $1::text::uuid",
                &[&id],
            )
            .await
            .unwrap();
        assert_eq!(raw.get::<_, i64>(0) as u64, events);
    }
}

/// A read straight after an acknowledged write answers, and asking for a verdict gets one.
#[tokio::test(flavor = "multi_thread")]
async fn a_read_after_an_acknowledged_write_is_never_a_404() {
    let stack = Stack::shared().await;
    let pipeline = Pipeline::start(&stack).await;
    for _ in 0..20 {
        let id = pipeline.create_session().await;
        let status = pipeline
            .api_get(&format!("/api/v1/detection/sessions/{id}/status"))
            .await;
        assert!(
            ["pending", "active"].contains(&status["status"].as_str().unwrap_or_default()),
            "{status}"
        );
    }
    let id = pipeline.create_session().await;
    let events: Vec<Value> = (0..30)
        .map(|index| json!({"event_type": "click", "timestamp": 1_790_000_000_000u64 + index * 700, "data": {"x": index * 10, "y": 5, "hold": 2}}))
        .collect();
    let (status, body) = pipeline.post_events(&id, &json!(events)).await;
    assert_eq!((status, &body["accepted"]), (202, &json!(30)), "{body}");
    // A 202 with the address to poll is an answer too: this machine may be busy with other tests.
    let verdict = wait_until(
        "an answered analysis",
        Duration::from_secs(30),
        async || {
            let (status, body) = pipeline.analyze(&id).await;
            assert!([200, 202].contains(&status), "{status} {body}");
            if status == 200 { Ok(body) } else { Err(body) }
        },
    )
    .await;
    let text = verdict.to_string();
    assert!(
        text.contains("mouse.instant_press") && text.contains("\"is_bot\":true"),
        "{text}"
    );
}
