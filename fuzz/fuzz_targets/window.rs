//! A record on the events topic, folded and judged: whatever numbers it carries, no arithmetic fails and no score is
//! anything but a share.

#![no_main]

use detection::{Ruleset, Window};
use schemas::batch::BatchRecord;

libfuzzer_sys::fuzz_target!(|value: &[u8]| {
    let Ok(record) = BatchRecord::decode(value) else {
        return;
    };
    let mut window = Window::new();
    // Once more, because what an event means depends on those before it.
    for _ in 0..2 {
        window.fold(&record);
    }
    let verdict = window.verdict(&Ruleset::default());
    assert!((0.0..=1.0).contains(&verdict.confidence_score));
    for reason in &verdict.reasons {
        assert!((0.0..=1.0).contains(&reason.weight), "{reason:?}");
        let numbers = &mut reason.evidence.values();
        assert!(numbers.all(|number| number.is_finite()), "{reason:?}");
    }
});
