//! Dead letters, as an operator lists, reads and replays them, on a real Kafka.

#![expect(clippy::unwrap_used, reason = "a step that fails is a failed test")]

mod command;

use std::time::{SystemTime, UNIX_EPOCH};

use command::Operator;
use kafka::metrics::ProducerMetrics;
use kafka::producer::{Producer, ProducerOptions};
use kafka::{OwnedRecord, dead_letter};
use rdkafka::ClientConfig;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};
use serde_json::{Value, json};
use testkit::{CollectedRecord, Until, collect};

/// Someone whose records could not be processed.
struct Letters {
    operator: Operator,
    producer: Producer,
}

impl Letters {
    async fn new() -> Self {
        let operator = Operator::with_partitions(2).await;
        let options = ProducerOptions {
            record_bytes: dead_letter::RECORD_BYTES,
            ..ProducerOptions::default()
        };
        let metrics = ProducerMetrics::unregistered().unwrap();
        Self {
            producer: Producer::new(&operator.config(), &options, metrics).unwrap(),
            operator,
        }
    }

    fn dlq(&self) -> &str {
        &self.operator.topics.topics().dead_letters
    }

    fn events(&self) -> &str {
        &self.operator.topics.topics().events
    }

    /// Sets aside a record that stood at `offset` of partition 1, and waits until it is.
    async fn set_aside(&self, offset: i64, reason: &str, payload: &[u8]) {
        let record = OwnedRecord {
            topic: self.events().to_owned(),
            partition: 1,
            offset,
            timestamp_ms: 1_700_000_000_000,
            key: format!("key-{offset}").into_bytes(),
            payload: payload.to_vec(),
            headers: vec![
                ("candor_org".to_owned(), b"acme".to_vec()),
                ("odd".to_owned(), b"\xff\x00".to_vec()),
            ],
        };
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let report = move |outcome| drop(sender.send(outcome));
        dead_letter::send(
            &self.producer,
            self.dlq(),
            &record.as_record(),
            reason,
            report,
        )
        .unwrap();
        receiver.await.unwrap().unwrap();
    }

    async fn replayed(&self) -> Vec<CollectedRecord> {
        collect(
            self.operator.topics.brokers(),
            self.events(),
            Until::HighWatermark,
        )
        .await
    }

    /// An entry of the account, written that many seconds ago.
    async fn entry(&self, state: &str, offsets: &[i64], seconds_ago: i64) {
        let records: Vec<(i32, i64)> = offsets.iter().map(|offset| (1, *offset)).collect();
        let entry = json!({ "run": "r", "topic": self.events(), "records": records });
        let headers = [("candor_dlq_replay", state.as_bytes())];
        let text = entry.to_string();
        self.put_at(self.dlq(), text.as_bytes(), &headers, seconds_ago)
            .await;
    }

    async fn put_at(
        &self,
        topic: &str,
        payload: &[u8],
        headers: &[(&str, &[u8])],
        seconds_ago: i64,
    ) {
        let mut client = ClientConfig::new();
        client.set("bootstrap.servers", self.operator.topics.brokers());
        let producer: FutureProducer = client.create().unwrap();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let headers = headers
            .iter()
            .fold(OwnedHeaders::new(), |all, (key, value)| {
                all.insert(Header {
                    key,
                    value: Some(*value),
                })
            });
        let record = FutureRecord::to(topic)
            .key(b"r")
            .payload(payload)
            .headers(headers)
            .timestamp(now.as_millis() as i64 - seconds_ago * 1000);
        let sent = producer.send(record, std::time::Duration::from_secs(20));
        sent.await.map_err(|(error, _)| error).unwrap();
    }
}

fn members<'a>(rows: &'a [Value], name: &str) -> Vec<&'a str> {
    rows.iter().map(|row| row[name].as_str().unwrap()).collect()
}

