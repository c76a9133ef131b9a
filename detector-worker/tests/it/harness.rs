//! A worker in this process on a real broker, and a writer of the events topic.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::DateTime;
use detector_worker::{WorkerConfig, setup};
use kafka::config::KafkaConfig;
use kafka::metrics::ProducerMetrics;
use kafka::producer::{Outgoing, Producer, ProducerOptions};
use prometheus::Registry;
use runtime::CancellationToken;
use runtime::health::Health;
use schemas::header::{RecordHeaders, RecordType};
use schemas::ids::{SessionId, SessionSecret};
use schemas::verdict::{Phase, VerdictRecord};
use testkit::{CollectedRecord, TestTopics, Until, collect, wait_until};

pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

pub(crate) fn config(topics: &TestTopics) -> WorkerConfig {
    let kafka = KafkaConfig {
        brokers: topics.brokers().to_owned(),
        prefix: topics.prefix().to_owned(),
        session_timeout: Duration::from_secs(6),
        ..KafkaConfig::default()
    };
    let mut config = WorkerConfig::new(kafka, ([127, 0, 0, 1], 0).into());
    config.state.snapshot_interval = Duration::from_millis(200);
    config
}

/// A worker in this process, stopped by its token.
pub(crate) struct Running {
    registry: Registry,
    shutdown: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

impl Running {
    pub(crate) fn start(config: WorkerConfig) -> Self {
        let (registry, shutdown) = (Registry::new(), CancellationToken::new());
        let components = setup(config, &registry, &Health::default()).unwrap();
        let consuming = components.consume(shutdown.clone());
        let task = tokio::spawn(async move { consuming.await.unwrap() });
        Self {
            registry,
            shutdown,
            task,
        }
    }

    pub(crate) async fn stop(self) {
        self.shutdown.cancel();
        self.task.await.unwrap();
    }

    /// The values of a metric by its labels' values, joined by commas.
    pub(crate) fn metric(&self, name: &str) -> BTreeMap<String, f64> {
        let families = self.registry.gather();
        let family = families.iter().filter(|family| family.name() == name);
        let metrics = family.flat_map(|family| family.get_metric());
        metrics
            .map(|metric| {
                let labels = metric.get_label().iter().map(|label| label.value());
                let value = metric.get_counter().get_value() + metric.get_gauge().get_value();
                (labels.collect::<Vec<_>>().join(","), value)
            })
            .collect()
    }

    /// Records counted, by outcome.
    pub(crate) fn outcomes(&self) -> BTreeMap<String, f64> {
        self.metric("detector_records_total")
    }

    /// Waits until that many records have been counted.
    pub(crate) async fn wait_for_records(&self, count: usize) {
        wait_until("every record counted", DEADLINE, async || {
            let outcomes = self.outcomes();
            if outcomes.values().sum::<f64>() == count as f64 {
                Ok(())
            } else {
                Err(outcomes)
            }
        })
        .await;
    }
}

/// A writer of the events topic.
pub(crate) struct Sender {
    producer: Producer,
    topic: String,
}

impl Sender {
    pub(crate) fn new(topics: &TestTopics) -> Self {
        let metrics = ProducerMetrics::unregistered().unwrap();
        let producer =
            Producer::new(&config(topics).kafka, &ProducerOptions::default(), metrics).unwrap();
        Self {
            producer,
            topic: topics.topics().events.clone(),
        }
    }

    pub(crate) async fn send(&self, key: &str, kind: RecordType, organisation: &str, value: &[u8]) {
        let headers = RecordHeaders {
            record_type: kind,
            id: "1".to_owned(),
            source: "/test".to_owned(),
            organisation: organisation.parse().unwrap(),
            traceparent: None,
        };
        let delivery = self
            .producer
            .send(&self.topic, key.as_bytes(), value, &headers);
        delivery.unwrap().await.unwrap();
    }

    /// A record of the organisation `acme` about `id`.
    pub(crate) async fn tell(&self, id: SessionId, kind: RecordType, value: &str) {
        self.send(&id.to_string(), kind, "acme", value.as_bytes())
            .await;
    }

    /// A record with these headers and nothing else said of it.
    pub(crate) async fn send_bare(&self, key: &[u8], value: &[u8], headers: &[(&str, &[u8])]) {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let record = Outgoing {
            topic: &self.topic,
            partition: None,
            key,
            payload: value,
            headers,
        };
        self.producer
            .send_with(record, move |outcome| drop(sender.send(outcome)))
            .unwrap();
        receiver.await.unwrap().unwrap();
    }
}

/// The session of that number, the same whenever it is asked for.
pub(crate) fn session(number: u32) -> SessionId {
    let [a, b, c, d] = number.to_be_bytes();
    let secret = SessionSecret::new([7; 32]).unwrap();
    let begun = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
    secret.mint(&"acme".parse().unwrap(), begun, [1, 1, a, b, c, d])
}

pub(crate) const BATCH: &str =
    r#"{"batch_id":"b","count":1,"events":[{"event_type":"focus","timestamp":1790000000000}]}"#;

pub(crate) fn started(id: SessionId, ruleset: &str) -> String {
    format!(
        r#"{{"session_id":"{id}","created_at":"2026-09-21T14:13:20Z","expires_at":"2026-09-22T14:13:20Z","versions":{{"ruleset":"{ruleset}","model":"none"}}}}"#
    )
}

pub(crate) fn completed(id: SessionId) -> String {
    format!(r#"{{"session_id":"{id}","completed_at":"2026-09-21T14:13:20Z"}}"#)
}

/// Everything on the dead-letter topic.
pub(crate) async fn dead_letters(topics: &TestTopics) -> Vec<CollectedRecord> {
    let topic = &topics.topics().dead_letters;
    collect(topics.brokers(), topic, Until::HighWatermark).await
}

/// Every verdict published so far.
pub(crate) async fn verdicts(topics: &TestTopics) -> Vec<VerdictRecord> {
    let topic = &topics.topics().verdicts;
    let records = collect(topics.brokers(), topic, Until::HighWatermark).await;
    let values = records
        .iter()
        .filter(|record| record.header("ce_type") == Some(RecordType::Verdict.as_str()));
    values
        .map(|record| serde_json::from_slice(record.payload.as_deref().unwrap()).unwrap())
        .collect()
}

/// Waits for the final verdict of `id`.
pub(crate) async fn wait_for_final(topics: &TestTopics, id: SessionId) -> VerdictRecord {
    wait_until("a final verdict", DEADLINE, async || {
        let all = verdicts(topics).await;
        let of_session: Vec<_> = all
            .into_iter()
            .filter(|record| record.session_id == id)
            .collect();
        let last = of_session
            .iter()
            .find(|record| record.revision.phase == Phase::Final);
        last.cloned().ok_or(of_session)
    })
    .await
}
