//! How long one judgement takes, and folding an event: `Window::verdict` and `Window::fold` over generated sessions, in
//! this process.
//!
//! Every session is folded batch by batch and judged after each, as the worker does: short windows and
//! full ones, people and bots, with few findings and with many.

use std::time::{Duration, Instant};

use anyhow::ensure;
use clap::Args;
use detection::{Ruleset, Window};
use hdrhistogram::Histogram;
use schemas::batch::BatchRecord;

use super::pool::{Form, Pool};

/// Options of the scoring.
#[derive(Debug, Args)]
pub(crate) struct ScoringOptions {
    /// Sessions that are judged
    #[arg(long, default_value_t = 2000)]
    scored: usize,
}

/// Measures and returns the report.
pub(crate) fn run(options: &ScoringOptions) -> anyhow::Result<String> {
    let pool = Pool::build(options.scored, super::BATCH, Form::Canonical)?;
    let ruleset = Ruleset::default();
    let mut nanos = Histogram::<u64>::new(3)?;
    let mut reasons = 0;
    let (mut folding, mut events) = (Duration::ZERO, 0u64);
    // The first pass warms caches and branch predictors.
    for pass in 0..2 {
        for index in 0..pool.len() {
            let mut window = Window::new();
            for (sequence, batch) in pool.recording(index).iter().enumerate() {
                let value = batch.value("b", "w", sequence);
                let batch = BatchRecord::decode(&value)?;
                let begun = Instant::now();
                std::hint::black_box(&mut window).fold(&batch);
                let folded = begun.elapsed();
                let begun = Instant::now();
                let verdict = std::hint::black_box(&window).verdict(&ruleset);
                let taken = begun.elapsed();
                reasons += std::hint::black_box(verdict).reasons.len();
                if pass == 1 {
                    folding += folded;
                    events += batch.len() as u64;
                    nanos.record(u64::try_from(taken.as_nanos())?)?;
                }
            }
        }
    }
    ensure!(reasons > 0, "no session had a finding");
    #[expect(clippy::cast_precision_loss, reason = "nanoseconds of microseconds")]
    let micros = |value: u64| value as f64 / 1000.0;
    let quantile = |share| micros(nanos.value_at_quantile(share));
    Ok(format!(
        "\n**Scoring one window**: {} judgements of {} simulated sessions; folding takes {:.0} ns an event\n\n| mean µs | p50 µs | p99 µs | p99.9 µs | max µs |\n|---:|---:|---:|---:|---:|\n| {:.1} | {:.1} | {:.1} | {:.1} | {:.1} |\n",
        nanos.len(),
        pool.len(),
        folding.as_secs_f64() * 1e9 / events.max(1) as f64,
        nanos.mean() / 1000.0,
        quantile(0.5),
        quantile(0.99),
        quantile(0.999),
        micros(nanos.max()),
    ))
}
