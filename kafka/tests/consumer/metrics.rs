//! Metric names are an interface: alerts and dashboards are written against them.

use kafka::metrics::{
    COMMIT_SECONDS, CONSUMED, ConsumerMetrics, DELIVERED, FAILED, LAG, LAST_COMMIT,
    ProducerMetrics, REBALANCES,
};
use prometheus::Registry;
use testkit::wait_until;

use crate::bench::{Bench, DEADLINE};
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
    ];
    let fixture = [
        "kafka_producer_records_delivered_total",
        "kafka_producer_records_failed_total",
        "kafka_consumer_records_total",
        "kafka_consumer_rebalances_total",
        "kafka_consumer_last_commit_timestamp_seconds",
        "kafka_consumer_lag_records",
        "kafka_consumer_commit_duration_seconds",
    ];
    assert_eq!(names, fixture);
}

#[test]
fn a_name_is_registered_once() {
    let registry = Registry::new();
    ProducerMetrics::register(&registry).unwrap();
    ConsumerMetrics::register(&registry).unwrap();
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
