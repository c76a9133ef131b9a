//! One member: where it starts, what it commits, how it pauses, how it fails.

use std::time::Duration;

use kafka::consumer::{ConsumerError, MAX_METADATA, StartPosition};
use testkit::wait_until;

use crate::bench::{Bench, DEADLINE};
use crate::probe::{Event, Group, Orders};

#[tokio::test]
async fn a_restart_resumes_at_the_commit_with_its_metadata() {
    let group = Group::new(&Bench::new(2).await);
    group.bench.fill(10).await;
    let orders = Orders {
        done_below: Some(6),
        metadata: Some("window 6, naïve".to_owned()),
        ..Orders::default()
    };
    let first = group.join_with("first", group.config(), orders);
    let beginning = StartPosition {
        offset: 0,
        metadata: String::new(),
    };
    group.expect_every_record_once().await;
    for (_, start) in group.journal().starts("first") {
        assert_eq!(start, beginning);
    }
    first.shut_down().await;
    let commit = Some((6, "window 6, naïve".to_owned()));
    assert_eq!(group.bench.committed(0), commit);
    assert_eq!(group.bench.committed(1), commit);

    let again = Group::new(&group.bench);
    let second = again.join("second");
    let is_read = |partition| again.journal().offsets(partition) == [6, 7, 8, 9];
    again
        .wait("the rest", |journal| {
            [0, 1].map(|partition| journal.offsets(partition).len()) == [4, 4]
        })
        .await;
    assert!(is_read(0) && is_read(1));
    for (_, start) in again.journal().starts("second") {
        assert_eq!(
            (start.offset, start.metadata.as_str()),
            (6, "window 6, naïve")
        );
    }
    second.shut_down().await;
    assert_eq!(again.bench.committed(0), Some((10, "below 10".to_owned())));
}

#[tokio::test]
async fn only_what_the_handler_calls_done_is_committed() {
    let group = Group::new(&Bench::new(1).await);
    group.bench.fill(10).await;
    let orders = Orders {
        done_below: Some(4),
        ..Orders::default()
    };
    let member = group.join_with("a", group.config(), orders);
    group.expect_every_record_once().await;
    wait_for_commit(&group.bench, 4).await;
    group.order("a", |orders| orders.done_below = Some(7));
    wait_for_commit(&group.bench, 7).await;
    let labels = [("partition", "0")];
    let committed_at = group.metric(kafka::metrics::LAST_COMMIT, &labels);
    assert!(
        committed_at.is_some_and(|seconds| seconds > 1.6e9),
        "{committed_at:?}"
    );
    member.shut_down().await;
    let stale = group.metric(kafka::metrics::LAST_COMMIT, &labels);
    assert_eq!(
        stale, None,
        "a partition that is gone must not look uncommitted"
    );
}

async fn wait_for_commit(bench: &Bench, offset: i64) {
    wait_until("the commit", DEADLINE, async || match bench.committed(0) {
        Some((committed, _)) if committed == offset => Ok(()),
        other => Err(other),
    })
    .await;
}

#[tokio::test]
async fn the_end_of_a_partition_is_told_after_its_last_record() {
    let group = Group::new(&Bench::new(2).await);
    group.bench.fill(5).await;
    let member = group.join("a");
    let ends = |journal: &crate::probe::Journal| {
        let ends = |partition| journal.of("a").contains(&Event::End(partition));
        ends(0) && ends(1)
    };
    group.wait("both ends", ends).await;
    let events = group.journal().of("a");
    for partition in [0, 1] {
        let place = |event| events.iter().position(|seen| *seen == event);
        assert!(place(Event::End(partition)) > place(Event::Record(partition, 4)));
    }
    member.shut_down().await;
}

#[tokio::test]
async fn a_pause_stops_records_and_going_on_loses_and_repeats_none() {
    let group = Group::new(&Bench::new(3).await);
    let member = group.join("a");
    group.wait_for_shares(&[("a", 3)]).await;
    let traffic = group.bench.start_traffic();
    for round in 1..=3 {
        let before = group.journal().entries.len();
        group
            .wait("records", |journal| journal.entries.len() > before + 30)
            .await;
        group.order("a", |orders| orders.pause = true);
        // Two ticks later the pause is in force, whatever was on its way.
        group.wait_for_ticks("a", 2).await;
        let paused_at = group.journal().entries.len();
        let ends = group.bench.ends();
        group.wait_for_ticks("a", 20).await;
        wait_until("more in the topic", DEADLINE, async || {
            let now = group.bench.ends();
            if now.iter().zip(&ends).all(|(now, then)| *now > then + 10) {
                Ok(())
            } else {
                Err(now)
            }
        })
        .await;
        assert_eq!(group.journal().entries.len(), paused_at, "round {round}");
        group.order("a", |orders| orders.pause = false);
    }
    traffic.stop().await;
    group.expect_every_record_once().await;
    member.shut_down().await;
}

#[tokio::test]
async fn a_handler_that_fails_ends_the_consumer_with_its_reason_and_out_of_the_group() {
    let group = Group::new(&Bench::new(2).await);
    group.bench.fill(5).await;
    let failing = group.join("failing");
    group.expect_every_record_once().await;
    group.order("failing", |orders| {
        orders.fail = Some("no progress for 60 s".to_owned());
    });
    match failing.outcome(Duration::from_secs(5)).await {
        Err(ConsumerError::Handler { source, .. }) => {
            assert_eq!(source.reason, "no progress for 60 s");
        }
        other => panic!("{other:?}"),
    }
    let next = Group::new(&group.bench);
    let member = next.join("next");
    // Below the session timeout: the failed member has said good-bye.
    let taken = async || (next.journal().owned_by("next").len() == 2).then_some(());
    wait_until("both partitions", Duration::from_secs(4), taken).await;
    member.shut_down().await;
}

#[tokio::test]
async fn a_handler_that_panics_ends_the_consumer_with_an_error() {
    let group = Group::new(&Bench::new(1).await);
    let member = group.join("a");
    group.wait_for_shares(&[("a", 1)]).await;
    group.order("a", |orders| orders.panic = true);
    let outcome = member.outcome(Duration::from_secs(5)).await;
    assert!(
        matches!(outcome, Err(ConsumerError::Thread { .. })),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn metadata_of_any_allowed_size_is_kept_and_more_is_an_error() {
    let group = Group::new(&Bench::new(1).await);
    group.bench.fill(1).await;
    let largest = "m".repeat(MAX_METADATA);
    let orders = Orders {
        metadata: Some(largest.clone()),
        ..Orders::default()
    };
    let member = group.join_with("a", group.config(), orders);
    wait_until("the commit", DEADLINE, async || {
        match group.bench.committed(0) {
            Some((1, metadata)) if metadata == largest => Ok(()),
            other => Err(other),
        }
    })
    .await;
    group.order("a", |orders| {
        orders.metadata = Some("m".repeat(MAX_METADATA + 1))
    });
    let outcome = member.outcome(Duration::from_secs(5)).await;
    assert!(
        matches!(outcome, Err(ConsumerError::Handler { .. })),
        "{outcome:?}"
    );
}
