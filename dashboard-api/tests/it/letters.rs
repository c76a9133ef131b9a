//! Dead letters: who sees which, how they are shown, and that each goes back once.

use kafka::config::KafkaConfig;
use kafka::metrics::ProducerMetrics;
use kafka::producer::{Producer, ProducerOptions};
use kafka::{OwnedRecord, dead_letter};
use reqwest::{Method, StatusCode};
use schemas::control::Scope;
use serde_json::{Value, json};
use testkit::{Until, collect, wait_until};

use crate::harness::{DEADLINE, KEY, TestApi, body, database, problem};
use crate::keys::put_key;

const PATH: &str = "/api/v1/dead-letters";
const REPLAY: &str = "/api/v1/dead-letters/replay";

/// Somebody whose records could not be processed.
struct Letters<'a> {
    api: &'a TestApi,
    producer: Producer,
}

/// Sets one record aside.
pub(crate) async fn put_one(api: &TestApi) {
    let letters = Letters::of(api);
    letters.set_aside(b"ours", 4, "bad_json").await;
}

impl<'a> Letters<'a> {
    fn of(api: &'a TestApi) -> Self {
        let config = KafkaConfig {
            brokers: api.topics.brokers().to_owned(),
            prefix: api.topics.prefix().to_owned(),
            ..KafkaConfig::default()
        };
        let options = ProducerOptions {
            record_bytes: dead_letter::RECORD_BYTES,
            ..ProducerOptions::default()
        };
        let metrics = ProducerMetrics::unregistered().unwrap();
        Self {
            producer: Producer::new(&config, &options, metrics).unwrap(),
            api,
        }
    }

    /// Sets aside a record that stood at `offset` of partition 1 of the events topic.
    async fn set_aside(&self, organisation: &[u8], offset: i64, reason: &str) {
        let events = self.api.topics.topics().events.clone();
        self.set_aside_from(&events, (organisation, offset), (reason, b"{\"a\":"))
            .await;
    }

    async fn set_aside_from(
        &self,
        topic: &str,
        (organisation, offset): (&[u8], i64),
        (reason, payload): (&str, &[u8]),
    ) {
        let record = OwnedRecord {
            topic: topic.to_owned(),
            partition: 1,
            offset,
            timestamp_ms: 1_790_000_000_000,
            key: format!("key-{offset}").into_bytes(),
            payload: payload.to_vec(),
            headers: vec![
                ("candor_org".to_owned(), organisation.to_vec()),
                ("odd".to_owned(), b"\xff\x00".to_vec()),
            ],
        };
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let report = move |outcome| drop(sender.send(outcome));
        let dlq = &self.api.topics.topics().dead_letters;
        dead_letter::send(&self.producer, dlq, &record.as_record(), reason, report).unwrap();
        receiver.await.unwrap().unwrap();
    }

    /// A key with the scope `operations`, and no more.
    async fn key(&self, organisation: &str) -> String {
        let (_, key) = put_key(self.api, |options| {
            options.organisation = organisation.parse().unwrap();
            options.scopes = vec![Scope::Operations];
        })
        .await;
        wait_until("the key", DEADLINE, async || {
            let status = self.with(&key.text, PATH).await.0;
            if status == StatusCode::OK {
                Ok(())
            } else {
                Err(status)
            }
        })
        .await;
        key.text.to_string()
    }

    async fn with(&self, key: &str, path: &str) -> (StatusCode, Value) {
        let request = self.api.request(Method::GET, path).bearer_auth(key);
        let response = request.send().await.unwrap();
        (response.status(), response.json().await.unwrap())
    }

    async fn replay(&self, key: &str, ask: &Value) -> reqwest::Response {
        let request = self.api.request(Method::POST, REPLAY).bearer_auth(key);
        request.json(ask).send().await.unwrap()
    }

    async fn replayed(&self) -> Vec<String> {
        let events = &self.api.topics.topics().events;
        let records = collect(self.api.topics.brokers(), events, Until::HighWatermark).await;
        let mut keys: Vec<String> = records
            .iter()
            .map(|record| record.key_text().unwrap().to_owned())
            .collect();
        keys.sort();
        keys
    }
}

