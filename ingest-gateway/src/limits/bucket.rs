//! Token buckets of one kind, one per key, in bounded memory.
//!
//! `governor` does the arithmetic: a bucket is one 64-bit number, taken from and refilled by one
//! compare-and-swap, against a clock that only goes forward. This file adds the bound. A new bucket
//! needs a place; when there is none the request passes without one and is counted, because refusing
//! everybody who has not been seen before would be the outage that a flood of addresses is after.
//!
//! A bucket that is full again is no different from none, so a sweep forgets it. What this file does not
//! do is decide who has which limit, or what a refusal looks like.

use std::hash::{Hash, RandomState};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::StateInformationMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::{DashMapStateStore, ShrinkableKeyedStateStore};
use governor::state::{NotKeyed, StateStore};
use governor::{Quota, RateLimiter};
use prometheus::IntCounter;
use schemas::control::RateLimit;
use tokio::sync::Notify;

/// What a bucket says to one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    /// The request may go on; so many more may follow at once.
    Remaining(u32),
    /// It may not before this time has passed.
    Wait(Duration),
}

/// The states of all buckets of a kind, never more than `most`.
#[derive(Debug)]
struct BoundedStore<K: Hash + Eq + Clone> {
    states: DashMapStateStore<K, RandomState>,
    /// How many there are. Counting the map would take every lock of it; this is put right by each sweep.
    count: AtomicUsize,
    room: Room,
}

impl<K: Hash + Eq + Clone> StateStore for BoundedStore<K> {
    type Key = K;

    fn measure_and_replace<T, F, E>(&self, key: &K, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        if let Some(state) = self.states.get(key) {
            return state.measure_and_replace(&NotKeyed::NonKey, measure);
        }
        if self.count.load(Ordering::Relaxed) >= self.room.most {
            self.room.overflow.inc();
            self.room.sweep_wanted.notify_one();
            return measure(None).map(|(taken, _)| taken);
        }
        self.count.fetch_add(1, Ordering::Relaxed);
        self.states.measure_and_replace(key, measure)
    }
}

impl<K: Hash + Eq + Clone> ShrinkableKeyedStateStore<K> for BoundedStore<K> {
    fn retain_recent(&self, drop_below: Nanos) {
        self.states.retain_recent(drop_below);
        self.count.store(self.states.len(), Ordering::Relaxed);
    }

    fn shrink_to_fit(&self) {
        self.states.shrink_to_fit();
    }

