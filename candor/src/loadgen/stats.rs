//! Everything a run counts, and the summary and progress line made of it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use serde::Serialize;

use super::options::Options;

/// Upper bound of recorded latencies, microseconds: far above any timeout. A histogram with fixed bounds
/// clamps what is beyond them.
const LONGEST_MICROS: u64 = 3_600_000_000;

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// Creates a session.
    Create,
    /// Posts a batch; only these count for the latencies.
    Batch,
    /// Completes a session.
    Complete,
}

/// The result of a run, as printed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// Sessions the gateway created.
    pub sessions: u64,
    /// Of these, sessions it also completed.
    pub sessions_completed: u64,
    /// Sessions it would not create.
    pub sessions_failed: u64,
    /// Acknowledged batches.
    pub batches: u64,
    /// Events the gateway accepted.
    pub events: u64,
    /// Events it rejected, in acknowledged batches.
    pub events_rejected: u64,
    /// Rejected events by code.
    pub rejected_by: BTreeMap<String, u64>,
    /// Recorded events without a canonical form; never sent.
    pub events_dropped: u64,
    /// Answers with status 200 to 299.
    #[serde(rename = "2xx")]
    pub answers_2xx: u64,
    /// Requests that were given up.
    pub errors: u64,
    /// Given-up requests by status (0: no answer) and problem code.
    pub errors_by: BTreeMap<String, u64>,
    /// Requests sent again.
    pub retries: u64,
    /// Why requests were sent again, by status and problem code.
    pub retries_by: BTreeMap<String, u64>,
    /// Input lines and files that could not be read.
    pub bad_lines: u64,
    /// From sending a batch to its acknowledgement, milliseconds; repeats are timed on their own.
    pub latency_ms: Latency,
    /// Accepted events per second of the whole run.
    pub events_per_second: f64,
    /// Length of the run.
    pub duration_seconds: f64,
    /// Seed of the simulated sessions.
    pub seed: u64,
}

/// Quantiles of a duration, milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Latency {
    /// Half of the batches were faster.
    pub p50: f64,
    /// 95 of 100 were faster.
    pub p95: f64,
    /// 99 of 100 were faster.
    pub p99: f64,
    /// The slowest.
    pub max: f64,
}

/// Counters of a run in progress.
#[derive(Debug)]
pub(super) struct Stats {
    started: Instant,
    seed: u64,
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    sessions: u64,
    completed: u64,
    sessions_failed: u64,
    batches: u64,
    events: u64,
    rejected: BTreeMap<String, u64>,
    dropped: u64,
    answered: u64,
    errors: BTreeMap<String, u64>,
    retries: BTreeMap<String, u64>,
    bad_lines: u64,
    /// Microseconds; absent until the first batch.
    latency: Option<Histogram<u64>>,
}

impl Stats {
    pub(super) fn new(options: &Options) -> Self {
        Self {
            started: Instant::now(),
            seed: options.seed,
            counts: Mutex::new(Counts::default()),
        }
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        // A panic elsewhere does not make counters wrong.
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn answered(&self, what: What, took: Duration) {
        let mut counts = self.counts();
        counts.answered += 1;
        match what {
            What::Create => counts.sessions += 1,
            What::Complete => counts.completed += 1,
            What::Batch => {
                counts.batches += 1;
                let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
                if counts.latency.is_none() {
                    counts.latency = Histogram::new_with_bounds(1, LONGEST_MICROS, 3).ok();
                }
                if let Some(latency) = &mut counts.latency {
                    latency.saturating_record(micros);
                }
            }
        }
    }

    pub(super) fn accepted(&self, events: u64) {
        self.counts().events += events;
    }

    pub(super) fn rejected(&self, code: &str) {
        *self.counts().rejected.entry(code.to_owned()).or_default() += 1;
    }

    pub(super) fn dropped(&self, events: u64) {
        self.counts().dropped += events;
    }

    pub(super) fn session_failed(&self) {
        self.counts().sessions_failed += 1;
    }

    pub(super) fn failed(&self, reason: &str) {
        *self.counts().errors.entry(reason.to_owned()).or_default() += 1;
    }

    pub(super) fn repeated(&self, reason: &str) {
        *self.counts().retries.entry(reason.to_owned()).or_default() += 1;
    }

    pub(super) fn bad_line(&self) {
        self.counts().bad_lines += 1;
    }

    /// A line about now, and the events so far. `since` is the time since `last_events` were counted.
    pub(super) fn progress(&self, last_events: u64, since: Duration) -> (String, u64) {
        let counts = self.counts();
        let rate = per_second(counts.events.saturating_sub(last_events), since);
        let line = format!(
            "{:>5.0} s  {} sessions  {} batches  {} events  {rate:.0} events/s  p99 {:.1} ms  {} retries  {} errors",
            self.started.elapsed().as_secs_f64(),
            counts.sessions,
            counts.batches,
            counts.events,
            counts.latency().p99,
            counts.retries.values().sum::<u64>(),
            counts.errors.values().sum::<u64>(),
        );
        (line, counts.events)
    }

    pub(super) fn summary(&self) -> Summary {
        let elapsed = self.started.elapsed();
        let counts = self.counts();
        Summary {
            sessions: counts.sessions,
            sessions_completed: counts.completed,
            sessions_failed: counts.sessions_failed,
            batches: counts.batches,
            events: counts.events,
            events_rejected: counts.rejected.values().sum(),
            rejected_by: counts.rejected.clone(),
            events_dropped: counts.dropped,
            answers_2xx: counts.answered,
            errors: counts.errors.values().sum(),
            errors_by: counts.errors.clone(),
            retries: counts.retries.values().sum(),
            retries_by: counts.retries.clone(),
            bad_lines: counts.bad_lines,
            latency_ms: counts.latency(),
            events_per_second: per_second(counts.events, elapsed),
            duration_seconds: elapsed.as_secs_f64(),
            seed: self.seed,
        }
    }
}

impl Counts {
    fn latency(&self) -> Latency {
        let Some(latency) = &self.latency else {
            return Latency::default();
        };
        let millis = |micros: u64| Duration::from_micros(micros).as_secs_f64() * 1000.0;
        Latency {
            p50: millis(latency.value_at_quantile(0.5)),
            p95: millis(latency.value_at_quantile(0.95)),
            p99: millis(latency.value_at_quantile(0.99)),
            max: millis(latency.max()),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a rate for people to read")]
fn per_second(events: u64, over: Duration) -> f64 {
    events as f64 / over.as_secs_f64().max(1e-9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latencies_are_those_of_the_batches() {
        let stats = Stats::new(&Options::new("http://x", "k"));
        stats.answered(What::Create, Duration::from_secs(9));
        for millis in 1..=100 {
            stats.answered(What::Batch, Duration::from_millis(millis));
        }
        let latency = stats.summary().latency_ms;
        let near = |measured: f64, wanted: f64| (measured - wanted).abs() < wanted / 500.0;
        assert!(
            near(latency.p50, 50.0) && near(latency.p95, 95.0),
            "{latency:?}"
        );
        assert!(
            near(latency.p99, 99.0) && near(latency.max, 100.0),
            "{latency:?}"
        );
    }
}
