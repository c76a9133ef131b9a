//! Metric names are an interface: alerts and dashboards are written against them.

use kafka::metrics::{
    CHANGELOG_COMMIT_SECONDS, CHANGELOG_COMMITS, CHANGELOG_FAILURES, CHANGELOG_RESTORE_SECONDS,
    CHANGELOG_RESTORED_ROWS, CHANGELOG_ROWS, COMMIT_SECONDS, CONSUMED, ChangelogMetrics,
    ConsumerMetrics, DELIVERED, FAILED, LAG, LAST_COMMIT, ProducerMetrics, REBALANCES,
};
use prometheus::Registry;
use testkit::wait_until;

use crate::bench::{Bench, DEADLINE};
use crate::owner::{Owner, commit, of, row};
use crate::probe::Group;

#[test]
fn metric_names_are_these() {
    let names = [
        DELIVERED,
        FAILED,
        CONSUMED,
        REBALANCES,
        LAST_COMMIT,
        LAG,
        COMMIT_SECONDS,
        CHANGELOG_COMMITS,
        CHANGELOG_FAILURES,
        CHANGELOG_ROWS,
        CHANGELOG_COMMIT_SECONDS,
        CHANGELOG_RESTORE_SECONDS,
        CHANGELOG_RESTORED_ROWS,
    ];
    let fixture = [
        "kafka_producer_records_delivered_total",
        "kafka_producer_records_failed_total",
        "kafka_consumer_records_total",
        "kafka_consumer_rebalances_total",
        "kafka_consumer_last_commit_timestamp_seconds",
        "kafka_consumer_lag_records",
        "kafka_consumer_commit_duration_seconds",
        "kafka_changelog_commits_total",
        "kafka_changelog_failures_total",
        "kafka_changelog_rows_total",
        "kafka_changelog_commit_duration_seconds",
        "kafka_changelog_restore_duration_seconds",
        "kafka_changelog_restored_rows_total",
    ];
    assert_eq!(names, fixture);
}

#[test]
fn a_name_is_registered_once() {
    let registry = Registry::new();
    ProducerMetrics::register(&registry).unwrap();
    ConsumerMetrics::register(&registry).unwrap();
    ChangelogMetrics::register(&registry).unwrap();
    assert!(ChangelogMetrics::register(&registry).is_err());
    assert!(ProducerMetrics::register(&registry).is_err());
    assert!(ConsumerMetrics::register(&registry).is_err());
}

#[tokio::test]
async fn a_consumer_counts_its_records_its_rebalances_and_its_lag() {
    let group = Group::new(&Bench::new(1).await);
    group.bench.fill(10).await;
    let name = group.bench.group();
    let labels = [("group", name.as_str())];
    let member = group.join("a");
    group.expect_every_record_once().await;
    assert_eq!(group.metric(CONSUMED, &labels), Some(10.0));
    assert_eq!(
        group.metric(REBALANCES, &[labels[0], ("event", "assign")]),
        Some(1.0)
    );
    let lag = [labels[0], ("partition", "0")];
    wait_until("a lag of 0", DEADLINE, async || {
        match group.metric(LAG, &lag) {
            Some(0.0) => Ok(()),
            other => Err(other),
        }
    })
    .await;
    member.shut_down().await;
    assert_eq!(group.metric(LAG, &lag), None);
}

#[tokio::test]
async fn a_changelog_counts_its_commits_its_rows_and_its_failures() {
    let registry = Registry::new();
    let mut owner = Owner::join(&Bench::new(1).await).await;
    owner.config.metrics = ChangelogMetrics::register(&registry).unwrap();
    let (mut changelog, _) = owner.restore(0).await;
    let two = vec![row("a", Some("1")), row("b", Some("2"))];
    commit(&mut changelog, of(two, 1)).await.unwrap();
    let (_next, _) = owner.restore(0).await;
    let fenced = commit(&mut changelog, of(Vec::new(), 2)).await;
    assert!(fenced.is_err());
    let value = |name: &str| {
        let families = registry.gather();
        let family = families.iter().find(|family| family.name() == name);
        family.map(|family| {
            let metric = &family.get_metric()[0];
            metric.get_counter().get_value() + metric.get_histogram().get_sample_count() as f64
        })
    };
    assert_eq!(value(CHANGELOG_COMMITS), Some(1.0));
    assert_eq!(value(CHANGELOG_ROWS), Some(2.0));
    assert_eq!(value(CHANGELOG_COMMIT_SECONDS), Some(1.0));
    assert_eq!(value(CHANGELOG_RESTORE_SECONDS), Some(2.0));
    assert_eq!(value(CHANGELOG_RESTORED_ROWS), Some(2.0));
    assert_eq!(value(CHANGELOG_FAILURES), Some(1.0));
    owner.leave().await;
}
