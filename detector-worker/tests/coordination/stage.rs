//! Fingerprints in, findings out: worker processes on a real broker.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::DateTime;
use kafka::config::KafkaConfig;
use kafka::metrics::ProducerMetrics;
use kafka::producer::{Producer, ProducerOptions};
use schemas::coordination::{CoordinationFinding, Fingerprint, FingerprintKind, FingerprintRecord};
use schemas::header::{RecordHeaders, RecordType};
use testkit::{ChildProcess, CollectedRecord, TestTopics, Until, collect, committed, wait_until};

use crate::{BEGIN, session};

pub(crate) const DEADLINE: Duration = Duration::from_secs(90);

pub(crate) fn spawn(topics: &TestTopics) -> ChildProcess {
    let variables = [
        ("CANDOR_KAFKA_BROKERS", topics.brokers()),
        ("CANDOR_TOPIC_PREFIX", topics.prefix()),
        ("CANDOR_KAFKA_SESSION_TIMEOUT_SECONDS", "2"),
        ("CANDOR_LISTEN", "127.0.0.1:0"),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    ChildProcess::spawn(
        env!("CARGO_BIN_EXE_detector-worker"),
        &[],
        variables.to_vec(),
    )
}

/// Session `number` was seen with the device `device`, that many seconds after the beginning.
fn seen(number: u32, device: u128, seconds: i64) -> FingerprintRecord {
    FingerprintRecord {
        session_id: session(number),
        organisation: "acme".parse().unwrap(),
        survey_id: Some("SV_1".to_owned()),
        window: i64::from(number),
        kind: FingerprintKind::Device,
        fingerprint: Fingerprint::new(device),
        sketch: None,
        observed_at: DateTime::from_timestamp_millis(BEGIN + seconds * 1000).unwrap(),
    }
}

pub(crate) struct Sender {
    producer: Producer,
    topic: String,
}

impl Sender {
    pub(crate) fn new(topics: &TestTopics) -> Self {
        let kafka = KafkaConfig {
            brokers: topics.brokers().to_owned(),
            prefix: topics.prefix().to_owned(),
            ..KafkaConfig::default()
        };
        let metrics = ProducerMetrics::unregistered().unwrap();
        Self {
            producer: Producer::new(&kafka, &ProducerOptions::default(), metrics).unwrap(),
            topic: topics.topics().fingerprints.clone(),
        }
    }

    async fn send_as(&self, key: &str, kind: RecordType, organisation: &str, value: &[u8]) {
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

    pub(crate) async fn send(&self, record: &FingerprintRecord) {
        let value = serde_json::to_vec(record).unwrap();
        self.send_as(&record.key(), RecordType::Fingerprint, "acme", &value)
            .await;
    }
}

async fn published(topics: &TestTopics) -> Vec<CollectedRecord> {
    let topic = &topics.topics().verdicts;
    collect(topics.brokers(), topic, Until::HighWatermark).await
}

/// What a sink would keep: of each session and fingerprint the highest finding, as text.
pub(crate) async fn kept(topics: &TestTopics) -> BTreeMap<(String, String), (u32, String)> {
    let mut kept = BTreeMap::new();
    for record in published(topics).await {
        let payload = record.payload.as_deref().unwrap();
        let finding: CoordinationFinding = serde_json::from_slice(payload).unwrap();
        assert_eq!(record.key_text(), Some(&*finding.session_id.to_string()));
        let kind = RecordType::CoordinationFinding.as_str();
        assert_eq!(record.header("ce_type"), Some(kind));
        assert_eq!(record.header("candor_org"), Some("acme"));
        let key = (
            finding.session_id.to_string(),
            finding.fingerprint.to_string(),
        );
        let text = String::from_utf8(payload.to_vec()).unwrap();
        let told = kept.entry(key).or_insert((0, String::new()));
        if finding.revision > told.0 {
            *told = (finding.revision, text);
        }
    }
    kept
}

/// Waits until that many sessions have findings, and says what they are.
pub(crate) async fn wait_for_kept(
    topics: &TestTopics,
    sessions: usize,
) -> BTreeMap<(String, String), (u32, String)> {
    wait_until("findings", DEADLINE, async || {
        let kept = kept(topics).await;
        if kept.len() == sessions {
            Ok(kept)
        } else {
            Err(kept)
        }
    })
    .await
}

/// Waits until the stage has committed that it is done with `records` records.
pub(crate) async fn wait_for_commit(topics: &TestTopics, records: i64) {
    let group = format!("{}-coordination", topics.prefix());
    wait_until("commit of the second stage", DEADLINE, async || {
        let commits = committed(topics.brokers(), &group, &topics.topics().fingerprints).await;
        let done: i64 = commits.iter().map(|commit| commit.next_offset).sum();
        if done == records { Ok(()) } else { Err(done) }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn three_sessions_with_one_device_are_all_told() {
    let topics = TestTopics::create(2).await;
    let sender = Sender::new(&topics);
    let mut worker = spawn(&topics);
    let elsewhere = FingerprintRecord {
        survey_id: Some("SV_2".to_owned()),
        ..seen(4, 7, 3)
    };
    for record in [
        seen(1, 7, 0),
        seen(2, 7, 90),
        seen(3, 8, 1),
        elsewhere,
        seen(2, 7, 91),
    ] {
        sender.send(&record).await;
    }
    wait_for_commit(&topics, 5).await;
    assert_eq!(published(&topics).await.len(), 0, "two are too few");
    sender.send(&seen(5, 7, 200)).await;
    let kept = wait_for_kept(&topics, 3).await;
    for number in [1, 2, 5] {
        let key = (session(number).to_string(), Fingerprint::new(7).to_string());
        let finding: CoordinationFinding = serde_json::from_str(&kept[&key].1).unwrap();
        assert_eq!((finding.sessions, finding.score), (3, 0.3));
        let lasted = finding.last_at - finding.first_at;
        assert_eq!(lasted.num_seconds(), 200);
        assert!(
            finding.text.contains("within 4 minutes"),
            "{}",
            finding.text
        );
    }
    worker.terminate(DEADLINE).await;
}

/// Three records of each of forty devices.
fn story() -> Vec<FingerprintRecord> {
    let mut records = Vec::new();
    for round in 0..5_u32 {
        for device in 0..40_u32 {
            let number = round * 40 + device;
            records.push(seen(number, u128::from(device), i64::from(number)));
        }
    }
    records
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stage_that_is_killed_counts_on_and_what_is_kept_is_the_same() {
    let (alone, disturbed) = (TestTopics::create(2).await, TestTopics::create(2).await);
    let story = story();
    let mut undisturbed = spawn(&alone);
    let sender = Sender::new(&alone);
    for record in &story {
        sender.send(record).await;
    }
    wait_for_commit(&alone, 200).await;
    let expected = kept(&alone).await;
    assert_eq!(expected.len(), story.len());
    undisturbed.terminate(DEADLINE).await;

    let sender = Sender::new(&disturbed);
    let mut worker = spawn(&disturbed);
    // Committed: two of three of each device. Nothing is told, and all must be remembered by the log alone.
    for record in &story[..80] {
        sender.send(record).await;
    }
    wait_for_commit(&disturbed, 80).await;
    worker.kill9();
    let mut worker = spawn(&disturbed);
    for record in &story[80..140] {
        sender.send(record).await;
    }
    wait_until("first findings", DEADLINE, async || {
        let count = published(&disturbed).await.len();
        if count > 20 { Ok(()) } else { Err(count) }
    })
    .await;
    // In mid-stream: some of what it told is acknowledged and not committed.
    worker.kill9();
    let mut worker = spawn(&disturbed);
    for record in &story[140..] {
        sender.send(record).await;
    }
    wait_for_commit(&disturbed, 200).await;
    assert_eq!(kept(&disturbed).await, expected);
    worker.terminate(DEADLINE).await;
}

/// Five records that mean nothing, after a good one and before two others of the same device.
async fn send_poison(sender: &Sender) {
    let good = seen(1, 7, 0);
    let (key, value) = (good.key(), serde_json::to_string(&good).unwrap());
    let unknown_kind = value.replace("\"device\"", "\"telepathy\"");
    let kind = RecordType::Fingerprint;
    sender.send(&good).await;
    for (key, kind, organisation, value) in [
        (&*key, kind, "acme", "{\"session_id\":"),
        (&key, kind, "acme", &unknown_kind),
        ("acme/SV_2/device/0", kind, "acme", &value),
        (&key, kind, "intruder", &value),
        (&key, RecordType::Verdict, "acme", &value),
    ] {
        sender
            .send_as(key, kind, organisation, value.as_bytes())
            .await;
    }
    for number in [2, 3] {
        sender.send(&seen(number, 7, i64::from(number))).await;
    }
}

const POISON: [&str; 5] = [
    "bad_value",
    "bad_value",
    "key_mismatch",
    "organisation_mismatch",
    "record_type",
];

#[tokio::test(flavor = "multi_thread")]
async fn poison_is_set_aside_with_its_bytes_and_the_others_are_counted() {
    let topics = TestTopics::create(1).await;
    let sender = Sender::new(&topics);
    send_poison(&sender).await;
    let mut worker = spawn(&topics);
    wait_for_kept(&topics, 3).await;
    wait_for_commit(&topics, 8).await;
    // Killed after its commit it sets nothing aside twice.
    worker.kill9();
    let mut worker = spawn(&topics);
    sender.send(&seen(4, 7, 4)).await;
    wait_for_kept(&topics, 4).await;
    worker.terminate(DEADLINE).await;
    let topic = &topics.topics().dead_letters;
    let letters = collect(topics.brokers(), topic, Until::HighWatermark).await;
    let reasons: Vec<_> = letters
        .iter()
        .filter_map(|letter| letter.header("candor_dlq_reason"))
        .collect();
    assert_eq!(reasons, POISON);
    let topic = &topics.topics().fingerprints;
    let sources = collect(topics.brokers(), topic, Until::HighWatermark).await;
    for (letter, source) in letters.iter().zip(&sources[1..6]) {
        assert_eq!(
            (&letter.key, &letter.payload),
            (&source.key, &source.payload)
        );
        assert!(letter.headers.starts_with(&source.headers));
        let offset = source.offset.to_string();
        assert_eq!(letter.header("candor_dlq_offset"), Some(&*offset));
    }
}
