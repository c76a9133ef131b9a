//! Golden examples: each record's example goes through its codec and its JSON Schema, and the
//! published schema files equal what the code generates.

#![expect(clippy::unwrap_used, reason = "a broken golden file is a failed test")]

use std::path::{Path, PathBuf};

use schemas::batch::BatchRecord;
use schemas::coordination::{CoordinationFinding, FingerprintRecord};
use schemas::header::RecordType;
use schemas::json_schema;
use schemas::live::LiveMessage;
use schemas::session::{AnalysisRequested, SessionCompleted, SessionStarted};
use schemas::verdict::VerdictRecord;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The example of a compact batch's record.
const COMPACT: &str = "candor.events.batch.v1.compact.json";

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn golden(kind: RecordType) -> String {
    let path = folder("golden").join(format!("{}.json", kind.as_str()));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn survives<T: Serialize + DeserializeOwned>(kind: RecordType) {
    let text = golden(kind);
    let decoded: T = serde_json::from_str(&text).unwrap();
    let expected: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        serde_json::to_value(&decoded).unwrap(),
        expected,
        "{}",
        kind.as_str()
    );
}

#[test]
fn every_golden_example_survives_its_codec() {
    survives::<SessionStarted>(RecordType::SessionStarted);
    survives::<SessionCompleted>(RecordType::SessionCompleted);
    survives::<AnalysisRequested>(RecordType::AnalysisRequested);
    survives::<VerdictRecord>(RecordType::Verdict);
    survives::<FingerprintRecord>(RecordType::Fingerprint);
    survives::<CoordinationFinding>(RecordType::CoordinationFinding);
    let text = golden(RecordType::EventBatch);
    let batch = BatchRecord::decode(text.as_bytes()).unwrap();
    assert_eq!(batch.len(), 5);
    assert_eq!(
        batch.sequence.map(|s| (s.writer, s.sequence)),
        Some(("w-4f1d", 7))
    );
}

#[test]
fn every_type_of_the_live_feed_has_an_example_that_survives_its_codec() {
    let text = include_str!("../golden/candor.live.v1.json");
    let examples: Vec<Value> = serde_json::from_str(text).unwrap();
    let mut types = Vec::new();
    for example in examples {
        let message: LiveMessage = serde_json::from_value(example.clone()).unwrap();
        types.push(match message {
            LiveMessage::SessionUpdated(_) => "session_updated",
            LiveMessage::AnalysisComplete(_) => "analysis_complete",
            LiveMessage::Finding(_) => "finding",
            LiveMessage::Stats(_) => "stats",
            LiveMessage::Snapshot(_) => "snapshot",
        });
        assert_eq!(Some(types[types.len() - 1]), example["type"].as_str());
        assert_eq!(serde_json::to_value(&message).unwrap(), example);
    }
    types.sort_unstable();
    types.dedup();
    assert_eq!(types.len(), 5, "{types:?}");
}

/// The compact record has an example of its own: it says the same events.
#[test]
fn the_compact_example_says_what_the_canonical_one_says() {
    let text = std::fs::read_to_string(folder("golden").join(COMPACT)).unwrap();
    let (compact, canonical) = (text.as_bytes(), golden(RecordType::EventBatch));
    let compact = BatchRecord::decode(compact).unwrap();
    let canonical = BatchRecord::decode(canonical.as_bytes()).unwrap();
    assert_eq!(compact.sequence, canonical.sequence);
    for (compact, canonical) in compact.events().zip(canonical.events()) {
        assert_eq!(
            (compact.event_type, compact.at),
            (canonical.event_type, canonical.at)
        );
    }
    let expanded: Value = serde_json::from_str(&compact.canonical_events().unwrap()).unwrap();
    assert_eq!(
        expanded[0]["data"],
        serde_json::json!({ "x": 12.5, "y": 640, "trusted": true })
    );
    assert_eq!(
        expanded[1]["data"],
        serde_json::json!({ "key": "letter", "dwell": 83 })
    );
    let schemas = json_schema::documents();
    let (_, schema) = schemas
        .iter()
        .find(|(name, _)| *name == RecordType::EventBatch.as_str())
        .unwrap();
    let validator = jsonschema::validator_for(schema).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(&serde_json::from_str(&text).unwrap())
        .map(|error| error.to_string())
        .collect();
    assert_eq!(errors, Vec::<String>::new());
    for (right, wrong) in [
        ("[3,120,0,83]", "[3,120,\"q\",83]"),
        ("\"Q7\"", "\"my answer\""),
        (",\"t\":1790000000000", ""),
    ] {
        let damaged = text.replace(right, wrong);
        assert_ne!(damaged, text);
        assert!(
            !validator.is_valid(&serde_json::from_str(&damaged).unwrap()),
            "{damaged}"
        );
        assert!(
            BatchRecord::decode(damaged.as_bytes()).is_err(),
            "{damaged}"
        );
    }
}

#[test]
fn every_golden_example_validates_and_a_typed_character_does_not() {
    for (name, schema) in json_schema::documents() {
        let validator = jsonschema::validator_for(&schema).unwrap();
        let kind = RecordType::ALL
            .into_iter()
            .find(|kind| kind.as_str() == name)
            .unwrap();
        let example: Value = serde_json::from_str(&golden(kind)).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&example)
            .map(|error| error.to_string())
            .collect();
        assert_eq!(errors, Vec::<String>::new(), "{name}");
        if kind == RecordType::EventBatch {
            let typed = golden(kind).replace("\"letter\"", "\"q\"");
            assert!(!validator.is_valid(&serde_json::from_str(&typed).unwrap()));
            assert!(BatchRecord::decode(typed.as_bytes()).is_err());
        }
    }
}

/// Run with `CANDOR_WRITE_SCHEMAS=1` to write the files anew after a wanted change.
#[test]
fn published_schemas_equal_the_generated_ones() {
    for (name, schema) in json_schema::documents() {
        let path = folder("json-schema").join(format!("{name}.json"));
        let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        if option_env!("CANDOR_WRITE_SCHEMAS").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let published = std::fs::read_to_string(&path).unwrap_or_default();
        // Printed in full they would fill pages; `git diff` shows them after writing.
        assert!(published == text, "{} is out of date", path.display());
    }
}
