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
use testkit::{CollectedRecord, TestTopics, Until, collect, wait_until};

const DEADLINE: Duration = Duration::from_secs(60);

fn config(topics: &TestTopics) -> WorkerConfig {
    let kafka = KafkaConfig {
        brokers: topics.brokers().to_owned(),
        prefix: topics.prefix().to_owned(),
        session_timeout: Duration::from_secs(6),
        ..KafkaConfig::default()
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

const POISON: [&str; 9] = [
    "bad_key",
    "bad_value",
    "header_missing",
    "invalid_event",
    "key_mismatch",
    "malformed_json",
    "organisation_mismatch",
    "record_type",
    "ruleset_missing",
];

/// Each kind of poison, between two good records of one session.
async fn send_everything(sender: &Sender, id: SessionId) {
    use RecordType::{EventBatch, SessionCompleted, SessionStarted, Verdict};
    let secret = SessionSecret::new([7; 32]).unwrap();
    let other = secret.mint(&"acme".parse().unwrap(), Utc::now(), [2; 6]);
    let (key, other_key) = (id.to_string(), other.to_string());
    let typed = BATCH.replace("focus\"", "keypress\",\"data\":{\"key\":\"q\"}");
    let records = [
        (&*key, SessionStarted, "acme", started(id, "builtin-1")),
        ("not-a-session", EventBatch, "acme", BATCH.to_owned()),
        (&key, EventBatch, "acme", "{\"events\":[".to_owned()),
        (&key, EventBatch, "acme", typed),
        (&key, SessionCompleted, "acme", "[]".to_owned()),
        (&key, Verdict, "acme", "{}".to_owned()),
        (&key, EventBatch, "intruder", BATCH.to_owned()),
        (&key, SessionStarted, "acme", started(other, "builtin-1")),
        (
            &other_key,
            SessionStarted,
            "acme",
            started(other, "from-the-future"),
        ),
        (&key, EventBatch, "acme", BATCH.to_owned()),
    ];
    sender.send_bare(&key, BATCH).await;
    for (key, kind, organisation, value) in records {
        sender.send(key, kind, organisation, &value).await;
    }
}

/// Each dead letter has the key and value of the record it names.
async fn letters_equal_their_sources(topics: &TestTopics, letters: &[CollectedRecord]) {
    let events = collect(
        topics.brokers(),
        &topics.topics().events,
        Until::HighWatermark,
    )
    .await;
    for letter in letters {
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
        let place = (source.partition, source.offset);
        let original = events
            .iter()
            .find(|event| (event.partition, event.offset) == place)
            .unwrap();
        assert_eq!(
            (&original.payload, &original.key),
            (&letter.payload, &letter.key)
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn poison_is_set_aside_once_with_its_bytes_and_every_record_is_counted() {
    let topics = TestTopics::create(2).await;
    let id = session();
    send_everything(&Sender::new(&topics), id).await;
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
    assert_eq!(worker.outcomes()["dead_lettered"], POISON.len() as u64);
    worker.stop().await;

    // A second worker reads again from the window's first record: nothing is set aside twice.
    let again = Running::start(&topics);
    wait_until("replayed records", DEADLINE, async || {
        let outcomes = again.outcomes();
        if outcomes.contains_key("replayed") {
            Ok(())
        } else {
            Err(outcomes)
        }
    })
    .await;
    again.stop().await;

    let dead_letters = &topics.topics().dead_letters;
    let letters = collect(topics.brokers(), dead_letters, Until::HighWatermark).await;
    let mut reasons: Vec<&str> = letters
        .iter()
        .filter_map(|letter| letter.header("candor_dlq_reason"))
        .collect();
    reasons.sort_unstable();
    assert_eq!(reasons, POISON);
    letters_equal_their_sources(&topics, &letters).await;
    let verdicts = collect(
        topics.brokers(),
        &topics.topics().verdicts,
        Until::HighWatermark,
    )
    .await;
    let last = verdicts.last().unwrap().payload.as_ref().unwrap();
    let last: VerdictRecord = serde_json::from_slice(last).unwrap();
    assert_eq!(
        (last.session_id, last.verdict.unwrap().event_count),
        (id, 1),
        "poison changed nothing"
    );
}
