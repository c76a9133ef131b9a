//! Metrics of the gateway. Names are pinned by a test; labels are from closed sets.
//!
//! Every event that was scanned ends in exactly one of accepted and dropped; a request that was not
//! understood at all is counted by its problem's code.

use prometheus::{
    Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts, Registry,
};
use schemas::batch::Rejection;

use crate::limits::LimitMetrics;
use crate::webhooks::WebhookMetrics;

/// Requests by route and status.
pub const REQUESTS: &str = "ingest_requests_total";
/// Time from a request's head to its answer.
pub const REQUEST_SECONDS: &str = "ingest_request_duration_seconds";
/// Requests being answered.
pub const IN_PROGRESS: &str = "ingest_requests_in_progress";
/// Answers that are problems, by code.
pub const PROBLEMS: &str = "ingest_problems_total";
/// Sessions whose first record was acknowledged.
pub const SESSIONS: &str = "ingest_sessions_started_total";
/// Completions that were acknowledged.
pub const COMPLETIONS: &str = "ingest_sessions_completed_total";
/// Batches that were acknowledged.
pub const BATCHES: &str = "ingest_batches_accepted_total";
/// Events that were acknowledged, by route.
pub const ACCEPTED: &str = "ingest_events_accepted_total";
/// Events that were not, by reason, and whether that is as it should be.
pub const DROPPED: &str = "ingest_events_dropped_total";
/// Accepted events whose type is not known and which are kept as `custom`.
pub const UNKNOWN_TYPES: &str = "ingest_events_unknown_type_total";
/// Bytes of bodies, after decompression.
pub const BODY_BYTES: &str = "ingest_body_bytes_total";
/// Time from queueing a record to its acknowledgement.
pub const ACK_SECONDS: &str = "ingest_ack_duration_seconds";
/// Delivery reports that came when nobody waited any more, by outcome.
pub const LATE: &str = "ingest_late_deliveries_total";
/// Bytes of bodies being worked on.
pub const IN_FLIGHT_BYTES: &str = "ingest_in_flight_bytes";
/// Most of them.
pub const IN_FLIGHT_LIMIT: &str = "ingest_in_flight_limit_bytes";
/// Lines of bulk uploads, by what became of them.
pub const BULK_LINES: &str = "ingest_bulk_lines_total";
/// Open connections.
pub const CONNECTIONS: &str = "ingest_connections";

/// Why events that passed the checks were not acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// The broker did not acknowledge; the client was told so.
    BrokerUnavailable,
    /// The client went away while waiting for the acknowledgement.
    ClientGone,
}

impl Loss {
    fn reason(self) -> &'static str {
        match self {
            Self::BrokerUnavailable => "broker_unavailable",
            Self::ClientGone => "client_gone",
        }
    }
}

/// The gateway's metrics; clones share them.
#[derive(Debug, Clone)]
pub struct Metrics {
    pub(crate) requests: IntCounterVec,
    pub(crate) request_seconds: HistogramVec,
    pub(crate) in_progress: IntGauge,
    pub(crate) problems: IntCounterVec,
    pub(crate) sessions: IntCounter,
    pub(crate) completions: IntCounter,
    pub(crate) batches: IntCounter,
    pub(crate) accepted: IntCounterVec,
    dropped: IntCounterVec,
    pub(crate) unknown_types: IntCounter,
    pub(crate) body_bytes: IntCounter,
    pub(crate) ack_seconds: Histogram,
    pub(crate) late: IntCounterVec,
    pub(crate) bulk_lines: IntCounterVec,
    pub(crate) in_flight_bytes: IntGauge,
    pub(crate) in_flight_limit: IntGauge,
    pub(crate) limits: LimitMetrics,
    pub(crate) webhooks: WebhookMetrics,
    /// Open connections, for the server.
    pub connections: IntGauge,
}

/// From half a millisecond, which is a broker on the same machine, to the acknowledgement timeout.
const BUCKETS: [f64; 13] = [
    0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5, 5.0,
];

