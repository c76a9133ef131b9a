//! Poison: set aside with its bytes, counted, and the partition goes on.

use kafka::OwnedRecord;
use kafka::dead_letter::DeadLetterHeaders;
use schemas::header::RecordType;
use testkit::{CollectedRecord, TestTopics, Until, collect};

use crate::harness::{
    BATCH, Running, Sender, completed, config, dead_letters, session, started, wait_for_final,
};

const POISON: [&str; 9] = [
    "bad_key",
    "bad_value",
    "header_missing",
    "invalid_event",
    "key_mismatch",
    "malformed_json",
    "model_missing",
    "organisation_mismatch",
    "record_type",
];

/// Each kind of poison, between two good records of one session.
async fn send_everything(sender: &Sender) {
    use RecordType::{EventBatch, SessionCompleted, SessionStarted, Verdict};
    let (id, other) = (session(1), session(2));
    let (key, other_key) = (id.to_string(), other.to_string());
    let typed = BATCH.replace("focus\"", "keypress\",\"data\":{\"key\":\"q\"}");
    let model = started(other, "builtin-1").replace("\"none\"", "\"from-the-future\"");
    let records = [
        (&*key, SessionStarted, "acme", started(id, "builtin-1")),
        ("not-a-session", EventBatch, "acme", BATCH.to_owned()),
        (&key, EventBatch, "acme", "{\"events\":[".to_owned()),
        (&key, EventBatch, "acme", typed),
        (&key, SessionCompleted, "acme", "[]".to_owned()),
        (&key, Verdict, "acme", "{}".to_owned()),
        (&key, EventBatch, "intruder", BATCH.to_owned()),
        (&key, SessionStarted, "acme", started(other, "builtin-1")),
        (&other_key, SessionStarted, "acme", model),
        (&key, EventBatch, "acme", BATCH.to_owned()),
        (&key, SessionCompleted, "acme", completed(id)),
    ];
    sender
        .send_bare(key.as_bytes(), BATCH.as_bytes(), &[])
        .await;
    for (key, kind, organisation, value) in records {
        sender.send(key, kind, organisation, value.as_bytes()).await;
    }
}

/// Each dead letter has key, value and headers of the record it names, and each record has one at most.
async fn letters_equal_their_sources(topics: &TestTopics, letters: &[CollectedRecord]) {
    let events = &topics.topics().events;
    let events = collect(topics.brokers(), events, Until::HighWatermark).await;
    let mut places = std::collections::BTreeSet::new();
    for letter in letters {
        let record = OwnedRecord {
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
        assert!(places.insert(place), "{place:?} was set aside twice");
        let original = events
            .iter()
            .find(|event| (event.partition, event.offset) == place)
            .unwrap();
        assert_eq!(
            (&original.payload, &original.key),
            (&letter.payload, &letter.key)
        );
        assert!(letter.headers.starts_with(&original.headers));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn poison_is_set_aside_once_with_its_bytes_and_every_record_is_counted() {
    let topics = TestTopics::create(2).await;
    send_everything(&Sender::new(&topics)).await;
    let mut settings = config(&topics);
    settings.state.version_wait = std::time::Duration::from_millis(100);
    let worker = Running::start(settings.clone());
    worker.wait_for_records(12).await;
    assert_eq!(worker.outcomes()["dead_lettered"], POISON.len() as f64);
    let last = wait_for_final(&topics, session(1)).await;
    let events = last.verdict.unwrap().event_count;
    assert_eq!(events, 1, "poison changed nothing");
    worker.stop().await;

    // Nothing is read again after an orderly end.
    let again = Running::start(settings);
    Sender::new(&topics)
        .tell(session(3), RecordType::EventBatch, BATCH)
        .await;
    again.wait_for_records(1).await;
    again.stop().await;
    let letters = dead_letters(&topics).await;
    let mut reasons: Vec<&str> = letters
        .iter()
        .filter_map(|letter| letter.header("candor_dlq_reason"))
        .collect();
    reasons.sort_unstable();
    assert_eq!(reasons, POISON);
    letters_equal_their_sources(&topics, &letters).await;
}

/// The golden examples of every record the topic takes.
const GOLDEN: [(RecordType, &[u8]); 5] = [
    (
        RecordType::SessionStarted,
        include_bytes!("../../../schemas/golden/candor.session.started.v1.json"),
    ),
    (
        RecordType::EventBatch,
        include_bytes!("../../../schemas/golden/candor.events.batch.v1.json"),
    ),
    (
        RecordType::EventBatch,
        include_bytes!("../../../schemas/golden/candor.events.batch.v1.compact.json"),
    ),
    (
        RecordType::SessionCompleted,
        include_bytes!("../../../schemas/golden/candor.session.completed.v1.json"),
    ),
    (
        RecordType::AnalysisRequested,
        include_bytes!("../../../schemas/golden/candor.analysis.requested.v1.json"),
    ),
];

/// A value cut off, with bytes that are no text, nested without end, or of another kind altogether.
fn disfigured(value: &[u8]) -> Vec<Vec<u8>> {
    let quarters = (0..4).map(|quarter| value[..value.len() * quarter / 4].to_vec());
    let mut bad: Vec<Vec<u8>> = quarters.collect();
    let mut broken = value.to_vec();
    broken[value.len() / 2] = 0xff;
    bad.push(broken);
    bad.push(b"[".repeat(20_000));
    bad.push(b"{\"a\":".repeat(20_000));
    bad.push(b"null".to_vec());
    bad.push(vec![0; 1000]);
    bad.push(value.repeat(2));
    bad
}

#[tokio::test(flavor = "multi_thread")]
async fn disfigured_golden_examples_are_set_aside_and_the_partition_goes_on() {
    let topics = TestTopics::create(1).await;
    let sender = Sender::new(&topics);
    let id = session(1);
    let key = id.to_string();
    let mut sent = 0;
    for (kind, value) in GOLDEN {
        for bad in disfigured(value) {
            sender.send(&key, kind, "acme", &bad).await;
            sent += 1;
        }
    }
    // Headers that are missing, unknown, or no text.
    let value = BATCH.as_bytes();
    let headers: [&[(&str, &[u8])]; 4] = [
        &[],
        &[("ce_type", b"candor.events.batch.v1")],
        &[
            ("ce_type", b"candor.events.batch.v9"),
            ("candor_org", b"acme"),
        ],
        &[("ce_type", b"\xff\xfe"), ("candor_org", b"\xff")],
    ];
    for headers in headers {
        sender.send_bare(key.as_bytes(), value, headers).await;
        sent += 1;
    }
    sender.tell(id, RecordType::EventBatch, BATCH).await;
    sender
        .tell(id, RecordType::SessionCompleted, &completed(id))
        .await;

    let worker = Running::start(config(&topics));
    let last = wait_for_final(&topics, id).await;
    assert_eq!(last.verdict.unwrap().event_count, 1);
    worker.wait_for_records(sent + 2).await;
    worker.stop().await;
    let letters = dead_letters(&topics).await;
    assert_eq!(letters.len(), sent);
    letters_equal_their_sources(&topics, &letters).await;
}