fn members(page: &Value, name: &str) -> Vec<String> {
    let letters = page["letters"].as_array().unwrap().iter();
    letters
        .map(|letter| letter[name].as_str().unwrap_or_default().to_owned())
        .collect()
}

#[tokio::test]
async fn letters_are_for_their_organisation_and_those_of_nobody_for_the_operator() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let letters = Letters::of(&api);
    letters.set_aside(b"ours", 1, "bad_json").await;
    letters.set_aside(b"theirs", 2, "bad_json").await;
    letters.set_aside(b"\xff", 3, "bad_headers").await;
    let (ours, theirs) = (letters.key("ours").await, letters.key("theirs").await);
    for (key, expected) in [
        (KEY, ["1:2", "1:0"].as_slice()),
        (&ours, &["1:0"]),
        (&theirs, &["1:1"]),
    ] {
        let (_, page) = letters.with(key, PATH).await;
        assert_eq!(members(&page, "id"), expected, "{page}");
        for id in ["1:0", "1:1", "1:2"] {
            let (status, shown) = letters.with(key, &format!("{PATH}/{id}")).await;
            let may = expected.contains(&id);
            let wanted = if may {
                StatusCode::OK
            } else {
                StatusCode::NOT_FOUND
            };
            assert_eq!(status, wanted, "{id} {shown}");
            let dry = letters
                .replay(key, &json!({"ids": [id], "dry_run": true}))
                .await;
            assert_eq!(dry.status(), wanted, "{id}");
        }
    }
    let done = letters.replay(&ours, &json!({"reason": "bad_json"})).await;
    assert_eq!(body(done, StatusCode::OK).await["replayed"], 1);
    assert_eq!(letters.replayed().await, ["key-1"]);
    let (_, reading) = put_key(&api, |_| {}).await;
    let refused = wait_until("the key", DEADLINE, async || {
        let request = letters.api.request(Method::GET, PATH);
        let response = request.bearer_auth(&*reading.text).send().await.unwrap();
        if response.status() == 403 {
            Ok(response)
        } else {
            Err(response.status())
        }
    })
    .await;
    problem(refused, 403, "scope_missing").await;
}

#[tokio::test]
async fn pages_are_filtered_and_hold_every_letter_once() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let letters = Letters::of(&api);
    let verdicts = letters.api.topics.topics().verdicts.clone();
    for offset in 0..7 {
        let reason = if offset % 2 == 0 {
            "bad_json"
        } else {
            "bad_key"
        };
        letters.set_aside(b"ours", offset, reason).await;
    }
    letters
        .set_aside_from(&verdicts, (b"ours", 9), ("refused", b"x"))
        .await;
    // A copy: its reader was killed before it had committed.
    letters.set_aside(b"ours", 0, "bad_json").await;
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = letters.api.json(&format!("{PATH}?limit=3{cursor}")).await;
        assert_eq!(page["is_complete"], true);
        seen.extend(members(&page, "id"));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    let expected: Vec<String> = (0..8).rev().map(|offset| format!("1:{offset}")).collect();
    assert_eq!(seen, expected);
    let page = letters.api.json(&format!("{PATH}?reason=bad_key")).await;
    assert_eq!(members(&page, "reason"), ["bad_key"; 3]);
    let page = letters.api.json(&format!("{PATH}?source={verdicts}")).await;
    assert_eq!(members(&page, "id"), ["1:7"]);
    let page = letters.api.json(&format!("{PATH}?since=2100-01-01")).await;
    assert_eq!(page["letters"], json!([]));
    let wrong = letters
        .api
        .get(&format!("{PATH}?replayed=perhaps&cursor=x"))
        .await;
    problem(wrong, 422, "invalid_parameters").await;
}

