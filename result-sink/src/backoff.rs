//! Waits between attempts: they double, and are drawn at random below that, so that sinks that lost the same server do
//! not come back together.

use std::time::Duration;

/// First bound. Short: most failures are a connection that the server has closed.
const FIRST: Duration = Duration::from_millis(100);
/// Last bound: how late a sink may notice that the server is back.
const LAST: Duration = Duration::from_secs(3);

/// The waits of one series of attempts.
#[derive(Debug)]
pub(crate) struct Backoff {
    bound: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { bound: FIRST }
    }
}

impl Backoff {
    /// The next wait, for `share` drawn evenly from 0 to 1: between half the bound and the bound.
    fn next(&mut self, share: f64) -> Duration {
        let wait = self.bound.mul_f64(0.5 + 0.5 * share);
        self.bound = (self.bound * 2).min(LAST);
        wait
    }

    /// Waits before the next attempt.
    pub(crate) async fn wait(&mut self) {
        let wait = self.next(rand::random());
        tokio::time::sleep(wait).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_bound() {
        let mut backoff = Backoff::default();
        let longest: Vec<u128> = (0..8).map(|_| backoff.next(1.0).as_millis()).collect();
        assert_eq!(longest, [100, 200, 400, 800, 1600, 3000, 3000, 3000]);
        assert_eq!(backoff.next(0.0), Duration::from_millis(1500));
    }
}