#[tokio::test]
async fn letters_are_listed_once_filtered_and_counted_by_reason() {
    let letters = Letters::new().await;
    letters.set_aside(3, "bad_json", b"{").await;
    letters.set_aside(5, "bad_key", b"{}").await;
    // The worker was killed before it had committed, and met the same records again.
    letters.set_aside(3, "bad_json", b"{").await;
    letters.set_aside(9, "bad_json", b"[").await;
    let operator = &letters.operator;
    let listed = operator.json_lines("dlq list --json");
    assert_eq!(members(&listed, "position"), ["1:0", "1:1", "1:3"]);
    assert_eq!(members(&listed, "state"), ["new"; 3]);
    assert_eq!(listed[0]["source"]["offset"], 3);
    let listed = operator.json_lines("dlq list --json --reason bad_json --since 1h --limit 1");
    assert_eq!(members(&listed, "position"), ["1:3"]);
    assert_eq!(operator.done("dlq list --until 1h"), "");
    let summary = operator.json_lines("dlq list --summary --json");
    let counts: Vec<_> = summary
        .iter()
        .map(|row| (&row["reason"], &row["letters"]))
        .collect();
    assert_eq!(
        counts,
        [
            (&json!("bad_json"), &json!(2)),
            (&json!("bad_key"), &json!(1))
        ]
    );
    let said = operator.run("dlq list");
    assert!(
        said.problems.contains("1 copies of these are not shown"),
        "{said:?}"
    );
    assert!(
        said.out.contains("bad_key") && said.out.contains("key-5"),
        "{said:?}"
    );
    let elsewhere = operator.refused("dlq list --topic nowhere.dlq");
    assert!(
        elsewhere.contains("nowhere.dlq does not exist"),
        "{elsewhere}"
    );
}

#[tokio::test]
async fn a_letter_is_shown_with_its_content_made_harmless() {
    let letters = Letters::new().await;
    letters
        .set_aside(3, "bad_json", b"{\"a\": \x1b[2J\n}")
        .await;
    letters.set_aside(4, "bad_json", b"\xff\xfe\xfd").await;
    let operator = &letters.operator;
    let said = operator.run("dlq show 1:0");
    assert!(said.problems.contains("raw content"), "{said:?}");
    assert!(said.out.contains("{\"a\": \\u{1b}[2J\n}"), "{said:?}");
    assert!(
        said.out.contains("odd = 0xff00") && said.out.contains("key-3"),
        "{said:?}"
    );
    let shown = operator.json("dlq show 1:1 --bytes 2 --json");
    assert_eq!(
        (&shown["value"]["hex"], &shown["bytes"]),
        (&json!("fffe"), &json!(3))
    );
    let missing = operator.refused("dlq show 1:9");
    assert!(
        missing.contains("has no record 1:9; partition 1 holds 0 to 1"),
        "{missing}"
    );
    assert!(
        operator
            .refused("dlq show 7:0")
            .contains("has no partition 7")
    );
    assert_eq!(operator.run("dlq show nonsense").code, Some(64));
}

#[tokio::test]
async fn letters_go_back_as_they_were_and_only_when_that_is_confirmed() {
    let letters = Letters::new().await;
    for (offset, reason) in [
        (3, "bad_json"),
        (5, "ruleset_missing"),
        (3, "bad_json"),
        (6, "ruleset_missing"),
    ] {
        letters
            .set_aside(offset, reason, format!("value {offset}").as_bytes())
            .await;
    }
    let operator = &letters.operator;
    let unasked = operator.refused("dlq replay --reason ruleset_missing");
    assert!(
        unasked.contains("2 letters would be replayed; say --yes"),
        "{unasked}"
    );
    let dry = operator.json("dlq replay --reason ruleset_missing --dry-run --json");
    assert_eq!(
        (&dry["to_replay"], &dry["replayed"]),
        (&json!(2), &json!(0))
    );
    assert_eq!(letters.replayed().await, []);

    let done = operator.json("dlq replay --reason ruleset_missing --yes --json");
    assert_eq!((&done["replayed"], &done["failed"]), (&json!(2), &json!(0)));
    let replayed = letters.replayed().await;
    assert_eq!(replayed.len(), 2);
    for record in &replayed {
        let offset = record.key_text().unwrap().strip_prefix("key-").unwrap();
        assert_eq!(
            record.payload.as_deref(),
            Some(format!("value {offset}").as_bytes())
        );
        let from = record.header("candor_replayed_from").unwrap();
        assert!(
            from.starts_with(letters.dlq()) && from.ends_with(&format!(" of 1:{offset}")),
            "{from}"
        );
        let names: Vec<&str> = record
            .headers
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        assert_eq!(names, ["candor_org", "odd", "candor_replayed_from"]);
        assert_eq!(record.headers[1].1, b"\xff\x00");
    }
    let listed = operator.json_lines("dlq list --json");
    assert_eq!(members(&listed, "state"), ["new", "replayed", "replayed"]);
    let missing = operator.refused("dlq replay 1:0 --reason bad_key --yes");
    assert!(missing.contains("no dead letter 1:0"), "{missing}");
}

