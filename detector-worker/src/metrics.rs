//! Metrics of the worker. Names are pinned by `tests/metrics.rs`.

use kafka::Partition;
use prometheus::core::Collector;
use prometheus::{
    Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
};
use schemas::verdict::{Phase, VerdictRecord};

use crate::assignment::Hold;
use crate::windows::{MemoryUse, Outcome};

/// Records by outcome: every record ends in exactly one (INV-7). `rebuilt` counts what is read once more
/// for a window whose stored row could not be used.
pub(crate) const RECORDS: &str = "detector_records_total";
/// Records set aside, by reason.
pub(crate) const DEAD_LETTERS: &str = "detector_dead_letters_total";
/// Events folded.
pub(crate) const EVENTS: &str = "detector_events_folded_total";
/// Verdicts published, by phase.
pub(crate) const VERDICTS: &str = "detector_verdicts_total";
/// Windows in memory, by partition.
pub(crate) const OPEN_WINDOWS: &str = "detector_open_windows";
/// Windows and remembered sessions in memory, by partition and form: `hot`, `packed`, `remembered`.
pub(crate) const WINDOW_FORMS: &str = "detector_windows";
/// Memory the windows take, by partition.
pub(crate) const WINDOW_BYTES: &str = "detector_window_bytes";
/// 1 while the worker waits because its windows take all the memory they may.
pub(crate) const MEMORY_FULL: &str = "detector_memory_full";
/// 1 while a partition waits, by partition and reason: `version`, `flood`.
pub(crate) const HELD: &str = "detector_partition_held";
/// Time of scoring one window.
pub(crate) const SCORING_SECONDS: &str = "detector_scoring_duration_seconds";

#[derive(Debug, Clone)]
pub(crate) struct Metrics {
    records: IntCounterVec,
    dead_letters: IntCounterVec,
    events: IntCounter,
    verdicts: IntCounterVec,
    open_windows: IntGaugeVec,
    forms: IntGaugeVec,
    bytes: IntGaugeVec,
    pub(crate) memory_full: IntGauge,
    held: IntGaugeVec,
    scoring_seconds: Histogram,
}

impl Metrics {
    pub(crate) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let scoring = vec![5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 1e-2];
        let counters = |name, help, label| IntCounterVec::new(Opts::new(name, help), &[label]);
        let gauges = |name, help, labels: &[&str]| IntGaugeVec::new(Opts::new(name, help), labels);
        let times = |name, help, buckets: &[f64]| {
            Histogram::with_opts(HistogramOpts::new(name, help).buckets(buckets.to_vec()))
        };
        let of = registry;
        #[rustfmt::skip]
        let metrics = Self {
            records: add(of, counters(RECORDS, "Records by outcome", "outcome"))?,
            dead_letters: add(of, counters(DEAD_LETTERS, "Records set aside", "reason"))?,
            events: add(of, IntCounter::new(EVENTS, "Events folded"))?,
            verdicts: add(of, counters(VERDICTS, "Verdicts published", "phase"))?,
            open_windows: add(of, gauges(OPEN_WINDOWS, "Windows in memory", &["partition"]))?,
            forms: add(of, gauges(WINDOW_FORMS, "Windows and remembered sessions", &["partition", "form"]))?,
            bytes: add(of, gauges(WINDOW_BYTES, "Memory of the windows", &["partition"]))?,
            memory_full: add(of, IntGauge::new(MEMORY_FULL, "Whether windows take all the memory they may"))?,
            held: add(of, gauges(HELD, "Whether a partition waits", &["partition", "reason"]))?,
            scoring_seconds: add(of, times(SCORING_SECONDS, "Time of scoring one window", &scoring))?,
        };
        Ok(metrics)
    }

    /// A record has come to its end.
    pub(crate) fn count(&self, outcome: Outcome, events: u64) {
        self.records.with_label_values(&[outcome.label()]).inc();
        if outcome != Outcome::Rebuilt {
            self.events.inc_by(events);
        }
    }

    /// A record has been set aside.
    pub(crate) fn dead_letter(&self, reason: &str) {
        self.records.with_label_values(&["dead_lettered"]).inc();
        self.dead_letters.with_label_values(&[reason]).inc();
    }

    /// A verdict is on its way.
    pub(crate) fn verdict(&self, record: &VerdictRecord) {
        let phase = match record.revision.phase {
            Phase::Running => "running",
            Phase::Requested => "requested",
            Phase::Final => "final",
        };
        self.verdicts.with_label_values(&[phase]).inc();
        if let Some(verdict) = &record.verdict {
            self.scoring_seconds
                .observe(verdict.processing_time_ms / 1e3);
        }
    }

    /// What a partition holds, and whether it waits.
    pub(crate) fn windows(&self, partition: Partition, memory: &MemoryUse, hold: Option<&Hold>) {
        let gauge = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        let partition = partition.to_string();
        let partition = partition.as_str();
        let open = gauge(memory.hot + memory.packed);
        self.open_windows.with_label_values(&[partition]).set(open);
        for (form, count) in [
            ("hot", memory.hot),
            ("packed", memory.packed),
            ("remembered", memory.remembered),
        ] {
            let labels = [partition, form];
            self.forms.with_label_values(&labels).set(gauge(count));
        }
        let bytes = gauge(memory.bytes);
        self.bytes.with_label_values(&[partition]).set(bytes);
        for reason in Hold::REASONS {
            let held = hold.is_some_and(|hold| hold.reason() == reason);
            let labels = [partition, reason];
            self.held.with_label_values(&labels).set(i64::from(held));
        }
    }

    /// Drops the gauges of a partition; one that was never set is none to drop.
    pub(crate) fn forget(&self, partition: Partition) {
        let partition = partition.to_string();
        let partition = partition.as_str();
        drop(self.open_windows.remove_label_values(&[partition]));
        drop(self.bytes.remove_label_values(&[partition]));
        for form in ["hot", "packed", "remembered"] {
            drop(self.forms.remove_label_values(&[partition, form]));
        }
        for reason in Hold::REASONS {
            drop(self.held.remove_label_values(&[partition, reason]));
        }
    }
}

fn add<C: Collector + Clone + 'static>(
    registry: &Registry,
    metric: Result<C, prometheus::Error>,
) -> Result<C, prometheus::Error> {
    let metric = metric?;
    registry.register(Box::new(metric.clone()))?;
    Ok(metric)
}
