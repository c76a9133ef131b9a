//! Groups and topics as somebody sees them who is in no group.

use std::time::Duration;

use kafka::config::KafkaConfig;
use kafka::groups::{GroupState, LookError, Observer, Offsets};
use testkit::wait_until;

use crate::bench::{Bench, DEADLINE};
use crate::probe::{Group, Orders};

fn observer(bench: &Bench) -> Observer {
    Observer::new(&bench.kafka, DEADLINE).unwrap()
}

/// The first coordinator of a cluster is just being chosen.
async fn committed(observer: &mut Observer, bench: &Bench) -> Offsets {
    let (group, partitions) = (bench.group(), 0..bench.partitions);
    wait_until("what is committed", DEADLINE, async || {
        observer.committed(&group, &bench.topic, partitions.clone())
    })
    .await
}

#[tokio::test]
async fn ends_are_those_of_the_topic() {
    let bench = Bench::new(3).await;
    let observer = observer(&bench);
    // A topic is known before each of its partitions has a leader that says so.
    let empty = wait_until("ends", DEADLINE, async || observer.ends(&bench.topic)).await;
    assert_eq!(empty, Offsets::from([(0, 0), (1, 0), (2, 0)]));
    bench.fill(4).await;
    let ends = observer.ends(&bench.topic).unwrap();
    assert_eq!(ends.values().copied().collect::<Vec<_>>(), bench.ends());
    assert_eq!(ends[&2], 4);
    let missing = observer.ends("no.such.topic").unwrap_err();
    assert!(matches!(missing, LookError::Missing { .. }), "{missing:?}");
    assert_eq!(missing.kind(), "missing_topic");
}

#[tokio::test]
async fn a_group_is_seen_with_its_members_and_what_they_have_committed() {
    let group = Group::new(&Bench::new(2).await);
    let mut observer = observer(&group.bench);
    let name = group.bench.group();
    let nobody = wait_until("an answer", DEADLINE, async || observer.group(&name)).await;
    assert_eq!(
        (nobody.state, nobody.members.len()),
        (GroupState::Absent, 0)
    );
    assert_eq!(committed(&mut observer, &group.bench).await, Offsets::new());

    group.bench.fill(10).await;
    let orders = Orders {
        done_below: Some(6),
        ..Orders::default()
    };
    let first = group.join_with("first", group.config(), orders);
    group.expect_every_record_once().await;
    wait_until("commits of the group", DEADLINE, async || {
        let partitions = 0..group.bench.partitions;
        let offsets = observer.committed(&name, &group.bench.topic, partitions);
        match offsets {
            Ok(offsets) if offsets == Offsets::from([(0, 6), (1, 6)]) => Ok(()),
            other => Err(other),
        }
    })
    .await;
    let seen = observer.group(&name).unwrap();
    assert_eq!(seen.state, GroupState::Stable);
    assert_eq!(seen.members.len(), 1);
    let member = &seen.members[0];
    let mut owns = member.owns.clone();
    owns.sort();
    let topic = &group.bench.topic;
    assert_eq!(owns, [(topic.clone(), 0), (topic.clone(), 1)]);
    assert!(member.id.starts_with(&member.client_id), "{member:?}");

    first.shut_down().await;
    wait_until("an empty group", DEADLINE, async || {
        match observer.group(&name) {
            Ok(seen) if seen.state == GroupState::Empty && seen.members.is_empty() => Ok(()),
            other => Err(other),
        }
    })
    .await;
    let left = committed(&mut observer, &group.bench).await;
    assert_eq!(left, Offsets::from([(0, 6), (1, 6)]));
}

#[tokio::test]
async fn a_cluster_that_is_away_is_told_from_a_wrong_question() {
    let config = KafkaConfig {
        brokers: format!("127.0.0.1:{}", testkit::free_port().unwrap()),
        ..KafkaConfig::default()
    };
    let observer = Observer::new(&config, Duration::from_millis(300)).unwrap();
    for error in [
        observer.ends("any").unwrap_err(),
        observer.group("any").unwrap_err(),
    ] {
        assert_eq!(error.kind(), "unreachable", "{error:?}");
    }
}
