//! The AsyncAPI 3.0 document of Candor's topics and of the API's live feed, made from the tables that make
//! the topics and the types that make the records.
//!
//! Owns the words about them and nothing else: names and policies come from [`crate::topic`], headers from
//! [`crate::header`], values from the records' types and the allow-list. `schemas/asyncapi.json` is this document; a
//! test keeps it equal, and `scripts/check-contracts` has the official parser judge it. Addresses are
//! those of the default prefix.

mod messages;

use serde_json::{Map, Value, json};

use crate::header::RecordType;
use crate::topic::{PartitionCount, TopicSpec, Topics};

const BINDING: &str = "0.5.0";

/// One channel: what a topic is for.
struct Channel {
    id: &'static str,
    title: &'static str,
    description: &'static str,
    messages: Vec<&'static str>,
}

/// One operation: which part writes or reads what.
struct Operation {
    id: &'static str,
    action: &'static str,
    channel: &'static str,
    summary: &'static str,
    messages: Vec<&'static str>,
}

/// The document.
pub fn document() -> Value {
    let topics = Topics::default();
    let channels = channels();
    let specs = topics.specs();
    let topics = channels
        .iter()
        .zip(&specs)
        .map(|(channel, spec)| (channel.id.to_owned(), channel_object(channel, spec)));
    let live = (LIVE.to_owned(), live_channel());
    let channels: Map<String, Value> = topics.chain([live]).collect();
    let operations: Map<String, Value> = operations()
        .iter()
        .map(|operation| (operation.id.to_owned(), operation_object(operation)))
        .collect();
    json!({
        "asyncapi": "3.0.0",
        "id": "urn:candor:topics",
        "info": {
            "title": "Candor's topics and live feed",
            "version": "1.0.0",
            "description": "Every record that Candor writes to Kafka and reads from it, and what the API's live feed tells. Values are JSON; headers follow CloudEvents 1.0 in Kafka binary mode. Addresses have the default prefix `candor` (`CANDOR_TOPIC_PREFIX`). A breaking change of a record gets a new `ce_type`, one of a topic a new version in its name.",
            "license": { "name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0" },
        },
        "defaultContentType": "application/json",
        "servers": servers(),
        "channels": channels,
        "operations": operations,
        "components": messages::components(),
    })
}

fn servers() -> Value {
    json!({
        "kafka": {
            "host": "{bootstrap}",
            "protocol": "kafka",
            "description": "The cluster of `CANDOR_KAFKA_BROKERS`. Partitioner `murmur2_random`: the one of the Java client, so that every client co-partitions.",
            "variables": { "bootstrap": { "default": "localhost:9092", "description": "Host and port of a broker." } },
        },
        "api": {
            "host": "{api}",
            "protocol": "ws",
            "description": "The dashboard API. Browsers show their cookie and come from a page of the same origin; others show a key with `verdicts:read` as `Authorization: Bearer` or `X-API-Key`.",
            "variables": { "api": { "default": "localhost:8081", "description": "Host and port of the API (`CANDOR_LISTEN`)." } },
        },
    })
}

/// Id of the live feed's channel.
const LIVE: &str = "live";

/// The one channel that is not a topic.
fn live_channel() -> Value {
    let text = |description: &str| json!({ "type": "string", "description": description });
    let surveys = json!({ "type": "array", "items": { "type": "string" }, "description": "Only these surveys." });
    json!({
        "address": "/ws",
        "title": "Live feed",
        "description": "What happens in the caller's organisation: a WebSocket with one message in each text frame, from the server only. The same messages are server-sent events at `/api/v1/live`.",
        "servers": [{ "$ref": "#/servers/api" }],
        "messages": { messages::LIVE: { "$ref": format!("#/components/messages/{}", messages::LIVE) } },
        "bindings": { "ws": {
            "method": "GET",
            "query": { "type": "object", "properties": {
                "survey": surveys,
                "risk": text("Only judgements and findings of this risk level or a higher one."),
                "types": text("Types of messages, separated by commas; `snapshot` always comes."),
                "cursor": text("Where to go on: the last message's cursor."),
            } },
            "bindingVersion": "0.1.0",
        } },
    })
}

/// In the order of [`Topics::specs`].
#[rustfmt::skip]
fn channels() -> Vec<Channel> {
    let channel = |id, title, description, messages| Channel { id, title, description, messages };
    vec![
        channel("events", "Sessions and their events",
            "Everything about a session, keyed by its id: one session is in one partition, in one order. The broker's append time decides windows.",
            session_records()),
        channel("verdicts", "Verdicts",
            "One record per revision of a session's verdict, and one per finding about several sessions, keyed by the session's id. A revision is applied only if it is higher than the one known.",
            [RecordType::Verdict, RecordType::CoordinationFinding].map(RecordType::as_str).to_vec()),
        channel("windows", "Snapshots of windows",
            "The detector's own: snapshots of its open windows, co-partitioned with the events and keyed by the session's id. Values are binary and belong to one version of the detector; a record without a value says that the session is forgotten. Written in transactions with the offsets of the events: read committed.",
            vec![messages::SNAPSHOT]),
        channel("fingerprints", "Fingerprints of closed windows",
            "What closed windows looked like, keyed by what is counted together: organisation, survey, kind, and of devices the fingerprint. The detector's second stage counts sessions by it.",
            vec![RecordType::Fingerprint.as_str()]),
        channel("control", "Keys and settings",
            "The newest record of a key is the truth; a record without a value removes what its key names. The gateway serves only after it has read the topic to its end.",
            messages::CONTROL.iter().map(|record| record.name).collect()),
        channel("deadLetters", "Records that cannot be processed",
            "Records of the events topic, or of those behind it, that will fail again identically: key, value and headers of the source, in its partition, with five more headers.",
            vec![messages::DEAD_LETTER]),
        channel("webhooks", "Notices of survey platforms",
            "What platforms have told through their webhooks, once they have proved who they are, keyed by integration.",
            vec![RecordType::WebhookNotice.as_str()]),
    ]
}

