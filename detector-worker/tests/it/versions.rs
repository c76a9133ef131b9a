//! Versions by the versions stamped on sessions, with contents from the control topic.

use std::time::Duration;

use control::ControlWriter;
use detection::Thresholds;
use schemas::control::{ControlRecord, RulesetRecord};
use schemas::header::RecordType::{EventBatch, SessionCompleted, SessionStarted};
use schemas::ids::SessionId;
use testkit::{TestTopics, wait_until};

use crate::harness::{
    BATCH, DEADLINE, Running, Sender, completed, config, dead_letters, session, started,
    wait_for_final,
};

async fn a_session(sender: &Sender, id: SessionId, ruleset: &str) {
    sender.tell(id, SessionStarted, &started(id, ruleset)).await;
    sender.tell(id, EventBatch, BATCH).await;
    sender.tell(id, SessionCompleted, &completed(id)).await;
}

/// A ruleset for which everybody is suspicious.
fn suspicious(version: &str) -> ControlRecord {
    let thresholds = Thresholds {
        prior: 0.35,
        ..Thresholds::default()
    };
    let thresholds = serde_json::to_value(thresholds).unwrap();
    ControlRecord::Ruleset(RulesetRecord {
        version: version.to_owned(),
        description: None,
        created_at: chrono::Utc::now(),
        thresholds: thresholds.as_object().unwrap().clone(),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ruleset_published_while_a_session_waits_for_it_judges_the_session() {
    let topics = TestTopics::create(1).await;
    let (sender, settings) = (Sender::new(&topics), config(&topics));
    let id = session(1);
    a_session(&sender, id, "strict-1").await;
    let worker = Running::start(settings.clone());
    wait_until("a partition that waits", DEADLINE, async || {
        let held = worker.metric("detector_partition_held");
        if held.get("0,version") == Some(&1.0) {
            Ok(())
        } else {
            Err(held)
        }
    })
    .await;
    let writer = ControlWriter::new(&settings.kafka, "/test").unwrap();
    writer.put(&suspicious("strict-1")).await.unwrap();
    let verdict = wait_for_final(&topics, id).await.verdict.unwrap();
    assert_eq!(
        (verdict.versions.ruleset.as_str(), verdict.confidence_score),
        ("strict-1", 0.35)
    );
    worker.stop().await;
    assert!(dead_letters(&topics).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_never_comes_is_waited_for_once_and_then_set_aside() {
    let topics = TestTopics::create(1).await;
    let sender = Sender::new(&topics);
    for number in 1..=3 {
        let id = session(number);
        sender
            .tell(id, SessionStarted, &started(id, "nowhere"))
            .await;
    }
    let good = session(9);
    a_session(&sender, good, "builtin-1").await;
    let mut settings = config(&topics);
    settings.state.version_wait = Duration::from_secs(2);
    let worker = Running::start(settings);
    wait_for_final(&topics, good).await;
    worker.stop().await;
    let letters = dead_letters(&topics).await;
    let reasons: Vec<_> = letters
        .iter()
        .map(|letter| letter.header("candor_dlq_reason"))
        .collect();
    assert_eq!(reasons, [Some("ruleset_missing"); 3]);
}
