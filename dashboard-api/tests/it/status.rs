//! The state of one session.

use serde_json::{Value, json};

use crate::harness::{TestApi, database};
use crate::rows::Row;

#[tokio::test]
async fn a_genuine_session_is_pending_until_it_is_stored() {
    let database = database().await;
    let api = TestApi::start(&database).await;
    let id = api.mint();
    let status = format!("/api/v1/detection/sessions/{id}/status");
    let ready = format!("/api/v1/detection/sessions/{id}/ready-for-analysis");
    let pending = api.json(&status).await;
    assert_eq!(pending["status"], "pending");
    assert_eq!(pending["session_id"], id.to_string());
    assert_eq!(pending["verdict"], Value::Null);
    let readiness = api.json(&ready).await;
    assert_eq!(
        (&readiness["ready"], &readiness["reason"]),
        (&json!(false), &json!("pending"))
    );
    let details = api
        .json(&format!("/api/v1/dashboard/sessions/{id}/details"))
        .await;
    assert_eq!(details["session"]["status"], "pending");
    assert_eq!(details["windows"], json!([]));

    Row::new(id).store(&database).await;
    assert_eq!(api.json(&status).await["status"], "active");
    assert_eq!(api.json(&ready).await["reason"], "too_little_data");

    let judged = Row::judged(api.mint(), (120, "LOW", "human"));
    judged.store(&database).await;
    let path = format!("/api/v1/detection/sessions/{}", judged.id);
    let status = api.json(&format!("{path}/status")).await;
    assert_eq!(status["verdict"]["confidence_score"], 0.12);
    assert_eq!(status["verdict"]["risk_level"], "LOW");
    assert_eq!(status["is_final"], false);
    let readiness = api.json(&format!("{path}/ready-for-analysis")).await;
    assert_eq!(
        (&readiness["ready"], &readiness["reason"]),
        (&json!(true), &json!("sufficient"))
    );
    assert_eq!(readiness["judged"], json!(["mouse"]));
}