    fn len(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Buckets of one limit, by their keys.
#[derive(Debug)]
pub(super) struct Buckets<K: Hash + Eq + Clone, C: Clock> {
    limiter: RateLimiter<K, BoundedStore<K>, C, StateInformationMiddleware>,
}

/// How many buckets there may be, and what happens when a request finds no place for one.
#[derive(Debug, Clone)]
pub(super) struct Room {
    pub(super) most: usize,
    /// Counts those requests.
    pub(super) overflow: IntCounter,
    /// Wakes the sweeper.
    pub(super) sweep_wanted: Arc<Notify>,
}

/// More requests a second than this are no limit, and the time between two of them is below the clock's
/// resolution.
pub(super) const MOST_PER_SECOND: u32 = 1_000_000;

impl<K: Hash + Eq + Clone, C: Clock> Buckets<K, C> {
    pub(super) fn new(limit: RateLimit, room: Room, clock: C) -> Self {
        let ceiling = NonZeroU32::new(MOST_PER_SECOND).unwrap_or(NonZeroU32::MAX);
        let per_second = limit.per_second.min(ceiling);
        let quota = Quota::per_second(per_second).allow_burst(limit.burst);
        let store = BoundedStore {
            states: DashMapStateStore::default(),
            count: AtomicUsize::new(0),
            room,
        };
        Self {
            limiter: RateLimiter::new(quota, store, clock),
        }
    }

    /// Takes one token of the bucket of `key`.
    pub(super) fn take(&self, key: &K) -> Taken {
        match self.limiter.check_key(key) {
            Ok(state) => Taken::Remaining(state.remaining_burst_capacity()),
            Err(refusal) => Taken::Wait(refusal.wait_time_from(self.limiter.clock().now())),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.limiter.len()
    }

    /// Forgets the buckets that are full again, and gives memory back when most of it is not used.
    pub(super) fn sweep(&self) {
        let before = self.len();
        self.limiter.retain_recent();
        if self.len() < before / 4 {
            self.limiter.shrink_to_fit();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use governor::clock::FakeRelativeClock;

    fn limit(per_second: u32, burst: u32) -> RateLimit {
        RateLimit {
            per_second: NonZeroU32::new(per_second).unwrap(),
            burst: NonZeroU32::new(burst).unwrap(),
        }
    }

    fn buckets(
        limit: RateLimit,
        most: usize,
        clock: &FakeRelativeClock,
    ) -> Buckets<u64, FakeRelativeClock> {
        let overflow = IntCounter::new("overflow", "without a place").unwrap();
        let room = Room {
            most,
            overflow,
            sweep_wanted: Arc::default(),
        };
        Buckets::new(limit, room, clock.clone())
    }

    #[test]
    fn a_burst_passes_then_the_rate_holds() {
        let clock = FakeRelativeClock::default();
        let buckets = buckets(limit(2, 3), 10, &clock);
        let taken: Vec<Taken> = (0..4).map(|_| buckets.take(&1)).collect();
        let half = Duration::from_millis(500);
        let expected = [
            Taken::Remaining(2),
            Taken::Remaining(1),
            Taken::Remaining(0),
            Taken::Wait(half),
        ];
        assert_eq!(taken, expected);
        clock.advance(half);
        assert_eq!(buckets.take(&1), Taken::Remaining(0));
        assert_eq!(buckets.take(&1), Taken::Wait(half));
        assert_eq!(
            buckets.take(&2),
            Taken::Remaining(2),
            "another key has its own"
        );
    }

    #[test]
    fn beyond_the_bound_requests_pass_and_are_counted() {
        let clock = FakeRelativeClock::default();
        let buckets = buckets(limit(1, 1), 100, &clock);
        for key in 0..100 {
            assert_eq!(buckets.take(&key), Taken::Remaining(0));
        }
        for _ in 0..3 {
            assert_eq!(
                buckets.take(&1000),
                Taken::Remaining(0),
                "no place, no limit"
            );
        }
        assert_eq!(buckets.limiter.len(), 100);
        assert!(
            matches!(buckets.take(&7), Taken::Wait(_)),
            "those with a place keep theirs"
        );
        clock.advance(Duration::from_secs(2));
        buckets.sweep();
        assert_eq!(buckets.len(), 0);
        assert_eq!(buckets.take(&1000), Taken::Remaining(0));
        assert!(
            matches!(buckets.take(&1000), Taken::Wait(_)),
            "now it has a place"
        );
    }

    #[test]
    fn a_sweep_keeps_what_is_not_full_again() {
        let clock = FakeRelativeClock::default();
        let buckets = buckets(limit(1, 10), 100, &clock);
        for _ in 0..10 {
            buckets.take(&1);
        }
        buckets.take(&2);
        clock.advance(Duration::from_secs(5));
        buckets.sweep();
        assert_eq!(buckets.len(), 1);
        assert_eq!(buckets.take(&1), Taken::Remaining(4));
    }

    #[test]
    fn a_limit_beyond_the_clocks_resolution_still_limits_the_burst() {
        let clock = FakeRelativeClock::default();
        let buckets = buckets(limit(u32::MAX, 2), 10, &clock);
        let taken: Vec<Taken> = (0..3).map(|_| buckets.take(&1)).collect();
        assert!(matches!(taken[2], Taken::Wait(_)), "{taken:?}");
    }
}
