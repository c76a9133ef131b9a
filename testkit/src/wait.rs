//! Waiting for something to become true, with a deadline and the last thing seen.

use std::fmt::Debug;
use std::time::{Duration, Instant};

/// How often is looked again: short beside any service, long beside a look.
const INTERVAL: Duration = Duration::from_millis(20);

/// What one look says: either the value waited for, or what was there instead.
pub trait Observation {
    /// What is waited for.
    type Value;

    /// The value, or a description of what was seen instead.
    ///
    /// # Errors
    /// The description, for the panic at the deadline.
    fn judge(self) -> Result<Self::Value, String>;
}

impl<T> Observation for Option<T> {
    type Value = T;

    fn judge(self) -> Result<T, String> {
        self.ok_or_else(|| "nothing".to_owned())
    }
}

impl<T, Seen: Debug> Observation for Result<T, Seen> {
    type Value = T;

    fn judge(self) -> Result<T, String> {
        self.map_err(|seen| format!("{seen:?}"))
    }
}

/// Looks again and again until `look` has the value, and returns it.
///
/// `look` gives an `Option`, or better a `Result` whose error says what was seen instead.
///
/// # Panics
/// After `deadline`, with `what` and what was seen last. A single look that hangs counts too.
#[track_caller]
pub fn wait_until<Look, Seen>(
    what: &str,
    deadline: Duration,
    mut look: Look,
) -> impl Future<Output = Seen::Value>
where
    Look: AsyncFnMut() -> Seen,
    Seen: Observation,
{
    let caller = std::panic::Location::caller();
    async move {
        let begun = Instant::now();
        let mut last = "nothing; not a single look has ended".to_owned();
        loop {
            let remaining = deadline.saturating_sub(begun.elapsed());
            if let Ok(seen) = tokio::time::timeout(remaining, look()).await {
                match seen.judge() {
                    Ok(value) => return value,
                    Err(seen) => last = seen,
                }
            }
            if begun.elapsed() >= deadline {
                panic!("no {what} within {deadline:?} (waited for at {caller}); seen: {last}");
            }
            tokio::time::sleep(INTERVAL).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_wait_returns_the_first_value() {
        let mut looks = 0;
        let value = wait_until("third look", Duration::from_secs(5), async || {
            looks += 1;
            (looks == 3).then_some(looks)
        });
        assert_eq!(value.await, 3);
    }

    #[tokio::test]
    #[should_panic(expected = "no full table within 50ms")]
    async fn a_wait_that_fails_names_what_was_waited_for() {
        let look = async || Err::<(), _>("7 rows");
        wait_until("full table", Duration::from_millis(50), look).await;
    }

    #[tokio::test]
    #[should_panic(expected = "seen: \"7 rows\"")]
    async fn a_wait_that_fails_names_what_was_seen_even_if_the_next_look_hangs() {
        let mut looks = 0;
        let look = async || {
            looks += 1;
            if looks > 1 {
                std::future::pending::<()>().await;
            }
            Err::<(), _>("7 rows")
        };
        wait_until("full table", Duration::from_millis(80), look).await;
    }
}