fn session_records() -> Vec<&'static str> {
    [
        RecordType::SessionStarted,
        RecordType::EventBatch,
        RecordType::SessionCompleted,
        RecordType::AnalysisRequested,
    ]
    .map(RecordType::as_str)
    .to_vec()
}

#[rustfmt::skip]
fn operations() -> Vec<Operation> {
    use RecordType::{AnalysisRequested, CoordinationFinding, EventBatch, Fingerprint, SessionCompleted, SessionStarted, Verdict, WebhookNotice};
    let operation = |id, (action, channel), summary, messages| Operation { id, action, channel, summary, messages };
    let control = || messages::CONTROL.iter().map(|record| record.name).collect();
    let (send, receive) = ("send", "receive");
    vec![
        operation("gatewayPublishesSessions", (send, "events"), "The gateway writes what clients and platforms tell of sessions, and answers after the acknowledgement.",
            [SessionStarted, EventBatch, SessionCompleted].map(RecordType::as_str).to_vec()),
        operation("gatewayPublishesNotices", (send, "webhooks"), "The gateway writes the notices whose signatures hold.", vec![WebhookNotice.as_str()]),
        operation("gatewayFollowsControl", (receive, "control"), "The gateway learns keys and settings.", control()),
        operation("operatorWritesControl", (send, "control"), "The `candor` command writes keys and settings.", control()),
        operation("apiRequestsAnalysis", (send, "events"), "The API asks for a verdict now.", vec![AnalysisRequested.as_str()]),
        operation("detectorFoldsSessions", (receive, "events"), "The detector folds a session's records into its windows.", session_records()),
        operation("detectorPublishesVerdicts", (send, "verdicts"), "The detector writes running, requested and final verdicts.", vec![Verdict.as_str()]),
        operation("detectorKeepsWindows", (send, "windows"), "The detector writes snapshots of its windows.", vec![messages::SNAPSHOT]),
        operation("detectorRestoresWindows", (receive, "windows"), "A new owner of a partition reads the windows of the one before.", vec![messages::SNAPSHOT]),
        operation("detectorPublishesFingerprints", (send, "fingerprints"), "The detector writes what closed windows looked like.", vec![Fingerprint.as_str()]),
        operation("detectorCountsFingerprints", (receive, "fingerprints"), "The detector's second stage counts the sessions that share a fingerprint.", vec![Fingerprint.as_str()]),
        operation("detectorPublishesFindings", (send, "verdicts"), "The second stage writes what it found, once for each session.", vec![CoordinationFinding.as_str()]),
        operation("detectorSetsAside", (send, "deadLetters"), "The detector sets aside what it cannot process.", vec![messages::DEAD_LETTER]),
        operation("sinkStoresEvents", (receive, "events"), "The raw sink stores batches of events.", vec![EventBatch.as_str()]),
        operation("sinkStoresVerdicts", (receive, "verdicts"), "The verdict sink stores verdicts and findings.", [Verdict, CoordinationFinding].map(RecordType::as_str).to_vec()),
        operation("apiTellsWatchers", (send, LIVE), "The API tells watchers what happens.", vec![messages::LIVE]),
        operation("apiFollowsVerdicts", (receive, "verdicts"), "The API feeds the dashboard and answers those who wait.", vec![Verdict.as_str()]),
    ]
}

fn channel_object(channel: &Channel, spec: &TopicSpec) -> Value {
    let messages: Map<String, Value> = channel
        .messages
        .iter()
        .map(|name| {
            let reference = format!("#/components/messages/{name}");
            ((*name).to_owned(), json!({ "$ref": reference }))
        })
        .collect();
    json!({
        "address": spec.name,
        "title": channel.title,
        "description": channel.description,
        "servers": [{ "$ref": "#/servers/kafka" }],
        "messages": messages,
        "bindings": { "kafka": topic_binding(spec) },
    })
}

/// Name, partitions and policy as AsyncAPI's binding for Kafka has them. How many partitions topics keyed
/// by session get is the operator's decision, so the number is not in it.
fn topic_binding(spec: &TopicSpec) -> Value {
    let mut configuration = Map::from_iter([("cleanup.policy".to_owned(), json!(["delete"]))]);
    for (name, value) in &spec.config {
        let value = match *name {
            "cleanup.policy" => json!([value]),
            _ => serde_json::from_str(value).unwrap_or_else(|_| json!(value)),
        };
        configuration.insert((*name).to_owned(), value);
    }
    let mut binding = json!({
        "topic": spec.name,
        "topicConfiguration": configuration,
        "bindingVersion": BINDING,
    });
    if spec.partitions == PartitionCount::One {
        binding["partitions"] = json!(1);
    }
    binding
}

fn operation_object(operation: &Operation) -> Value {
    let channel = operation.channel;
    let messages: Vec<Value> = operation
        .messages
        .iter()
        .map(|name| json!({ "$ref": format!("#/channels/{channel}/messages/{name}") }))
        .collect();
    json!({
        "action": operation.action,
        "channel": { "$ref": format!("#/channels/{channel}") },
        "summary": operation.summary,
        "messages": messages,
    })
}
