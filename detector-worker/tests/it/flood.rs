//! The flood rule: a bad deploy pauses a partition, a bad client never does.

use schemas::header::RecordType::{EventBatch, SessionCompleted};
use testkit::{TestTopics, wait_until};

use crate::harness::{
    BATCH, DEADLINE, Running, Sender, completed, config, dead_letters, session, started,
    wait_for_final,
};

/// Poison of as many sessions as asked for, one record each.
async fn flood(sender: &Sender, sessions: u32) {
    for number in 0..sessions {
        sender
            .tell(session(1000 + number), EventBatch, "{\"events\":[")
            .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn poison_of_many_sessions_pauses_the_partition_and_a_decision_lets_it_go_on() {
    let topics = TestTopics::create(1).await;
    let sender = Sender::new(&topics);
    flood(&sender, 150).await;
    let id = session(1);
    let start = started(id, "builtin-1");
    sender
        .tell(id, schemas::header::RecordType::SessionStarted, &start)
        .await;
    sender.tell(id, SessionCompleted, &completed(id)).await;

    let worker = Running::start(config(&topics));
    wait_until("a held partition", DEADLINE, async || {
        let held = worker.metric("detector_partition_held");
        if held.get("0,flood") == Some(&1.0) {
            Ok(())
        } else {
            Err((held, worker.outcomes()))
        }
    })
    .await;
    assert_eq!(worker.outcomes()["dead_lettered"], 100.0);
    worker.stop().await;
    assert_eq!(dead_letters(&topics).await.len(), 100);

    let mut going_on = config(&topics);
    going_on.state.flood_pauses = false;
    let worker = Running::start(going_on);
    wait_for_final(&topics, id).await;
    worker.stop().await;
    assert_eq!(dead_letters(&topics).await.len(), 150, "each record once");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_client_alone_stops_nothing() {
    let topics = TestTopics::create(1).await;
    let sender = Sender::new(&topics);
    let (bad, good) = (session(1), session(2));
    for _ in 0..300 {
        sender.tell(bad, EventBatch, "{\"events\":[").await;
    }
    sender.tell(good, EventBatch, BATCH).await;
    sender.tell(good, SessionCompleted, &completed(good)).await;
    let worker = Running::start(config(&topics));
    wait_for_final(&topics, good).await;
    worker.stop().await;
    assert_eq!(dead_letters(&topics).await.len(), 300);
}
