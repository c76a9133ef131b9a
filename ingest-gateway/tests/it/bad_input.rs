//! Every kind of bad input has its status and its stable code, and nothing of it reaches the topic.

use std::io::Write;

use chrono::{TimeDelta, Utc};
use flate2::Compression;
use flate2::write::GzEncoder;
use reqwest::Method;
use schemas::token::IngestGrant;
use serde_json::{Value, json};

use crate::support::{TestGateway, events, expect_problem, mint, secret};

const SESSIONS: &str = "/api/v1/detection/sessions";

/// Asserts that the topic holds only the first record of each of `sessions` sessions.
async fn nothing_but_starts(gateway: TestGateway, sessions: usize) {
    let records = gateway.records().await;
    let starts = records
        .iter()
        .filter(|record| record.header("ce_type") == Some("candor.session.started.v1"));
    assert_eq!((starts.count(), records.len()), (sessions, sessions));
    gateway.ended().await;
}

/// Bodies that hold no usable batch, with what they are answered.
#[expect(clippy::too_many_lines, reason = "a table")]
fn bodies_that_are_no_batch() -> Vec<(Vec<u8>, u16, &'static str)> {
    let one = r#"{"event_type":"click","timestamp":1790000000000}"#;
    vec![
        (b"".to_vec(), 400, "malformed_json"),
        (b"[{\"event_type\":".to_vec(), 400, "malformed_json"),
        (b"[] trailing".to_vec(), 400, "malformed_json"),
        (
            b"[{\"event_type\":\"click\",\"timestamp\":NaN}]".to_vec(),
            400,
            "malformed_json",
        ),
        (
            b"[{\"event_type\":\"click\",\"timestamp\":1,\"data\":{\"x\":NaN}}]".to_vec(),
            400,
            "malformed_json",
        ),
        (
            b"[{\"event_type\":\"click\",\"timestamp\":1,\"data\":{\"x\":1e999}}]".to_vec(),
            400,
            "malformed_json",
        ),
        ("[".repeat(100_000).into_bytes(), 400, "malformed_json"),
        (b"[\"\xff\xfe\"]".to_vec(), 400, "not_utf8"),
        (b"3".to_vec(), 422, "not_a_batch"),
        (b"{}".to_vec(), 422, "not_a_batch"),
        (b"{\"events\":\"all\"}".to_vec(), 422, "not_a_batch"),
        (b"[]".to_vec(), 422, "empty_batch"),
        (b"{\"events\":[]}".to_vec(), 422, "empty_batch"),
        (
            format!("{{\"events\":[{one}],\"writer\":\"w\"}}").into_bytes(),
            422,
            "bad_sequence",
        ),
        (
            format!("{{\"events\":[{one}],\"writer\":5,\"sequence\":0}}").into_bytes(),
            422,
            "bad_sequence",
        ),
        (
            format!("{{\"events\":[{one}],\"writer\":\"w\",\"sequence\":-1}}").into_bytes(),
            422,
            "bad_sequence",
        ),
        (
            format!("[{}]", vec!["1"; 100_000].join(",")).into_bytes(),
            413,
            "too_many_events",
        ),
        (
            format!("[{}]", vec![one; 100_000].join(",")).into_bytes(),
            413,
            "body_too_large",
        ),
    ]
}

#[tokio::test]
async fn a_body_that_is_no_batch_is_refused_as_a_whole() {
    let gateway = TestGateway::start().await;
    let session = gateway.session().await;
    for (body, status, code) in bodies_that_are_no_batch() {
        let response = gateway.batch(&session.id, body).send().await.unwrap();
        expect_problem(response, status, code).await;
    }
    assert_eq!(
        gateway
            .metric("ingest_problems_total{code=\"bad_sequence\"}")
            .await,
        3.0
    );
    nothing_but_starts(gateway, 1).await;
}

fn click_at(timestamp: Value) -> Value {
    json!({ "event_type": "click", "timestamp": timestamp })
}

/// An event of now with that type and data.
fn event(kind: &str, data: Value) -> Value {
    json!({ "event_type": kind, "timestamp": Utc::now(), "data": data })
}

