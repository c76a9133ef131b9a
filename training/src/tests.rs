//! Known answers, and that what is learned, written and read predicts alike.

use super::*;
use crate::calibrate::Scored;
use crate::random::Random;
use detection::model::{Calibration, Features, Metadata, Model};
use proptest::prelude::*;

fn names(columns: usize) -> Vec<String> {
    Features::NAMES[..columns]
        .iter()
        .map(|name| (*name).to_owned())
        .collect()
}

/// Rows of uniform values with labels by `is_bot`, in four folds.
fn samples(rows: usize, columns: usize, is_bot: impl Fn(&[f32], f64) -> bool) -> Samples {
    let mut random = Random::new(7);
    let mut samples = Samples {
        names: names(columns),
        ..Samples::default()
    };
    for row in 0..rows {
        let values: Vec<f32> = (0..columns).map(|_| random.unit() as f32).collect();
        let label = is_bot(&values, random.unit());
        samples.push(&values, label, 1.0, (row % 4) as u32);
    }
    samples
}

fn quick() -> Options {
    Options {
        trees: 60,
        learning_rate: 0.2,
        row_share: 1.0,
        column_share: 1.0,
        ..Options::default()
    }
}

fn model(samples: &Samples, options: &Options, kind: CalibrationKind) -> Model {
    let file = fit(samples, options, kind)
        .unwrap()
        .into_file("test-1", Metadata::default())
        .unwrap();
    Model::decode(&file.encode()).unwrap()
}

fn row(values: &[f32]) -> Features {
    let mut all = [f32::NAN; Features::COUNT];
    all[..values.len()].copy_from_slice(values);
    Features::from_values(all)
}

#[test]
fn exclusive_or_is_learned() {
    let data = samples(2000, 3, |values, _| (values[0] > 0.5) != (values[1] > 0.5));
    let model = model(&data, &quick(), CalibrationKind::Platt);
    for (a, b) in [(0.2, 0.2), (0.2, 0.8), (0.8, 0.2), (0.8, 0.8)] {
        let probability = model.predict(&row(&[a, b, 0.5]));
        let expected = f64::from(u8::from((a > 0.5) != (b > 0.5)));
        assert!(
            (probability - expected).abs() < 0.05,
            "{a} {b}: {probability}"
        );
    }
    let importance = &model.metadata().importance;
    let of = |column: usize| {
        importance
            .get(Features::NAMES[column])
            .copied()
            .unwrap_or_default()
    };
    assert!(of(0) > 0.0 && of(1) > 0.0 && of(2) < 0.05, "{importance:?}");
}

#[test]
fn a_value_that_is_missing_goes_where_it_belongs() {
    for missing_are_bots in [false, true] {
        let mut data = samples(1200, 2, |values, _| {
            if values[1] < 0.3 {
                missing_are_bots
            } else {
                values[0] > 0.5
            }
        });
        for row in 0..data.rows() {
            if data.row(row)[1] < 0.3 {
                data.values[row * 2] = f32::NAN;
            }
            data.values[row * 2 + 1] = 0.0;
        }
        let model = model(&data, &quick(), CalibrationKind::Platt);
        let at = |value: f32| model.predict(&row(&[value, 0.0])) > 0.5;
        assert_eq!(
            [at(f32::NAN), at(0.1), at(0.9)],
            [missing_are_bots, false, true]
        );
    }
}

#[test]
fn a_direction_that_is_asked_for_holds_everywhere() {
    // Truth goes up, down and up again; chance on top.
    let truth = |values: &[f32], chance: f64| {
        chance
            < 0.5
                + 0.4 * f64::from(values[0] * 9.0).sin() * f64::from(values[1])
                + 0.1 * f64::from(values[0])
    };
    let data = samples(3000, 2, truth);
    for direction in [1i8, -1] {
        let options = Options {
            monotone: vec![direction, 0],
            min_child_weight: 0.5,
            l2: 0.1,
            ..quick()
        };
        let all: Vec<u32> = (0..3000).collect();
        let boosted = boost(&data, &all, &[], &options).unwrap();
        for step in 0..20 {
            let b = step as f32 / 20.0;
            let scores: Vec<f64> = (0..=200)
                .map(|a| boosted.score(&[a as f32 / 200.0, b], 60))
                .collect();
            let holds = scores
                .windows(2)
                .all(|pair| (pair[1] - pair[0]) * f64::from(direction) >= -1e-9);
            assert!(holds, "{direction} at {b}");
        }
    }
    let all: Vec<u32> = (0..3000).collect();
    let free = boost(&data, &all, &[], &quick()).unwrap();
    let falls = (0..200).any(|a| {
        free.score(&[(a + 1) as f32 / 200.0, 0.9], 60)
            < free.score(&[a as f32 / 200.0, 0.9], 60) - 0.1
    });
    assert!(falls, "without it the trees follow the data");
}