impl Metrics {
    /// Registers the metrics.
    ///
    /// # Errors
    /// When a name is taken.
    pub fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let new = Registering(registry);
        Ok(Self {
            requests: new.counters(REQUESTS, "Requests", &["route", "status"])?,
            request_seconds: new.histograms(REQUEST_SECONDS, "Time to the answer", &["route"])?,
            in_progress: new.gauge(IN_PROGRESS, "Requests being answered")?,
            problems: new.counters(PROBLEMS, "Answers that are problems", &["code"])?,
            sessions: new.counter(SESSIONS, "Sessions started and acknowledged")?,
            completions: new.counter(COMPLETIONS, "Completions acknowledged")?,
            batches: new.counter(BATCHES, "Batches acknowledged")?,
            accepted: new.counters(ACCEPTED, "Events acknowledged", &["route"])?,
            dropped: new.counters(
                DROPPED,
                "Events not acknowledged",
                &["reason", "intentional"],
            )?,
            unknown_types: new.counter(UNKNOWN_TYPES, "Events kept as custom")?,
            body_bytes: new.counter(BODY_BYTES, "Bytes of bodies, decompressed")?,
            ack_seconds: new.histogram(ACK_SECONDS, "Time to the acknowledgement")?,
            late: new.counters(LATE, "Delivery reports nobody waited for", &["outcome"])?,
            bulk_lines: new.counters(BULK_LINES, "Lines of bulk uploads", &["outcome"])?,
            in_flight_bytes: new.gauge(IN_FLIGHT_BYTES, "Bytes of bodies at work")?,
            in_flight_limit: new.gauge(IN_FLIGHT_LIMIT, "Most bytes of bodies at work")?,
            limits: LimitMetrics::register(registry)?,
            webhooks: WebhookMetrics::register(registry)?,
            connections: new.gauge(CONNECTIONS, "Open connections")?,
        })
    }

    /// Counts rejected events by their codes.
    pub(crate) fn rejected(&self, rejected: &[Rejection]) {
        for rejection in rejected {
            let labels = [rejection.code.as_str(), "true"];
            self.dropped.with_label_values(&labels).inc();
        }
    }

    /// Counts good events that were not acknowledged.
    pub(crate) fn lost(&self, events: usize, loss: Loss) {
        let counter = self.dropped.with_label_values(&[loss.reason(), "false"]);
        counter.inc_by(events as u64);
    }
}

struct Registering<'a>(&'a Registry);

impl Registering<'_> {
    fn keep<C: prometheus::core::Collector + Clone + 'static>(
        &self,
        collector: C,
    ) -> Result<C, prometheus::Error> {
        self.0.register(Box::new(collector.clone()))?;
        Ok(collector)
    }

    fn counter(&self, name: &str, help: &str) -> Result<IntCounter, prometheus::Error> {
        self.keep(IntCounter::new(name, help)?)
    }

    fn counters(
        &self,
        name: &str,
        help: &str,
        labels: &[&str],
    ) -> Result<IntCounterVec, prometheus::Error> {
        self.keep(IntCounterVec::new(Opts::new(name, help), labels)?)
    }

    fn gauge(&self, name: &str, help: &str) -> Result<IntGauge, prometheus::Error> {
        self.keep(IntGauge::new(name, help)?)
    }

    fn histogram(&self, name: &str, help: &str) -> Result<Histogram, prometheus::Error> {
        let options = HistogramOpts::new(name, help).buckets(BUCKETS.to_vec());
        self.keep(Histogram::with_opts(options)?)
    }

    fn histograms(
        &self,
        name: &str,
        help: &str,
        labels: &[&str],
    ) -> Result<HistogramVec, prometheus::Error> {
        let options = HistogramOpts::new(name, help).buckets(BUCKETS.to_vec());
        self.keep(HistogramVec::new(options, labels)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_types_and_labels_are_those_of_the_fixture() {
        let registry = Registry::new();
        let metrics = Metrics::register(&registry).unwrap();
        // A family without a labelled child is not gathered.
        metrics.requests.with_label_values(&["events", "202"]).inc();
        metrics
            .request_seconds
            .with_label_values(&["events"])
            .observe(0.1);
        metrics
            .problems
            .with_label_values(&["malformed_json"])
            .inc();
        metrics.accepted.with_label_values(&["events"]).inc();
        metrics.lost(1, Loss::ClientGone);
        metrics.late.with_label_values(&["delivered"]).inc();
        metrics.bulk_lines.with_label_values(&["stored"]).inc();
        let lines: Vec<String> = registry
            .gather()
            .iter()
            .map(|family| {
                let pairs = family.get_metric()[0].get_label();
                let labels: Vec<&str> = pairs.iter().map(|pair| pair.name()).collect();
                let kind = format!("{:?}", family.get_field_type()).to_lowercase();
                format!("{} {kind} {}", family.name(), labels.join(","))
            })
            .collect();
        let fixture = include_str!("../tests/fixtures/metrics.txt");
        let expected: Vec<&str> = fixture.lines().collect();
        assert_eq!(
            lines.iter().map(|line| line.trim()).collect::<Vec<_>>(),
            expected
        );
    }
}