#[tokio::test]
async fn a_letter_goes_back_once_unless_asked_for_again() {
    let letters = Letters::new().await;
    for (offset, reason) in [(3, "bad_json"), (5, "ruleset_missing"), (3, "bad_json")] {
        letters.set_aside(offset, reason, b"value").await;
    }
    let operator = &letters.operator;
    let some = operator.json("dlq replay --reason ruleset_missing --yes --json");
    assert_eq!(some["replayed"], 1);
    let numbers = |line: &str| {
        let said = operator.json(line);
        (
            said["replayed_before"].as_u64().unwrap(),
            said["replayed"].as_u64().unwrap(),
        )
    };
    // Everything: the one that is left, whatever copies there are.
    assert_eq!(numbers("dlq replay --yes --json"), (1, 1));
    assert_eq!(numbers("dlq replay --yes --json"), (2, 0));
    assert_eq!(letters.replayed().await.len(), 2);
    // The second copy of a letter is that letter.
    assert_eq!(numbers("dlq replay 1:2 --yes --json"), (1, 0));
    assert_eq!(numbers("dlq replay 1:0 --again --yes --json"), (0, 1));
    assert_eq!(letters.replayed().await.len(), 3);
}

#[tokio::test]
async fn what_an_interrupted_replay_wrote_is_not_written_again() {
    let letters = Letters::new().await;
    for offset in [3, 4, 5] {
        letters.set_aside(offset, "bad_json", b"value").await;
    }
    // A run was killed: it had begun with two of three, and had written one of them.
    letters.entry("begun", &[3, 4], 100).await;
    let from = format!("{}/1:0 of 1:3", letters.dlq());
    let headers = [("candor_replayed_from", from.as_bytes())];
    letters
        .put_at(letters.events(), b"value", &headers, 100)
        .await;
    let operator = &letters.operator;
    let listed = operator.json_lines("dlq list --json");
    assert_eq!(members(&listed, "state"), ["uncertain", "uncertain", "new"]);
    let said = operator.run("dlq replay --yes --json");
    assert!(said.problems.contains("was interrupted"), "{said:?}");
    let done: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(
        (&done["replayed_before"], &done["replayed"]),
        (&json!(1), &json!(2))
    );
    let listed = operator.json_lines("dlq list --json");
    assert_eq!(members(&listed, "state"), ["replayed"; 3]);
    assert_eq!(letters.replayed().await.len(), 3);
    // Nothing is uncertain any more, so nothing is looked for.
    let quiet = operator.run("dlq replay --yes --json");
    assert!(!quiet.problems.contains("interrupted"), "{quiet:?}");
}

#[tokio::test]
async fn a_replay_that_may_be_at_work_is_waited_for() {
    let letters = Letters::new().await;
    letters.set_aside(3, "bad_json", b"value").await;
    letters.entry("begun", &[3], 2).await;
    let refused = letters.operator.refused("dlq replay --yes");
    assert!(refused.contains("may still be at work"), "{refused}");
    assert_eq!(letters.replayed().await, []);
}
