//! What is found by stamps.

use super::*;
use detection::model::{Calibration, FORMAT, Metadata, ModelFile};
use detection::{BUILTIN_RULESET, Thresholds};
use schemas::control::{
    ControlRecord, ModelContent, ModelRecord, RulesetRecord, Shadow, sha256_hex,
};
use serde_json::{Map, Value, json};

fn ruleset(version: &str, thresholds: &Map<String, Value>) -> ControlRecord {
    ControlRecord::Ruleset(RulesetRecord {
        version: version.to_owned(),
        description: None,
        created_at: chrono::DateTime::UNIX_EPOCH,
        thresholds: thresholds.clone(),
    })
}

/// A record of this version with bytes that say `inside`.
fn model(version: &str, inside: &str, format: &str) -> ControlRecord {
    let file = ModelFile {
        format: FORMAT.to_owned(),
        version: inside.to_owned(),
        features: vec![],
        base_score: 1.0,
        trees: vec![],
        calibration: Calibration::Platt {
            slope: 1.0,
            offset: 0.0,
        },
        metadata: Metadata::default(),
    };
    let bytes = file.encode();
    ControlRecord::Model(ModelRecord {
        version: version.to_owned(),
        description: None,
        created_at: chrono::DateTime::UNIX_EPOCH,
        format: format.to_owned(),
        sha256: sha256_hex(&bytes),
        bytes: bytes.len() as u64,
        content: ModelContent::base64(&bytes),
    })
}

fn stamps(ruleset: &str, model: &str) -> StampedVersions {
    StampedVersions {
        ruleset: ruleset.to_owned(),
        model: model.to_owned(),
        experiment: None,
        shadow: None,
    }
}

fn versions() -> Versions {
    let usual = serde_json::to_value(Thresholds::default()).unwrap();
    let mut strict = usual.as_object().unwrap().clone();
    strict.insert("bot_score".to_owned(), json!(0.4));
    let mut broken = strict.clone();
    broken.insert("prior".to_owned(), json!("often"));
    Versions::following(Control::fixed([
        ruleset("strict-1", &strict),
        ruleset("broken-1", &broken),
        ruleset(BUILTIN_RULESET, &strict),
        model("gbt-1", "gbt-1", FORMAT),
        model("other-name", "gbt-1", FORMAT),
        model("other-format", "other-format", "onnx"),
        model(BUILTIN_TREES, BUILTIN_TREES, FORMAT),
    ]))
}

#[test]
fn what_is_published_is_found_and_what_cannot_be_used_is_missing() {
    let versions = versions();
    let found = versions.find(&stamps("strict-1", BUILTIN_MODEL)).unwrap();
    assert_eq!(found.held.ruleset.thresholds.bot_score, 0.4);
    assert_eq!((found.held.model, found.shadow), (None, None));
    let builtin = versions.find(&stamps(BUILTIN_RULESET, "gbt-1")).unwrap();
    assert_eq!(
        *builtin.held.ruleset,
        Ruleset::default(),
        "nobody takes its name"
    );
    assert_eq!(builtin.held.judges().model_version(), "gbt-1");
    assert_eq!(versions.model(BUILTIN_TREES), Model::builtin().cloned());
    for (ruleset, model, what, version) in [
        ("broken-1", BUILTIN_MODEL, What::Ruleset, "broken-1"),
        ("nowhere", BUILTIN_MODEL, What::Ruleset, "nowhere"),
        ("strict-1", "gbt-9", What::Model, "gbt-9"),
        ("strict-1", "other-name", What::Model, "other-name"),
        ("strict-1", "other-format", What::Model, "other-format"),
    ] {
        let missing = versions.find(&stamps(ruleset, model)).unwrap_err();
        assert_eq!((missing.what, &*missing.version), (what, version));
        assert!(!versions.knows(&missing));
    }
}

#[test]
fn a_model_is_decoded_once() {
    let versions = versions();
    let (one, two) = (
        versions.model("gbt-1").unwrap(),
        versions.clone().model("gbt-1").unwrap(),
    );
    assert!(Arc::ptr_eq(&one, &two));
}

#[test]
fn a_shadow_is_found_with_the_stamps_or_missing_with_them() {
    let versions = versions();
    let mut stamps = stamps(BUILTIN_RULESET, BUILTIN_MODEL);
    let shadow = |model: &str| Shadow {
        ruleset: "strict-1".to_owned(),
        model: model.to_owned(),
    };
    stamps.shadow = Some(shadow("gbt-1"));
    let shadowed = versions.find(&stamps).unwrap();
    assert_eq!(shadowed.held.judges().model_version(), BUILTIN_MODEL);
    let beside = shadowed.shadow.unwrap();
    assert_eq!(
        (beside.judges().model_version(), &*beside.ruleset.version),
        ("gbt-1", "strict-1")
    );
    stamps.shadow = Some(shadow("gbt-9"));
    let missing = versions.find(&stamps).unwrap_err();
    assert_eq!((missing.what, &*missing.version), (What::Model, "gbt-9"));
}
