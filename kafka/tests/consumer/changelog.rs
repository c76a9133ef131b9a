//! Rows and offsets: together or not at all, by one owner at a time, and all of them come back.

use std::time::Duration;

use kafka::changelog::{ChangelogError, ChangelogRow};
use kafka::consumer::MAX_METADATA;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::{Offset, TopicPartitionList};
use testkit::{TestKafka, TestTopics, wait_until};

use crate::bench::{Bench, DEADLINE};
use crate::owner::{Owner, Rows, commit, of, outcome, restored, row, rows};

#[tokio::test]
async fn an_empty_changelog_is_restored_at_once_and_a_commit_comes_back_whole() {
    let owner = Owner::join(&Bench::new(2).await).await;
    let (mut changelog, empty) = owner.restore(1).await;
    assert_eq!((empty.rows.len(), empty.records), (0, 0));
    assert!(changelog.take_restored().is_none());
    let wrote = vec![row("a", Some("1")), row("b", Some("2")), row("a", None)];
    let committed = commit(&mut changelog, of(wrote, 7)).await.unwrap();
    assert_eq!((committed.next_offset, committed.rows), (7, 3));
    assert_eq!(
        owner.bench.committed(1),
        Some((7, "below 7".to_owned())),
        "the metadata belongs to it"
    );
    assert_eq!(owner.bench.committed(0), None);
    let (_next, restored) = owner.restore(1).await;
    assert_eq!(restored.rows, rows(&[("b", "2")]));
    assert_eq!(restored.records, 3);
    assert!(restored.took >= restored.fencing);
    owner.leave().await;
}

#[tokio::test]
async fn what_is_restored_is_what_many_commits_with_tombstones_left() {
    let owner = Owner::join(&Bench::new(1).await).await;
    let (mut changelog, _) = owner.restore(0).await;
    let mut expected = Rows::new();
    let mut random = 1u64;
    let mut next = |below: u64| {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (random >> 33) % below
    };
    for round in 1..=20 {
        let mut wrote = Vec::new();
        for _ in 0..next(200) {
            let key = format!("k{}", next(150)).into_bytes();
            let value = (next(3) > 0).then(|| format!("{round} {}", next(1000)).into_bytes());
            match &value {
                Some(value) => drop(expected.insert(key.clone(), value.clone())),
                None => drop(expected.remove(&key)),
            }
            wrote.push(ChangelogRow { key, value });
        }
        commit(&mut changelog, of(wrote, round)).await.unwrap();
        if round % 5 == 0 {
            let (next, restored) = owner.restore(0).await;
            assert_eq!(restored.rows, expected, "round {round}");
            changelog = next;
        }
    }
    assert_eq!(owner.bench.committed(0), Some((20, "below 20".to_owned())));
    owner.leave().await;
}

#[tokio::test]
async fn a_zombie_commits_neither_rows_nor_offsets() {
    let owner = Owner::join(&Bench::new(1).await).await;
    let (mut zombie, _) = owner.restore(0).await;
    let first = of(vec![row("a", Some("old"))], 5);
    commit(&mut zombie, first).await.unwrap();
    let (mut heir, restored) = owner.restore(0).await;
    assert_eq!(restored.rows, rows(&[("a", "old")]));
    let late = of(vec![row("a", Some("late")), row("b", Some("late"))], 9);
    let error = commit(&mut zombie, late).await.unwrap_err();
    assert!(error.is_fenced(), "{error:?}");
    assert_eq!(owner.bench.committed(0), Some((5, "below 5".to_owned())));
    let more = of(vec![row("c", Some("new"))], 6);
    commit(&mut heir, more).await.unwrap();
    let (_, restored) = owner.restore(0).await;
    assert_eq!(restored.rows, rows(&[("a", "old"), ("c", "new")]));
    // It stays out, and says that it is over.
    let again = commit(&mut zombie, of(Vec::new(), 9)).await.unwrap_err();
    assert!(matches!(again, ChangelogError::Ended), "{again:?}");
    owner.leave().await;
}

