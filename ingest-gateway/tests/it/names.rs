//! Sessions that the platform names itself, and retries of their creation.

use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};

use crate::support::{TestGateway, events, expect_problem, key};

const SESSIONS: &str = "/api/v1/detection/sessions";
const PUBLISHABLE: &str = "pk_live_names";

async fn created(gateway: &TestGateway, body: Value) -> String {
    let response = gateway.post(SESSIONS).json(&body).send().await.unwrap();
    let (status, body) = (response.status(), response.text().await.unwrap());
    assert_eq!(status, 201, "{body}");
    let body: Value = serde_json::from_str(&body).unwrap();
    body["session_id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_same_name_is_the_same_session_on_every_call() {
    let gateway = TestGateway::start().await;
    let start = Utc::now() - TimeDelta::minutes(3);
    let name =
        |survey: &str| json!({ "external_id": "R 7/ü", "started_at": start, "survey_id": survey });
    let id = created(&gateway, name("SV_1")).await;
    assert_eq!(created(&gateway, name("SV_1")).await, id);
    assert_ne!(created(&gateway, name("SV_2")).await, id);
    let query = [
        ("external_id", "R 7/ü".to_owned()),
        ("started_at", start.to_rfc3339()),
        ("survey_id", "SV_1".to_owned()),
    ];
    for (route, status) in [("events", 202), ("data", 202), ("complete", 200)] {
        let post = gateway.post(&format!("{SESSIONS}/named/{route}"));
        let response = post.query(&query).json(&events(2)).send().await.unwrap();
        assert_eq!(response.status(), status, "{route}");
    }
    let records = gateway.records().await;
    let of_it = records
        .iter()
        .filter(|record| record.key_text() == Some(id.as_str()));
    assert_eq!(of_it.count(), 5);
    gateway.ended().await;
}

#[tokio::test]
async fn a_name_is_whole_recent_and_used_by_servers_only() {
    let gateway = TestGateway::start_knowing(&[], [key(PUBLISHABLE, |_| {})]).await;
    let now = Utc::now();
    let name = |start: Value| json!({ "external_id": "R_7", "started_at": start });
    for (body, code) in [
        (json!({ "external_id": "R_7" }), "bad_session_name"),
        (name(json!("yesterday")), "bad_session_name"),
        (
            name(json!(now - TimeDelta::days(8))),
            "started_at_out_of_range",
        ),
        (
            name(json!(now + TimeDelta::minutes(6))),
            "started_at_out_of_range",
        ),
    ] {
        let response = gateway.post(SESSIONS).json(&body).send().await.unwrap();
        expect_problem(response, 422, code).await;
    }
    let page = gateway.anonymous(SESSIONS).bearer_auth(PUBLISHABLE);
    let response = page.json(&name(json!(now))).send().await.unwrap();
    expect_problem(response, 403, "secret_key_required").await;
    let nameless = gateway
        .post(&format!("{SESSIONS}/named/events"))
        .json(&events(1));
    expect_problem(nameless.send().await.unwrap(), 422, "bad_session_name").await;
    gateway.ended().await;
}

#[tokio::test]
async fn a_fresh_uuid_as_idempotency_key_makes_a_retried_creation_the_same_session() {
    let gateway = TestGateway::start().await;
    let begin = async |key: &str| {
        let post = gateway.post(SESSIONS).header("idempotency-key", key);
        let body: Value = post.send().await.unwrap().json().await.unwrap();
        body["session_id"].as_str().unwrap().to_owned()
    };
    let key = uuid::Uuid::now_v7().to_string();
    assert_eq!(begin(&key).await, begin(&key).await);
    // Another kind of key carries no time, so no id can be made of it.
    assert_ne!(begin("order-17").await, begin("order-17").await);
    gateway.ended().await;
}
