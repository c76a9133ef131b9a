//! Pins the names of the worker's metrics: dashboards and alerts rely on them.

use detector_worker::{WorkerConfig, setup};
use kafka::config::KafkaConfig;
use prometheus::Registry;
use runtime::health::Health;

#[test]
fn metric_names_are_pinned() {
    let registry = Registry::new();
    let config = WorkerConfig::new(KafkaConfig::default(), ([127, 0, 0, 1], 0).into());
    let components = setup(config, &registry, &Health::default());
    assert!(components.is_ok(), "{components:?}");
    let mut names: Vec<String> = registry
        .gather()
        .iter()
        .map(|family| family.name().to_owned())
        .collect();
    names.sort();
    // Families with labels appear once a label has been used.
    assert_eq!(
        names,
        [
            "control_last_read_timestamp_seconds",
            "control_reads_from_beginning_total",
            "control_unreadable_records_total",
            "detector_coordination_evicted_total",
            "detector_events_folded_total",
            "detector_memory_full",
            "detector_scoring_duration_seconds",
            "kafka_changelog_commit_duration_seconds",
            "kafka_changelog_commits_total",
            "kafka_changelog_restore_duration_seconds",
            "kafka_changelog_restored_rows_total",
            "kafka_changelog_rows_total",
            "kafka_consumer_commit_duration_seconds",
            "kafka_producer_records_delivered_total",
            "kafka_producer_records_failed_total",
        ]
    );
}
