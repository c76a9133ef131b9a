//! Versions by the versions stamped on sessions, with contents from the control topic.

use std::time::Duration;

use control::ControlWriter;
use detection::Thresholds;
use detection::model::{Calibration, FORMAT, Metadata, ModelFile};
use schemas::control::{ControlRecord, ModelContent, ModelRecord, RulesetRecord, sha256_hex};
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

/// Waits until the partition waits for a version.
async fn wait_until_held(worker: &Running) {
    wait_until("a partition that waits", DEADLINE, async || {
        let held = worker.metric("detector_partition_held");
        if held.get("0,version") == Some(&1.0) {
            Ok(())
        } else {
            Err(held)
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ruleset_published_while_a_session_waits_for_it_judges_the_session() {
    let topics = TestTopics::create(1).await;
    let (sender, settings) = (Sender::new(&topics), config(&topics));
    let id = session(1);
    a_session(&sender, id, "strict-1").await;
    let worker = Running::start(settings.clone());
    wait_until_held(&worker).await;
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

/// Clicks that are enough to judge by, and that a hand may have made.
fn clicks() -> String {
    let clicks: Vec<String> = (0..14u64)
        .map(|click| {
            let (at, x) = (1_790_000_000_000 + click * click * 211, click * 37 % 50);
            format!(
                r#"{{"event_type":"click","timestamp":{at},"data":{{"x":{x},"y":5,"hold":{}}}}}"#,
                90 + x
            )
        })
        .collect();
    format!(
        r#"{{"batch_id":"b","count":14,"events":[{}]}}"#,
        clicks.join(",")
    )
}

/// A model that is as sure of everybody.
fn sure(version: &str) -> ControlRecord {
    let file = ModelFile {
        format: FORMAT.to_owned(),
        version: version.to_owned(),
        features: vec![],
        base_score: 8.0,
        trees: vec![],
        calibration: Calibration::Platt {
            slope: 1.0,
            offset: 0.0,
        },
        metadata: Metadata::default(),
    };
    let bytes = file.encode();
    ControlRecord::Model(ModelRecord {
        version: version.to_owned(),
        description: None,
        created_at: chrono::Utc::now(),
        format: FORMAT.to_owned(),
        sha256: sha256_hex(&bytes),
        bytes: bytes.len() as u64,
        content: ModelContent::base64(&bytes),
    })
}

async fn a_session_of(sender: &Sender, id: SessionId, versions: &str) {
    let first = started(id, "builtin-1");
    let usual = r#""ruleset":"builtin-1","model":"none""#;
    assert!(first.contains(usual));
    let first = first.replace(usual, versions);
    sender.tell(id, SessionStarted, &first).await;
    sender.tell(id, EventBatch, &clicks()).await;
    sender.tell(id, SessionCompleted, &completed(id)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_votes_where_it_is_stamped_and_is_only_reported_where_it_is_a_shadow() {
    let topics = TestTopics::create(1).await;
    let (sender, settings) = (Sender::new(&topics), config(&topics));
    let writer = ControlWriter::new(&settings.kafka, "/test").unwrap();
    writer.put(&sure("sure-1")).await.unwrap();
    let [plain, voting, shadowed] = [session(1), session(2), session(3)];
    a_session_of(&sender, plain, r#""ruleset":"builtin-1","model":"none""#).await;
    a_session_of(&sender, voting, r#""ruleset":"builtin-1","model":"sure-1""#).await;
    let beside =
        r#""ruleset":"builtin-1","model":"none","shadow":{"ruleset":"builtin-1","model":"sure-1"}"#;
    a_session_of(&sender, shadowed, beside).await;
    let worker = Running::start(settings);
    let mut verdicts = Vec::new();
    for id in [plain, voting, shadowed] {
        let mut verdict = wait_for_final(&topics, id).await.verdict.unwrap();
        verdict.processing_time_ms = 0.0;
        verdicts.push(verdict);
    }
    worker.stop().await;
    assert!(dead_letters(&topics).await.is_empty());

    let [plain, voting, mut shadowed] = verdicts.try_into().unwrap();
    assert_eq!(voting.versions.model, "sure-1");
    assert!(voting.confidence_score > plain.confidence_score);
    let vote = voting
        .reasons
        .iter()
        .find(|reason| reason.code == "model.trees");
    assert!(vote.unwrap().evidence["probability"] > 0.99, "{vote:?}");
    let shadow = shadowed.shadow.take().unwrap();
    assert_eq!(shadowed, plain, "a shadow changes nothing else");
    assert_eq!(
        (shadow.ruleset.as_str(), shadow.model.as_str()),
        ("builtin-1", "sure-1")
    );
    assert_eq!(
        (shadow.is_bot, shadow.confidence_score, shadow.risk_level),
        (voting.is_bot, voting.confidence_score, voting.risk_level)
    );
    assert!(shadow.model_probability.unwrap() > 0.99);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_comes_late_is_waited_for_and_one_that_never_comes_is_set_aside() {
    let topics = TestTopics::create(1).await;
    let (sender, mut settings) = (Sender::new(&topics), config(&topics));
    let late = session(1);
    a_session_of(&sender, late, r#""ruleset":"builtin-1","model":"sure-2""#).await;
    let worker = Running::start(settings.clone());
    wait_until_held(&worker).await;
    let writer = ControlWriter::new(&settings.kafka, "/test").unwrap();
    writer.put(&sure("sure-2")).await.unwrap();
    let verdict = wait_for_final(&topics, late).await.verdict.unwrap();
    assert_eq!(verdict.versions.model, "sure-2");
    worker.stop().await;

    let never = r#""ruleset":"builtin-1","model":"none","shadow":{"ruleset":"builtin-1","model":"nowhere"}"#;
    let first = started(session(2), "builtin-1");
    let first = first.replace(r#""ruleset":"builtin-1","model":"none""#, never);
    sender.tell(session(2), SessionStarted, &first).await;
    let good = session(3);
    a_session(&sender, good, "builtin-1").await;
    settings.state.version_wait = Duration::from_secs(2);
    let worker = Running::start(settings);
    wait_for_final(&topics, good).await;
    worker.stop().await;
    let letters = dead_letters(&topics).await;
    let reasons: Vec<_> = letters
        .iter()
        .map(|letter| letter.header("candor_dlq_reason"))
        .collect();
    assert_eq!(reasons, [Some("model_missing")]);
}
