//! The flat verdict for survey platforms, and its query tokens.

use chrono::Utc;
use reqwest::{Method, Response, StatusCode};
use schemas::control::ControlRecord;
use serde_json::{Value, json};

use crate::harness::{KEY, TestApi, body, database, mint, problem};
use crate::keys::{put_key, wait_for_status};
use crate::rows::Row;

const VERDICT: &str = "/api/v1/verdict";
const TOKENS: &str = "/api/v1/verdict/tokens";

async fn make_token(api: &TestApi, key: &str, request: Value) -> Response {
    let post = api.request(Method::POST, TOKENS).bearer_auth(key);
    post.json(&request).send().await.unwrap()
}

async fn token(api: &TestApi, key: &str, request: Value) -> String {
    let made = body(make_token(api, key, request).await, StatusCode::CREATED).await;
    made["token"].as_str().unwrap().to_owned()
}

/// What a token reads of a session.
async fn read(api: &TestApi, token: &str, id: impl std::fmt::Display) -> Response {
    let path = format!("{VERDICT}?session_id={id}&token={token}");
    api.request(Method::GET, &path).send().await.unwrap()
}

fn assert_flat(answer: &Value) {
    let members = answer.as_object().unwrap().values();
    for member in members {
        assert!(
            member.is_string() || member.is_number() || member.is_boolean(),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn a_verdict_is_one_flat_object() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let row = Row {
        survey: Some("SV_grün"),
        ..Row::judged(api.mint(), (970, "CRITICAL", "scripted_bot")).closed()
    };
    row.store(&database).await;
    let path = format!("{VERDICT}?session_id={}", row.id);
    let verdict = api.json(&path).await;
    assert_flat(&verdict);
    for (member, value) in [
        ("status", json!("completed")),
        ("ready", json!(true)),
        ("is_bot", json!(true)),
        ("confidence", json!(0.97)),
        ("risk_level", json!("CRITICAL")),
        ("class", json!("scripted_bot")),
        ("action", json!("review")),
        ("reason_1", json!("mouse.instant_press")),
        ("ruleset", json!("builtin-1")),
    ] {
        assert_eq!(verdict[member], value, "{verdict}");
    }
    assert!(verdict.get("reason_2").is_none(), "{verdict}");
    let ascii = api.get(&format!("{path}&ascii=true")).await;
    assert_eq!(ascii.headers()["content-type"], "application/json");
    let text = ascii.text().await.unwrap();
    assert!(text.is_ascii(), "{text}");
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), verdict);
    let pending = api
        .json(&format!("{VERDICT}?session_id={}", api.mint()))
        .await;
    assert_flat(&pending);
    assert_eq!(
        (&pending["status"], &pending["ready"]),
        (&json!("pending"), &json!(false))
    );
    assert!(pending.get("is_bot").is_none(), "{pending}");
    problem(api.get(VERDICT).await, 422, "invalid_parameters").await;
    let foreign = format!("{VERDICT}?session_id={}", mint("theirs"));
    problem(api.get(&foreign).await, 404, "unknown_session").await;
    let open = api.request(Method::GET, &path).send().await.unwrap();
    problem(open, 401, "credentials_missing").await;
}

#[tokio::test]
async fn a_query_token_reads_what_it_was_made_for() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let of = |survey| Row {
        survey: Some(survey),
        ..Row::judged(api.mint(), (100, "LOW", "human"))
    };
    let (ours, other) = (of("SV_a"), of("SV_b"));
    for row in [&ours, &other] {
        row.store(&database).await;
    }
    let every = token(&api, KEY, json!({})).await;
    let one = token(&api, KEY, json!({"session_id": ours.id.to_string()})).await;
    let survey = token(&api, KEY, json!({"survey_id": "SV_a", "seconds": 60})).await;
    for token in [&every, &one, &survey] {
        let verdict = body(read(&api, token, ours.id).await, StatusCode::OK).await;
        assert_eq!(verdict["risk_level"], "LOW");
    }
    assert_eq!(read(&api, &every, other.id).await.status(), StatusCode::OK);
    for token in [&one, &survey] {
        problem(read(&api, token, other.id).await, 403, "token_bound").await;
    }
    let foreign = read(&api, &every, mint("theirs")).await;
    problem(foreign, 404, "unknown_session").await;
    let mut damaged = every.clone();
    damaged.replace_range(
        3..4,
        if damaged.as_bytes()[3] == b'A' {
            "B"
        } else {
            "A"
        },
    );
    for wrong in [damaged.as_str(), "x", KEY] {
        problem(read(&api, wrong, ours.id).await, 401, "token_invalid").await;
    }
    for request in [
        json!({"seconds": 59}),
        json!({"seconds": 86_401}),
        json!({"session_id": ours.id.to_string(), "survey_id": "SV_a"}),
    ] {
        let response = make_token(&api, KEY, request).await;
        problem(response, 422, "invalid_parameters").await;
    }
    let unknown = make_token(&api, KEY, json!({"seconds": "many"})).await;
    problem(unknown, 400, "malformed_json").await;
    let foreign = make_token(&api, KEY, json!({"session_id": mint("theirs").to_string()})).await;
    problem(foreign, 404, "unknown_session").await;
    // A token opens nothing else.
    let list = format!("/api/v1/dashboard/sessions?token={every}");
    let refused = api.request(Method::GET, &list).send().await.unwrap();
    problem(refused, 401, "credentials_missing").await;
}

#[tokio::test]
async fn a_query_token_ends_with_the_key_that_made_it() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let (writer, key) = put_key(&api, |_| {}).await;
    wait_for_status(&api, &key.text, "/api/v1/dashboard/overview", 200).await;
    let token = token(&api, &key.text, json!({})).await;
    let id = api.mint();
    assert_eq!(read(&api, &token, id).await.status(), StatusCode::OK);
    let mut revoked = key.record.clone();
    revoked.revoked_at = Some(Utc::now());
    writer.put(&ControlRecord::ApiKey(revoked)).await.unwrap();
    wait_for_status(&api, &key.text, "/api/v1/dashboard/overview", 401).await;
    problem(read(&api, &token, id).await, 401, "token_invalid").await;
}
