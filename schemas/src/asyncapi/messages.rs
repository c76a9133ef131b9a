//! Messages of the document and the schemas they refer to.
//!
//! AsyncAPI's own schemas are a superset of JSON Schema draft 7; the published schemas are 2020-12. What
//! differs is rewritten here, so that one table is behind both.

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::BINDING;
use crate::control::{
    AgentKey, ApiKeyRecord, Experiment, Integration, ModelRecord, OrganisationSettings,
    RulesetRecord, SurveySettings,
};
use crate::coordination::{CoordinationFinding, FingerprintRecord};
use crate::header::{DEAD_LETTER_HEADERS, RecordType};
use crate::json_schema::batch_record;
use crate::live::LiveMessage;
use crate::session::{AnalysisRequested, SessionCompleted, SessionStarted};
use crate::verdict::VerdictRecord;
use crate::webhook::WebhookNotice;

/// Name of the message of the dead-letter topic.
pub(super) const DEAD_LETTER: &str = "candor.dead-letter";
/// Name of the live feed's messages.
pub(super) const LIVE: &str = "candor.live.v1";
/// Name of the message of the windows topic.
pub(super) const SNAPSHOT: &str = "candor.window-snapshot";

/// One kind of control record.
pub(super) struct ControlMessage {
    pub(super) name: &'static str,
    key: &'static str,
    summary: &'static str,
    schema: fn(&mut SchemaGenerator) -> Value,
}

/// Every kind of control record.
#[rustfmt::skip]
pub(super) const CONTROL: &[ControlMessage] = &[
    ControlMessage { name: "candor.control.api-key", key: "api_key/{id}", summary: "An API key: its hash, scopes and bounds.", schema: of::<ApiKeyRecord> },
    ControlMessage { name: "candor.control.organisation", key: "organisation/{organisation}", summary: "Settings of an organisation.", schema: of::<OrganisationSettings> },
    ControlMessage { name: "candor.control.survey", key: "survey/{organisation}/{survey}", summary: "Settings of a survey.", schema: of::<SurveySettings> },
    ControlMessage { name: "candor.control.integration", key: "integration/{id}", summary: "An inbound webhook, its secret sealed.", schema: of::<Integration> },
    ControlMessage { name: "candor.control.agent", key: "agent/{thumbprint}", summary: "A public key of a declared agent.", schema: of::<AgentKey> },
    ControlMessage { name: "candor.control.ruleset", key: "ruleset/{version}", summary: "Thresholds of one version; never changed.", schema: of::<RulesetRecord> },
    ControlMessage { name: "candor.control.model", key: "model/{version}", summary: "A learned model of one version; never changed.", schema: of::<ModelRecord> },
    ControlMessage { name: "candor.control.experiment", key: "experiment/{name}", summary: "Arms that new sessions are shared out over.", schema: of::<Experiment> },
];

/// A reference to the schema of `T`, whose definition the generator keeps.
fn of<T: schemars::JsonSchema>(generator: &mut SchemaGenerator) -> Value {
    generator.subschema_for::<T>().to_value()
}

/// Messages and schemas.
pub(super) fn components() -> Value {
    let settings = SchemaSettings::draft07().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut generator = settings.into_generator();
    let mut messages = Map::new();
    for kind in RecordType::ALL {
        let payload = payload(kind, &mut generator);
        messages.insert(kind.as_str().to_owned(), record(kind, payload));
    }
    for control in CONTROL {
        let payload = (control.schema)(&mut generator);
        messages.insert(control.name.to_owned(), control_message(control, &payload));
    }
    messages.insert(DEAD_LETTER.to_owned(), dead_letter());
    messages.insert(SNAPSHOT.to_owned(), snapshot());
    messages.insert(LIVE.to_owned(), live(&of::<LiveMessage>(&mut generator)));
    let mut schemas = generator.take_definitions(true);
    schemas.insert("EventBatch".to_owned(), draft7(batch_record()));
    json!({ "messages": messages, "schemas": schemas })
}