#[tokio::test]
async fn a_letter_is_shown_with_headers_and_content() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let letters = Letters::of(&api);
    let events = letters.api.topics.topics().events.clone();
    letters.set_aside(b"ours", 4, "bad_json").await;
    let large = vec![b'x'; 70_000];
    letters
        .set_aside_from(&events, (b"ours", 5), ("too_large", &large))
        .await;
    letters
        .set_aside_from(&events, (b"ours", 6), ("bad_utf8", b"\xff\xfe"))
        .await;
    let shown = letters.api.json(&format!("{PATH}/1:0")).await;
    assert_eq!(shown["reason"], "bad_json");
    assert_eq!(shown["source"]["offset"], 4);
    assert_eq!(shown["value"]["content"], "{\"a\":");
    assert_eq!(shown["key"]["content"], "key-4");
    let odd = &shown["headers"][1];
    assert_eq!(
        (&odd["name"], &odd["value"]["content"]),
        (&json!("odd"), &json!("/wA="))
    );
    let cut = letters.api.json(&format!("{PATH}/1:1")).await;
    assert_eq!(cut["value"]["content"].as_str().unwrap().len(), 64 << 10);
    assert_eq!(
        (&cut["value"]["bytes"], &cut["value"]["is_cut"]),
        (&json!(70_000), &json!(true))
    );
    let bytes = letters.api.json(&format!("{PATH}/1:2")).await;
    assert_eq!(
        (&bytes["value"]["encoding"], &bytes["value"]["content"]),
        (&json!("base64"), &json!("//4="))
    );
    for id in ["1:9", "7:0", "nonsense", "0:0"] {
        let unknown = letters.api.get(&format!("{PATH}/{id}")).await;
        problem(unknown, 404, "unknown_dead_letter").await;
    }
}

#[tokio::test]
async fn a_letter_goes_back_once_whoever_asks() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let letters = Letters::of(&api);
    for offset in [3, 5, 3, 6] {
        letters.set_aside(b"ours", offset, "ruleset_missing").await;
    }
    let ask = json!({"reason": "ruleset_missing"});
    let mut dry = ask.clone();
    dry["dry_run"] = json!(true);
    let report = body(letters.replay(KEY, &dry).await, StatusCode::OK).await;
    assert_eq!(
        (&report["to_replay"], &report["replayed"]),
        (&json!(3), &json!(0))
    );
    assert_eq!(letters.replayed().await, [""; 0]);
    let one = body(
        letters.replay(KEY, &json!({"ids": ["1:1"]})).await,
        StatusCode::OK,
    )
    .await;
    assert_eq!(one["replayed"], 1);
    let rest = body(letters.replay(KEY, &ask).await, StatusCode::OK).await;
    assert_eq!(
        (&rest["replayed_before"], &rest["replayed"]),
        (&json!(1), &json!(2))
    );
    let again = body(letters.replay(KEY, &ask).await, StatusCode::OK).await;
    assert_eq!(
        (&again["replayed_before"], &again["replayed"]),
        (&json!(3), &json!(0))
    );
    assert_eq!(letters.replayed().await, ["key-3", "key-5", "key-6"]);
    let page = letters.api.json(&format!("{PATH}?replayed=true")).await;
    assert_eq!(members(&page, "state"), ["replayed"; 3]);
    let page = letters.api.json(&format!("{PATH}?replayed=false")).await;
    assert_eq!(page["letters"], json!([]));
}

#[tokio::test]
async fn what_cannot_be_replayed_is_said() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let letters = Letters::of(&api);
    letters
        .set_aside_from("somebody.elses", (b"ours", 1), ("odd", b"x"))
        .await;
    let wrong = letters.replay(KEY, &json!({})).await;
    let said = problem(wrong, 422, "invalid_parameters").await;
    assert_eq!(said["errors"][0]["pointer"], "/ids");
    let wrong = letters
        .replay(KEY, &json!({"ids": ["1:0", "nonsense"]}))
        .await;
    let said = problem(wrong, 422, "invalid_parameters").await;
    assert_eq!(said["errors"][0]["pointer"], "/ids/1");
    problem(
        letters.replay(KEY, &json!({"all": true})).await,
        400,
        "malformed_json",
    )
    .await;
    // Nothing is written to a topic that is none of the deployment's.
    let foreign = letters.replay(KEY, &json!({"ids": ["1:0"]})).await;
    problem(foreign, 404, "unknown_dead_letter").await;
    let none = letters
        .replay(KEY, &json!({"source": "somebody.elses"}))
        .await;
    assert_eq!(body(none, StatusCode::OK).await["letters"], 0);
}
