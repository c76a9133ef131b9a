//! What is no stall: a handler that wants nothing, and a broker that is away.

use std::time::Duration;

use kafka::consumer::ConsumerConfig;
use testkit::TestKafka;

use crate::bench::Bench;
use crate::probe::{Group, Orders};

const STALL: Duration = Duration::from_secs(2);

fn watched(group: &Group) -> ConsumerConfig {
    ConsumerConfig {
        stall_timeout: STALL,
        ..group.config()
    }
}

#[tokio::test]
async fn a_pause_that_lasts_longer_than_the_stall_timeout_is_no_stall() {
    let group = Group::new(&Bench::new(2).await);
    group.bench.fill(5).await;
    let member = group.join_with("a", watched(&group), Orders::default());
    group.expect_every_record_once().await;
    group.order("a", |orders| orders.pause = true);
    group.bench.fill(5).await;
    tokio::time::sleep(STALL * 2).await;
    group.order("a", |orders| orders.pause = false);
    group.expect_every_record_once().await;
    // Held alone, with work and with a neighbour that is read.
    group.order("a", |orders| orders.held = Some(1));
    group.wait_for_ticks("a", 2).await;
    let before = group.journal().offsets(1).len();
    group.bench.fill(5).await;
    tokio::time::sleep(STALL * 2).await;
    assert_eq!(group.journal().offsets(0).len(), before + 5);
    assert_eq!(group.journal().offsets(1).len(), before);
    group.order("a", |orders| orders.held = None);
    group.expect_every_record_once().await;
    member.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_away_for_longer_than_the_stall_timeout_is_no_stall() {
    let (kafka, fault) = TestKafka::behind_fault().await;
    let topics = testkit::TestTopics::create_on(&kafka, 1).await;
    let direct = Bench::of(&topics, 1);
    let group = Group::new(&Bench::of(&topics.through(fault.address()), 1));
    let mut config = watched(&group);
    // Nothing is lost meanwhile.
    config.kafka.session_timeout = Duration::from_secs(45);
    let member = group.join_with("a", config, Orders::default());
    direct.fill(5).await;
    group.expect_every_record_once().await;
    fault.cut().await;
    direct.fill(5).await;
    tokio::time::sleep(STALL * 3).await;
    fault.heal().await;
    let is_read = |journal: &crate::probe::Journal| journal.offsets(0).last() == Some(&9);
    group.wait("the rest", is_read).await;
    member.shut_down().await;
}