fn payload(kind: RecordType, generator: &mut SchemaGenerator) -> Value {
    match kind {
        RecordType::SessionStarted => of::<SessionStarted>(generator),
        RecordType::EventBatch => json!({ "$ref": "#/components/schemas/EventBatch" }),
        RecordType::SessionCompleted => of::<SessionCompleted>(generator),
        RecordType::AnalysisRequested => of::<AnalysisRequested>(generator),
        RecordType::Verdict => of::<VerdictRecord>(generator),
        RecordType::Fingerprint => of::<FingerprintRecord>(generator),
        RecordType::CoordinationFinding => of::<CoordinationFinding>(generator),
        RecordType::WebhookNotice => of::<WebhookNotice>(generator),
    }
}

fn record(kind: RecordType, payload: Value) -> Value {
    let (title, summary, key) = words(kind);
    let examples: Vec<Value> = examples(kind)
        .iter()
        .map(|text| json!({ "payload": serde_json::from_str::<Value>(text).unwrap_or_default() }))
        .collect();
    json!({
        "name": kind.as_str(),
        "title": title,
        "summary": summary,
        "contentType": "application/json",
        "headers": headers(kind),
        "payload": payload,
        "examples": examples,
        "bindings": { "kafka": key_binding(&json!({ "type": "string", "description": key })) },
    })
}

#[rustfmt::skip]
fn words(kind: RecordType) -> (&'static str, &'static str, &'static str) {
    const SESSION: &str = "Id of the session.";
    match kind {
        RecordType::SessionStarted => ("SessionStarted", "A session has begun.", SESSION),
        RecordType::EventBatch => ("EventBatch", "Events of a session, as they were accepted: canonical or compact.", SESSION),
        RecordType::SessionCompleted => ("SessionCompleted", "A session is over.", SESSION),
        RecordType::AnalysisRequested => ("AnalysisRequested", "Somebody wants a verdict now.", SESSION),
        RecordType::Verdict => ("Verdict", "One revision of a session's verdict.", SESSION),
        RecordType::Fingerprint => ("Fingerprint", "What a closed window looked like.", "`{organisation}/{survey}/device/{fingerprint}`, or `{organisation}/{survey}/{kind}` of trajectories and rhythms; the survey may be empty."),
        RecordType::CoordinationFinding => ("CoordinationFinding", "Several sessions have something in common: what one of them is told.", SESSION),
        RecordType::WebhookNotice => ("WebhookNotice", "A notice of a survey platform.", "Id of the integration."),
    }
}

fn examples(kind: RecordType) -> &'static [&'static str] {
    match kind {
        RecordType::SessionStarted => {
            &[include_str!("../../golden/candor.session.started.v1.json")]
        }
        RecordType::EventBatch => &[
            include_str!("../../golden/candor.events.batch.v1.json"),
            include_str!("../../golden/candor.events.batch.v1.compact.json"),
        ],
        RecordType::SessionCompleted => &[include_str!(
            "../../golden/candor.session.completed.v1.json"
        )],
        RecordType::AnalysisRequested => &[include_str!(
            "../../golden/candor.analysis.requested.v1.json"
        )],
        RecordType::Verdict => &[include_str!("../../golden/candor.verdict.v1.json")],
        RecordType::Fingerprint => &[include_str!("../../golden/candor.fingerprint.v1.json")],
        RecordType::CoordinationFinding => &[include_str!(
            "../../golden/candor.coordination.finding.v1.json"
        )],
        RecordType::WebhookNotice => &[include_str!("../../golden/candor.webhook.notice.v1.json")],
    }
}

