//! Members come and go: who gets what, when, and from where on.

use std::time::Duration;

use testkit::wait_until;

use crate::bench::{Bench, DEADLINE};
use crate::probe::{Event, Group, Journal, Orders};

fn begun_drain(journal: &Journal, member: &str) -> Option<Vec<i32>> {
    journal
        .of(member)
        .into_iter()
        .find_map(|event| match event {
            Event::BeginDrain(partitions) => Some(partitions),
            _ => None,
        })
}

fn holding() -> Orders {
    Orders {
        hold_drain: true,
        ..Orders::default()
    }
}

#[tokio::test]
async fn a_new_member_gets_the_revoked_partitions_only_after_drain_and_commit() {
    let group = Group::new(&Bench::new(4).await);
    let old = group.join_with("old", group.config(), holding());
    group.wait_for_shares(&[("old", 4)]).await;
    let traffic = group.bench.start_traffic();
    let new = group.join("new");
    group
        .wait("a drain", |journal| begun_drain(journal, "old").is_some())
        .await;
    let revoked = begun_drain(&group.journal(), "old").unwrap();
    assert_eq!(
        revoked.len(),
        2,
        "only what the new member gets: {revoked:?}"
    );
    // The old member lives on while it drains, and nobody else has its partitions.
    let ticks = group.journal().ticks["old"];
    group
        .wait("ticks", |journal| journal.ticks["old"] > ticks + 200)
        .await;
    assert_eq!(group.journal().owned_by("new"), [0; 0]);
    assert_eq!(group.journal().owned_by("old").len(), 4);
    group.order("old", |orders| orders.hold_drain = false);
    group.wait_for_shares(&[("old", 2), ("new", 2)]).await;

    expect_a_clean_handover(&group.journal(), &revoked);

    // It leaves again: the partitions come back, from its commit on.
    new.shut_down().await;
    group.wait_for_shares(&[("old", 4), ("new", 0)]).await;
    traffic.stop().await;
    group.expect_every_record_once().await;
    assert_eq!(
        group.metric(kafka::metrics::REBALANCES, &[("event", "lost")]),
        None
    );
    old.shut_down().await;
}

/// Once the drain has begun `old` gets no more of `revoked`, and `new` starts exactly there.
fn expect_a_clean_handover(journal: &Journal, revoked: &[i32]) {
    assert_eq!(journal.owned_by("new"), revoked);
    let drain = Event::BeginDrain(revoked.to_vec());
    let mut entries = journal.entries.iter();
    let began = entries.position(|(_, event)| *event == drain).unwrap();
    for partition in revoked {
        let offsets = |entries: &[(&str, Event)], member| {
            let offset = |(name, event): &(&str, Event)| match event {
                Event::Record(from, offset) if from == partition && *name == member => {
                    Some(*offset)
                }
                _ => None,
            };
            entries.iter().filter_map(offset).collect::<Vec<i64>>()
        };
        let (before, after) = journal.entries.split_at(began);
        assert_eq!(offsets(after, "old"), [0; 0], "partition {partition}");
        let position = offsets(before, "old").last().map_or(0, |last| last + 1);
        let start = &journal.starts("new")[partition];
        assert_eq!(start.offset, position, "partition {partition}");
        assert_eq!(start.metadata, format!("below {position}"));
    }
}

#[tokio::test]
async fn a_rebalance_that_arrives_during_a_drain_waits_for_it_and_the_group_gets_stable() {
    let group = Group::new(&Bench::new(6).await);
    let first = group.join_with("first", group.config(), holding());
    group.wait_for_shares(&[("first", 6)]).await;
    let traffic = group.bench.start_traffic();
    let second = group.join("second");
    group
        .wait("a drain", |journal| begun_drain(journal, "first").is_some())
        .await;
    let third = group.join("third");
    // Long enough for the third member's request to have begun a rebalance: two heartbeats.
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert_eq!(group.journal().owned_by("first").len(), 6);
    group.order("first", |orders| orders.hold_drain = false);
    let thirds = [("first", 2), ("second", 2), ("third", 2)];
    group.wait_for_shares(&thirds).await;

    // Nothing moves any more while records flow.
    let rebalances = group.rebalances();
    let ends = group.bench.ends();
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(group.rebalances(), rebalances, "the group is not stable");
    group
        .wait("records of every partition", |journal| {
            let read = |partition| journal.offsets(partition).last().copied();
            (0..6)
                .all(|partition| read(partition) > Some(ends[usize::try_from(partition).unwrap()]))
        })
        .await;

    second.shut_down().await;
    group.wait_for_shares(&[("first", 3), ("third", 3)]).await;
    third.shut_down().await;
    group.wait_for_shares(&[("first", 6)]).await;
    traffic.stop().await;
    group.expect_every_record_once().await;
    first.shut_down().await;
}

#[tokio::test]
async fn a_drain_that_never_ends_is_cut_and_replayed_by_the_next_owner() {
    let group = Group::new(&Bench::new(2).await);
    group.bench.fill(10).await;
    let mut config = group.config();
    config.drain_timeout = Duration::from_secs(1);
    let orders = Orders {
        done_below: Some(3),
        ..holding()
    };
    let stuck = group.join_with("stuck", config, orders);
    group.expect_every_record_once().await;
    let next = group.join("next");
    group.wait_for_shares(&[("stuck", 1), ("next", 1)]).await;
    let moved = group.journal().owned_by("next")[0];
    assert_eq!(group.journal().starts("next")[&moved].offset, 3);
    group
        .wait("the replay", |journal| journal.offsets(moved).len() == 17)
        .await;
    let all: Vec<i64> = (0..10).chain(3..10).collect();
    assert_eq!(group.journal().offsets(moved), all);
    stuck.shut_down().await;
    next.shut_down().await;
}

