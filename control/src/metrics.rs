//! Metrics of the reader of the control topic. Names are pinned by a test.

use std::time::{SystemTime, UNIX_EPOCH};

use kafka::metrics::MetricsError;
use prometheus::{Gauge, IntCounter, IntCounterVec, IntGaugeVec, Opts, Registry};

use crate::state::Counts;

/// Records that hold, by kind.
pub const RECORDS: &str = "control_records";
/// Records that could not be read, by kind of the problem.
pub const UNREADABLE: &str = "control_unreadable_records_total";
/// When everything in the topic was last known to be read, seconds since 1970.
pub const LAST_READ: &str = "control_last_read_timestamp_seconds";
/// How often the topic was read from its beginning.
pub const READS: &str = "control_reads_from_beginning_total";

/// The metrics of one reader.
#[derive(Debug, Clone)]
pub(crate) struct Metrics {
    records: IntGaugeVec,
    pub(crate) unreadable: IntCounterVec,
    last_read: Gauge,
    pub(crate) reads: IntCounter,
}

impl Metrics {
    pub(crate) fn register(registry: &Registry) -> Result<Self, MetricsError> {
        let metrics = Self {
            records: IntGaugeVec::new(
                Opts::new(RECORDS, "Records of the control topic that hold"),
                &["kind"],
            )?,
            unreadable: IntCounterVec::new(
                Opts::new(
                    UNREADABLE,
                    "Records of the control topic that cannot be read",
                ),
                &["problem"],
            )?,
            last_read: Gauge::new(
                LAST_READ,
                "When the control topic was last known to be read",
            )?,
            reads: IntCounter::new(READS, "Times the control topic was read from its beginning")?,
        };
        registry.register(Box::new(metrics.records.clone()))?;
        registry.register(Box::new(metrics.unreadable.clone()))?;
        registry.register(Box::new(metrics.last_read.clone()))?;
        registry.register(Box::new(metrics.reads.clone()))?;
        for problem in [
            "unknown_key",
            "bad_value",
            "key_mismatch",
            "contents_changed",
        ] {
            metrics.unreadable.with_label_values(&[problem]);
        }
        Ok(metrics)
    }

    pub(crate) fn read_to_end(&self) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        self.last_read.set(now.unwrap_or_default().as_secs_f64());
    }

    pub(crate) fn show(&self, counts: Counts) {
        let kinds = [
            ("api_key", counts.api_keys),
            ("organisation", counts.organisations),
            ("survey", counts.surveys),
            ("integration", counts.integrations),
            ("agent", counts.agents),
            ("ruleset", counts.rulesets),
            ("model", counts.models),
            ("experiment", counts.experiments),
        ];
        for (kind, count) in kinds {
            let count = i64::try_from(count).unwrap_or(i64::MAX);
            self.records.with_label_values(&[kind]).set(count);
        }
    }
}
