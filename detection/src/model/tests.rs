//! The model's format, its predictions and its vote.

use super::*;
use crate::model::format::TreeFile;
use crate::ruleset::Thresholds;
use proptest::prelude::*;
use serde_json::{Value, json};

/// One split on the feature at `place`, with the leaves -1 and 1.
fn stump(feature: u16, threshold: f32, missing_left: bool) -> TreeFile {
    TreeFile {
        feature: vec![feature],
        threshold: vec![threshold],
        missing_left: vec![missing_left],
        left: vec![-1],
        right: vec![-2],
        value: vec![-1.0, 1.0],
        cover: vec![30.0, 10.0],
    }
}

fn file(trees: Vec<TreeFile>) -> ModelFile {
    ModelFile {
        format: FORMAT.to_owned(),
        version: "test-1".to_owned(),
        features: Features::NAMES[..4]
            .iter()
            .map(|name| (*name).to_owned())
            .collect(),
        base_score: 0.5,
        trees,
        calibration: Calibration::Platt {
            slope: 1.0,
            offset: 0.0,
        },
        metadata: Metadata::default(),
    }
}

fn row(values: &[f32]) -> Features {
    let mut all = [f32::NAN; Features::COUNT];
    all[..values.len()].copy_from_slice(values);
    Features::from_values(all)
}

/// A tree of three splits, the right child of the root being a split.
fn bushy() -> TreeFile {
    TreeFile {
        feature: vec![0, 1, 2],
        threshold: vec![0.5, 0.25, 3.0],
        missing_left: vec![true, false, true],
        left: vec![-1, 2, -3],
        right: vec![1, -2, -4],
        value: vec![0.1, 0.2, 0.4, 0.8],
        cover: vec![1.0, 1.0, 1.0, 1.0],
    }
}

#[test]
fn a_row_reaches_the_leaf_that_its_values_and_its_missing_ones_lead_to() {
    let model = Model::from_file(file(vec![bushy()])).unwrap();
    for (values, leaf) in [
        (&[0.5, 9.0, 9.0][..], 0.1),
        (&[f32::NAN, 9.0, 9.0], 0.1),
        (&[0.6, 0.3, 9.0], 0.2),
        (&[0.6, f32::NAN, 9.0], 0.2),
        (&[0.6, 0.25, 3.0], 0.4),
        (&[0.6, 0.25], 0.4),
        (&[0.6, 0.25, f32::INFINITY], 0.8),
    ] {
        let score = model.score(&row(values));
        assert!((score - 0.5 - leaf).abs() < 1e-6, "{values:?}: {score}");
    }
    let (score, probability) = (model.score(&row(&[])), model.predict(&row(&[])));
    assert!((probability - 1.0 / (1.0 + (-score).exp())).abs() < 1e-12);
}

#[test]
fn an_explanation_names_what_raised_the_score_and_by_how_much() {
    let model = Model::from_file(file(vec![
        stump(1, 0.0, true),
        stump(1, 0.5, true),
        stump(3, 0.0, false),
        stump(0, 0.0, true),
    ]))
    .unwrap();
    let explanation = model.explain(&row(&[-1.0, 0.25, 0.0]));
    let named: Vec<_> = explanation.strongest.iter().flatten().collect();
    // Means of the stumps are -0.5: up to 1 adds 1.5, down to -1 takes 0.5.
    assert_eq!(
        named
            .iter()
            .map(|one| (one.name, one.log_odds))
            .collect::<Vec<_>>(),
        [(Features::NAMES[3], 1.5), (Features::NAMES[1], 1.0)]
    );
    assert!(named[0].value.is_nan() && named[1].value == 0.25);
}

#[test]
fn the_vote_is_silent_without_data_below_its_score_or_without_weight() {
    let model = Model::from_file(file(vec![
        stump(0, 0.0, true),
        stump(1, 0.0, true),
        stump(2, 0.0, true),
    ]))
    .unwrap();
    let rules = Thresholds::default();
    let (bot, person) = (row(&[1.0, 1.0, 1.0]), row(&[0.0, 0.0, 0.0]));
    let found = vote(&model, &bot, &rules, true);
    let finding = &found.findings[0];
    let probability = model.predict(&bot);
    assert_eq!(
        (finding.code, finding.evidence[0]),
        ("model.trees", ("probability", probability))
    );
    assert_eq!(finding.evidence.len(), 4);
    assert!((finding.weight - rules.model_weight * probability).abs() < 1e-12);
    assert!(
        1.0 - (1.0 - rules.prior) * (1.0 - finding.weight) < rules.bot_score,
        "a model alone does not flag"
    );
    for (features, enough, weight) in [
        (&bot, false, 0.5),
        (&person, true, 0.5),
        (&bot, true, 0.0),
        (&row(&[]), true, 0.5),
    ] {
        let rules = Thresholds {
            model_weight: weight,
            ..Thresholds::default()
        };
        assert!(
            vote(&model, features, &rules, enough).findings.is_empty(),
            "{enough} {weight}"
        );
    }
}