fn headers(kind: RecordType) -> Value {
    json!({
        "type": "object",
        "required": ["ce_specversion", "ce_id", "ce_source", "ce_type", "content-type", "candor_org"],
        "properties": {
            "ce_specversion": { "const": "1.0" },
            "ce_id": { "type": "string", "description": "Unique id of the record." },
            "ce_source": { "type": "string", "description": "The part that wrote it." },
            "ce_type": { "const": kind.as_str() },
            "content-type": { "const": "application/json" },
            "candor_org": { "type": "string", "description": "The organisation that owns it." },
            "traceparent": { "type": "string", "description": "W3C trace context of the request behind it." },
        },
    })
}

fn control_message(control: &ControlMessage, payload: &Value) -> Value {
    json!({
        "name": control.name,
        "title": control.name,
        "summary": control.summary,
        "description": "No value: what the key names is removed.",
        "contentType": "application/json",
        "payload": { "oneOf": [payload, { "type": "null" }] },
        "bindings": { "kafka": key_binding(&json!({ "type": "string", "description": format!("`{}`", control.key) })) },
    })
}

fn dead_letter() -> Value {
    let meanings = [
        "Stable name of the reason.",
        "Topic of the source record.",
        "Its partition.",
        "Its offset.",
        "Its timestamp, milliseconds since 1970.",
    ];
    let properties: Map<String, Value> = DEAD_LETTER_HEADERS
        .iter()
        .zip(meanings)
        .map(|(name, meaning)| {
            let schema = json!({ "type": "string", "description": meaning });
            ((*name).to_owned(), schema)
        })
        .collect();
    json!({
        "name": DEAD_LETTER,
        "title": "DeadLetter",
        "summary": "A record that was set aside: the source's bytes, unchanged.",
        "contentType": "application/octet-stream",
        "headers": { "type": "object", "required": DEAD_LETTER_HEADERS, "properties": properties,
                     "description": "The source's headers and these." },
        "payload": { "description": "The value of the source record, whatever it is." },
        "bindings": { "kafka": key_binding(&json!({ "type": "string", "description": "The source's key." })) },
    })
}

/// The form of a snapshot is the detector's own and changes with it, so only its frame is described.
fn snapshot() -> Value {
    json!({
        "name": SNAPSHOT,
        "title": "WindowSnapshot",
        "summary": "The state of one session's window, or nothing: the session is forgotten.",
        "contentType": "application/octet-stream",
        "payload": { "description": "One byte with the version of the form, then the window in that form; of another version than its own the detector uses no more than where to read again." },
        "bindings": { "kafka": key_binding(&json!({ "type": "string", "description": "Id of the session." })) },
    })
}

/// One message with a schema for each of its types.
fn live(payload: &Value) -> Value {
    let examples: Value =
        serde_json::from_str(include_str!("../../golden/candor.live.v1.json")).unwrap_or_default();
    let examples = examples.as_array().into_iter().flatten();
    let examples = examples.map(|example| json!({ "name": example["type"], "payload": example }));
    json!({
        "name": LIVE,
        "title": "LiveMessage",
        "summary": "One message of the live feed; its `type` says which.",
        "contentType": "application/json",
        "payload": payload,
        "examples": examples.collect::<Vec<Value>>(),
    })
}

fn key_binding(key: &Value) -> Value {
    json!({ "key": key, "bindingVersion": BINDING })
}

/// A schema of 2020-12 in the words of draft 7.
fn draft7(schema: Value) -> Value {
    match schema {
        Value::Array(items) => items.into_iter().map(draft7).collect(),
        Value::Object(mut members) => {
            members.remove("$schema");
            if let Some(dependent) = members.remove("dependentRequired") {
                members.insert("dependencies".to_owned(), dependent);
            }
            if let Some(elements) = members.remove("prefixItems") {
                let rest = members.insert("items".to_owned(), elements);
                members.insert("additionalItems".to_owned(), rest.unwrap_or(json!(true)));
            }
            let members = members.into_iter();
            Value::Object(members.map(|(name, value)| (name, draft7(value))).collect())
        }
        other => other,
    }
}
