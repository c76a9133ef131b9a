//! JSON Schema (2020-12) of every record value, generated from the same types and tables that decode
//! them. The files in `schemas/json-schema/` are these documents; a test keeps them equal.

use schemars::schema_for;
use serde_json::{Map, Value, json};

use crate::compact::{FORM, LAYOUTS, Layout};
use crate::coordination::{CoordinationFinding, FingerprintRecord};
use crate::event::field::{MAX_TOKEN, Rule};
use crate::event::{EventType, Field, MAX_FIELDS};
use crate::session::{AnalysisRequested, SessionCompleted, SessionStarted};
use crate::verdict::VerdictRecord;
use crate::webhook::WebhookNotice;

/// Every record's schema under its `ce_type`.
pub fn documents() -> Vec<(&'static str, Value)> {
    use crate::header::RecordType::{
        AnalysisRequested as Analysis, CoordinationFinding as Finding, EventBatch, Fingerprint,
        SessionCompleted as Completed, SessionStarted as Started, Verdict, WebhookNotice as Notice,
    };
    vec![
        (Started.as_str(), schema_for!(SessionStarted).to_value()),
        (EventBatch.as_str(), batch_record()),
        (Completed.as_str(), schema_for!(SessionCompleted).to_value()),
        (Analysis.as_str(), schema_for!(AnalysisRequested).to_value()),
        (Verdict.as_str(), schema_for!(VerdictRecord).to_value()),
        (
            Fingerprint.as_str(),
            schema_for!(FingerprintRecord).to_value(),
        ),
        (
            Finding.as_str(),
            schema_for!(CoordinationFinding).to_value(),
        ),
        (Notice.as_str(), schema_for!(WebhookNotice).to_value()),
    ]
}

/// Pattern of an identifier.
fn identifier() -> Value {
    json!({ "type": "string", "pattern": format!("^[A-Za-z0-9_.:-]{{1,{MAX_TOKEN}}}$") })
}

pub(crate) fn batch_record() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "EventBatch",
        "description": "One batch of one session's events, as the gateway accepted it: in the canonical form, or in the compact form that `form` names.",
        "type": "object",
        "required": ["batch_id", "count", "events"],
        "properties": {
            "batch_id": identifier(),
            "count": { "type": "integer", "minimum": 1 },
            "writer": identifier(),
            "sequence": { "type": "integer", "minimum": 0 },
            "form": { "const": FORM },
            "t": { "type": "number", "minimum": 0, "description": "What the times of compact events count from: milliseconds since 1970." },
            "events": { "type": "array", "minItems": 1 },
        },
        "dependentRequired": { "writer": ["sequence"], "sequence": ["writer"], "form": ["t"], "t": ["form"] },
        "if": { "required": ["form"] },
        "then": { "properties": { "events": { "items": compact_event() } } },
        "else": { "properties": { "events": { "items": event() } } },
    })
}

/// The schema of one event of the compact form.
pub fn compact_event() -> Value {
    let rows: Vec<Value> = LAYOUTS.iter().enumerate().map(compact_row).collect();
    json!({ "type": "array", "minItems": 2, "oneOf": rows })
}

fn compact_row((number, layout): (usize, &Layout)) -> Value {
    let mut elements = vec![
        json!({ "const": number }),
        json!({ "type": "number", "minimum": -1e12, "maximum": 1e12, "description": "Milliseconds since `t`." }),
    ];
    if layout.event_type == EventType::Custom {
        elements.push(json!({ "anyOf": [identifier(), { "type": "null" }] }));
        elements.push(custom_data());
    }
    elements.extend(layout.fields.iter().map(|field| compact_element(*field)));
    json!({ "title": layout.event_type.as_str(), "prefixItems": elements, "items": false })
}

fn compact_element(field: Field) -> Value {
    let mut schema = match field.rule() {
        Rule::Flag => json!({ "enum": [true, false, 1, 0, null] }),
        Rule::Word(words) => {
            json!({ "type": ["integer", "null"], "minimum": 0, "maximum": words.len() - 1 })
        }
        Rule::Number | Rule::Identifier => field_schema(field),
    };
    schema["title"] = json!(field.name());
    schema["description"] = match field.rule() {
        Rule::Word(words) => json!(format!(
            "{} In this order: {}.",
            field.meaning(),
            words.join(", ")
        )),
        _ => json!(field.meaning()),
    };
    schema
}

fn custom_data() -> Value {
    let token = json!({ "anyOf": [{ "type": ["number", "boolean", "null"] }, identifier()] });
    json!({ "type": ["object", "null"], "maxProperties": MAX_FIELDS,
            "propertyNames": identifier(), "additionalProperties": token })
}

/// The schema of one canonical event.
pub fn event() -> Value {
    let listed = EventType::ALL
        .iter()
        .filter(|kind| **kind != EventType::Custom);
    let names: Vec<&str> = listed.clone().map(|kind| kind.as_str()).collect();
    let mut branches: Vec<Value> = listed.map(|kind| branch(*kind)).collect();
    branches.push(json!({ "properties": {
        "event_type": { "not": { "enum": names } },
        "data": custom_data(),
    }}));
    json!({
        "type": "object",
        "required": ["event_type", "timestamp"],
        "additionalProperties": false,
        "properties": {
            "event_type": identifier(),
            "timestamp": { "type": ["number", "string"], "description": "Milliseconds since 1970, or RFC 3339." },
            "data": { "type": ["object", "null"] },
        },
        "oneOf": branches,
    })
}

fn branch(kind: EventType) -> Value {
    let carried = Field::ALL
        .iter()
        .filter(|field| kind.allowed().contains(**field));
    let properties: Map<String, Value> = carried
        .map(|field| (field.name().to_owned(), field_schema(*field)))
        .collect();
    json!({ "properties": {
        "event_type": { "const": kind.as_str() },
        "data": { "type": ["object", "null"], "maxProperties": MAX_FIELDS,
                  "properties": properties, "additionalProperties": false },
    }})
}

fn field_schema(field: Field) -> Value {
    let mut schema = match field.rule() {
        Rule::Number => json!({ "type": ["number", "null"], "minimum": -1e12, "maximum": 1e12 }),
        Rule::Flag => json!({ "type": ["boolean", "null"] }),
        Rule::Word(words) => {
            let words: Vec<Value> = words
                .iter()
                .map(|word| json!(word))
                .chain([Value::Null])
                .collect();
            json!({ "enum": words })
        }
        Rule::Identifier => json!({ "anyOf": [identifier(), { "type": "null" }] }),
    };
    schema["description"] = json!(field.meaning());
    schema
}