/// Bad events with their codes.
fn bad_events() -> Vec<(Value, &'static str)> {
    let now = Utc::now().timestamp_millis();
    let tomorrow = (Utc::now() + TimeDelta::hours(25)).to_rfc3339();
    let many: serde_json::Map<String, Value> =
        (0..40).map(|n| (format!("f{n}"), json!(n))).collect();
    vec![
        (json!("event"), "malformed_event"),
        (json!({ "timestamp": now }), "malformed_event"),
        (
            json!({ "event_type": 7, "timestamp": now }),
            "malformed_event",
        ),
        (json!({ "event_type": "click" }), "timestamp_missing"),
        (click_at(json!("yesterday")), "timestamp_invalid"),
        (click_at(json!(true)), "timestamp_invalid"),
        (click_at(json!(-5)), "timestamp_out_of_range"),
        (
            click_at(json!("1999-12-31T23:59:59Z")),
            "timestamp_out_of_range",
        ),
        (click_at(json!(tomorrow)), "timestamp_out_of_range"),
        (
            click_at(json!(32_503_680_000_000_i64)),
            "timestamp_out_of_range",
        ),
        (event("keypress", json!({ "key": "q" })), "content_refused"),
        (
            event("keypress", json!({ "value": "my password" })),
            "content_refused",
        ),
        (
            event("paste", json!({ "text": "pasted" })),
            "content_refused",
        ),
        (
            event("custom", json!({ "said": "two words" })),
            "content_refused",
        ),
        (event("click", json!({ "x": true })), "value_invalid"),
        (event("custom", json!({ "x": 1e13 })), "value_invalid"),
        (event("custom", many.into()), "too_many_fields"),
    ]
}

#[tokio::test]
async fn a_batch_of_bad_events_only_is_refused_by_what_they_share() {
    let gateway = TestGateway::start().await;
    let session = gateway.session().await;
    for (event, code) in bad_events() {
        let body = json!([event, event]).to_string();
        let response = gateway.batch(&session.id, body).send().await.unwrap();
        let problem = expect_problem(response, 422, code).await;
        assert_eq!(problem["errors"].as_array().unwrap().len(), 2, "{problem}");
        assert_eq!(problem["errors"][1]["pointer"], "/1");
        assert_eq!(problem["errors"][1]["code"], code);
        let text = problem.to_string();
        assert!(
            !text.contains("password") && !text.contains("two words"),
            "{text}"
        );
    }
    let mixed =
        json!({ "events": [click_at(json!(-5)), event("keypress", json!({ "key": "q" }))] });
    let response = gateway
        .batch(&session.id, mixed.to_string())
        .send()
        .await
        .unwrap();
    let problem = expect_problem(response, 422, "events_rejected").await;
    assert_eq!(problem["errors"][1]["pointer"], "/events/1");
    let dropped = "ingest_events_dropped_total{intentional=\"true\",reason=\"content_refused\"}";
    assert_eq!(gateway.metric(dropped).await, 9.0);
    nothing_but_starts(gateway, 1).await;
}

#[tokio::test]
async fn a_wrong_credential_opens_nothing() {
    let gateway = TestGateway::start().await;
    let (ours, other) = (gateway.session().await, gateway.session().await);
    let path = format!("{SESSIONS}/{}/events", ours.id);
    let expired = IngestGrant {
        session_id: ours.id.parse().unwrap(),
        organisation: "default".parse().unwrap(),
        expires_at: Utc::now() - TimeDelta::seconds(1),
    };
    let expired = expired.seal(&secret());
    let damaged = format!("{}A", ours.token);
    let cases = [
        ("", 401, "credentials_missing"),
        ("sk_test_wrong", 401, "credentials_invalid"),
        ("sk_test_gateway2", 401, "credentials_invalid"),
        ("it_", 401, "credentials_invalid"),
        (damaged.as_str(), 401, "credentials_invalid"),
        (expired.as_str(), 401, "token_expired"),
        (other.token.as_str(), 403, "token_of_other_session"),
    ];
    for (credential, status, code) in cases {
        let request = gateway
            .anonymous(&path)
            .bearer_auth(credential)
            .json(&events(1));
        expect_problem(request.send().await.unwrap(), status, code).await;
    }
    let request = gateway.anonymous(SESSIONS).bearer_auth(&ours.token);
    expect_problem(request.send().await.unwrap(), 403, "secret_key_required").await;
    nothing_but_starts(gateway, 2).await;
}

#[tokio::test]
async fn without_any_key_everything_is_refused() {
    let gateway = TestGateway::start_on(testkit::TestTopics::create(1).await, &[]).await;
    gateway.wait_until_ready().await;
    let post = gateway.post(SESSIONS).send().await.unwrap();
    expect_problem(post, 401, "credentials_invalid").await;
    gateway.ended().await;
}

#[tokio::test]
async fn a_session_that_is_not_ours_is_unknown() {
    let gateway = TestGateway::start().await;
    let session = gateway.session().await;
    let mut forged = session.id.clone();
    let last = forged.pop().unwrap();
    forged.push(if last == '0' { '1' } else { '0' });
    let foreign = mint("another").to_string();
    let version_four = "0f4b6f1e-8a5f-4a51-9d3e-2f6f0d0c7a10".to_owned();
    let upper_case = session.id.to_uppercase();
    for id in [
        forged,
        foreign,
        version_four,
        upper_case,
        "x".to_owned(),
        "%ff".to_owned(),
    ] {
        for action in ["events", "data", "complete"] {
            let path = format!("{SESSIONS}/{id}/{action}");
            let response = gateway.post(&path).json(&events(1)).send().await.unwrap();
            expect_problem(response, 404, "unknown_session").await;
        }
    }
    nothing_but_starts(gateway, 1).await;
}

