//! The worker on a real broker: poison is set aside once with its bytes, and every record is counted.

#![expect(clippy::unwrap_used, reason = "a broken fixture is a failed test")]

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::Utc;
use detector_worker::{WorkerConfig, setup};
use kafka::config::KafkaConfig;
use kafka::dead_letter::DeadLetterHeaders;
use kafka::metrics::ProducerMetrics;
use kafka::producer::{Outgoing, Producer, ProducerOptions};
use prometheus::Registry;
use runtime::CancellationToken;
use runtime::health::Health;
use schemas::header::{RecordHeaders, RecordType};
use schemas::ids::{SessionId, SessionSecret};
use schemas::verdict::VerdictRecord;
use testkit::{TestTopics, Until, collect, wait_until};

const DEADLINE: Duration = Duration::from_secs(60);

fn config(topics: &TestTopics) -> WorkerConfig {
    let kafka = KafkaConfig {
        brokers: topics.brokers().to_owned(),
        prefix: topics.prefix().to_owned(),
        session_timeout: Duration::from_secs(6),
    };
    WorkerConfig::new(kafka, ([127, 0, 0, 1], 0).into())
}

/// A worker in this process, stopped by its token.
struct Running {
    registry: Registry,
    shutdown: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

impl Running {
    fn start(topics: &TestTopics) -> Self {
        let (registry, shutdown) = (Registry::new(), CancellationToken::new());
        let components = setup(config(topics), &registry, &Health::default()).unwrap();
        let consuming = components.consume(shutdown.clone());
        let task = tokio::spawn(async move { consuming.await.unwrap() });
        Self {
            registry,
            shutdown,
            task,
        }
    }

    async fn stop(self) {
        self.shutdown.cancel();
        self.task.await.unwrap();
    }

    /// Records counted, by outcome.
    fn outcomes(&self) -> BTreeMap<String, u64> {
        let families = self.registry.gather();
        let records = families
            .iter()
            .filter(|family| family.name() == "detector_records_total");
        records
            .flat_map(|family| family.get_metric())
            .map(|metric| {
                (
                    metric.get_label()[0].value().to_owned(),
                    metric.get_counter().get_value() as u64,
                )
            })
            .collect()
    }
}

struct Sender {
    producer: Producer,
    topic: String,
}

impl Sender {
    fn new(topics: &TestTopics) -> Self {
        let metrics = ProducerMetrics::unregistered().unwrap();
        let producer =
            Producer::new(&config(topics).kafka, &ProducerOptions::default(), metrics).unwrap();
        Self {
            producer,
            topic: topics.topics().events.clone(),
        }
    }

    async fn send(&self, key: &str, kind: RecordType, organisation: &str, value: &str) {
        let headers = RecordHeaders {
            record_type: kind,
            id: "1".to_owned(),
            source: "/test".to_owned(),
            organisation: organisation.parse().unwrap(),
            traceparent: None,
        };
        let delivery = self
            .producer
            .send(&self.topic, key.as_bytes(), value.as_bytes(), &headers);
        delivery.unwrap().await.unwrap();
    }