fn changed(change: impl FnOnce(&mut Value)) -> Result<Model, ModelError> {
    let mut value = serde_json::to_value(file(vec![bushy(), stump(0, 1.0, true)])).unwrap();
    change(&mut value);
    Model::decode(value.to_string().as_bytes())
}

type Edit = fn(&mut Value);

const REFUSALS: [(Edit, &str); 17] = [
    (|v| v["format"] = json!("onnx"), "the format is `onnx`"),
    (
        |v| *v = json!({ "format": "candor.trees.v2", "forest": [] }),
        "the format is `candor.trees.v2`",
    ),
    (|v| v["extra"] = json!(1), "unknown field `extra`"),
    (
        |v| v["trees"][0]["gain"] = json!([]),
        "unknown field `gain`",
    ),
    (|v| v["version"] = json!("a b"), "`a b` is no version"),
    (
        |v| v["features"][1] = json!("pointer.soul"),
        "no feature `pointer.soul`",
    ),
    (
        |v| v["features"][1] = v["features"][0].clone(),
        "is there twice",
    ),
    (
        |v| v["trees"][0]["threshold"] = json!([0.5, 0.25]),
        "tree 0: its arrays over splits differ",
    ),
    (
        |v| v["trees"][0]["value"] = json!([1.0]),
        "tree 0: a tree has one leaf more",
    ),
    (
        |v| v["trees"][1]["feature"] = json!([4]),
        "tree 1: a split looks at a feature that is not listed",
    ),
    (
        |v| v["trees"][0]["cover"][0] = json!(-1.0),
        "a cover is negative",
    ),
    (
        |v| v["trees"][0]["left"] = json!([-1, 1, -3]),
        "not behind its parent",
    ),
    (
        |v| v["trees"][0]["right"] = json!([1, 2, -4]),
        "has two parents",
    ),
    (
        |v| v["trees"][0]["right"] = json!([1, -2, -3]),
        "a leaf does not exist or has two parents",
    ),
    (
        |v| v["trees"][0]["right"] = json!([-2, 2, -4]),
        "a split is no child of any before it",
    ),
    (
        |v| {
            v["calibration"] =
                json!({ "points": { "scores": [1.0, 1.0], "probabilities": [0.1, 0.2] } })
        },
        "scores are finite and rise",
    ),
    (
        |v| {
            v["calibration"] =
                json!({ "points": { "scores": [1.0, 2.0], "probabilities": [0.3, 0.2] } })
        },
        "do not fall",
    ),
];

#[test]
fn what_cannot_be_predicted_with_is_refused_by_name() {
    assert!(changed(|_| {}).is_ok());
    for (change, sentence) in REFUSALS {
        let refused = changed(change).unwrap_err().to_string();
        assert!(refused.contains(sentence), "{refused} / {sentence}");
    }
    // Depending on how it reads numbers, the reader says so or the check behind it.
    assert!(changed(|v| v["base_score"] = json!(1e300)).is_err());
    assert!(changed(|v| v["trees"][1]["value"] = json!([1.0, 1e200])).is_err());
    let mut infinite = file(vec![]);
    infinite.base_score = f32::INFINITY;
    assert_eq!(
        Model::from_file(infinite),
        Err(ModelError::NotFinite("base_score"))
    );
    let mut infinite = file(vec![stump(0, f32::NAN, true)]);
    let refused = Model::from_file(infinite.clone());
    assert!(
        matches!(refused, Err(ModelError::Tree { tree: 0, .. })),
        "{refused:?}"
    );
    infinite.trees.clear();
    infinite.calibration = Calibration::Platt {
        slope: -1.0,
        offset: 0.0,
    };
    assert!(matches!(
        Model::from_file(infinite),
        Err(ModelError::Calibration(_))
    ));
}

#[test]
fn what_would_take_too_long_or_too_much_memory_is_refused() {
    let long = Model::from_file(file(vec![stump(0, 1.0, true); 5000]));
    assert_eq!(
        long,
        Err(ModelError::TooLarge {
            what: "trees",
            count: 5000,
            most: 4096
        })
    );
    // A chain of splits: as deep as it has splits.
    let splits = 20_000u16;
    let count = i32::from(splits);
    let chain = TreeFile {
        feature: vec![0; usize::from(splits)],
        threshold: vec![0.0; usize::from(splits)],
        missing_left: vec![false; usize::from(splits)],
        left: (0..count).map(|split| -1 - split).collect(),
        right: (0..count)
            .map(|split| {
                if split + 1 < count {
                    split + 1
                } else {
                    -1 - count
                }
            })
            .collect(),
        value: vec![0.0; usize::from(splits) + 1],
        cover: vec![0.0; usize::from(splits) + 1],
    };
    let deep = Model::from_file(file(vec![chain]));
    assert_eq!(
        deep,
        Err(ModelError::TooLarge {
            what: "splits on the longest way",
            count: 20_000,
            most: 16_384
        })
    );
    let many = vec![b' '; schemas::control::MAX_MODEL_BYTES + 1];
    assert!(matches!(
        Model::decode(&many),
        Err(ModelError::TooLarge { what: "bytes", .. })
    ));
}