#[tokio::test]
async fn a_wrong_description_of_a_session_names_every_mistake() {
    let gateway = TestGateway::start().await;
    gateway.session().await;
    let post = |body: String| gateway.post(SESSIONS).body(body).send();
    expect_problem(post("{".to_owned()).await.unwrap(), 400, "malformed_json").await;
    expect_problem(post("[]".to_owned()).await.unwrap(), 422, "invalid_session").await;
    let wrong = json!({ "platform": 5, "survey_id": "x".repeat(129), "respondent_id": "tab\there",
        "device": { "answers": 1 }, "metadata": { "note": "free text" }, "email": "a@b" });
    let problem = expect_problem(
        post(wrong.to_string()).await.unwrap(),
        422,
        "invalid_session",
    )
    .await;
    let found: Vec<(&str, &str)> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| {
            (
                error["pointer"].as_str().unwrap(),
                error["code"].as_str().unwrap(),
            )
        })
        .collect();
    let expected = [
        ("/device", "unknown_member"),
        ("/email", "unknown_member"),
        ("/metadata", "content_refused"),
        ("/platform", "wrong_type"),
        ("/respondent_id", "control_character"),
        ("/survey_id", "bad_length"),
    ];
    assert_eq!(found, expected);
    nothing_but_starts(gateway, 1).await;
}

#[tokio::test]
async fn what_http_says_of_the_body_must_be_true_and_known() {
    let gateway = TestGateway::start().await;
    let session = gateway.session().await;
    let text = events(1).to_string();
    let batch = || gateway.batch(&session.id, text.clone());
    let form = gateway.post(&format!("{SESSIONS}/{}/events", session.id));
    let form = form
        .header("content-type", "application/x-www-form-urlencoded")
        .body(text.clone());
    expect_problem(form.send().await.unwrap(), 415, "unsupported_media_type").await;
    let brotli = batch().header("content-encoding", "br");
    expect_problem(brotli.send().await.unwrap(), 415, "unsupported_encoding").await;
    let not_gzip = batch().header("content-encoding", "gzip");
    expect_problem(not_gzip.send().await.unwrap(), 400, "malformed_gzip").await;
    let bad_key = batch().header("idempotency-key", "two words");
    expect_problem(bad_key.send().await.unwrap(), 400, "bad_idempotency_key").await;
    nothing_but_starts(gateway, 1).await;
}

#[tokio::test]
async fn an_oversized_body_is_refused_packed_or_not() {
    let gateway = TestGateway::start().await;
    let session = gateway.session().await;
    let large = " ".repeat((1 << 20) + 1);
    let response = gateway.batch(&session.id, large).send().await.unwrap();
    expect_problem(response, 413, "body_too_large").await;
    // 100 MiB of blanks in about 100 KiB.
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let mebibyte = vec![b' '; 1 << 20];
    for _ in 0..100 {
        encoder.write_all(&mebibyte).unwrap();
    }
    let bomb = encoder.finish().unwrap();
    assert!(bomb.len() < 1 << 18, "the bomb has {} bytes", bomb.len());
    let packed = gateway
        .batch(&session.id, bomb)
        .header("content-encoding", "gzip");
    expect_problem(packed.send().await.unwrap(), 413, "body_too_large").await;
    assert_eq!(gateway.metric("ingest_in_flight_bytes").await, 0.0);
    nothing_but_starts(gateway, 1).await;
}

#[tokio::test]
async fn a_path_or_method_that_does_not_exist_is_a_problem_too() {
    let gateway = TestGateway::start().await;
    for path in [
        "/",
        "/api/v1/detection",
        "/api/v1/detection/sessions/x/nothing",
    ] {
        expect_problem(
            gateway.get(path).send().await.unwrap(),
            404,
            "unknown_route",
        )
        .await;
    }
    for method in [Method::GET, Method::DELETE, Method::PUT] {
        let request = reqwest::Client::new().request(method, gateway.url(SESSIONS));
        let response = request.send().await.unwrap();
        assert_eq!(response.headers()["allow"], "POST,OPTIONS");
        expect_problem(response, 405, "method_not_allowed").await;
    }
    assert_eq!(
        gateway
            .metric("ingest_requests_total{route=\"unknown\",status=\"404\"}")
            .await,
        3.0
    );
    gateway.ended().await;
}
