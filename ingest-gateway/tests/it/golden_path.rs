//! What a good client sends arrives in the topic as it was sent, and is answered afterwards.

use std::io::Write;

use chrono::{DateTime, TimeDelta, Utc};
use flate2::Compression;
use flate2::write::GzEncoder;
use schemas::batch::{BatchRecord, BatchSequence};
use schemas::event::{EventType, Field};
use schemas::header::{RecordHeaders, RecordType};
use schemas::ids::SessionId;
use schemas::session::{SessionCompleted, SessionStarted};
use schemas::token::IngestGrant;
use serde_json::{Value, json};
use testkit::CollectedRecord;

use crate::support::{TestGateway, events, secret};

const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn headers(record: &CollectedRecord) -> RecordHeaders {
    let pairs = record.headers.iter();
    RecordHeaders::decode(pairs.map(|(name, value)| (name.as_str(), value.as_slice()))).unwrap()
}

fn payload(record: &CollectedRecord) -> &[u8] {
    record.payload.as_deref().unwrap()
}

#[tokio::test]
async fn a_session_from_its_start_to_its_end_is_in_the_topic_in_order() {
    let gateway = TestGateway::start().await;
    let description = json!({
        "platform": "qualtrics", "survey_id": "SV_1", "respondent_id": "R_7",
        "device": { "webdriver": true, "cores": 8, "platform": "linux" }, "metadata": { "wave": 3 },
    });
    let begun = Utc::now();
    let post = gateway
        .post("/api/v1/detection/sessions")
        .json(&description);
    let created = post.header("user-agent", "curl/8.0").send().await.unwrap();
    assert_eq!(created.status(), 201);
    let created: Value = created.json().await.unwrap();
    let id = created["session_id"].as_str().unwrap();
    assert_eq!(created["status"], "active");

    let mut sent = events(3);
    sent[1]["data"]["x"] = json!("typed text");
    let body = json!({ "events": sent, "writer": "tab-1", "sequence": 4 });
    let batch = gateway
        .batch(id, body.to_string())
        .header("traceparent", TRACE);
    let stored = batch.header("x-request-id", "mine-1").send().await.unwrap();
    assert_eq!(stored.status(), 202);
    assert_eq!(stored.headers()["x-request-id"], "mine-1");
    let stored: Value = stored.json().await.unwrap();
    assert_eq!(stored["accepted"], 2);
    assert_eq!(stored["rejected"][0]["index"], 1);
    assert_eq!(stored["rejected"][0]["code"], "content_refused");
    let path = format!("/api/v1/detection/sessions/{id}/complete");
    let ended: Value = gateway
        .post(&path)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(ended, json!({ "session_id": id, "status": "completed" }));

    let records = gateway.records().await;
    let [started, batch, completed] = &records[..] else {
        panic!("not three records: {records:?}")
    };
    assert!(records.iter().all(|record| record.key_text() == Some(id)));
    check_started(started, &created, begun);
    check_batch(batch, &stored);
    assert_eq!(headers(completed).record_type, RecordType::SessionCompleted);
    let completion: SessionCompleted = serde_json::from_slice(payload(completed)).unwrap();
    assert_eq!(completion.session_id.to_string(), id);
    gateway.ended().await;
}

fn check_started(record: &CollectedRecord, created: &Value, begun: DateTime<Utc>) {
    let found = headers(record);
    assert_eq!(found.record_type, RecordType::SessionStarted);
    assert_eq!(
        (found.source.as_str(), found.organisation.as_str()),
        ("/candor/gateway", "default")
    );
    let started: SessionStarted = serde_json::from_slice(payload(record)).unwrap();
    let id: SessionId = created["session_id"].as_str().unwrap().parse().unwrap();
    assert_eq!(started.session_id, id);
    assert!(secret().verifies(&found.organisation, id));
    let names = (
        started.platform.as_deref(),
        started.survey_id.as_deref(),
        started.respondent_id.as_deref(),
    );
    assert_eq!(names, (Some("qualtrics"), Some("SV_1"), Some("R_7")));
    assert_eq!((started.device.len(), started.metadata.len()), (3, 1));
    assert_eq!(started.versions.ruleset, "builtin-1");
    assert_eq!(started.versions.model, "none");
    assert_eq!(started.client.user_agent_class.as_deref(), Some("library"));
    // Behind a secret key stands the platform's server: its address is nobody's.
    assert_eq!(started.client.address_hash, None);
    assert!(started.test, "the key is a test key");
    let token = created["ingest_token"].as_str().unwrap();
    let grant = IngestGrant::open(token, &secret(), Utc::now()).unwrap();
    assert_eq!(grant.session_id, id);
    assert_eq!(grant.expires_at, started.expires_at);
    let expires_at: DateTime<Utc> = created["expires_at"].as_str().unwrap().parse().unwrap();
    assert_eq!(expires_at, grant.expires_at);
    let lifetime = expires_at - begun;
    assert!(
        lifetime > TimeDelta::hours(23) && lifetime < TimeDelta::hours(25),
        "{lifetime}"
    );
}

