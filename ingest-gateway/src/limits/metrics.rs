//! Metrics of the limits; their names are pinned with those of the gateway.

use prometheus::{IntCounter, IntCounterVec, IntGaugeVec, Opts, Registry};

use super::standing::BucketKind;

/// Requests that found a bucket empty, by its kind.
pub const LIMITED: &str = "ingest_rate_limited_total";
/// Requests that were not limited because there was no place for another bucket, by its kind.
pub const OVERFLOW: &str = "ingest_rate_limit_overflow_total";
/// Buckets that are not full, by kind, after the last sweep.
pub const BUCKETS: &str = "ingest_rate_limit_buckets";

/// The metrics of the limits; clones share them.
#[derive(Debug, Clone)]
pub struct LimitMetrics {
    limited: [IntCounter; 3],
    overflow: [IntCounter; 3],
    buckets: IntGaugeVec,
}

impl LimitMetrics {
    /// Registers the metrics.
    ///
    /// # Errors
    /// When a name is taken.
    pub fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let labels = &["bucket"];
        let limited =
            IntCounterVec::new(Opts::new(LIMITED, "Requests refused by a limit"), labels)?;
        let overflow = Opts::new(OVERFLOW, "Requests that no bucket had a place for");
        let overflow = IntCounterVec::new(overflow, labels)?;
        let buckets = IntGaugeVec::new(Opts::new(BUCKETS, "Buckets in memory"), labels)?;
        registry.register(Box::new(limited.clone()))?;
        registry.register(Box::new(overflow.clone()))?;
        registry.register(Box::new(buckets.clone()))?;
        // Looked up once: the hot path must not.
        let each = |counters: &IntCounterVec| {
            BucketKind::ALL.map(|kind| counters.with_label_values(&[kind.as_str()]))
        };
        let metrics = Self {
            limited: each(&limited),
            overflow: each(&overflow),
            buckets,
        };
        for kind in BucketKind::ALL {
            metrics.show(kind, 0);
        }
        Ok(metrics)
    }

    pub(super) fn limited(&self, kind: BucketKind) -> &IntCounter {
        &self.limited[kind as usize]
    }

    pub(super) fn overflow(&self, kind: BucketKind) -> &IntCounter {
        &self.overflow[kind as usize]
    }

    pub(super) fn show(&self, kind: BucketKind, buckets: usize) {
        let buckets = i64::try_from(buckets).unwrap_or(i64::MAX);
        self.buckets
            .with_label_values(&[kind.as_str()])
            .set(buckets);
    }
}
