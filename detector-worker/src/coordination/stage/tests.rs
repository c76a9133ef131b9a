//! What the stage commits, without a broker.

use super::*;
use kafka::OwnedRecord;
use kafka::config::KafkaConfig;
use kafka::metrics::ProducerMetrics;
use kafka::producer::{Producer, ProducerOptions};
use prometheus::Registry;

const GOLDEN: &str = include_str!("../../../../schemas/golden/candor.fingerprint.v1.json");

fn stage() -> CoordinationStage {
    let (kafka, metrics) = (
        KafkaConfig::default(),
        ProducerMetrics::unregistered().unwrap(),
    );
    let producer = Producer::new(&kafka, &ProducerOptions::default(), metrics).unwrap();
    let outbox = Outbox::new(producer, "dead-letters".to_owned());
    let metrics = Metrics::register(&Registry::new()).unwrap();
    CoordinationStage::new(CoordinationConfig::new(&kafka), outbox, "verdicts", metrics)
}

fn record(offset: i64) -> OwnedRecord {
    let seen: FingerprintRecord = serde_json::from_str(GOLDEN).unwrap();
    let headers = [
        ("ce_type", RecordType::Fingerprint.as_str()),
        ("candor_org", "acme"),
    ];
    OwnedRecord {
        topic: "fingerprints".to_owned(),
        partition: 0,
        offset,
        timestamp_ms: 0,
        key: seen.key().into_bytes(),
        payload: GOLDEN.as_bytes().to_vec(),
        headers: headers
            .map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()))
            .to_vec(),
    }
}

/// Killed while it reads history again, a stage must not have committed that there is none.
#[test]
fn a_commit_while_history_is_read_keeps_where_it_begins() {
    let mut stage = stage();
    let start = StartPosition {
        offset: 100,
        metadata: "c1 10".to_owned(),
    };
    assert_eq!(stage.assigned(0, &start), Ok(10));
    let commit = |stage: &mut CoordinationStage| {
        let point = stage.commit_point(0).unwrap();
        (point.next_offset, point.metadata)
    };
    assert_eq!(commit(&mut stage), (100, "c1 10".to_owned()));
    // Holes in the log: the first record that is left comes later.
    for offset in [40, 41, 100] {
        stage.record(&record(offset).as_record()).unwrap();
    }
    assert_eq!(commit(&mut stage), (101, "c1 40".to_owned()));
}

#[test]
fn a_commit_of_another_form_begins_at_its_offset() {
    for metadata in ["", "w2 10", "c1", "c1 ten", "c1 -1", "c1 500"] {
        let start = StartPosition {
            offset: 100,
            metadata: metadata.to_owned(),
        };
        assert_eq!(stage().assigned(0, &start), Ok(100), "{metadata}");
    }
}
