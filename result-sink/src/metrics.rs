//! Metrics of the sinks. Names are pinned by a test; the label `sink` is `verdicts` or `raw`. The lag of the groups is
//! `kafka_consumer_lag_records`.

use prometheus::{
    HistogramOpts, HistogramVec, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
};

/// Records made durable.
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

/// The metrics of both sinks.
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
        metrics.rows_written.with_label_values(&["raw"]).inc();
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
            "sink_failed_writes_total",
            "sink_records_skipped_total",
            "sink_rows_written_total",
        ];
        assert_eq!(names, expected);
    }
}
