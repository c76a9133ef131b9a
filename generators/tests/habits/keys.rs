//! What programs that type make of rhythm.

use generators::{Family, Kind, Session};

use super::{class, median, of_type, sessions};

const RHYTHMS: [Kind; 10] = [
    Kind::KeysConstant,
    Kind::KeysNormal,
    Kind::KeysUniform,
    Kind::KeysGamma,
    Kind::KeysLognormal,
    Kind::KeysExponential,
    Kind::KeysTypos,
    Kind::KeysMixture,
    Kind::KeysSlowSpace,
    Kind::KeysAutoregressive,
];

/// Class before, class after and interval of neighbouring presses within a text.
fn pairs(session: &Session) -> Vec<(&'static str, &'static str, i64)> {
    let keys: Vec<_> = of_type(session, "keypress").collect();
    keys.windows(2)
        .map(|pair| {
            (
                class(pair[0]),
                class(pair[1]),
                pair[1].at_ms - pair[0].at_ms,
            )
        })
        .filter(|(_, _, interval)| *interval < 3000)
        .collect()
}

/// Median intervals: within words, before a space, after a space.
fn medians(kind: Kind) -> [i64; 3] {
    let all: Vec<_> = sessions(kind, 12).iter().flat_map(pairs).collect();
    let of = |before: &str, after: &str| {
        let wanted = all
            .iter()
            .filter(|pair| (pair.0, pair.1) == (before, after));
        median(wanted.map(|pair| pair.2).collect())
    };
    [
        of("letter", "letter"),
        of("letter", "space"),
        of("space", "letter"),
    ]
}

#[test]
fn only_one_rhythm_knows_a_space_and_none_knows_the_start_of_a_word() {
    for kind in RHYTHMS {
        assert_eq!(kind.family(), Family::Keys);
        let [within, before, after] = medians(kind);
        assert!(
            (after - within).abs() * 8 <= within,
            "{kind}: {after} after a space, {within}"
        );
        let slower = before * 100 >= within * 112;
        assert_eq!(
            slower,
            kind == Kind::KeysSlowSpace,
            "{kind}: {before} before a space, {within}"
        );
    }
}

#[test]
fn lengths_let_a_part_be_judged_by_two_hundred_presses_and_a_part_not() {
    for kind in RHYTHMS {
        let counts: Vec<usize> = sessions(kind, 40)
            .iter()
            .map(|session| of_type(session, "keypress").count())
            .collect();
        let long = counts.iter().filter(|count| **count >= 200).count();
        let short = counts.iter().filter(|count| **count < 100).count();
        assert!(long >= 12 && short >= 2, "{kind}: {counts:?}");
    }
}

#[test]
fn a_constant_delay_is_constant_slips_are_taken_back_and_a_process_remembers() {
    for session in sessions(Kind::KeysConstant, 10) {
        let intervals: Vec<i64> = pairs(&session).iter().map(|pair| pair.2).collect();
        let middle = median(intervals.clone());
        let off = intervals
            .iter()
            .filter(|interval| (**interval - middle).abs() > 1);
        // Between two texts there is a pause.
        assert!(off.count() * 20 <= intervals.len(), "{intervals:?}");
    }
    let backspaces = |kind| {
        let all = sessions(kind, 10);
        let keys = all.iter().flat_map(|session| of_type(session, "keypress"));
        keys.filter(|event| class(event) == "Backspace").count()
    };
    assert!(backspaces(Kind::KeysTypos) > 20);
    assert_eq!(backspaces(Kind::KeysLognormal), 0);
    let (process, independent) = (
        memory(Kind::KeysAutoregressive),
        memory(Kind::KeysLognormal),
    );
    assert!(
        process > 0.3 && independent.abs() < 0.1,
        "{process:.2} {independent:.2}"
    );
}

/// Mean correlation of the logarithms of neighbouring intervals in a session.
#[expect(
    clippy::cast_precision_loss,
    reason = "intervals are milliseconds, counts are small"
)]
fn memory(kind: Kind) -> f64 {
    let correlation = |session: &Session| {
        let logs: Vec<f64> = pairs(session)
            .iter()
            .map(|pair| (pair.2.max(1) as f64).ln())
            .collect();
        let mean = logs.iter().sum::<f64>() / logs.len() as f64;
        let square = |shift: usize| -> f64 {
            logs.windows(shift + 1)
                .map(|pair| (pair[0] - mean) * (pair[shift] - mean))
                .sum()
        };
        square(1) / square(0).max(1e-9)
    };
    let all = sessions(kind, 20);
    let long = all.iter().filter(|session| pairs(session).len() >= 100);
    let correlations: Vec<f64> = long.map(correlation).collect();
    correlations.iter().sum::<f64>() / correlations.len() as f64
}
