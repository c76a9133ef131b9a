//! Times of requests, messages and batches, and their quantiles.

use std::time::Duration;

use hdrhistogram::Histogram;

/// Times of one kind, to three digits.
#[derive(Debug, Clone)]
pub(crate) struct Times(Histogram<u64>);

impl Times {
    pub(crate) fn new() -> anyhow::Result<Self> {
        Ok(Self(Histogram::new(3)?))
    }

    pub(crate) fn add(&mut self, time: Duration) -> anyhow::Result<()> {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        Ok(self.0.record(micros)?)
    }

    pub(crate) fn add_all(&mut self, other: &Self) -> anyhow::Result<()> {
        Ok(self.0.add(&other.0)?)
    }

    pub(crate) fn count(&self) -> u64 {
        self.0.len()
    }

    /// Milliseconds below which this share of the times lies.
    pub(crate) fn at(&self, share: f64) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "microseconds of seconds")]
        let micros = self.0.value_at_quantile(share) as f64;
        micros / 1000.0
    }
}
