//! The counter beside a model that forgets nothing and computes every count anew.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use detector_worker::coordination::counter::{Bounds, Counted, Counter, Observation, Tally};
use detector_worker::coordination::policy::Rules;
use proptest::prelude::*;
use schemas::ids::SessionId;

use crate::session;

/// A day in a smaller world; the slack is as long.
const EXPIRY: i64 = 1000;
const BOUNDS: Bounds = Bounds {
    expiry_ms: EXPIRY,
    max_entries: 10_000,
    max_sessions: 1000,
};
const RULES: Rules = Rules {
    min_sessions: 3,
    many_sessions: 50,
};

/// One record: which fingerprint, which session, when.
#[derive(Debug, Clone, Copy)]
struct Step {
    group: usize,
    session: u32,
    observed_ms: i64,
}

const KEYS: [&str; 3] = ["acme/s/device/0", "acme/s/device/1", "acme//device/0"];

/// Records whose times go on, with some that lag behind.
fn log() -> impl Strategy<Value = Vec<Step>> {
    let step = (
        0..KEYS.len(),
        0u32..40,
        0i64..60,
        prop_oneof![4 => 0i64..20, 1 => 0i64..2500],
    );
    prop::collection::vec(step, 1..300).prop_map(|steps| {
        let mut now = 100_000;
        let record = |(group, session, wait, lag): (usize, u32, i64, i64)| {
            now += wait;
            Step {
                group,
                session,
                observed_ms: now - lag,
            }
        };
        steps.into_iter().map(record).collect()
    })
}

fn observe(counter: &mut Counter, offset: usize, step: Step) -> Counted {
    counter.observe(Observation {
        key: KEYS[step.group],
        session: session(step.session),
        observed_ms: step.observed_ms,
        offset: offset as i64,
    })
}

/// What the module's words say, written down literally.
#[derive(Default)]
struct Model {
    last_seen: HashMap<(usize, u32), i64>,
    stream_ms: i64,
}

impl Model {
    fn observe(&mut self, step: Step) -> Counted {
        self.stream_ms = self.stream_ms.max(step.observed_ms);
        let of_group = |(key, seen): (&(usize, u32), &i64)| (key.0 == step.group).then_some(*seen);
        let newest = self.last_seen.iter().filter_map(of_group).max();
        let newest = newest.unwrap_or(step.observed_ms).max(step.observed_ms);
        let oldest = (newest - EXPIRY).max(self.stream_ms - 2 * EXPIRY);
        if step.observed_ms < oldest {
            return Counted::Late;
        }
        let before = self.last_seen.get(&(step.group, step.session)).copied();
        let place = self.last_seen.entry((step.group, step.session));
        let seen = place.or_insert(step.observed_ms);
        *seen = step.observed_ms.max(*seen);
        if before.is_some_and(|before| before >= oldest) {
            return Counted::Known;
        }
        *seen = step.observed_ms;
        let live: Vec<i64> = self
            .last_seen
            .iter()
            .filter_map(of_group)
            .filter(|seen| *seen >= oldest)
            .collect();
        Counted::New(Tally {
            sessions: live.len() as u32,
            first_ms: *live.iter().min().unwrap(),
            last_ms: *live.iter().max().unwrap(),
        })
    }
}

/// Sessions that are told of a count, as the stage does it.
fn tell(counter: &mut Counter, step: Step, counted: Counted) -> Vec<(SessionId, u32)> {
    let Counted::New(Tally { sessions, .. }) = counted else {
        return Vec::new();
    };
    if sessions < RULES.min_sessions {
        return Vec::new();
    }
    let (key, id) = (KEYS[step.group], session(step.session));
    let told = if RULES.tells_all(sessions) {
        counter.tell_all(key, sessions)
    } else {
        counter.tell(key, id, sessions);
        vec![id]
    };
    told.into_iter().map(|id| (id, sessions)).collect()
}

/// The highest count that each session of each group was told: what a sink keeps.
type Kept = BTreeMap<(usize, SessionId), u32>;

