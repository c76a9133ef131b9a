//! Metrics of producers and consumers. Names are pinned by a test; labels are from closed sets.

use prometheus::{
    Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGaugeVec, Opts, Registry,
};

/// Records acknowledged by the broker.
pub const DELIVERED: &str = "kafka_producer_records_delivered_total";
/// Records whose delivery failed.
pub const FAILED: &str = "kafka_producer_records_failed_total";
/// Records read, by group.
pub const CONSUMED: &str = "kafka_consumer_records_total";
/// Rebalances, by group and event.
pub const REBALANCES: &str = "kafka_consumer_rebalances_total";
/// When a partition's offset was last committed, seconds since 1970.
pub const LAST_COMMIT: &str = "kafka_consumer_last_commit_timestamp_seconds";
/// Records between the commit and the end of the partition.
pub const LAG: &str = "kafka_consumer_lag_records";
/// Time of one commit.
pub const COMMIT_SECONDS: &str = "kafka_consumer_commit_duration_seconds";
/// Commits of changelogs that became visible.
pub const CHANGELOG_COMMITS: &str = "kafka_changelog_commits_total";
/// Failures of changelogs, by kind: `aborted` was tried again, `hanging` was repaired, the others ended the
/// changelog.
pub const CHANGELOG_FAILURES: &str = "kafka_changelog_failures_total";
/// Rows committed.
pub const CHANGELOG_ROWS: &str = "kafka_changelog_rows_total";
/// Time of one commit with all its attempts.
pub const CHANGELOG_COMMIT_SECONDS: &str = "kafka_changelog_commit_duration_seconds";
/// Time from a claim until everything is restored.
pub const CHANGELOG_RESTORE_SECONDS: &str = "kafka_changelog_restore_duration_seconds";
/// Rows restored.
pub const CHANGELOG_RESTORED_ROWS: &str = "kafka_changelog_restored_rows_total";

/// Counters of one producer.
#[derive(Debug, Clone)]
pub struct ProducerMetrics {
    /// Acknowledged records.
    pub delivered: IntCounter,
    /// Failed deliveries.
    pub failed: IntCounter,
}

/// Why metrics could not be registered: a name is taken.
pub type MetricsError = prometheus::Error;

impl ProducerMetrics {
    /// Registers the counters.
    ///
    /// # Errors
    /// When a name is taken.
    pub fn register(registry: &Registry) -> Result<Self, MetricsError> {
        let delivered = IntCounter::new(DELIVERED, "Records acknowledged by the broker")?;
        let failed = IntCounter::new(FAILED, "Records whose delivery failed")?;
        registry.register(Box::new(delivered.clone()))?;
        registry.register(Box::new(failed.clone()))?;
        Ok(Self { delivered, failed })
    }

    /// Counters that nobody reads: for tools and tests.
    ///
    /// # Errors
    /// Never in practice.
    pub fn unregistered() -> Result<Self, MetricsError> {
        Self::register(&Registry::new())
    }
}

/// Counters of the consumers of a process, by group.
#[derive(Debug, Clone)]
pub struct ConsumerMetrics {
    pub(crate) consumed: IntCounterVec,
    pub(crate) rebalances: IntCounterVec,
    pub(crate) last_commit: IntGaugeVec,
    pub(crate) lag: IntGaugeVec,
    pub(crate) commit_seconds: Histogram,
}

impl ConsumerMetrics {
    /// Registers the metrics.
    ///
    /// # Errors
    /// When a name is taken.
    pub fn register(registry: &Registry) -> Result<Self, MetricsError> {
        let partition = &["group", "partition"];
        let metrics = Self {
            consumed: IntCounterVec::new(Opts::new(CONSUMED, "Records read"), &["group"])?,
            rebalances: IntCounterVec::new(
                Opts::new(REBALANCES, "Rebalances"),
                &["group", "event"],
            )?,
            last_commit: IntGaugeVec::new(
                Opts::new(LAST_COMMIT, "Time of the last commit"),
                partition,
            )?,
            lag: IntGaugeVec::new(Opts::new(LAG, "Records not yet committed"), partition)?,
            commit_seconds: Histogram::with_opts(HistogramOpts::new(
                COMMIT_SECONDS,
                "Time of one commit",
            ))?,
        };
        registry.register(Box::new(metrics.consumed.clone()))?;
        registry.register(Box::new(metrics.rebalances.clone()))?;
        registry.register(Box::new(metrics.last_commit.clone()))?;
        registry.register(Box::new(metrics.lag.clone()))?;
        registry.register(Box::new(metrics.commit_seconds.clone()))?;
        Ok(metrics)
    }
}

/// Counters of the changelogs of a process.
#[derive(Debug, Clone)]
pub struct ChangelogMetrics {
    pub(crate) commits: IntCounter,
    pub(crate) failures: IntCounterVec,
    pub(crate) rows: IntCounter,
    pub(crate) commit_seconds: Histogram,
    pub(crate) restore_seconds: Histogram,
    pub(crate) restored_rows: IntCounter,
}

impl ChangelogMetrics {
    /// Registers the metrics.
    ///
    /// # Errors
    /// When a name is taken.
    pub fn register(registry: &Registry) -> Result<Self, MetricsError> {
        let seconds = |name, help| Histogram::with_opts(HistogramOpts::new(name, help));
        let metrics = Self {
            commits: IntCounter::new(CHANGELOG_COMMITS, "Changelog commits")?,
            failures: IntCounterVec::new(
                Opts::new(CHANGELOG_FAILURES, "Failures of changelogs"),
                &["kind"],
            )?,
            rows: IntCounter::new(CHANGELOG_ROWS, "Rows committed")?,
            commit_seconds: seconds(CHANGELOG_COMMIT_SECONDS, "Time of one commit")?,
            restore_seconds: seconds(CHANGELOG_RESTORE_SECONDS, "Time from claim to restored")?,
            restored_rows: IntCounter::new(CHANGELOG_RESTORED_ROWS, "Rows restored")?,
        };
        registry.register(Box::new(metrics.commits.clone()))?;
        registry.register(Box::new(metrics.failures.clone()))?;
        registry.register(Box::new(metrics.rows.clone()))?;
        registry.register(Box::new(metrics.commit_seconds.clone()))?;
        registry.register(Box::new(metrics.restore_seconds.clone()))?;
        registry.register(Box::new(metrics.restored_rows.clone()))?;
        Ok(metrics)
    }
}