/// Any tree: every split is put below a random open place of those before it.
fn any_tree() -> impl Strategy<Value = TreeFile> {
    let split = (
        0u16..4,
        -10f32..10.0,
        any::<bool>(),
        any::<prop::sample::Index>(),
    );
    prop::collection::vec(split, 0..20).prop_map(|splits| {
        let mut tree = TreeFile::default();
        let mut open: Vec<(usize, bool)> = Vec::new();
        for (index, (feature, threshold, missing_left, place)) in splits.into_iter().enumerate() {
            tree.feature.push(feature);
            tree.threshold.push(threshold);
            tree.missing_left.push(missing_left);
            tree.left.push(0);
            tree.right.push(0);
            if index > 0 {
                let (parent, is_left) = open.swap_remove(place.index(open.len()));
                let side = if is_left {
                    &mut tree.left
                } else {
                    &mut tree.right
                };
                side[parent] = i32::try_from(index).unwrap();
            }
            open.extend([(index, true), (index, false)]);
        }
        for (leaf, (parent, is_left)) in (0i32..).zip(open) {
            let side = if is_left {
                &mut tree.left
            } else {
                &mut tree.right
            };
            side[parent] = -1 - leaf;
        }
        let leaves = tree.feature.len() + 1;
        tree.value = (0..leaves).map(|leaf| leaf as f32 * 0.37 - 1.0).collect();
        tree.cover = (0..leaves).map(|leaf| leaf as f32).collect();
        tree
    })
}

fn any_value() -> impl Strategy<Value = f32> {
    prop_oneof![
        -12f32..12.0,
        Just(f32::NAN),
        Just(f32::INFINITY),
        Just(f32::NEG_INFINITY)
    ]
}

proptest! {
    #[test]
    fn a_file_survives_the_round_trip_and_explains_its_sum(
        trees in prop::collection::vec(any_tree(), 0..8),
        values in prop::collection::vec(any_value(), 4),
        points in prop::collection::btree_map(-400i32..400, 0f32..=1.0, 1..20),
    ) {
        let mut file = file(trees);
        let mut probabilities: Vec<f32> = points.values().copied().collect();
        probabilities.sort_by(f32::total_cmp);
        let scores = points.keys().map(|score| *score as f32 / 100.0).collect();
        file.calibration = Calibration::Points { scores, probabilities };
        let bytes = file.encode();
        prop_assert_eq!(&ModelFile::decode(&bytes).unwrap(), &file);
        prop_assert_eq!(ModelFile::decode(&bytes).unwrap().encode(), bytes);
        let (one, two) = (Model::decode(&file.encode()).unwrap(), Model::from_file(file).unwrap());
        let row = row(&values);
        prop_assert_eq!(one.predict(&row).to_bits(), two.predict(&row).to_bits());
        prop_assert!((0.0..=1.0).contains(&one.predict(&row)));
        let roots = one.trees.roots_mean();
        let explained: f64 = one.trees.contributions(&row).iter().sum();
        prop_assert!((one.base_score + roots + explained - one.score(&row)).abs() < 1e-4);
    }

    #[test]
    fn bytes_that_are_no_model_are_refused_without_panic(text in "\\PC{0,200}", cut in 0usize..2000) {
        prop_assert!(Model::decode(text.as_bytes()).is_err());
        let whole = file(vec![bushy()]).encode();
        let cut = cut.min(whole.len() - 1);
        prop_assert!(Model::decode(&whole[..cut]).is_err());
    }

    #[test]
    fn a_calibration_never_falls(points in prop::collection::btree_map(-400i32..400, 0f32..=1.0, 1..20), a in -6f64..6.0, b in -6f64..6.0) {
        let mut probabilities: Vec<f32> = points.values().copied().collect();
        probabilities.sort_by(f32::total_cmp);
        let calibration = Calibration::Points { scores: points.keys().map(|score| *score as f32 / 100.0).collect(), probabilities };
        let (low, high) = (calibration.probability(a.min(b)), calibration.probability(a.max(b)));
        prop_assert!(low <= high + 1e-12);
    }
}
