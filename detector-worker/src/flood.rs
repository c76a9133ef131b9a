//! The flood rule: when most of what comes is poison, from many sessions, the deployment is bad and not
//! the data, and setting everything aside would only move the damage.
//!
//! A partition pauses when more than half of the records of the last 60 s (broker time) are poison and
//! they come from at least 100 sessions; one client alone, however busy, can never reach that. Records
//! that wait are not lost: they stay in the topic, uncommitted.

use std::collections::{HashMap, VecDeque};

/// How far the rule looks back, seconds of broker time.
const WINDOW_SECONDS: i64 = 60;
/// Sessions from which poison must come.
const SESSIONS: usize = 100;
/// Most sessions that are remembered; beyond it the oldest second's are forgotten early.
const REMEMBERED: usize = 10_000;

/// Whether a partition is flooded.
#[derive(Debug, Default)]
pub(crate) struct FloodGauge {
    /// Second, records, poison among them; oldest first.
    seconds: VecDeque<(i64, u64, u64)>,
    records: u64,
    poison: u64,
    /// Sessions with poison, by a hash of the key, and the second of their last.
    sessions: HashMap<u64, i64>,
}

impl FloodGauge {
    /// A good record of that broker time.
    pub(crate) fn good(&mut self, broker_ms: i64) {
        self.count(broker_ms, 0);
    }

    /// A poison record with that key; whether the partition is flooded now.
    pub(crate) fn poison(&mut self, broker_ms: i64, key: &[u8]) -> bool {
        let second = self.count(broker_ms, 1);
        if self.sessions.len() < REMEMBERED {
            self.sessions.insert(hash(key), second);
        }
        if self.poison * 2 <= self.records || self.sessions.len() < SESSIONS {
            return false;
        }
        self.sessions
            .retain(|_, last| *last > second - WINDOW_SECONDS);
        self.sessions.len() >= SESSIONS
    }

    /// Counts one record and forgets what is too old; the second it was counted under.
    fn count(&mut self, broker_ms: i64, poison: u64) -> i64 {
        // Broker time may step back a little between leaders; such records count as the newest second.
        let newest = self.seconds.back().map_or(i64::MIN, |second| second.0);
        let second = broker_ms.div_euclid(1000).max(newest);
        if second > newest {
            self.seconds.push_back((second, 0, 0));
        }
        if let Some(counts) = self.seconds.back_mut() {
            counts.1 += 1;
            counts.2 += poison;
        }
        self.records += 1;
        self.poison += poison;
        while let Some((oldest, records, poison)) = self.seconds.front().copied() {
            if oldest > second - WINDOW_SECONDS {
                break;
            }
            self.records -= records;
            self.poison -= poison;
            self.seconds.pop_front();
        }
        second
    }
}

/// FNV-1a, 64 bits (Fowler, Noll, Vo).
fn hash(key: &[u8]) -> u64 {
    key.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(session: u64) -> [u8; 8] {
        session.to_le_bytes()
    }

    #[test]
    fn one_client_can_never_stop_a_partition() {
        let mut gauge = FloodGauge::default();
        assert!((0..100_000).all(|number| !gauge.poison(number, &key(1))));
    }

    #[test]
    fn poison_of_a_hundred_sessions_is_a_flood_once_it_is_the_greater_part() {
        let mut gauge = FloodGauge::default();
        (0..150).for_each(|number| gauge.good(number));
        let first = (0..200).find(|session| gauge.poison(1000 + *session as i64, &key(*session)));
        assert_eq!(first, Some(150), "the 151st of 301 records");
    }

    #[test]
    fn poison_spread_over_more_than_a_minute_is_no_flood() {
        let mut gauge = FloodGauge::default();
        assert!((0..1000).all(|session| !gauge.poison(session as i64 * 700, &key(session))));
    }

    proptest! {
        /// Beside the rule written down literally.
        #[test]
        fn the_gauge_follows_the_rule(steps in prop::collection::vec((0i64..2000, 0u64..160, prop::bool::weighted(0.7)), 1..600)) {
            let mut gauge = FloodGauge::default();
            let (mut seen, mut now) = (Vec::new(), 0);
            for (wait, session, poison) in steps {
                now += wait;
                seen.push((now / 1000, session, poison));
                let recent: Vec<_> = seen.iter().filter(|(second, ..)| *second > now / 1000 - WINDOW_SECONDS).collect();
                let bad: Vec<u64> = recent.iter().filter(|(.., poison)| *poison).map(|(_, session, _)| *session).collect();
                let distinct = bad.iter().collect::<std::collections::HashSet<_>>().len();
                let expected = poison && bad.len() * 2 > recent.len() && distinct >= SESSIONS;
                let found = if poison { gauge.poison(now, &key(session)) } else { gauge.good(now); false };
                prop_assert_eq!(found, expected);
            }
        }
    }
}
