//! Metrics of the worker. Names are pinned by `tests/metrics.rs`.

use prometheus::{
    Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGaugeVec, Opts, Registry,
};

/// Records by outcome: every record ends in exactly one (INV-7).
pub(crate) const RECORDS: &str = "detector_records_total";
/// Records set aside, by reason.
pub(crate) const DEAD_LETTERS: &str = "detector_dead_letters_total";
/// Events folded.
pub(crate) const EVENTS: &str = "detector_events_folded_total";
/// Verdicts published, by phase.
pub(crate) const VERDICTS: &str = "detector_verdicts_total";
/// Windows in memory, by partition.
pub(crate) const OPEN_WINDOWS: &str = "detector_open_windows";
/// Time of scoring one window.
pub(crate) const SCORING_SECONDS: &str = "detector_scoring_duration_seconds";
/// Commits left out because too many windows without a first record are open.
pub(crate) const COMMITS_WITHHELD: &str = "detector_commits_withheld_total";

#[derive(Debug, Clone)]
pub(crate) struct Metrics {
    pub(crate) records: IntCounterVec,
    pub(crate) dead_letters: IntCounterVec,
    pub(crate) events: IntCounter,
    pub(crate) verdicts: IntCounterVec,
    pub(crate) open_windows: IntGaugeVec,
    pub(crate) scoring_seconds: Histogram,
    pub(crate) commits_withheld: IntCounter,
}

impl Metrics {
    pub(crate) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let microseconds = vec![5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 1e-2];
        let scoring =
            HistogramOpts::new(SCORING_SECONDS, "Time of scoring one window").buckets(microseconds);
        let metrics = Self {
            records: IntCounterVec::new(Opts::new(RECORDS, "Records by outcome"), &["outcome"])?,
            dead_letters: IntCounterVec::new(
                Opts::new(DEAD_LETTERS, "Records set aside"),
                &["reason"],
            )?,
            events: IntCounter::new(EVENTS, "Events folded")?,
            verdicts: IntCounterVec::new(Opts::new(VERDICTS, "Verdicts published"), &["phase"])?,
            open_windows: IntGaugeVec::new(
                Opts::new(OPEN_WINDOWS, "Windows in memory"),
                &["partition"],
            )?,
            scoring_seconds: Histogram::with_opts(scoring)?,
            commits_withheld: IntCounter::new(
                COMMITS_WITHHELD,
                "Commits left out, too many orphans",
            )?,
        };
        registry.register(Box::new(metrics.records.clone()))?;
        registry.register(Box::new(metrics.dead_letters.clone()))?;
        registry.register(Box::new(metrics.events.clone()))?;
        registry.register(Box::new(metrics.verdicts.clone()))?;
        registry.register(Box::new(metrics.open_windows.clone()))?;
        registry.register(Box::new(metrics.scoring_seconds.clone()))?;
        registry.register(Box::new(metrics.commits_withheld.clone()))?;
        Ok(metrics)
    }
}
