//! What holds for every simulated session, whatever its kind.

use std::collections::BTreeSet;

use generators::{Generator, Kind, Mix};
use proptest::prelude::*;
use schemas::batch::{BatchLimits, BatchRecord, scan_request};
use schemas::event::EventLimits;
use schemas::recording::Recording;

const LIMITS: BatchLimits = BatchLimits {
    max_events: 100_000,
    events: EventLimits::NONE,
};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_event_passes_the_allow_list_in_order_of_time(seed: u64, index in 0u64..1_000_000, kind in prop::sample::select(Kind::ALL.to_vec())) {
        let session = Generator::new(seed, Mix::only(kind)).session(index);
        prop_assert_eq!(session.kind, kind);
        let recording = session.to_recording().unwrap();
        prop_assert!(recording.dropped.is_empty(), "dropped {:?}", recording.dropped);
        prop_assert_eq!(recording.events.len(), session.events.len());
        prop_assert_eq!(recording.label.as_deref(), Some(kind.label().as_str()));
        prop_assert_eq!(recording.kind.as_deref(), Some(kind.as_str()));
        let body = Recording::batch_json(&recording.events, 1_790_000_000_000);
        let batch = scan_request(&body, &LIMITS).unwrap();
        prop_assert_eq!(&batch.rejected, &[]);
        prop_assert_eq!((batch.accepted, batch.unknown_types), (session.events.len(), 0));
        let value = batch.encode("b");
        let record = BatchRecord::decode(&value).unwrap();
        let times: Vec<i64> = record.events().map(|event| event.at.0).collect();
        prop_assert!(times.is_sorted());
        prop_assert!(times[0] >= 1_790_000_000_000_000);
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes(seed: u64, index in 0u64..1_000_000) {
        let line = |seed| Generator::new(seed, Mix::default()).session(index).to_line();
        prop_assert_eq!(line(seed), line(seed));
        prop_assert_ne!(line(seed), line(seed.wrapping_add(1)));
    }
}

/// Every member that is written reaches the canonical form: a member the table does not know would be
/// lost without a word.
#[test]
fn no_member_of_an_event_is_lost_on_the_way() {
    for kind in Kind::ALL {
        let session = Generator::new(11, Mix::only(kind)).session(0);
        let recording = session.to_recording().unwrap();
        let body = Recording::batch_json(&recording.events, 0);
        let canonical: Vec<serde_json::Value> = serde_json::from_str(&body).unwrap();
        for (event, canonical) in session.events.iter().zip(canonical) {
            let fixed = match event.recorded_type {
                "mouse_down" | "mouse_up" | "touch_start" | "touch_move" | "touch_end"
                | "input" => 1,
                _ => 0,
            };
            let carried = canonical["data"]
                .as_object()
                .map_or(0, serde_json::Map::len);
            assert_eq!(carried, event.members.len() + fixed, "{kind}: {event:?}");
        }
    }
}

#[test]
fn the_default_mix_yields_each_of_its_kinds_and_names_are_unique() {
    let generator = Generator::new(1, Mix::default());
    let sessions: Vec<_> = generator.sessions().take(600).collect();
    let kinds: BTreeSet<Kind> = sessions.iter().map(|session| session.kind).collect();
    assert_eq!(kinds.len(), Mix::default().shares().len(), "{kinds:?}");
    let names: BTreeSet<&str> = sessions
        .iter()
        .map(|session| session.name.as_str())
        .collect();
    assert_eq!(names.len(), 600);
    let longest = sessions.iter().map(|session| session.duration_ms()).max();
    assert!(longest < Some(30 * 60 * 1000), "{longest:?}");
}
