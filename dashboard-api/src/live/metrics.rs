//! Metrics of the live feed. Names are pinned by a test; labels are from closed sets.

use prometheus::{
    Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
};
use schemas::live::SnapshotReason;

use crate::live::message::Kind;
use crate::live::watcher::{Closed, Transport};

/// Watchers that are connected, by transport.
pub(crate) const CLIENTS: &str = "dashboard_live_clients";
/// Most watchers that may be connected.
pub(crate) const CLIENTS_LIMIT: &str = "dashboard_live_clients_limit";
/// Connections that were not let in for want of room, by whose room.
pub(crate) const REFUSED: &str = "dashboard_live_refused_total";
/// Connections that have ended, by what ended them.
pub(crate) const CLOSED: &str = "dashboard_live_closed_total";
/// Messages made, by type.
pub(crate) const MESSAGES: &str = "dashboard_live_messages_total";
/// Messages sent to watchers, by transport.
pub(crate) const SENT: &str = "dashboard_live_sent_total";
/// Snapshots sent in place of messages, by reason.
pub(crate) const SNAPSHOTS: &str = "dashboard_live_snapshots_total";
/// Messages that were replayed to watchers who have returned.
pub(crate) const REPLAYED: &str = "dashboard_live_replayed_total";
/// Records that could not be told.
pub(crate) const UNREADABLE: &str = "dashboard_live_unreadable_total";
/// Bytes of the messages that are kept for watchers who return.
pub(crate) const KEPT_BYTES: &str = "dashboard_live_kept_bytes";
/// Time from reading a record to having handed its message to a watcher's connection.
pub(crate) const DELIVERY_SECONDS: &str = "dashboard_live_delivery_seconds";

/// The metrics of the feed.
#[derive(Debug, Clone)]
pub(crate) struct LiveMetrics {
    pub(crate) clients: IntGaugeVec,
    pub(crate) clients_limit: IntGauge,
    pub(crate) refused: IntCounterVec,
    pub(crate) closed: IntCounterVec,
    pub(crate) messages: IntCounterVec,
    pub(crate) sent: IntCounterVec,
    pub(crate) snapshots: IntCounterVec,
    pub(crate) replayed: IntCounter,
    pub(crate) unreadable: IntCounter,
    pub(crate) kept_bytes: IntGauge,
    pub(crate) delivery_seconds: Histogram,
}

const BUCKETS: [f64; 11] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 10.0,
];

impl LiveMetrics {
    /// Registers the metrics.
    pub(crate) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let counters = |name: &str, help: &str, label: &str| {
            IntCounterVec::new(Opts::new(name, help), &[label])
        };
        let by_transport = Opts::new(CLIENTS, "Watchers that are connected");
        let delivery =
            HistogramOpts::new(DELIVERY_SECONDS, "From a record to its message's sending");
        let metrics = Self {
            clients: IntGaugeVec::new(by_transport, &["transport"])?,
            clients_limit: IntGauge::new(CLIENTS_LIMIT, "Most watchers that may be connected")?,
            refused: counters(REFUSED, "Connections refused for want of room", "room")?,
            closed: counters(CLOSED, "Connections that have ended", "reason")?,
            messages: counters(MESSAGES, "Messages made", "type")?,
            sent: counters(SENT, "Messages sent to watchers", "transport")?,
            snapshots: counters(SNAPSHOTS, "Snapshots sent in place of messages", "reason")?,
            replayed: IntCounter::new(REPLAYED, "Messages replayed to watchers")?,
            unreadable: IntCounter::new(UNREADABLE, "Records that could not be told")?,
            kept_bytes: IntGauge::new(KEPT_BYTES, "Bytes of messages that are kept")?,
            delivery_seconds: Histogram::with_opts(delivery.buckets(BUCKETS.to_vec()))?,
        };
        metrics.begin_at_zero();
        metrics.register_all(registry)?;
        Ok(metrics)
    }

    /// Shows every label from the start: what never happened is 0, not absent.
    fn begin_at_zero(&self) {
        for transport in [Transport::Socket, Transport::Stream].map(Transport::as_str) {
            self.clients.with_label_values(&[transport]).set(0);
            self.sent.with_label_values(&[transport]).reset();
        }
        for room in ["process", "organisation"] {
            self.refused.with_label_values(&[room]).reset();
        }
        for closed in Closed::ALL.map(Closed::as_str) {
            self.closed.with_label_values(&[closed]).reset();
        }
        for kind in [Kind::SessionUpdated, Kind::AnalysisComplete, Kind::Finding] {
            self.messages.with_label_values(&[kind.as_str()]).reset();
        }
        for reason in SnapshotReason::ALL.map(SnapshotReason::as_str) {
            self.snapshots.with_label_values(&[reason]).reset();
        }
    }

    fn register_all(&self, registry: &Registry) -> Result<(), prometheus::Error> {
        registry.register(Box::new(self.clients.clone()))?;
        registry.register(Box::new(self.clients_limit.clone()))?;
        registry.register(Box::new(self.refused.clone()))?;
        registry.register(Box::new(self.closed.clone()))?;
        registry.register(Box::new(self.messages.clone()))?;
        registry.register(Box::new(self.sent.clone()))?;
        registry.register(Box::new(self.snapshots.clone()))?;
        registry.register(Box::new(self.replayed.clone()))?;
        registry.register(Box::new(self.unreadable.clone()))?;
        registry.register(Box::new(self.kept_bytes.clone()))?;
        registry.register(Box::new(self.delivery_seconds.clone()))
    }
}