#[tokio::test]
async fn a_paused_member_gets_partitions_paused_and_all_of_them_go_on() {
    let group = Group::new(&Bench::new(4).await);
    let staying = group.join("staying");
    group.wait_for_shares(&[("staying", 4)]).await;
    let leaving = group.join("leaving");
    group
        .wait_for_shares(&[("staying", 2), ("leaving", 2)])
        .await;
    group.order("staying", |orders| orders.pause = true);
    leaving.shut_down().await;
    group.wait_for_shares(&[("staying", 4)]).await;
    group.bench.fill(20).await;
    let ticks = group.journal().ticks["staying"];
    group
        .wait("ticks", |journal| journal.ticks["staying"] > ticks + 200)
        .await;
    for partition in 0..4 {
        assert_eq!(group.journal().offsets(partition), [0; 0], "{partition}");
    }
    group.order("staying", |orders| orders.pause = false);
    group.expect_every_record_once().await;
    staying.shut_down().await;
}

#[tokio::test]
async fn members_that_come_and_go_under_load_lose_and_repeat_nothing() {
    let group = Group::new(&Bench::new(6).await);
    let traffic = group.bench.start_traffic();
    let mut members = vec![group.join("m0"), group.join("m1")];
    for name in ["m2", "m3", "m4"] {
        // The next comes while the last rebalance may still be going on.
        wait_until("a share", DEADLINE, async || {
            let owners = group.journal().owners();
            if owners.len() == 6 {
                Ok(())
            } else {
                Err(owners)
            }
        })
        .await;
        members.push(group.join(name));
        members.remove(0).shut_down().await;
    }
    traffic.stop().await;
    group.expect_every_record_once().await;
    for member in members {
        member.shut_down().await;
    }
}

#[tokio::test]
async fn while_one_partition_is_being_claimed_the_others_are_read() {
    let group = Group::new(&Bench::new(2).await);
    let first = group.join("first");
    let second = group.join("second");
    group.wait_for_shares(&[("first", 1), ("second", 1)]).await;
    let (staying, coming) = {
        let journal = group.journal();
        (journal.owned_by("first")[0], journal.owned_by("second")[0])
    };
    group.order("first", |orders| orders.hold_claims = true);
    second.shut_down().await;
    let begun = |journal: &Journal| journal.of("first").last() == Some(&Event::BeginClaim(coming));
    group.wait("a claim", begun).await;
    group.bench.fill(10).await;
    let is_read = |journal: &Journal| journal.offsets(staying).len() == 10;
    group.wait("records of the other", is_read).await;
    assert_eq!(group.journal().offsets(coming), [0; 0]);
    assert_eq!(group.journal().owned_by("first"), [staying]);
    group.order("first", |orders| orders.hold_claims = false);
    group.expect_every_record_once().await;
    first.shut_down().await;
}

#[tokio::test]
async fn a_partition_goes_before_its_claim_is_done() {
    let group = Group::new(&Bench::new(2).await);
    let orders = Orders {
        hold_claims: true,
        ..Orders::default()
    };
    let claiming = group.join_with("claiming", group.config(), orders);
    let begun = |journal: &Journal| journal.of("claiming").len() == 2;
    group.wait("both claims", begun).await;
    group.bench.fill(5).await;
    let next = group.join("next");
    group.wait_for_shares(&[("next", 1)]).await;
    claiming.shut_down().await;
    group.wait_for_shares(&[("next", 2)]).await;
    group.expect_every_record_once().await;
    next.shut_down().await;
}

#[tokio::test]
async fn a_named_member_that_is_back_in_time_gets_its_partitions_again_without_a_rebalance() {
    let group = Group::new(&Bench::new(4).await);
    let named = |instance: &str| {
        let mut config = group.config();
        config.kafka.session_timeout = DEADLINE;
        config.kafka.group_instance_id = Some(instance.to_owned());
        config
    };
    let staying = group.join_with("staying", named("one"), Orders::default());
    group.wait_for_shares(&[("staying", 4)]).await;
    let old = group.join_with("old", named("two"), Orders::default());
    group.wait_for_shares(&[("staying", 2), ("old", 2)]).await;
    let partitions = group.journal().owned_by("old");
    let events = group.journal().of("staying");
    old.shut_down().await;
    group.bench.fill(3).await;
    group.wait_for_ticks("staying", 200).await;
    assert_eq!(group.journal().owned_by("staying").len(), 2);
    let back = group.join_with("back", named("two"), Orders::default());
    group.wait_for_shares(&[("staying", 2), ("back", 2)]).await;
    assert_eq!(group.journal().owned_by("back"), partitions);
    group.expect_every_record_once().await;
    let moved = |event: &&Event| !matches!(event, Event::Record(..) | Event::End(_));
    let now = group.journal().of("staying");
    let moves = |events: &[Event]| events.iter().filter(moved).count();
    assert_eq!(moves(&now), moves(&events), "the other member was asked");
    staying.shut_down().await;
    back.shut_down().await;
}
