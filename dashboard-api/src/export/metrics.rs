//! Metrics of the exports.

use prometheus::{IntCounterVec, IntGauge, Opts, Registry};

use crate::export::Format;

/// Exports that ended, by format and outcome.
pub(crate) const EXPORTS: &str = "dashboard_exports_total";
/// Rows that exports wrote, by format.
pub(crate) const EXPORT_ROWS: &str = "dashboard_export_rows_total";
/// Exports and reports that run.
pub(crate) const EXPORTS_RUNNING: &str = "dashboard_exports_running";

/// The metrics of the exports of one API.
#[derive(Debug, Clone)]
pub(crate) struct ExportMetrics {
    pub(crate) ended: IntCounterVec,
    pub(crate) rows: IntCounterVec,
    pub(crate) running: IntGauge,
}

impl ExportMetrics {
    /// Registers the metrics.
    pub(crate) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let ended = Opts::new(EXPORTS, "Exports that ended");
        let rows = Opts::new(EXPORT_ROWS, "Rows that exports wrote");
        let metrics = Self {
            ended: IntCounterVec::new(ended, &["format", "outcome"])?,
            rows: IntCounterVec::new(rows, &["format"])?,
            running: IntGauge::new(EXPORTS_RUNNING, "Exports and reports that run")?,
        };
        // From the beginning, so that a rate sees the first one.
        for format in Format::ALL {
            let format = format.as_str();
            metrics.rows.with_label_values(&[format]);
            for outcome in ["complete", "abandoned", "stalled", "failed"] {
                metrics.ended.with_label_values(&[format, outcome]);
            }
        }
        registry.register(Box::new(metrics.ended.clone()))?;
        registry.register(Box::new(metrics.rows.clone()))?;
        registry.register(Box::new(metrics.running.clone()))?;
        Ok(metrics)
    }
}
