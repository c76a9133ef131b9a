//! Following a topic from an exact start.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use kafka::tail;
use runtime::CancellationToken;
use testkit::wait_until;

use crate::bench::{Bench, DEADLINE};

type Seen = Arc<Mutex<Vec<(i32, i64)>>>;

fn follow(bench: &Bench, topic: &str, token: &CancellationToken) -> (tail::Tail, Seen) {
    let seen = Seen::default();
    let journal = Arc::clone(&seen);
    let on_record = move |record: &kafka::Record<'_>| {
        journal
            .lock()
            .unwrap()
            .push((record.partition, record.offset));
    };
    let tail = tail::spawn(&bench.kafka, topic, on_record, token.clone());
    (tail.unwrap(), seen)
}

#[tokio::test]
async fn every_tail_sees_exactly_what_comes_after_its_start_in_all_partitions() {
    let bench = Bench::new(4).await;
    bench.fill(7).await;
    let token = CancellationToken::new();
    let (mut tails, mut journals) = (Vec::new(), Vec::new());
    for _ in 0..2 {
        let (tail, seen) = follow(&bench, &bench.topic, &token);
        tail.ready.await.unwrap();
        tails.push(tail.ended);
        journals.push(seen);
    }
    bench.fill(5).await;
    for seen in journals {
        let expected: Vec<(i32, i64)> = (0..4)
            .flat_map(|partition| (7..12).map(move |offset| (partition, offset)))
            .collect();
        wait_until("the new records", DEADLINE, async || {
            let mut seen = seen.lock().unwrap().clone();
            seen.sort_unstable();
            if seen == expected { Ok(()) } else { Err(seen) }
        })
        .await;
    }
    token.cancel();
    for ended in tails {
        let ended = tokio::time::timeout(Duration::from_secs(5), ended).await;
        assert_eq!(ended.unwrap().unwrap(), Ok(()));
    }
}

#[tokio::test]
async fn a_tail_of_a_topic_that_does_not_exist_waits_and_ends_when_told() {
    let bench = Bench::new(1).await;
    let token = CancellationToken::new();
    let (mut tail, _seen) = follow(&bench, "no-such-topic", &token);
    let early = tokio::time::timeout(Duration::from_secs(1), &mut tail.ready).await;
    assert!(early.is_err(), "ready without a topic");
    token.cancel();
    let ended = tokio::time::timeout(Duration::from_secs(12), tail.ended).await;
    assert_eq!(ended.unwrap().unwrap(), Ok(()));
    assert!(tail.ready.await.is_err());
}
