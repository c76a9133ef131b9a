//! Metrics of the sinks. Names are pinned by a test; the label `sink` is `verdicts`, `raw` or `deliveries`. The lag of the groups is
//! `kafka_consumer_lag_records`.

use prometheus::{
    HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
};

/// Records made durable, themselves or by a newer one of their window.
pub const ROWS_WRITTEN: &str = "sink_rows_written_total";
/// Attempts to write that failed, by kind.
pub const FAILED_WRITES: &str = "sink_failed_writes_total";
/// Records set aside, by reason.
pub const DEAD_LETTERS: &str = "sink_dead_letters_total";
/// Records that are not for this sink, by reason.
pub const SKIPPED: &str = "sink_records_skipped_total";
/// Time from taking a batch to its commit, retries included.
pub const BATCH_SECONDS: &str = "sink_batch_duration_seconds";
/// Records held.
pub const BUFFERED_ROWS: &str = "sink_buffered_rows";
/// Bytes held.
pub const BUFFERED_BYTES: &str = "sink_buffered_bytes";
/// Rows outside every day's partition.
pub const DEFAULT_ROWS: &str = "sink_default_partition_rows";
/// Partitions dropped by retention, by table.
pub const PARTITIONS_DROPPED: &str = "sink_partitions_dropped_total";
/// Rows deleted by retention, by table.
pub const EXPIRED_ROWS: &str = "sink_expired_rows_total";
/// Passes of retention that failed and are made again.
pub const RETENTION_FAILURES: &str = "sink_retention_failures_total";

/// The metrics of the sinks.
#[derive(Debug, Clone)]
pub struct SinkMetrics {
    pub(crate) rows_written: IntCounterVec,
    pub(crate) failed_writes: IntCounterVec,
    pub(crate) dead_letters: IntCounterVec,
    pub(crate) skipped: IntCounterVec,
    pub(crate) batch_seconds: HistogramVec,
    pub(crate) buffered_rows: IntGaugeVec,
    pub(crate) buffered_bytes: IntGaugeVec,
    pub(crate) default_rows: IntGauge,
    pub(crate) partitions_dropped: IntCounterVec,
    pub(crate) expired_rows: IntCounterVec,
    pub(crate) retention_failures: IntCounter,
}

impl SinkMetrics {
    /// Registers the metrics.
    ///
    /// # Errors
    /// When a name is taken.
    pub fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let counter = |name: &str, help: &str, labels: &[&str]| {
            let counter = IntCounterVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(counter.clone()))?;
            Ok::<_, prometheus::Error>(counter)
        };
        let gauge = |name: &str, help: &str| {
            let gauge = IntGaugeVec::new(Opts::new(name, help), &["sink"])?;
            registry.register(Box::new(gauge.clone()))?;
            Ok::<_, prometheus::Error>(gauge)
        };
        let batch_seconds = HistogramVec::new(
            HistogramOpts::new(BATCH_SECONDS, "Time from taking a batch to its commit"),
            &["sink"],
        )?;
        registry.register(Box::new(batch_seconds.clone()))?;
        let default_rows = IntGauge::new(DEFAULT_ROWS, "Rows outside every day's partition")?;
        registry.register(Box::new(default_rows.clone()))?;
        let retention_failures =
            IntCounter::new(RETENTION_FAILURES, "Passes of retention that failed")?;
        registry.register(Box::new(retention_failures.clone()))?;
        Ok(Self {
            rows_written: counter(ROWS_WRITTEN, "Records made durable", &["sink"])?,
            failed_writes: counter(
                FAILED_WRITES,
                "Attempts to write that failed",
                &["sink", "kind"],
            )?,
            dead_letters: counter(DEAD_LETTERS, "Records set aside", &["sink", "reason"])?,
            skipped: counter(
                SKIPPED,
                "Records that are not for this sink",
                &["sink", "reason"],
            )?,
            batch_seconds,
            buffered_rows: gauge(BUFFERED_ROWS, "Records held")?,
            buffered_bytes: gauge(BUFFERED_BYTES, "Bytes held")?,
            default_rows,
            partitions_dropped: counter(
                PARTITIONS_DROPPED,
                "Partitions dropped by retention",
                &["table"],
            )?,
            expired_rows: counter(EXPIRED_ROWS, "Rows deleted by retention", &["table"])?,
            retention_failures,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_pinned() {
        let registry = Registry::new();
        let metrics = SinkMetrics::register(&registry).unwrap();
        for counter in [
            &metrics.failed_writes,
            &metrics.dead_letters,
            &metrics.skipped,
        ] {
            counter.with_label_values(&["raw", "x"]).inc();
        }
        for counter in [
            &metrics.rows_written,
            &metrics.partitions_dropped,
            &metrics.expired_rows,
        ] {
            counter.with_label_values(&["raw"]).inc();
        }
        metrics
            .batch_seconds
            .with_label_values(&["raw"])
            .observe(0.1);
        metrics.buffered_rows.with_label_values(&["raw"]).set(1);
        metrics.buffered_bytes.with_label_values(&["raw"]).set(1);
        let names: Vec<String> = registry
            .gather()
            .iter()
            .map(|family| family.name().to_owned())
            .collect();
        let expected = [
            "sink_batch_duration_seconds",
            "sink_buffered_bytes",
            "sink_buffered_rows",
            "sink_dead_letters_total",
            "sink_default_partition_rows",
            "sink_expired_rows_total",
            "sink_failed_writes_total",
            "sink_partitions_dropped_total",
            "sink_records_skipped_total",
            "sink_retention_failures_total",
            "sink_rows_written_total",
        ];
        assert_eq!(names, expected);
    }
}