    async fn send_bare(&self, key: &str, value: &str) {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let record = Outgoing {
            topic: &self.topic,
            partition: None,
            key: key.as_bytes(),
            payload: value.as_bytes(),
            headers: &[],
        };
        self.producer
            .send_with(record, move |outcome| drop(sender.send(outcome)))
            .unwrap();
        receiver.await.unwrap().unwrap();
    }
}

fn session() -> SessionId {
    SessionSecret::new([7; 32])
        .unwrap()
        .mint(&"acme".parse().unwrap(), Utc::now(), [1; 6])
}

const BATCH: &str =
    r#"{"batch_id":"b","count":1,"events":[{"event_type":"focus","timestamp":1790000000000}]}"#;

fn started(id: SessionId, ruleset: &str) -> String {
    format!(
        r#"{{"session_id":"{id}","created_at":"2026-09-21T14:13:20Z","expires_at":"2026-09-22T14:13:20Z","versions":{{"ruleset":"{ruleset}","model":"none"}}}}"#
    )
}

/// Each kind of poison, between two good records of one session.
async fn send_everything(sender: &Sender, id: SessionId) -> Vec<&'static str> {
    let key = id.to_string();
    let other =
        SessionSecret::new([7; 32])
            .unwrap()
            .mint(&"acme".parse().unwrap(), Utc::now(), [2; 6]);
    sender
        .send(
            &key,
            RecordType::SessionStarted,
            "acme",
            &started(id, "builtin-1"),
        )
        .await;
    sender.send_bare(&key, BATCH).await;
    sender
        .send("not-a-session", RecordType::EventBatch, "acme", BATCH)
        .await;
    sender
        .send(&key, RecordType::EventBatch, "acme", "{\"events\":[")
        .await;
    sender
        .send(
            &key,
            RecordType::EventBatch,
            "acme",
            &BATCH.replace("focus\"", "keypress\",\"data\":{\"key\":\"q\"}"),
        )
        .await;
    sender
        .send(&key, RecordType::SessionCompleted, "acme", "[]")
        .await;
    sender.send(&key, RecordType::Verdict, "acme", "{}").await;
    sender
        .send(&key, RecordType::EventBatch, "intruder", BATCH)
        .await;
    sender
        .send(
            &key,
            RecordType::SessionStarted,
            "acme",
            &started(other, "builtin-1"),
        )
        .await;
    sender
        .send(
            &other.to_string(),
            RecordType::SessionStarted,
            "acme",
            &started(other, "from-the-future"),
        )
        .await;
    sender
        .send(&key, RecordType::EventBatch, "acme", BATCH)
        .await;
    vec![
        "bad_key",
        "bad_value",
        "header_missing",
        "invalid_event",
        "key_mismatch",
        "malformed_json",
        "organisation_mismatch",
        "record_type",
        "ruleset_missing",
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn poison_is_set_aside_once_with_its_bytes_and_every_record_is_counted() {
    let topics = TestTopics::create(2).await;
    let (sender, id) = (Sender::new(&topics), session());
    let expected = send_everything(&sender, id).await;
    let worker = Running::start(&topics);
    wait_until("every record counted", DEADLINE, async || {
        let outcomes = worker.outcomes();
        if outcomes.values().sum::<u64>() == 11 {
            Ok(())
        } else {
            Err(outcomes)
        }
    })
    .await;
    let outcomes = worker.outcomes();
    assert_eq!(outcomes["dead_lettered"], 9, "{outcomes:?}");
    worker.stop().await;

    // A second worker reads again from the window's first record: nothing is set aside twice.
    let again = Running::start(&topics);
    wait_until("replayed records", DEADLINE, async || {
        let outcomes = again.outcomes();
        if outcomes
            .get("replayed")
            .is_some_and(|replayed| *replayed > 0)
        {
            Ok(())
        } else {
            Err(outcomes)
        }
    })
    .await;
    again.stop().await;

    let letters = collect(
        topics.brokers(),
        &topics.topics().dead_letters,
        Until::HighWatermark,
    )
    .await;
    let mut reasons: Vec<&str> = letters
        .iter()
        .filter_map(|letter| letter.header("candor_dlq_reason"))
        .collect();
    reasons.sort_unstable();
    assert_eq!(reasons, expected);
    let events = collect(
        topics.brokers(),
        &topics.topics().events,
        Until::HighWatermark,
    )
    .await;
    for letter in &letters {
        let record = kafka::OwnedRecord {
            topic: String::new(),
            partition: letter.partition,
            offset: letter.offset,
            timestamp_ms: 0,
            key: letter.key.clone().unwrap_or_default(),
            payload: letter.payload.clone().unwrap_or_default(),
            headers: letter.headers.clone(),
        };
        let source = DeadLetterHeaders::decode(&record.as_record()).unwrap();
        let original = events
            .iter()
            .find(|event| (event.partition, event.offset) == (source.partition, source.offset))
            .unwrap();
        assert_eq!(
            (&original.payload, &original.key),
            (&letter.payload, &letter.key)
        );
    }
    let verdicts = collect(
        topics.brokers(),
        &topics.topics().verdicts,
        Until::HighWatermark,
    )
    .await;
    let last: VerdictRecord =
        serde_json::from_slice(verdicts.last().unwrap().payload.as_ref().unwrap()).unwrap();
    assert_eq!(
        (last.session_id, last.verdict.unwrap().event_count),
        (id, 1),
        "poison changed nothing"
    );
}
