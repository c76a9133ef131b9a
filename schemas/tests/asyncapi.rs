//! The AsyncAPI document: published as generated, complete, and without loose ends.

use std::collections::BTreeSet;
use std::path::Path;

use schemas::asyncapi::document;
use schemas::header::RecordType;
use schemas::topic::{PartitionCount, Topics};
use serde_json::Value;

/// Run with `CANDOR_WRITE_SCHEMAS=1` to write the file anew after a wanted change.
#[test]
fn the_published_document_equals_the_generated_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("asyncapi.json");
    let text = serde_json::to_string_pretty(&document()).unwrap() + "\n";
    if option_env!("CANDOR_WRITE_SCHEMAS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let published = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(published == text, "{} is out of date", path.display());
}

#[test]
fn every_topic_is_a_channel_with_its_policy() {
    let document = document();
    let channels = document["channels"].as_object().unwrap();
    let specs = Topics::default().specs();
    // And the live feed, which is no topic.
    assert_eq!(channels.len(), specs.len() + 1);
    assert_eq!(channels["live"]["address"], "/ws");
    for spec in specs {
        let channel = channels
            .values()
            .find(|channel| channel["address"] == spec.name.as_str())
            .unwrap_or_else(|| panic!("{} has no channel", spec.name));
        let binding = &channel["bindings"]["kafka"];
        assert_eq!(binding["topic"], spec.name.as_str());
        let one = binding["partitions"] == 1;
        assert_eq!(one, spec.partitions == PartitionCount::One, "{}", spec.name);
        for (name, value) in &spec.config {
            let published = &binding["topicConfiguration"][*name];
            let published = published.as_array().map_or(published, |list| &list[0]);
            let published = published
                .as_str()
                .map_or_else(|| published.to_string(), str::to_owned);
            assert_eq!(published, *value, "{} of {}", name, spec.name);
        }
    }
    let control = &document["channels"]["control"];
    assert_eq!(control["address"], Topics::default().control.as_str());
    let letters = &document["channels"]["deadLetters"];
    assert_eq!(letters["address"], Topics::default().dead_letters.as_str());
}

#[test]
fn every_record_is_a_message_that_somebody_sends_and_every_example_is_one() {
    let document = document();
    let messages = document["components"]["messages"].as_object().unwrap();
    let sent: BTreeSet<&str> = document["operations"]
        .as_object()
        .unwrap()
        .values()
        .filter(|operation| operation["action"] == "send")
        .flat_map(|operation| operation["messages"].as_array().unwrap())
        .map(|reference| {
            reference["$ref"]
                .as_str()
                .unwrap()
                .rsplit('/')
                .next()
                .unwrap()
        })
        .collect();
    assert_eq!(sent, messages.keys().map(String::as_str).collect());
    let records = RecordType::ALL.map(RecordType::as_str);
    for name in records {
        let header = &messages[name]["headers"]["properties"]["ce_type"];
        assert_eq!(header["const"], name);
    }
    for name in records.into_iter().chain(["candor.live.v1"]) {
        let message = &messages[name];
        let schema = serde_json::json!({
            "$schema": "http://json-schema.org/draft-07/schema#",
            "allOf": [message["payload"]],
            "components": document["components"],
        });
        let validator = jsonschema::validator_for(&schema).unwrap();
        let examples = message["examples"].as_array().unwrap();
        assert!(!examples.is_empty(), "{}", name);
        for example in examples {
            let errors: Vec<String> = validator
                .iter_errors(&example["payload"])
                .map(|error| error.to_string())
                .collect();
            assert_eq!(errors, Vec::<String>::new(), "{}", name);
        }
        assert!(
            !validator.is_valid(&serde_json::json!({})),
            "{} takes anything",
            name
        );
    }
}

#[test]
fn every_reference_leads_somewhere() {
    fn walk<'a>(value: &'a Value, references: &mut Vec<&'a str>) {
        match value {
            Value::Object(members) => {
                references.extend(members.get("$ref").and_then(Value::as_str));
                members.values().for_each(|value| walk(value, references));
            }
            Value::Array(items) => items.iter().for_each(|value| walk(value, references)),
            _ => {}
        }
    }
    let document = document();
    let mut references = Vec::new();
    walk(&document, &mut references);
    assert!(references.len() > 40, "{}", references.len());
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(
            document.pointer(pointer).is_some(),
            "{reference} leads nowhere"
        );
    }
}