/// A transaction of an owner that dies before it commits: rows and offsets are written.
fn leave_open(owner: &Owner, next_offset: i64, count: usize) -> BaseProducer {
    let brokers = &owner.bench.kafka.brokers;
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .set("transactional.id", format!("{}-0", owner.config.group))
        .set("transaction.timeout.ms", "60000")
        .create()
        .unwrap();
    producer.init_transactions(DEADLINE).unwrap();
    producer.begin_transaction().unwrap();
    for index in 0..count {
        let key = format!("open {index}");
        let record = BaseRecord::to(&owner.config.topic).partition(0);
        let record = record.key(&key).payload("never");
        producer.send(record).map_err(|(error, _)| error).unwrap();
    }
    producer.flush(DEADLINE).unwrap();
    let member: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .set("group.id", &owner.config.group)
        .create()
        .unwrap();
    let mut offsets = TopicPartitionList::new();
    let offset = Offset::Offset(next_offset);
    let added = offsets.add_partition_offset(&owner.config.source, 0, offset);
    added.unwrap();
    let group = member.group_metadata().unwrap();
    let sent = producer.send_offsets_to_transaction(&offsets, &group, DEADLINE);
    sent.unwrap();
    producer
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_ends_the_open_transaction_of_a_dead_owner_without_a_trace() {
    let owner = Owner::join(&Bench::new(1).await).await;
    let (mut changelog, _) = owner.restore(0).await;
    let first = of(vec![row("a", Some("1"))], 5);
    commit(&mut changelog, first).await.unwrap();
    let dead = leave_open(&owner, 50, 1000);
    let (mut heir, restored) = owner.restore(0).await;
    assert_eq!(restored.rows, rows(&[("a", "1")]));
    assert_eq!(owner.bench.committed(0), Some((5, "below 5".to_owned())));
    // Far below the time after which the cluster would have ended it.
    assert!(
        restored.took < Duration::from_secs(10),
        "{:?}",
        restored.took
    );
    assert!(dead.commit_transaction(DEADLINE).is_err());
    let second = of(vec![row("b", Some("2"))], 6);
    commit(&mut heir, second).await.unwrap();
    let (_, restored) = owner.restore(0).await;
    assert_eq!(restored.rows, rows(&[("a", "1"), ("b", "2")]));
    owner.leave().await;
}

#[tokio::test]
async fn a_commit_of_200_000_rows_passes_a_queue_of_a_quarter_of_them() {
    let owner = Owner::join(&Bench::new(1).await).await;
    let (mut changelog, _) = owner.restore(0).await;
    let value = Some(vec![7; 100]);
    let many = (0..200_000).map(|index| ChangelogRow {
        key: format!("{index:08}").into_bytes(),
        value: value.clone(),
    });
    let commit = commit(&mut changelog, of(many.collect(), 1)).await;
    assert_eq!(commit.unwrap().rows, 200_000);
    let (_, restored) = owner.restore(0).await;
    assert_eq!((restored.rows.len(), restored.records), (200_000, 200_000));
    owner.leave().await;
}

#[tokio::test]
async fn what_would_be_refused_again_ends_the_changelog_and_leaves_nothing() {
    let owner = Owner::join(&Bench::new(1).await).await;
    let large = ChangelogRow {
        key: b"large".to_vec(),
        value: Some(vec![0; 2 << 20]),
    };
    let small = row("small", Some("1"));
    let mut long_metadata = of(vec![small.clone()], 3);
    long_metadata.metadata = "m".repeat(MAX_METADATA + 1);
    for refused in [of(vec![small, large], 3), long_metadata] {
        let (mut changelog, _) = owner.restore(0).await;
        let error = commit(&mut changelog, refused).await.unwrap_err();
        assert!(matches!(error, ChangelogError::Refused(_)), "{error:?}");
        let (_, restored) = owner.restore(0).await;
        assert_eq!(restored.rows, Rows::new());
        assert_eq!(owner.bench.committed(0), None);
    }
    owner.leave().await;
}

#[tokio::test]
async fn a_changelog_that_is_dropped_in_the_middle_of_a_commit_leaves_all_or_nothing() {
    let owner = Owner::join(&Bench::new(1).await).await;
    let mut expected = 0;
    for round in 1..=5 {
        let (mut changelog, _) = owner.restore(0).await;
        let many = (0..5000).map(|index| row(&format!("{round} {index}"), Some("value")));
        changelog.begin_commit(of(many.collect(), round));
        tokio::time::sleep(Duration::from_millis(10 * round.unsigned_abs())).await;
        drop(changelog);
        let (_next, restored) = owner.restore(0).await;
        let committed = owner.bench.committed(0).map_or(0, |(offset, _)| offset);
        if committed == round {
            expected += 5000;
        }
        assert_eq!(restored.rows.len(), expected, "round {round}, {committed}");
    }
    owner.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_is_cut_in_the_middle_of_a_commit_ends_in_one_state_and_it_goes_on() {
    let (kafka, fault) = TestKafka::behind_fault().await;
    let topics = TestTopics::create_on(&kafka, 1).await;
    let direct = Owner::join(&Bench::of(&topics, 1)).await;
    let through = Bench::of(&topics.through(fault.address()), 1);
    let (mut changelog, _) = {
        let mut behind = direct.config.clone();
        behind.kafka = through.kafka.clone();
        let claim = kafka::changelog::Changelog::claim(&behind, 0, direct.group.clone());
        let mut changelog = claim.unwrap();
        let restored = restored(&mut changelog).await;
        (changelog, restored)
    };
    for round in 1..=4 {
        let many = (0..20_000).map(|index| row(&format!("{index}"), Some(&format!("{round}"))));
        changelog.begin_commit(of(many.collect(), round));
        // Another moment of the commit in each round.
        tokio::time::sleep(Duration::from_millis(40 * round.unsigned_abs())).await;
        fault.cut().await;
        tokio::time::sleep(Duration::from_millis(1500)).await;
        fault.heal().await;
        let committed = outcome(&mut changelog).await.unwrap();
        assert_eq!(committed.next_offset, round);
        let visible = direct.bench.committed(0);
        assert_eq!(visible, Some((round, format!("below {round}"))));
    }
    drop(changelog);
    let (_, restored) = direct.restore(0).await;
    assert_eq!(restored.rows.len(), 20_000);
    assert!(restored.rows.values().all(|value| value == b"4"));
    direct.leave().await;
}

#[tokio::test]
async fn a_commit_whose_consumer_is_gone_is_never_made() {
    let bench = Bench::new(1).await;
    let owner = Owner::join(&bench).await;
    let (mut changelog, _) = owner.restore(0).await;
    owner.leave().await;
    changelog.begin_commit(of(vec![row("a", Some("1"))], 4));
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(changelog.take_outcome().is_none());
    assert_eq!(bench.committed(0), None);
    drop(changelog);
    let next = Owner::join(&bench).await;
    let (_, restored) = next.restore(0).await;
    assert_eq!(restored.rows, Rows::new());
    next.leave().await;
}

/// The broker may lose the markers of the last transaction then; whatever it lost, rows and offset agree.
#[tokio::test(flavor = "multi_thread")]
async fn a_claim_goes_on_when_the_broker_was_killed_just_after_a_commit() {
    let mut kafka = TestKafka::own();
    let bench = Bench::on(&kafka, 1).await;
    let mut expected = Rows::new();
    let mut committed = None;
    for round in 1..=4i64 {
        let owner = Owner::join(&bench).await;
        let (mut changelog, restored) = owner.restore(0).await;
        assert_eq!(restored.rows, expected, "round {round}");
        let rows = vec![row(&format!("{round}"), Some("value")), row("last", None)];
        commit(&mut changelog, of(rows, round)).await.unwrap();
        kafka.kill();
        let mut claim = owner.claim(0);
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(claim.take_restored().is_none());
        kafka.restart();
        let restored = wait_until("what was restored", 2 * DEADLINE, async || {
            claim.take_restored()
        });
        let restored = restored.await.unwrap().rows;
        let visible = owner.bench.committed(0);
        if visible == Some((round, format!("below {round}"))) {
            expected.insert(round.to_string().into_bytes(), b"value".to_vec());
            committed = visible.clone();
        }
        assert_eq!(visible, committed, "round {round}");
        assert_eq!(restored, expected, "round {round}");
        drop(claim);
        owner.leave().await;
    }
}
