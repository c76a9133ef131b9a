//! What several sessions have in common, from the browser's word to the analyst's screen.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::wait_until;

use e2e::processes::{Pipeline, Stack};

const DEADLINE: Duration = Duration::from_secs(60);

/// One respondent of the survey with that device: a whole session.
async fn answer(pipeline: &Pipeline, device: &str) -> String {
    let description = json!({"platform": "test", "survey_id": "SV_1",
        "device": {"platform": "windows", "browser": "chrome", "fingerprint": device}});
    let id = pipeline.create_session_of(&description).await;
    let events: Vec<Value> = (0..5)
        .map(|index| json!({"event_type": "focus", "timestamp": 1_790_000_000_000_u64 + index * 700}))
        .collect();
    let (status, body) = pipeline.post_events(&id, &json!(events)).await;
    assert_eq!(status, 202, "{body}");
    pipeline.complete(&id).await;
    id
}

/// Waits until the API shows that so many sessions share what `id` says of its device, and names them: the findings of
/// one device lie on the partitions of their sessions and come one after another. Its details then.
async fn wait_for_finding(pipeline: &Pipeline, id: &str, sessions: u64) -> Value {
    let path = format!("/api/v1/dashboard/sessions/{id}/details?events_limit=0");
    wait_until("a finding in the API", DEADLINE, async || {
        let details = pipeline.api_get(&path).await;
        let finding = &details["findings"][0];
        let told = finding["sessions"].as_u64();
        let others = finding["other_sessions"].as_array().map_or(0, Vec::len);
        let is_stored = details["session"]["status"] == "completed";
        if is_stored && told >= Some(sessions) && others as u64 + 1 >= sessions {
            Ok(details)
        } else {
            Err(details)
        }
    })
    .await
}

/// The detector is killed after the first two sessions: what it has counted lives in the log alone.
#[tokio::test(flavor = "multi_thread")]
async fn sessions_with_one_device_are_shown_to_the_analyst_whoever_is_killed() {
    let stack = Stack::shared().await;
    let mut pipeline = Pipeline::start(&stack).await;
    let alone = answer(&pipeline, "lonely").await;
    let mut shared = vec![
        answer(&pipeline, "c0ffee").await,
        answer(&pipeline, "c0ffee").await,
    ];
    for id in &shared {
        wait_until("a completed session", DEADLINE, async || {
            let status = pipeline
                .api_get(&format!("/api/v1/detection/sessions/{id}/status"))
                .await;
            if status["status"] == "completed" {
                Ok(())
            } else {
                Err(status)
            }
        })
        .await;
    }
    pipeline.worker.process.kill9();
    pipeline.worker = stack.service("detector-worker", &[]).await;
    shared.push(answer(&pipeline, "c0ffee").await);
    for id in &shared {
        let details = wait_for_finding(&pipeline, id, 3).await;
        let (session, finding) = (&details["session"], &details["findings"][0]);
        assert_eq!(finding["code"], "coordination.same_device");
        assert_eq!(finding["other_sessions"].as_array().unwrap().len(), 2);
        assert_eq!(session["verdict"]["risk_level"], "LOW", "{session}");
        assert_eq!(
            (&session["effective_risk"], &session["finding_count"]),
            (&json!("MEDIUM"), &json!(1)),
            "{session}"
        );
    }
    let risky = pipeline
        .api_get("/api/v1/dashboard/sessions?risk=MEDIUM")
        .await;
    let mut listed: Vec<&str> = risky["sessions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|session| session["session_id"].as_str().unwrap())
        .collect();
    listed.sort_unstable();
    shared.sort_unstable();
    assert_eq!(listed, shared);
    let path = format!("/api/v1/dashboard/sessions/{alone}/details?events_limit=0");
    let details = pipeline.api_get(&path).await;
    assert_eq!(details["findings"], json!([]), "{details}");
}
