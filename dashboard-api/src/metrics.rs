//! Metrics of the service. Names are pinned by a test; labels are from closed sets.

use prometheus::{
    Gauge, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge,
    IntGaugeVec, Opts, Registry,
};

/// Time of a request by route template, method and status.
pub(crate) const REQUEST_SECONDS: &str = "dashboard_request_duration_seconds";
/// Problems answered, by code.
pub(crate) const PROBLEMS: &str = "dashboard_problems_total";
/// Analysis requests, by outcome.
pub(crate) const ANALYSES: &str = "dashboard_analyses_total";
/// Time from a published analysis request to its verdict.
pub(crate) const ANALYSIS_SECONDS: &str = "dashboard_analysis_duration_seconds";
/// Requests that wait for a verdict.
pub(crate) const WAITERS: &str = "dashboard_analysis_waiters";
/// Most requests that may wait for a verdict.
pub(crate) const WAITERS_LIMIT: &str = "dashboard_analysis_waiters_limit";
/// Records that the live tail has seen.
pub(crate) const TAIL_RECORDS: &str = "dashboard_tail_records_total";
/// Sign-ins, by outcome.
pub(crate) const SIGN_INS: &str = "dashboard_sign_ins_total";
/// Connections to PostgreSQL, by state.
pub(crate) const CONNECTIONS: &str = "dashboard_database_connections";
/// Changed settings that the control topic does not have yet, of every organisation.
pub(crate) const OUTBOX_PENDING: &str = "dashboard_outbox_pending_records";
/// Age of the oldest of them, 0 without one.
pub(crate) const OUTBOX_AGE: &str = "dashboard_outbox_oldest_seconds";
/// Records of changed settings written to the control topic, by outcome.
pub(crate) const OUTBOX_PUBLICATIONS: &str = "dashboard_outbox_publications_total";

/// The metrics of one API.
#[derive(Debug, Clone)]
pub(crate) struct Metrics {
    pub(crate) request_seconds: HistogramVec,
    pub(crate) problems: IntCounterVec,
    pub(crate) analyses: IntCounterVec,
    pub(crate) analysis_seconds: Histogram,
    pub(crate) waiters: IntGauge,
    pub(crate) waiters_limit: IntGauge,
    pub(crate) tail_records: IntCounter,
    pub(crate) sign_ins: IntCounterVec,
    pub(crate) connections: IntGaugeVec,
    pub(crate) outbox_pending: IntGauge,
    pub(crate) outbox_age: Gauge,
    pub(crate) outbox_publications: IntCounterVec,
}

/// From a millisecond to ten seconds: the targets are 20, 50 and 200 ms.
const BUCKETS: [f64; 13] = [
    0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 1.0, 2.5, 5.0, 10.0,
];

impl Metrics {
    /// Registers the metrics.
    pub(crate) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let histogram =
            |name: &str, help: &str| HistogramOpts::new(name, help).buckets(BUCKETS.to_vec());
        let metrics = Self {
            request_seconds: HistogramVec::new(
                histogram(REQUEST_SECONDS, "Time of a request"),
                &["route", "method", "status"],
            )?,
            problems: IntCounterVec::new(Opts::new(PROBLEMS, "Problems answered"), &["code"])?,
            analyses: IntCounterVec::new(Opts::new(ANALYSES, "Analysis requests"), &["outcome"])?,
            analysis_seconds: Histogram::with_opts(histogram(
                ANALYSIS_SECONDS,
                "Time from a published request to its verdict",
            ))?,
            waiters: IntGauge::new(WAITERS, "Requests that wait for a verdict")?,
            waiters_limit: IntGauge::new(WAITERS_LIMIT, "Most requests that may wait")?,
            tail_records: IntCounter::new(TAIL_RECORDS, "Records the live tail has seen")?,
            sign_ins: IntCounterVec::new(Opts::new(SIGN_INS, "Sign-ins"), &["outcome"])?,
            connections: IntGaugeVec::new(
                Opts::new(CONNECTIONS, "Connections to PostgreSQL"),
                &["state"],
            )?,
            outbox_pending: IntGauge::new(OUTBOX_PENDING, "Settings that are to be published")?,
            outbox_age: Gauge::new(OUTBOX_AGE, "Age of the oldest of them")?,
            outbox_publications: IntCounterVec::new(
                Opts::new(OUTBOX_PUBLICATIONS, "Records of settings published"),
                &["outcome"],
            )?,
        };
        // Shown before the first record is written.
        for outcome in ["published", "failed"] {
            metrics.outbox_publications.with_label_values(&[outcome]);
        }
        metrics.register_all(registry)?;
        Ok(metrics)
    }

    fn register_all(&self, registry: &Registry) -> Result<(), prometheus::Error> {
        registry.register(Box::new(self.request_seconds.clone()))?;
        registry.register(Box::new(self.problems.clone()))?;
        registry.register(Box::new(self.analyses.clone()))?;
        registry.register(Box::new(self.analysis_seconds.clone()))?;
        registry.register(Box::new(self.waiters.clone()))?;
        registry.register(Box::new(self.waiters_limit.clone()))?;
        registry.register(Box::new(self.tail_records.clone()))?;
        registry.register(Box::new(self.sign_ins.clone()))?;
        registry.register(Box::new(self.outbox_pending.clone()))?;
        registry.register(Box::new(self.outbox_age.clone()))?;
        registry.register(Box::new(self.outbox_publications.clone()))?;
        registry.register(Box::new(self.connections.clone()))
    }
}