fn check_batch(record: &CollectedRecord, stored: &Value) {
    let found = headers(record);
    assert_eq!(found.record_type, RecordType::EventBatch);
    assert_eq!(found.traceparent.as_deref(), Some(TRACE));
    assert_eq!(stored["batch_id"], found.id);
    assert!(
        found.id.parse::<SessionId>().is_ok(),
        "{} is no UUIDv7",
        found.id
    );
    let batch = BatchRecord::decode(payload(record)).unwrap();
    assert_eq!((batch.batch_id, batch.len()), (found.id.as_str(), 2));
    assert_eq!(
        batch.sequence,
        Some(BatchSequence {
            writer: "tab-1",
            sequence: 4
        })
    );
    let columns: Vec<_> = batch.events().map(|event| event.number(Field::X)).collect();
    assert_eq!(columns, [Some(0.0), Some(2.0)]);
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn gzip_plain_text_and_the_alias_are_accepted() {
    let gateway = TestGateway::start().await;
    let session = gateway.session().await;
    let text = events(2).to_string();
    let packed = gateway
        .batch(&session.id, gzip(&text))
        .header("content-encoding", "gzip");
    let alias = format!("/api/v1/detection/sessions/{}/data", session.id);
    let beacon = gateway
        .post(&alias)
        .header("content-type", "text/plain;charset=UTF-8")
        .body(text);
    for request in [packed, beacon] {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 202);
        let body: Value = response.json().await.unwrap();
        assert_eq!(
            (&body["accepted"], &body["rejected"]),
            (&json!(2), &json!([]))
        );
    }
    assert_eq!(gateway.records().await.len(), 3);
    assert_eq!(
        gateway
            .metric("ingest_events_accepted_total{route=\"events\"}")
            .await,
        2.0
    );
    assert_eq!(
        gateway
            .metric("ingest_events_accepted_total{route=\"data\"}")
            .await,
        2.0
    );
    assert_eq!(gateway.metric("ingest_in_flight_bytes").await, 0.0);
    gateway.ended().await;
}

#[tokio::test]
async fn an_ingest_token_writes_to_its_session() {
    let gateway = TestGateway::start().await;
    let session = gateway.session().await;
    for action in ["events", "complete"] {
        let path = format!("/api/v1/detection/sessions/{}/{action}", session.id);
        let request = gateway.anonymous(&path).header("x-api-key", &session.token);
        let response = request.json(&events(1)).send().await.unwrap();
        assert!(
            response.status().is_success(),
            "{action}: {}",
            response.text().await.unwrap()
        );
    }
    assert_eq!(gateway.records().await.len(), 3);
    gateway.ended().await;
}

#[tokio::test]
async fn completing_twice_is_one_fact_told_twice() {
    let gateway = TestGateway::start().await;
    let session = gateway.session().await;
    let path = format!("/api/v1/detection/sessions/{}/complete", session.id);
    let mut answers = Vec::new();
    for _ in 0..2 {
        let response = gateway.post(&path).send().await.unwrap();
        assert_eq!(response.status(), 200);
        answers.push(response.text().await.unwrap());
    }
    assert_eq!(answers[0], answers[1]);
    let records = gateway.records().await;
    assert_eq!(records[1].header("ce_id"), records[2].header("ce_id"));
    assert_ne!(records[0].header("ce_id"), records[1].header("ce_id"));
    gateway.ended().await;
}

#[tokio::test]
async fn unknown_types_are_kept_as_custom_and_counted() {
    let gateway = TestGateway::start().await;
    let session = gateway.session().await;
    let mut sent = events(2);
    sent[0] = json!({ "event_type": "eye_gaze", "timestamp": Utc::now(), "data": { "zone": "left:top" } });
    let response = gateway
        .batch(&session.id, sent.to_string())
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 202);
    let records = gateway.records().await;
    let batch = BatchRecord::decode(payload(&records[1])).unwrap();
    assert_eq!(batch.events().next().unwrap().event_type, EventType::Custom);
    assert_eq!(
        gateway.metric("ingest_events_unknown_type_total").await,
        1.0
    );
    gateway.ended().await;
}

#[tokio::test]
async fn an_idempotency_key_makes_a_batch_without_writer_recognisable() {
    let gateway = TestGateway::start().await;
    let session = gateway.session().await;
    for _ in 0..2 {
        let batch = gateway.batch(&session.id, events(1).to_string());
        let response = batch
            .header("idempotency-key", "\"try-1\"")
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 202);
    }
    let other = gateway.batch(&session.id, events(1).to_string());
    let other = other
        .header("idempotency-key", "try-2")
        .send()
        .await
        .unwrap();
    assert_eq!(other.status(), 202);
    let records = gateway.records().await;
    let writer = |record: &CollectedRecord| {
        let batch = BatchRecord::decode(payload(record)).unwrap();
        let BatchSequence { writer, sequence } = batch.sequence.unwrap();
        assert_eq!(sequence, 0);
        writer.to_owned()
    };
    let writers: Vec<String> = records[1..].iter().map(writer).collect();
    assert_eq!(writers[0], writers[1]);
    assert_ne!(writers[1], writers[2]);
    // The key may say something; its hash does not.
    assert!(!writers[0].contains("try"), "{writers:?}");
    gateway.ended().await;
}

#[tokio::test]
async fn an_invalid_trace_context_is_dropped_and_the_batch_is_not() {
    let gateway = TestGateway::start().await;
    let session = gateway.session().await;
    let batch = gateway
        .batch(&session.id, events(1).to_string())
        .header("traceparent", "00-0-0-00");
    assert_eq!(batch.send().await.unwrap().status(), 202);
    assert_eq!(headers(&gateway.records().await[1]).traceparent, None);
    gateway.ended().await;
}