#[test]
fn the_number_of_trees_is_chosen_on_rows_that_were_left_out() {
    let noise = samples(800, 4, |_, chance| chance < 0.5);
    let fitted = fit(
        &noise,
        &Options {
            patience: 10,
            ..quick()
        },
        CalibrationKind::Platt,
    )
    .unwrap();
    assert!(
        fitted.boosted.trees.len() <= 5,
        "{} trees of noise",
        fitted.boosted.trees.len()
    );
    let signal = samples(800, 4, |values, chance| {
        chance < f64::from(values[0]) * 0.6 + f64::from(values[1]) * 0.4
    });
    let fitted = fit(&signal, &quick(), CalibrationKind::Platt).unwrap();
    assert!(fitted.boosted.trees.len() > 5);
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_one_others() {
    let data = samples(500, 4, |values, chance| chance < f64::from(values[0]));
    let bytes = |seed| {
        let options = Options {
            trees: 20,
            seed,
            ..Options::default()
        };
        let fitted = fit(&data, &options, CalibrationKind::Isotonic).unwrap();
        fitted
            .into_file("test-1", Metadata::default())
            .unwrap()
            .encode()
    };
    assert_eq!(bytes(1), bytes(1));
    assert_ne!(bytes(1), bytes(2));
}

#[test]
fn both_calibrations_find_the_share_of_bots() {
    let mut random = Random::new(3);
    let rows: Vec<Scored> = (0..20_000)
        .map(|_| {
            let score = random.unit() * 8.0 - 4.0;
            // Twice too sure of itself, and half a step aside.
            let truth = 1.0 / (1.0 + (-(score / 2.0 + 0.5)).exp());
            Scored {
                score,
                is_bot: random.unit() < truth,
                weight: 1.0,
            }
        })
        .collect();
    for calibration in [platt(&rows), isotonic(&rows)] {
        for score in [-3.0, -1.0, 0.0, 1.0, 3.0] {
            let truth = 1.0 / (1.0 + (-(score / 2.0 + 0.5f64)).exp());
            let found = calibration.probability(score);
            assert!((found - truth).abs() < 0.05, "{score}: {found} for {truth}");
        }
    }
}

#[test]
fn what_cannot_be_learned_from_is_refused() {
    let good = samples(100, 2, |values, _| values[0] > 0.5);
    let refused = |change: &dyn Fn(&mut Samples, &mut Options)| {
        let (mut data, mut options) = (good.clone(), quick());
        change(&mut data, &mut options);
        fit(&data, &options, CalibrationKind::Platt).unwrap_err()
    };
    assert_eq!(
        refused(&|data, _| data.values.truncate(9)),
        TrainError::Lengths(100, 2)
    );
    assert_eq!(
        refused(&|data, _| data.weights[3] = f32::NAN),
        TrainError::Weight(3)
    );
    assert_eq!(
        refused(&|data, _| data.labels.fill(true)),
        TrainError::OneClass
    );
    assert_eq!(refused(&|data, _| data.folds.fill(0)), TrainError::Folds);
    assert!(matches!(
        refused(&|_, options| options.bins = 300),
        TrainError::Option(_)
    ));
    assert!(matches!(
        refused(&|_, options| options.monotone = vec![1]),
        TrainError::Option(_)
    ));
    let fitted = fit(
        &Samples {
            names: vec!["a.b".into(), "c.d".into()],
            ..good
        },
        &quick(),
        CalibrationKind::Platt,
    );
    let refused = fitted.unwrap().into_file("test-1", Metadata::default());
    assert!(matches!(refused, Err(TrainError::Model(_))), "{refused:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn what_is_written_predicts_as_what_was_learned(
        cells in prop::collection::vec(prop_oneof![4 => (-20i8..20).prop_map(f32::from), 2 => -5f32..5.0, 1 => Just(f32::NAN)], 60 * 3),
        labels in prop::collection::vec(any::<bool>(), 60),
        probes in prop::collection::vec(prop_oneof![-30f32..30.0, Just(f32::NAN), Just(f32::INFINITY)], 3),
        seed: u64,
    ) {
        let mut data = Samples { names: names(3), ..Samples::default() };
        for (index, (values, label)) in cells.chunks(3).zip(labels).enumerate() {
            data.push(values, label, 0.5 + index as f32 / 60.0, (index % 2) as u32);
        }
        let options = Options { trees: 12, min_child_weight: 0.2, l2: 0.1, min_gain: 0.0, seed, ..Options::default() };
        let fitted = match fit(&data, &options, CalibrationKind::Isotonic) {
            Ok(fitted) => fitted,
            Err(error) => { prop_assert_eq!(error, TrainError::OneClass); return Ok(()); }
        };
        let (boosted, calibration): (Boosted, Calibration) = (fitted.boosted.clone(), fitted.calibration.clone());
        let file = fitted.into_file("test-1", Metadata::default()).unwrap();
        let model = Model::decode(&file.encode()).unwrap();
        for values in cells.chunks(3).chain([probes.as_slice()]) {
            let score = boosted.score(values, usize::MAX);
            prop_assert!((model.score(&row(values)) - score).abs() < 1e-9);
            prop_assert!((model.predict(&row(values)) - calibration.probability(score)).abs() < 1e-6);
        }
    }
}
