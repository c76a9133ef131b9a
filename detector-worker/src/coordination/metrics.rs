//! Metrics of the second stage. Names are pinned by `tests/metrics.rs`.

use prometheus::{IntCounter, IntCounterVec, IntGaugeVec, Opts, Registry};

/// Fingerprint records by outcome: every record ends in exactly one (INV-7).
pub(crate) const RECORDS: &str = "detector_coordination_records_total";
/// Records set aside, by reason.
pub(crate) const DEAD_LETTERS: &str = "detector_coordination_dead_letters_total";
/// Findings published, by kind of fingerprint.
pub(crate) const FINDINGS: &str = "detector_coordination_findings_total";
/// Sessions in memory, by partition of the fingerprints topic.
pub(crate) const ENTRIES: &str = "detector_coordination_entries";
/// Sessions forgotten before their time because of the bound.
pub(crate) const EVICTED: &str = "detector_coordination_evicted_total";

#[derive(Debug, Clone)]
pub(crate) struct Metrics {
    pub(crate) records: IntCounterVec,
    pub(crate) dead_letters: IntCounterVec,
    pub(crate) findings: IntCounterVec,
    pub(crate) entries: IntGaugeVec,
    pub(crate) evicted: IntCounter,
}

impl Metrics {
    pub(crate) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let counter = |name: &str, help: &str, label: &str| {
            let counter = IntCounterVec::new(Opts::new(name, help), &[label])?;
            registry.register(Box::new(counter.clone()))?;
            Ok::<_, prometheus::Error>(counter)
        };
        let entries = Opts::new(ENTRIES, "Sessions in memory");
        let metrics = Self {
            records: counter(RECORDS, "Fingerprint records by outcome", "outcome")?,
            dead_letters: counter(DEAD_LETTERS, "Fingerprint records set aside", "reason")?,
            findings: counter(FINDINGS, "Findings published", "kind")?,
            entries: IntGaugeVec::new(entries, &["partition"])?,
            evicted: IntCounter::new(EVICTED, "Sessions forgotten early, too many")?,
        };
        registry.register(Box::new(metrics.entries.clone()))?;
        registry.register(Box::new(metrics.evicted.clone()))?;
        Ok(metrics)
    }
}