fn keep(kept: &mut Kept, step: Step, told: Vec<(SessionId, u32)>) {
    for (id, sessions) in told {
        let stored = kept.entry((step.group, id)).or_default();
        *stored = sessions.max(*stored);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn within_the_bounds_every_count_is_exact(log in log()) {
        let (mut counter, mut model) = (Counter::new(BOUNDS), Model::default());
        for (offset, step) in log.into_iter().enumerate() {
            prop_assert_eq!(observe(&mut counter, offset, step), model.observe(step));
        }
        prop_assert_eq!(counter.take_evicted(), 0);
    }

    /// Killed anywhere: who takes over reads from the restart's offset, says nothing until it is where the other was, and
    /// then counts and tells as if nothing had happened.
    #[test]
    fn who_takes_over_counts_and_tells_as_if_nothing_had_happened(log in log(), cut in 0.0f64..1.0) {
        let cut = (log.len() as f64 * cut) as usize;
        let (mut whole, mut kept) = (Counter::new(BOUNDS), Kept::new());
        let mut restart = 0;
        let mut counts = Vec::new();
        for (offset, step) in log.iter().copied().enumerate() {
            if offset == cut {
                restart = whole.restart_offset().unwrap_or(cut as i64) as usize;
            }
            let counted = observe(&mut whole, offset, step);
            counts.push(counted);
            keep(&mut kept, step, tell(&mut whole, step, counted));
        }
        let (mut first, mut both) = (Counter::new(BOUNDS), Kept::new());
        for (offset, step) in log.iter().copied().enumerate().take(cut) {
            let counted = observe(&mut first, offset, step);
            keep(&mut both, step, tell(&mut first, step, counted));
        }
        let mut second = Counter::new(BOUNDS);
        for (offset, step) in log.iter().copied().enumerate().skip(restart) {
            let counted = observe(&mut second, offset, step);
            let told = tell(&mut second, step, counted);
            if offset >= cut {
                prop_assert_eq!(counted, counts[offset], "offset {} after a cut at {}", offset, cut);
                keep(&mut both, step, told);
            }
        }
        prop_assert_eq!(both, kept);
    }

    /// Delivered again, a record changes nothing that a sink keeps.
    #[test]
    fn a_record_that_comes_twice_changes_nothing(log in log()) {
        let (mut once, mut twice) = (Counter::new(BOUNDS), Counter::new(BOUNDS));
        let (mut kept_once, mut kept_twice) = (Kept::new(), Kept::new());
        for (offset, step) in log.into_iter().enumerate() {
            let counted = observe(&mut once, offset, step);
            keep(&mut kept_once, step, tell(&mut once, step, counted));
            for copy in 0..2 {
                let counted = observe(&mut twice, 2 * offset + copy, step);
                prop_assert!(copy == 0 || !matches!(counted, Counted::New(_)), "{:?}", counted);
                keep(&mut kept_twice, step, tell(&mut twice, step, counted));
            }
        }
        prop_assert_eq!(kept_once, kept_twice);
    }

    #[test]
    fn whatever_comes_the_bounds_hold(log in log(), max_entries in 1usize..30, max_sessions in 1usize..10) {
        let mut counter = Counter::new(Bounds { max_entries, max_sessions, ..BOUNDS });
        let mut remembered = BTreeSet::new();
        for (offset, step) in log.into_iter().enumerate() {
            remembered.insert((step.group, step.session));
            if let Counted::New(tally) = observe(&mut counter, offset, step) {
                prop_assert!(tally.sessions as usize <= max_sessions, "{:?}", tally);
            }
            prop_assert!(counter.entries() <= max_entries, "{} of {}", counter.entries(), max_entries);
        }
        if remembered.len() <= max_entries.min(max_sessions) {
            prop_assert_eq!(counter.take_evicted(), 0);
        }
    }
}

#[test]
fn beyond_the_bound_the_count_stands_still_and_only_new_sessions_are_told() {
    let bounds = Bounds {
        max_sessions: 8,
        ..BOUNDS
    };
    let mut counter = Counter::new(bounds);
    let mut told = Vec::new();
    for number in 0..40_u32 {
        let step = Step {
            group: 0,
            session: number,
            observed_ms: i64::from(number),
        };
        let counted = observe(&mut counter, number as usize, step);
        let told_now = tell(&mut counter, step, counted);
        told.push(told_now.len());
        if number >= 8 {
            assert_eq!(told_now, [(session(number), 8)]);
        }
    }
    assert_eq!(told[..9], [0, 0, 3, 4, 1, 6, 1, 8, 1]);
    assert_eq!(counter.entries(), 8);
}

#[test]
fn the_oldest_goes_first_and_is_counted() {
    let bounds = Bounds {
        max_entries: 2,
        ..BOUNDS
    };
    let mut counter = Counter::new(bounds);
    let step = |group, number| Step {
        group,
        session: number,
        observed_ms: 0,
    };
    for (offset, step) in [step(0, 1), step(1, 2), step(2, 3)].into_iter().enumerate() {
        observe(&mut counter, offset, step);
    }
    assert_eq!((counter.entries(), counter.take_evicted()), (2, 1));
    assert_eq!(observe(&mut counter, 3, step(1, 2)), Counted::Known);
    assert!(matches!(
        observe(&mut counter, 4, step(0, 1)),
        Counted::New(_)
    ));
}
