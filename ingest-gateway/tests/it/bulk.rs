//! Bulk uploads: every line is accounted for, whatever is in it and whatever breaks.

use std::io::Write;

use chrono::Utc;
use flate2::Compression;
use flate2::write::GzEncoder;
use schemas::header::RecordType;
use serde_json::{Value, json};
use testkit::{TestKafka, TestTopics, wait_until};
use tokio::task::block_in_place;

use crate::support::{
    DEADLINE, TestGateway, events, expect_problem, mint, usual_key, write_control,
};

const BULK: &str = "/api/v1/events/bulk";

fn lines(lines: &[Value]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

async fn upload(gateway: &TestGateway, body: impl Into<reqwest::Body>) -> reqwest::Response {
    let post = gateway
        .post(BULK)
        .header("content-type", "application/x-ndjson");
    post.body(body).send().await.unwrap()
}

fn record_type(record: &testkit::CollectedRecord) -> &str {
    record.header("ce_type").unwrap()
}

/// Lines good, bad and mixed about `session`; the last ones are no lines at all.
fn mixed_lines(session: &str) -> String {
    let (foreign, now) = (mint("another").to_string(), Utc::now());
    let mut typed = events(3);
    typed[1]["data"]["x"] = json!("typed text");
    let named = json!({
        "external_id": "R_\"7\"", "started_at": now, "survey_id": "SV_1",
        "start": { "platform": "decipher" }, "events": events(4), "complete": true,
    });
    let both =
        json!({ "session_id": session, "external_id": "R_7", "started_at": now, "complete": true });
    let good = lines(&[
        json!({ "session_id": session, "events": events(2), "writer": "w-1", "sequence": 0 }),
        json!({ "session_id": foreign, "events": events(2) }),
        named,
        json!({ "session_id": session, "events": typed }),
        json!({ "session_id": session }),
        both,
        json!({ "session_id": session, "start": {} }),
    ]);
    good + "\r\n{\"session_id\": \n[1]\n"
}

/// Line, status and code of each line that was not stored whole.
fn outcomes_of(answer: &Value) -> Vec<(u64, String, String)> {
    let outcomes = answer["outcomes"].as_array().unwrap();
    let outcome = |outcome: &Value| {
        let text = |name: &str| outcome[name].as_str().unwrap().to_owned();
        (
            outcome["line"].as_u64().unwrap(),
            text("status"),
            text("code"),
        )
    };
    outcomes.iter().map(outcome).collect()
}

#[tokio::test]
async fn lines_of_many_sessions_are_stored_and_the_bad_ones_are_named() {
    let gateway = TestGateway::start().await;
    let session = gateway.session().await;
    let response = upload(&gateway, mixed_lines(&session.id)).await;
    assert_eq!(response.status(), 202);
    let answer: Value = response.json().await.unwrap();
    let expected = [
        (2, "refused", "unknown_session"),
        (4, "partial", "content_refused"),
        (5, "refused", "empty_line"),
        (6, "refused", "bad_session_name"),
        (7, "refused", "bad_session_name"),
        (9, "refused", "malformed_json"),
        (10, "refused", "not_a_batch"),
    ];
    let expected = expected.map(|(line, status, code)| (line, status.to_owned(), code.to_owned()));
    assert_eq!(outcomes_of(&answer), expected, "{answer}");
    assert_eq!(answer["outcomes"][1]["events"][0]["index"], 1);
    let counts = ["lines", "acknowledged", "accepted", "rejected"];
    let counts = counts.map(|name| answer[name].as_u64());
    assert_eq!(counts, [Some(10), Some(3), Some(8), Some(1)], "{answer}");

    let records = gateway.records().await;
    let kinds: Vec<&str> = records.iter().map(record_type).collect();
    use RecordType::{EventBatch, SessionCompleted, SessionStarted};
    let expected = [
        SessionStarted,
        EventBatch,
        SessionStarted,
        EventBatch,
        SessionCompleted,
        EventBatch,
    ];
    assert_eq!(kinds, expected.map(RecordType::as_str));
    let named = records[2].key_text();
    assert!(
        records[2..5]
            .iter()
            .all(|record| record.key_text() == named)
    );
    let refused = "ingest_bulk_lines_total{outcome=\"refused\"}";
    let accepted = "ingest_events_accepted_total{route=\"bulk\"}";
    assert_eq!(gateway.metric(refused).await, 6.0);
    assert_eq!(gateway.metric(accepted).await, 8.0);
    gateway.ended().await;
}

#[tokio::test]
async fn a_packed_upload_keeps_the_order_of_each_session() {
    let gateway = TestGateway::start().await;
    let session = gateway.session().await;
    let line = |sequence: usize| json!({ "session_id": session.id, "events": events(1), "writer": "w", "sequence": sequence });
    let all: Vec<Value> = (0..3000).map(line).collect();
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(lines(&all).as_bytes()).unwrap();
    let post = gateway.post(BULK).header("content-encoding", "gzip");
    let body = encoder.finish().unwrap();
    let response = post.body(body).send().await.unwrap();
    assert_eq!(response.status(), 202);
    let answer: Value = response.json().await.unwrap();
    assert_eq!(
        (&answer["acknowledged"], &answer["outcomes"]),
        (&json!(3000), &json!([]))
    );
    let records = gateway.records().await;
    for (sequence, record) in records[1..].iter().enumerate() {
        let batch =
            schemas::batch::BatchRecord::decode(record.payload.as_deref().unwrap()).unwrap();
        assert_eq!(batch.sequence.unwrap().sequence, sequence as u64);
    }
    assert_eq!(records.len(), 3001);
    gateway.ended().await;
}

#[tokio::test]
async fn an_upload_of_nonsense_is_stopped_and_says_where() {
    let gateway = TestGateway::start_with(&[("CANDOR_INGEST_BODY_LIMIT_BYTES", "1024")]).await;
    let long = format!("{{\"session_id\":\"{}\"}}\n", "x".repeat(2000));
    let body = long + &"nonsense\n".repeat(1500);
    let problem = expect_problem(upload(&gateway, body).await, 422, "too_many_bad_lines").await;
    let outcomes = problem["bulk"]["outcomes"].as_array().unwrap();
    assert_eq!(
        (outcomes.len(), &outcomes[0]["code"]),
        (1000, &json!("line_too_long"))
    );
    assert_eq!(
        (&problem["bulk"]["lines"], &problem["bulk"]["resume_line"]),
        (&json!(1000), &json!(1001))
    );
    // Nothing was read, so nothing is said of lines.
    let page = gateway
        .post(BULK)
        .header("content-type", "text/html")
        .body("x");
    expect_problem(page.send().await.unwrap(), 415, "unsupported_media_type").await;
    let token = gateway.session().await.token;
    let by_token = gateway.anonymous(BULK).bearer_auth(token).body("x");
    expect_problem(by_token.send().await.unwrap(), 403, "secret_key_required").await;
    gateway.ended().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_loses_its_broker_says_which_lines_to_send_again() {
    let mut kafka = block_in_place(TestKafka::own);
    let topics = TestTopics::create_on(&kafka, 1).await;
    write_control(&topics, [usual_key()]).await;
    let settings = [("CANDOR_INGEST_ACK_TIMEOUT_MS", "1000")];
    let gateway = TestGateway::start_on(topics, &settings).await;
    gateway.wait_until_ready().await;
    let session = wait_until("a first session", DEADLINE, async || {
        gateway.try_session().await
    })
    .await;
    let line = |sequence: usize| {
        let line = json!({ "session_id": session.id, "events": events(1), "writer": "w", "sequence": sequence });
        format!("{line}\n")
    };
    // The client goes on only after the broker has gone.
    let (pass, mut gate) = tokio::sync::mpsc::channel::<()>(1);
    let head: String = (0..100).map(line).collect();
    let tail: Vec<String> = (100..200).map(line).collect();
    let body = async_stream(head, move || {
        let _ = gate.blocking_recv();
        tail.concat()
    });
    let sent = tokio::spawn(gateway.post(BULK).body(body).send());
    wait_until(
        "the first lines are stored",
        DEADLINE,
        async || match gateway.records().await.len() {
            101 => Ok(()),
            other => Err(other),
        },
    )
    .await;
    block_in_place(|| kafka.stop());
    pass.send(()).await.unwrap();
    let response = sent.await.unwrap().unwrap();
    assert_eq!(response.headers()["retry-after"], "2");
    let problem = expect_problem(response, 503, "broker_unavailable").await;
    let bulk = &problem["bulk"];
    assert_eq!(bulk["acknowledged"], 100, "{bulk}");
    let again: Vec<u64> = bulk["outcomes"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|outcome| outcome["status"] == "not_acknowledged")
        .map(|outcome| outcome["line"].as_u64().unwrap())
        .collect();
    let resume = bulk["resume_line"].as_u64().unwrap();
    let expected: Vec<u64> = (101..resume).collect();
    assert_eq!(again, expected, "{bulk}");
    gateway.ended().await;
}

/// A body of two parts, the second made on a thread of its own.
fn async_stream(head: String, tail: impl FnOnce() -> String + Send + 'static) -> reqwest::Body {
    let (sender, receiver) = tokio::sync::mpsc::channel::<Result<String, std::io::Error>>(2);
    std::thread::spawn(move || {
        sender.blocking_send(Ok(head)).unwrap();
        sender.blocking_send(Ok(tail())).unwrap();
    });
    let stream = futures::stream::unfold(receiver, |mut receiver| async {
        receiver.recv().await.map(|part| (part, receiver))
    });
    reqwest::Body::wrap_stream(stream)
}
