//! The end of a consumer: drained, committed, out of the group, and never hanging.

use std::time::{Duration, Instant};

use kafka::config::KafkaConfig;
use testkit::TestKafka;

use crate::bench::Bench;
use crate::probe::{Event, Group, Orders};

/// Far below the session timeout that these tests use.
const AT_ONCE: Duration = Duration::from_secs(12);

fn with_long_session(bench: Bench) -> Bench {
    let kafka = KafkaConfig {
        session_timeout: Duration::from_secs(45),
        ..bench.kafka.clone()
    };
    Bench { kafka, ..bench }
}

#[tokio::test]
async fn a_shutdown_drains_commits_and_leaves_the_group_at_once() {
    let group = Group::new(&with_long_session(Bench::new(2).await));
    group.bench.fill(10).await;
    let mut config = group.config();
    // Only the shutdown commits.
    config.commit_interval = Duration::from_secs(3600);
    let orders = Orders {
        hold_drain: true,
        ..Orders::default()
    };
    let leaving = group.join_with("leaving", config, orders);
    group.expect_every_record_once().await;
    assert_eq!(group.bench.committed(0), None);
    let staying = group.join("staying");
    leaving.begin_shutdown();
    group
        .wait("the drain", |journal| {
            let drain = |event: &Event| matches!(event, Event::BeginDrain(_));
            journal.of("leaving").iter().any(drain)
        })
        .await;
    assert_eq!(group.journal().owned_by("staying"), [0; 0]);
    let begun = Instant::now();
    group.order("leaving", |orders| orders.hold_drain = false);
    leaving.outcome(AT_ONCE).await.unwrap();
    let committed = [group.bench.committed(0), group.bench.committed(1)];
    assert!(committed.iter().flatten().all(|(offset, _)| *offset == 10));
    group.wait_for_shares(&[("staying", 2)]).await;
    assert!(begun.elapsed() < AT_ONCE, "{:?}", begun.elapsed());
    group.expect_every_record_once().await;
    staying.shut_down().await;
}

#[tokio::test]
async fn a_shutdown_in_the_middle_of_a_rebalance_does_not_hang() {
    let group = Group::new(&Bench::new(4).await);
    group.bench.fill(10).await;
    for delay_ms in [0, 50, 200, 1000, 2000, 3000] {
        let round = Group::new(&group.bench);
        let old = round.join("old");
        round.wait_for_shares(&[("old", 4)]).await;
        let new = round.join("new");
        // Not to wait for something, but to hit another moment of the rebalance in each round.
        tokio::time::sleep(Duration::from_millis(delay_ms)).await;
        old.begin_shutdown();
        new.begin_shutdown();
        old.outcome(AT_ONCE).await.unwrap();
        new.outcome(AT_ONCE).await.unwrap();
        assert_eq!(round.journal().owners().len(), 0, "after {delay_ms} ms");
    }
}

#[tokio::test]
async fn a_handler_that_fails_while_it_drains_does_not_hang() {
    let group = Group::new(&Bench::new(2).await);
    let orders = Orders {
        hold_drain: true,
        ..Orders::default()
    };
    let failing = group.join_with("failing", group.config(), orders);
    group.wait_for_shares(&[("failing", 2)]).await;
    let next = group.join("next");
    group
        .wait("the drain", |journal| {
            let drain = |event: &Event| matches!(event, Event::BeginDrain(_));
            journal.of("failing").iter().any(drain)
        })
        .await;
    group.order("failing", |orders| orders.fail = Some("stalled".to_owned()));
    let outcome = failing.outcome(Duration::from_secs(5)).await;
    assert!(outcome.is_err());
    next.shut_down().await;
}

#[tokio::test]
async fn a_consumer_that_never_joined_ends_at_once() {
    let group = Group::new(&Bench::new(1).await);
    let member = group.join("a");
    member.begin_shutdown();
    member.outcome(Duration::from_secs(8)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shutdown_while_the_broker_is_away_ends_within_seconds() {
    let mut kafka = TestKafka::own();
    let group = Group::new(&with_long_session(Bench::on(&kafka, 1).await));
    group.bench.fill(5).await;
    let orders = Orders {
        done_below: Some(0),
        ..Orders::default()
    };
    let member = group.join_with("a", group.config(), orders);
    group.expect_every_record_once().await;
    kafka.kill();
    group.order("a", |orders| orders.done_below = None);
    member.begin_shutdown();
    // 10 s for the commit, 5 s for the group, and some for a busy machine.
    member.outcome(Duration::from_secs(18)).await.unwrap();
}
