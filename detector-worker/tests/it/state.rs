//! What a successor finds: windows as they were, counted once.

use std::time::Duration;

use detector_worker::windows::PartitionState;
use schemas::header::RecordType::{
    AnalysisRequested, EventBatch, SessionCompleted, SessionStarted,
};
use schemas::verdict::Phase;
use testkit::{TestTopics, Until, collect, committed, wait_until};

use crate::harness::{
    BATCH, DEADLINE, Running, Sender, completed, config, session, started, verdicts, wait_for_final,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_successor_goes_on_where_the_snapshot_ends() {
    let topics = TestTopics::create(1).await;
    let sender = Sender::new(&topics);
    let id = session(1);
    sender
        .tell(id, SessionStarted, &started(id, "builtin-1"))
        .await;
    for _ in 0..5 {
        sender.tell(id, EventBatch, BATCH).await;
    }
    let first = Running::start(config(&topics));
    first.wait_for_records(6).await;
    first.stop().await;

    sender.tell(id, EventBatch, BATCH).await;
    sender.tell(id, SessionCompleted, &completed(id)).await;
    let second = Running::start(config(&topics));
    let last = wait_for_final(&topics, id).await;
    assert_eq!(last.verdict.unwrap().event_count, 6, "of both workers");
    second.stop().await;
    assert_eq!((last.window, last.revision.offset), (0, 7));

    let group = format!("{}-detector", topics.prefix());
    let commits = committed(topics.brokers(), &group, &topics.topics().events).await;
    let state = PartitionState::decode(&commits[0].metadata).unwrap();
    assert_eq!((commits[0].next_offset, state.outcomes.total()), (8, 8));
}

#[tokio::test(flavor = "multi_thread")]
async fn snapshots_have_a_row_for_each_session_and_a_tombstone_after_grace() {
    let topics = TestTopics::create(1).await;
    let sender = Sender::new(&topics);
    let mut settings = config(&topics);
    settings.windows.gap = Duration::from_secs(2);
    settings.windows.grace = Duration::from_secs(1);
    settings.windows.max_length = Duration::from_secs(4);
    let id = session(1);
    sender.tell(id, EventBatch, BATCH).await;
    let worker = Running::start(settings);
    let key = id.to_string();
    wait_until("a row and then a tombstone", DEADLINE, async || {
        // Stream time forgets, so other sessions have to go on.
        sender.tell(session(2), EventBatch, BATCH).await;
        let topic = &topics.topics().windows;
        let rows = collect(topics.brokers(), topic, Until::HighWatermark).await;
        let of_session: Vec<bool> = rows
            .iter()
            .filter(|row| row.key_text() == Some(&key))
            .map(|row| row.payload.is_some())
            .collect();
        match of_session.as_slice() {
            [true, .., false] => Ok(()),
            _ => Err(of_session),
        }
    })
    .await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_partition_closes_its_windows_by_the_clock() {
    let topics = TestTopics::create(1).await;
    let sender = Sender::new(&topics);
    let mut settings = config(&topics);
    settings.windows.gap = Duration::from_secs(1);
    settings.windows.clock_margin = Duration::from_secs(1);
    let id = session(1);
    sender.tell(id, EventBatch, BATCH).await;
    let worker = Running::start(settings);
    let last = wait_for_final(&topics, id).await;
    assert_eq!(last.status.as_str(), "idle");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_answered_with_what_has_been_seen() {
    let topics = TestTopics::create(1).await;
    let sender = Sender::new(&topics);
    let id = session(1);
    let worker = Running::start(config(&topics));
    sender.tell(id, EventBatch, BATCH).await;
    let request = format!(
        r#"{{"session_id":"{id}","request_id":"r7","requested_at":"2026-09-21T14:13:20Z"}}"#
    );
    sender.tell(id, AnalysisRequested, &request).await;
    let answer = wait_until("an answer", DEADLINE, async || {
        let all = verdicts(&topics).await;
        let answer = all
            .iter()
            .find(|record| record.revision.phase == Phase::Requested);
        answer.cloned().ok_or(all)
    })
    .await;
    assert_eq!(answer.request_id.as_deref(), Some("r7"));
    assert_eq!(answer.verdict.unwrap().event_count, 1);
    worker.stop().await;
}
