//! The broker dies and comes back under consumer and tail.

use std::sync::{Arc, Mutex};

use kafka::tail;
use runtime::CancellationToken;
use testkit::{TestKafka, wait_until};

use crate::bench::{Bench, DEADLINE};
use crate::probe::{Group, Orders};

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_goes_on_when_the_broker_was_killed_and_comes_back() {
    let mut kafka = TestKafka::own();
    let group = Group::new(&Bench::on(&kafka, 2).await);
    group.bench.fill(10).await;
    let orders = Orders {
        done_below: Some(4),
        ..Orders::default()
    };
    let member = group.join_with("a", group.config(), orders);
    group.expect_every_record_once().await;
    wait_for_commit(&group.bench, 4).await;
    kafka.kill();
    // Done while nobody can be told; nothing else happens that would send it again.
    group.order("a", |orders| orders.done_below = Some(7));
    let ticks = group.journal().ticks["a"];
    group
        .wait("ticks without a broker", |journal| {
            journal.ticks["a"] > ticks + 100
        })
        .await;
    kafka.restart();
    wait_for_commit(&group.bench, 7).await;
    group.order("a", |orders| orders.done_below = None);
    group.bench.fill(10).await;
    wait_for_commit(&group.bench, 20).await;
    let journal = group.journal().offsets(0);
    let last = journal.last().copied();
    assert_eq!(last, Some(19), "{journal:?}");
    // A session that ended with the broker is replayed from the commit, never skipped.
    for offset in 0..20 {
        assert!(journal.contains(&offset), "{offset} of {journal:?}");
    }
    member.shut_down().await;
}

async fn wait_for_commit(bench: &Bench, offset: i64) {
    wait_until("the commit", DEADLINE, async || match bench.committed(0) {
        Some((committed, _)) if committed == offset => Ok(()),
        other => Err(other),
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tail_survives_a_broker_restart_without_loss_or_repetition() {
    let mut kafka = TestKafka::own();
    let bench = Bench::on(&kafka, 2).await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let journal = Arc::clone(&seen);
    let token = CancellationToken::new();
    let tail = tail::spawn(
        &bench.kafka,
        &bench.topic,
        move |record| {
            journal
                .lock()
                .unwrap()
                .push((record.partition, record.offset))
        },
        token.clone(),
    );
    let tail = tail.unwrap();
    tail.ready.await.unwrap();
    let expect = async |offsets: i64| {
        let all: Vec<(i32, i64)> = [0, 1]
            .into_iter()
            .flat_map(|partition| (0..offsets).map(move |offset| (partition, offset)))
            .collect();
        wait_until("every record once", DEADLINE, async || {
            let mut seen = seen.lock().unwrap().clone();
            seen.sort_unstable();
            if seen == all { Ok(()) } else { Err(seen) }
        })
        .await;
    };
    bench.fill(5).await;
    expect(5).await;
    kafka.kill();
    kafka.restart();
    bench.fill(5).await;
    expect(10).await;
    kafka.stop();
    kafka.restart();
    bench.fill(5).await;
    expect(15).await;
    token.cancel();
    assert_eq!(tail.ended.await.unwrap(), Ok(()));
}
